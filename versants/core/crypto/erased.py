"""Which data keys were destroyed, written outside the database: a restored backup has forgotten it.

One JSON object a line, ``{"key": UID, "at": INSTANT}``, in ``erasures.jsonl`` beside the key file;
``versants.launch.backup.erasures`` reads it after a restore.
"""

from __future__ import annotations

import fcntl
import json
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings

NAME = "erasures.jsonl"


def write_down(uid: UUID, at: datetime) -> None:
    """Add one line and have it on disk before returning. Raises OSError. Called once the erasure is committed."""
    path = Path(settings.KEYS_FILE).parent / NAME
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    line = json.dumps({"key": str(uid), "at": at.isoformat()}).encode() + b"\n"
    new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        end = os.lseek(handle, 0, os.SEEK_END)
        if end and os.pread(handle, 1, end - 1) != b"\n":  # a writer was killed within its line
            line = b"\n" + line
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)
    if new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
