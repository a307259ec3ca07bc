"""What must outlive the database: lines in files of a folder apart, added and never changed.

The folder (``VERSANTS_WITNESS_DIR``) is best on another disk or host than the database, and never in its backup:
it says what a restored backup has forgotten.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings


def path_of(name: str) -> Path:
    """The file of one kind of line."""
    return Path(settings.WITNESS_DIR) / f"{name}.jsonl"


def append(name: str, lines: Iterable[dict[str, Any]]) -> None:
    """Add lines and have them on disk before returning. Raises OSError."""
    text = "".join(json.dumps(line, separators=(",", ":"), sort_keys=True) + "\n" for line in lines)
    if not text:
        return
    path = path_of(name)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = file.seek(0, os.SEEK_END)
        if end:
            file.seek(end - 1)
            if file.read(1) != b"\n":  # a writer was killed in the middle of its line: that line is not one
                text = "\n" + text
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def read(name: str) -> Iterator[dict[str, Any]]:
    """Every whole line, oldest first; what a killed writer left half is passed over."""
    try:
        file = path_of(name).open("rb")
    except FileNotFoundError:
        return
    with file:
        for raw in file:
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line


def last(name: str) -> dict[str, Any] | None:
    """The newest whole line; None if there is none."""
    try:
        file = path_of(name).open("rb")
    except FileNotFoundError:
        return None
    with file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - 8192))
        for raw in reversed(file.read().splitlines()):
            try:
                line = json.loads(raw)
            except ValueError:
                continue
            if isinstance(line, dict):
                return line
    return None
