"""Files that only the holder of a private key opens, written and read as a stream.

``magic | length | preamble (JSON) | chunks``. The preamble carries a fresh X25519 public key; the content key is
HKDF-SHA256 of its exchange with the recipient's (the shape of RFC 9180's base mode). Each chunk is AES-256-GCM under
a nonce of its number and a mark on the last one (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015), bound to
the preamble: a file that was cut, lengthened, reordered or changed does not open. The preamble is signed (Ed25519) by
the machine that wrote it: since only that machine knew the fresh private key, nobody else can have written the rest.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from versants.launch.errors import InputError, SurroundingsError
from versants.launch.files import write_private

MAGIC = b"versants-sealed-1\n"
PUBLIC_FORMAT, PRIVATE_FORMAT = "versants-backup-public-1", "versants-backup-private-1"
CHUNK = 1 << 20
_TAG = 16
_LONGEST_PREAMBLE = 65_536
_INFO = b"versants sealed file 1"


class BrokenFile(InputError):
    """The file was cut, changed, or never was one of ours."""


@dataclass(frozen=True)
class PublicKey:
    """What the machine holds: it seals, and signs as itself; it cannot open."""

    key_id: str
    seal: bytes
    sign: bytes


@dataclass(frozen=True)
class PrivateKey:
    """What is kept elsewhere: it opens, and knows the machine's signature."""

    key_id: str
    open: bytes
    verify: bytes


def make_keys(public: Path, private: Path) -> str:
    """Write a new pair; neither file may exist. Returns the pair's name.

    Raises InputError ``key.exists``.
    """
    for path in (private, public):
        if path.exists():
            raise InputError(f"{path} is there already: a key is never replaced.", code="key.exists")
    opener, signer = X25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    seal = opener.public_key().public_bytes_raw()
    key_id = _name(seal)
    write_private(
        private,
        json.dumps(
            {
                "format": PRIVATE_FORMAT,
                "id": key_id,
                "open": _text(opener.private_bytes_raw()),
                "verify": _text(signer.public_key().public_bytes_raw()),
            },
            indent=1,
        ),
    )
    write_private(
        public,
        json.dumps(
            {
                "format": PUBLIC_FORMAT,
                "id": key_id,
                "seal": _text(seal),
                "sign": _text(signer.private_bytes_raw()),
            },
            indent=1,
        ),
    )
    return key_id


def read_public(path: Path) -> PublicKey:
    """The machine's half. Raises SurroundingsError ``key.missing`` with what to do."""
    try:
        found = json.loads(path.read_text())
        if found["format"] != PUBLIC_FORMAT:
            raise KeyError("format")
        return PublicKey(str(found["id"]), _bytes(found["seal"]), _bytes(found["sign"]))
    except FileNotFoundError as error:
        raise SurroundingsError(
            f"There is no key to encrypt backups with ({path}): “versants backup --new-key FILE” makes it; keep FILE"
            " elsewhere.",
            code="key.missing",
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SurroundingsError(f"The key {path} cannot be read.", code="key.unreadable") from error


def read_private(path: Path) -> PrivateKey:
    """The half kept elsewhere. Raises InputError ``key.unreadable``."""
    try:
        found = json.loads(path.read_text())
        if found["format"] != PRIVATE_FORMAT:
            raise KeyError("format")
        return PrivateKey(str(found["id"]), _bytes(found["open"]), _bytes(found["verify"]))
    except OSError as error:
        raise InputError(
            f"The private key {path} cannot be read: {(error.strerror or '').lower()}.", code="key.unreadable"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no private key of backups.", code="key.unreadable") from error


def is_private_key(path: Path) -> bool:
    """Is this file the half that must not lie here? Asked by ``versants doctor``."""
    try:
        return path.stat().st_size < 4096 and PRIVATE_FORMAT in path.read_text()
    except (OSError, ValueError):
        return False


class Sealer:
    """Writes a sealed file: ``write`` as often as wanted, then ``close``; what is not closed does not open."""

    def __init__(self, out: BinaryIO, key: PublicKey, **told: Any) -> None:
        fresh = X25519PrivateKey.generate()
        ours = fresh.public_key().public_bytes_raw()
        preamble = json.dumps({"to": key.key_id, "fresh": _text(ours), **told}, sort_keys=True).encode()
        signature = Ed25519PrivateKey.from_private_bytes(key.sign).sign(MAGIC + preamble)
        self._box = AESGCM(
            _content_key(fresh.exchange(X25519PublicKey.from_public_bytes(key.seal)), ours, key.seal)
        )
        self._bound = hashlib.sha256(preamble).digest()
        self._out, self._waiting, self._number = out, bytearray(), 0
        out.write(MAGIC + len(preamble).to_bytes(4, "big") + preamble + signature)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK:  # one chunk always stays back: the last one is marked
            self._put(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, plain: bytes, *, last: bool) -> None:
        self._out.write(self._box.encrypt(_nonce(self._number, last), plain, self._bound))
        self._number += 1


class Opener:
    """Reads a sealed file. ``told`` is what the preamble says (not secret); iterating gives the plain chunks.

    Raises BrokenFile; InputError ``key.other`` if the key is not this file's.
    """

    def __init__(self, source: BinaryIO, key: PrivateKey, called: str) -> None:
        self._source, self._called = source, called
        if source.read(len(MAGIC)) != MAGIC:
            raise BrokenFile(f"{called} is no backup of Versants.", code="backup.none")
        length = int.from_bytes(source.read(4), "big")
        preamble = source.read(length) if length <= _LONGEST_PREAMBLE else b""
        signature = source.read(64)
        try:
            self.told: dict[str, Any] = json.loads(preamble)
            fresh = _bytes(self.told["fresh"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._broken() from error
        if self.told.get("to") != key.key_id:
            raise InputError(
                f"{called} was encrypted for the key {self.told.get('to')}; the one given is {key.key_id}.",
                code="key.other",
            )
        try:
            Ed25519PublicKey.from_public_bytes(key.verify).verify(signature, MAGIC + preamble)
        except InvalidSignature as error:
            raise self._broken() from error
        mine = X25519PrivateKey.from_private_bytes(key.open)
        shared = mine.exchange(X25519PublicKey.from_public_bytes(fresh))
        self._box = AESGCM(_content_key(shared, fresh, mine.public_key().public_bytes_raw()))
        self._bound = hashlib.sha256(preamble).digest()

    def __iter__(self) -> Iterator[bytes]:
        number, sealed = 0, self._source.read(CHUNK + _TAG)
        while True:
            following = self._source.read(CHUNK + _TAG)
            try:
                plain = self._box.decrypt(_nonce(number, not following), sealed, self._bound)
            except InvalidTag as error:
                raise self._broken() from error
            yield plain
            if not following:
                return
            number, sealed = number + 1, following

    def _broken(self) -> BrokenFile:
        return BrokenFile(
            f"{self._called} was cut or changed: it is not restored. Take another backup file.",
            code="backup.broken",
        )


def _content_key(shared: bytes, fresh: bytes, recipient: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=fresh + recipient, info=_INFO).derive(shared)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _name(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:12]


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    if len(raw) != 32:
        raise ValueError("32 bytes are expected")
    return raw
