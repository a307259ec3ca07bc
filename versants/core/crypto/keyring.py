"""The keys that are never in the database: JSON files of mode 0600 outside the data folder.

``keys.json`` holds the installation's own keys: blind index, signature of the log, and wrapping keys for what belongs
to no organisation. Beside it, ``holders/ORGANISATION.json`` holds the wrapping keys of one organisation and of its
teams, and nothing else: an organisation may keep, mount or take away its own file, and what it wrapped goes dark
without it. Every key is random; none is derived from another or from the web secret.

A wrapping key's id says whose it is: ``ORGANISATION:RANDOM``, ``ORGANISATION/TEAM:RANDOM`` or ``house:RANDOM``; the
first key of an installation is called ``w1``.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from versants.core.errors import VersantsError

HOUSE = "house"
_LAYER = re.compile(r"index_\d+")
_SINGLE = ("index", "sign", "accounts", "accounts_before")  # the keys of which a file has one


class KeysMissing(VersantsError):
    """The key file is absent or unreadable: nothing sensitive can be read or written."""

    status = 503


def init_keys(path: Path) -> bool:
    """Write a new key file if there is none. True if it was written; an existing one is never touched."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {
        "version": 1,
        "active": "w1",
        "wrap": {"w1": _random()},
        "index": _random(),
        "sign": _random(),
        "accounts": _random(),
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return True


def _random() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@lru_cache(maxsize=1024)
def _load(path: Path, _changed_ns: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def _file() -> dict[str, Any]:
    path = Path(settings.KEYS_FILE)
    try:
        return _load(path, path.stat().st_mtime_ns)
    except (OSError, ValueError) as exc:
        raise KeysMissing(
            "keys.missing", _("The key file cannot be read. Run “versants keys init”.")
        ) from exc


def folder() -> Path:
    """Where the key files are."""
    return Path(settings.KEYS_FILE).parent


def path_of(key_id: str) -> Path:
    """The file in which a wrapping key stands."""
    holder, colon, _name = key_id.partition(":")
    if not colon or holder == HOUSE:
        return Path(settings.KEYS_FILE)
    return folder() / "holders" / f"{holder.partition('/')[0]}.json"


def first_key_id() -> str:
    """The wrapping key that the key file was made with."""
    return str(_file()["active"])


def wrapping_key(key_id: str) -> bytes:
    """32 bytes. Raises KeysMissing ``keys.unknown``: the file of its holder is not here, or does not have it."""
    path = path_of(key_id)
    if path == Path(settings.KEYS_FILE):
        held = _file()
    else:
        try:
            held = _load(path, path.stat().st_mtime_ns)
        except (OSError, ValueError):
            held = {"wrap": {}}
    try:
        return base64.b64decode(held["wrap"][key_id])
    except KeyError as exc:
        raise KeysMissing(
            "keys.unknown", _("The key of this organisation is not here: what it protects stays closed.")
        ) from exc


def has(key_id: str) -> bool:
    """Is this wrapping key at hand?"""
    try:
        wrapping_key(key_id)
    except KeysMissing:
        return False
    return True


def add_wrapping_key(holder: str) -> str:
    """A fresh wrapping key for ``holder``, written to disk before anything is wrapped with it. Returns its id.

    Raises KeysMissing ``keys.closed`` where the folder of keys may not be written.
    """
    key_id = f"{holder or HOUSE}:{secrets.token_hex(3)}"
    with _changing(path_of(key_id)) as content:
        content.setdefault("version", 1)
        content.setdefault("wrap", {})[key_id] = _random()
    return key_id


def remove_wrapping_key(key_id: str) -> bool:
    """Destroy a wrapping key that nothing needs any more. True if it was there."""
    with _changing(path_of(key_id)) as content:
        return content.get("wrap", {}).pop(key_id, None) is not None


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, Any]]:
    """Read, change, replace: whole or not at all, one writer at a time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (path.parent / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
            yield content
            write_private(path, json.dumps(content, indent=1))
    except OSError as exc:
        raise KeysMissing("keys.closed", _("The folder of keys cannot be written here.")) from exc


def write_private(path: Path, text: str) -> None:
    """Replace a file, mode 0600, so that a crash leaves the old one or the new one, never a half."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.new")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def index_keys() -> list[bytes]:
    """The keys of blind indexes, 32 bytes each, in the order they are laid one over the other: the first one alone at
    the beginning, one more after each rotation. All are needed to look anything up; none of them is ever retired.
    """
    content = _file()
    names = ["index", *sorted((n for n in content if _LAYER.fullmatch(n)), key=lambda n: int(n[6:]))]
    return [base64.b64decode(content[name]) for name in names]


def add_index_key() -> int:
    """One more layer for blind indexes. Returns how many there are now.

    Raises KeysMissing ``keys.closed`` where that file may not be written.
    """
    with _changing(Path(settings.KEYS_FILE)) as content:
        layers = 1 + sum(1 for name in content if _LAYER.fullmatch(name))
        content[f"index_{layers + 1}"] = _random()
    return layers + 1


def sign_key() -> bytes:
    """32 bytes, the seed of the Ed25519 key that signs the log and nothing else."""
    return base64.b64decode(_file()["sign"])


def accounts_key() -> bytes:
    """32 bytes, for secrets of accounts (second factors) and nothing else. A key file from before gets one now.

    Raises KeysMissing ``keys.closed`` where that file may not be written.
    """
    if "accounts" not in _file():
        with _changing(Path(settings.KEYS_FILE)) as content:
            content.setdefault("accounts", _random())
    return base64.b64decode(_file()["accounts"])


def accounts_keys() -> list[bytes]:
    """The key of accounts and, while it is being changed, the one before."""
    found = [accounts_key()]
    before = _file().get("accounts_before")
    return found if before is None else [*found, base64.b64decode(before)]


def renew_accounts_key() -> bool:
    """Another key of accounts, the one before kept beside it. False: a change that was begun goes on.

    Raises KeysMissing ``keys.closed`` where that file may not be written.
    """
    with _changing(Path(settings.KEYS_FILE)) as content:
        if "accounts_before" in content:
            return False
        if "accounts" in content:
            content["accounts_before"] = content["accounts"]
        content["accounts"] = _random()
    return True


def forget_accounts_key() -> None:
    """Destroy the key of accounts that nothing is locked with any more."""
    with _changing(Path(settings.KEYS_FILE)) as content:
        content.pop("accounts_before", None)


def handovers() -> list[dict[str, Any]]:
    """Each change of the signing key, oldest first: public words, signed by both keys (``sealing.renew_signer``)."""
    return list(_file().get("handovers", []))


def renew_sign_key(fresh: bytes, handover: dict[str, Any]) -> None:
    """The seed of another signing key and what was signed about it, in one write; the one before is destroyed.

    Raises KeysMissing ``keys.closed`` where that file may not be written.
    """
    with _changing(Path(settings.KEYS_FILE)) as content:
        content["sign"] = base64.b64encode(fresh).decode()
        content.setdefault("handovers", []).append(handover)


def contents() -> dict[str, dict[str, Any]]:
    """Every key file at hand, by its name under the folder of keys: for the recovery export."""
    found = {Path(settings.KEYS_FILE).name: dict(_file())}
    for path in sorted((folder() / "holders").glob("*.json")):
        found[f"holders/{path.name}"] = json.loads(path.read_text())
    return found


def fingerprints(files: dict[str, dict[str, Any]] | None = None) -> dict[str, str]:
    """What tells one key from another and tells nothing of it: by id, those of a kind of their own (``index``) included."""
    found: dict[str, str] = {}
    for content in (contents() if files is None else files).values():
        named = dict(content.get("wrap", {}))
        named |= {name: content[name] for name in content if name in _SINGLE or _LAYER.fullmatch(name)}
        for key_id, value in named.items():
            found[key_id] = hmac.new(
                base64.b64decode(value), f"versants|{key_id}".encode(), hashlib.sha256
            ).hexdigest()[:32]
    return found
