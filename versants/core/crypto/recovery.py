"""The recovery export: every key file in one, encrypted under a passphrase that stands on paper and nowhere else.

The passphrase is the escrow key: drawn by chance, shown once, kept by people of the care organisations. It counts
only once somebody has typed it back and the file was read back whole (``versants keys confirm``).
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from versants.core import clock
from versants.core.crypto import keyring
from versants.core.errors import BadInput, Conflict
from versants.core.ids import ALPHABET

# RFC 7914. 128 MiB and some tenths of a second for each try; the passphrase has 194 bits by itself.
_N, _R, _P = 2**17, 8, 1
GROUPS, GROUP = 8, 5
SHORTEST = 20  # a passphrase of one's own
_BOUND = b"versants key export 1"


def draw_passphrase() -> str:
    """Eight groups of five letters and digits that are not mistaken for one another: 194 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP)) for _ in range(GROUPS))


def _derived(passphrase: str, salt: bytes) -> bytes:
    plain = "".join(c for c in passphrase.upper() if c.isalnum())
    return Scrypt(salt=salt, length=32, n=_N, r=_R, p=_P).derive(plain.encode())


def export(path: Path, passphrase: str) -> list[str]:
    """Write every key at hand, encrypted; an existing file is not replaced. Returns the ids of the keys.

    Raises BadInput ``export.passphrase`` if it is short, ``export.exists``.
    """
    if len("".join(c for c in passphrase if c.isalnum())) < SHORTEST:
        raise BadInput("export.passphrase", f"The passphrase has {SHORTEST} letters and digits or more.")
    files = keyring.contents()
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_derived(passphrase, salt)).encrypt(nonce, json.dumps(files).encode(), _BOUND)
    content = {
        "format": "versants-keys-1",
        "made_at": clock.now().isoformat(),
        "kdf": {"name": "scrypt", "n": _N, "r": _R, "p": _P, "salt": base64.b64encode(salt).decode()},
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(sealed).decode(),
    }
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exc:
        raise BadInput("export.exists", f"{path} is there already: name another file.") from exc
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return sorted(keyring.fingerprints(files))


def opened(path: Path, passphrase: str) -> dict[str, dict[str, Any]]:
    """The key files in an export. Raises BadInput ``export.file``, ``export.wrong``."""
    try:
        content = json.loads(path.read_text())
        kdf = content["kdf"]
        known = content["format"] == "versants-keys-1" and (kdf["name"], kdf["n"], kdf["r"], kdf["p"]) == (
            "scrypt",
            _N,
            _R,
            _P,
        )
        salt, nonce, sealed = (
            base64.b64decode(part) for part in (kdf["salt"], content["nonce"], content["sealed"])
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise BadInput("export.file", f"{path} is no export of keys.") from exc
    if not known:
        raise BadInput("export.file", f"{path} is an export of another version.")
    try:
        files: dict[str, dict[str, Any]] = json.loads(
            AESGCM(_derived(passphrase, salt)).decrypt(nonce, sealed, _BOUND)
        )
    except InvalidTag as exc:
        raise BadInput("export.wrong", "The passphrase does not open this file.") from exc
    return files


def confirm(path: Path, passphrase: str) -> list[str]:
    """Read an export back and compare it with the keys in use. Returns the ids of keys that it lacks: none is good.

    An export that lacks none is written down as confirmed, by fingerprints. Raises BadInput as ``opened``.
    """
    there, here = keyring.fingerprints(opened(path, passphrase)), keyring.fingerprints()
    lacking = sorted(key_id for key_id, print_ in here.items() if there.get(key_id) != print_)
    if not lacking:
        keyring.write_private(
            _mark(), json.dumps({"confirmed_at": clock.now().isoformat(), "keys": here}, indent=1)
        )
    return lacking


def recover(path: Path, passphrase: str) -> list[str]:
    """Write the keys of an export where they are missing; returns their ids.

    Raises BadInput as ``opened``; Conflict ``export.other`` if another key stands here under the same name: nothing
    is written then.
    """
    files = opened(path, passphrase)
    folder, main = keyring.folder(), Path(keyring.path_of(keyring.HOUSE))
    wanted: dict[Path, dict[str, Any]] = {}
    new: list[str] = []
    for name, content in files.items():
        if name.count("/") > 1 or ".." in name:
            raise BadInput("export.file", f"{path} names a file outside the folder of keys.")
        target = folder / name if name.startswith("holders/") else main
        held: dict[str, Any] = json.loads(target.read_text()) if target.exists() else {}
        here, there = keyring.fingerprints({"": held}), keyring.fingerprints({"": content})
        for key_id, print_ in there.items():
            if here.get(key_id, print_) != print_:
                raise Conflict(
                    "export.other", f"Another key “{key_id}” stands in {target}: nothing was written."
                )
        new += sorted(set(there) - set(here))
        merged = content | held
        merged["wrap"] = content.get("wrap", {}) | held.get("wrap", {})
        wanted[target] = merged
    for target, merged in wanted.items():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keyring.write_private(target, json.dumps(merged, indent=1))
    return new


def state() -> dict[str, Any]:
    """When an export was last confirmed, and how many keys it lacks by now."""
    here = keyring.fingerprints()
    try:
        mark = json.loads(_mark().read_text())
        covered: dict[str, str] = mark["keys"]
        at: str | None = mark["confirmed_at"]
    except (OSError, ValueError, KeyError):
        covered, at = {}, None
    lacking = sum(1 for key_id, print_ in here.items() if covered.get(key_id) != print_)
    return {"confirmed": at is not None and not lacking, "confirmed_at": at, "keys_not_covered": lacking}


def _mark() -> Path:
    return keyring.folder() / "recovery.json"
