"""Sealing text: AES-256-GCM with the subject's data key, bound to the table, column and row it stands in.

Sealed text does not print itself, is never serialised, and opens only through ``read``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.crypto import holders, keyring
from versants.core.errors import VersantsError
from versants.core.models.keys import DataKey

_VERSION = b"\x01"
_NONCE_BYTES = 12


class SealBroken(VersantsError):
    """The text was moved to another row, changed, or its key was destroyed."""

    status = 410


class Sealed:
    """Encrypted text. Printing, formatting and comparing it tell nothing."""

    __slots__ = ("_raw",)

    def __init__(self, raw: bytes) -> None:
        self._raw = bytes(raw)

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "<sealed>"

    def __reduce__(self) -> Any:
        raise TypeError("sealed text is not serialised")

    def __bool__(self) -> bool:
        return bool(self._raw)

    @property
    def raw(self) -> bytes:
        """The ciphertext, for the database."""
        return self._raw


class SealedField(models.BinaryField):
    """A column of sealed text. Its model has ``uid`` and ``key`` (a DataKey)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        return None if value is None else Sealed(bytes(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("only sealed text goes into a sealed column")
        return super().get_db_prep_value(None if value is None else value.raw, connection, prepared)

    def value_to_string(self, obj: Any) -> str:
        return "<sealed>"


def new_key(holder: str = "") -> DataKey:
    """A fresh data key, wrapped by the active key of ``holder`` (core.crypto.holders) and saved."""
    key = DataKey(holder=holder, wrapped_by=holders.active_key(holder))
    wrap(key, os.urandom(32))
    key.save()
    return key


def prepare_keys(wanted: Sequence[str]) -> list[DataKey]:
    """Fresh data keys, one per holder named, wrapped, not yet saved: for loading many at once."""
    active = {holder: holders.active_key(holder) for holder in sorted(set(wanted))}
    keys = [DataKey(holder=holder, wrapped_by=active[holder]) for holder in wanted]
    for key in keys:
        wrap(key, os.urandom(32))
    return keys


def destroy(key: DataKey) -> None:
    """Erase: what the key sealed cannot be read again, here, in history or in whatever is copied from now on.

    A backup made before still holds the wrapped key: core.erasure does it again after a restore.
    """
    key.wrapped, key.wrapped_by, key.destroyed_at = None, None, clock.now()
    key.save(update_fields=["wrapped", "wrapped_by", "destroyed_at"])


def wrap(key: DataKey, plain: bytes) -> None:
    """Wrap 32 bytes under ``key.wrapped_by``; not saved yet."""
    assert key.wrapped_by is not None
    nonce = os.urandom(_NONCE_BYTES)
    box = AESGCM(keyring.wrapping_key(key.wrapped_by))
    key.wrapped = nonce + box.encrypt(nonce, plain, b"datakey|" + key.uid.bytes)


def unwrap(key: DataKey) -> bytes:
    """The data key in clear, 32 bytes. Raises SealBroken; KeysMissing if its holder's key is not here."""
    try:
        return _unwrap(key)
    except keyring.KeysMissing:
        # Wrapped anew since this row was read, and the older key is gone already: what the database says now counts.
        before = key.wrapped_by
        key.refresh_from_db(fields=["wrapped", "wrapped_by"])
        if key.wrapped_by == before:
            raise
        return _unwrap(key)


def _unwrap(key: DataKey) -> bytes:
    if key.wrapped is None or key.wrapped_by is None:
        raise SealBroken("seal.erased", _("This was erased."))
    raw = bytes(key.wrapped)
    box = AESGCM(keyring.wrapping_key(key.wrapped_by))
    try:
        return box.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], b"datakey|" + key.uid.bytes)
    except InvalidTag as exc:
        raise SealBroken("seal.key", _("The key of this file does not fit.")) from exc


def _place(row: models.Model, field: str) -> bytes:
    return f"{row._meta.db_table}|{field}|{row.uid}".encode()  # type: ignore[attr-defined]


def write(row: Any, field: str, text: str) -> None:
    """Seal ``text`` into ``row.field`` (not saved yet). Empty text empties the column."""
    if not text:
        setattr(row, field, None)
        return
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(unwrap(row.key)).encrypt(nonce, text.encode(), _place(row, field))
    setattr(row, field, Sealed(_VERSION + nonce + sealed))


class Sealer:
    """Seals many texts under one key without opening the key for each: for loading many rows at once."""

    __slots__ = ("_box",)

    def __init__(self, key: DataKey) -> None:
        self._box = AESGCM(_unwrap(key))

    def seal(self, table: str, field: str, uid: str, text: str) -> bytes:
        """What a sealed column of the row ``uid`` of ``table`` holds; ``read`` opens it there and nowhere else."""
        nonce = os.urandom(_NONCE_BYTES)
        place = f"{table}|{field}|{uid}".encode()
        return _VERSION + nonce + self._box.encrypt(nonce, text.encode(), place)


def read(row: Any, field: str) -> str:
    """The text in ``row.field``; empty if there is none. Raises SealBroken if moved, changed or erased."""
    sealed: Sealed | None = getattr(row, field)
    if not sealed:
        return ""
    raw = sealed.raw
    if raw[:1] != _VERSION:
        raise SealBroken("seal.version", _("This text was sealed by a newer version."))
    start = len(_VERSION) + _NONCE_BYTES
    try:
        plain = AESGCM(unwrap(row.key)).decrypt(raw[len(_VERSION) : start], raw[start:], _place(row, field))
    except InvalidTag as exc:
        raise SealBroken("seal.broken", _("This text does not belong here or was changed.")) from exc
    return plain.decode()


def left(row: Any, field: str) -> str:
    """As ``read``; of what was erased, nothing is left and nobody is stopped by it."""
    return "" if row.key.wrapped is None else read(row, field)


def blind_index(purpose: str, text: str) -> str:
    """A keyed hash for exact look-ups of sealed values; equal texts give equal indexes, nothing else can be told."""
    return blind_indexes(purpose, text)[-1]


def blind_indexes(purpose: str, text: str) -> list[str]:
    """What ``blind_index`` gave under one key, under two, and so on to what it gives now.

    A value stored before a rotation equals one of them, so it is found while the layers are still being laid.
    """
    found: list[str] = []
    said = f"{purpose}|{''.join(text.casefold().split())}"
    for key in keyring.index_keys():
        said = hmac.new(key, said.encode(), hashlib.sha256).hexdigest()
        found.append(said)
    return found


def lay_over(index: str, layers: int) -> str:
    """A stored index with ``layers`` layers, brought up to all of them: without the text, which nobody need open."""
    for key in keyring.index_keys()[layers:]:
        index = hmac.new(key, index.encode(), hashlib.sha256).hexdigest()
    return index


def lock_away(purpose: str, text: str) -> str:
    """Text under the key of accounts, for secrets that belong to no person accompanied: base64."""
    nonce = os.urandom(_NONCE_BYTES)
    sealed = AESGCM(keyring.accounts_key()).encrypt(nonce, text.encode(), f"locked|{purpose}".encode())
    return base64.b64encode(nonce + sealed).decode()


def take_out(purpose: str, locked: str) -> str:
    """What ``lock_away`` was given. Raises SealBroken if it was changed or is for another purpose."""
    raw = base64.b64decode(locked)
    for key in keyring.accounts_keys():
        try:
            plain = AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], f"locked|{purpose}".encode())
        except InvalidTag:
            continue
        return plain.decode()
    raise SealBroken("seal.broken", _("This text does not belong here or was changed."))


def is_locked_anew(purpose: str, locked: str) -> bool:
    """Does the key of accounts in use open it? Raises SealBroken if none does."""
    raw = base64.b64decode(locked)
    try:
        AESGCM(keyring.accounts_key()).decrypt(
            raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], f"locked|{purpose}".encode()
        )
    except InvalidTag:
        take_out(purpose, locked)
        return False
    return True
