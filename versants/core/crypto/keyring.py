"""The keys that are never in the database: a JSON file, mode 0600, outside the data folder.

Wrapping, blind-index and signing keys are separate and random; none is derived from the web secret.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from versants.core.errors import VersantsError


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


@lru_cache(maxsize=4)
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


def active_key_id() -> str:
    """Id of the key that wraps new data keys."""
    return str(_file()["active"])


def wrapping_key(key_id: str) -> bytes:
    """32 bytes. Raises KeysMissing for an unknown id."""
    try:
        return base64.b64decode(_file()["wrap"][key_id])
    except KeyError as exc:
        raise KeysMissing("keys.unknown", _("A key is missing from the key file.")) from exc


def index_key() -> bytes:
    """32 bytes, for blind indexes only."""
    return base64.b64decode(_file()["index"])
