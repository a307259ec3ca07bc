"""A sealed backup, read frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from versants.launch.backup import taking
from versants.launch.backup.envelope import BrokenFile, Opener, PrivateKey
from versants.launch.errors import InputError


def frames(path: Path, key: PrivateKey, kind: str = "backup") -> Iterator[tuple[bytes, bytes]]:
    """Every frame of ``path`` as (letter, bytes). Raises InputError, BrokenFile; nothing after the end is believed."""
    with path.open("rb") as source:
        opener = Opener(source, key, str(path))
        if opener.told.get("kind") != kind:
            raise InputError(
                f"{path} is a sealed file of another kind ({opener.told.get('kind')}).", code="backup.kind"
            )
        waiting = bytearray()
        for plain in opener:
            waiting += plain
            start = 0
            while len(waiting) - start >= 5:
                length = int.from_bytes(waiting[start + 1 : start + 5], "big")
                if len(waiting) - start - 5 < length:
                    break
                yield bytes(waiting[start : start + 1]), bytes(waiting[start + 5 : start + 5 + length])
                start += 5 + length
            del waiting[:start]
        if waiting:
            raise BrokenFile(f"{path} ends in the middle of a part.", code="backup.broken")


def verify(path: Path, key: PrivateKey) -> dict[str, Any]:
    """Read the whole file once, before anything is touched; returns its header."""
    header = bytearray()
    sizes = {taking.DUMP: 0, taking.DOCUMENTS: 0}
    trailer: dict[str, Any] | None = None
    for letter, part in frames(path, key):
        if letter == taking.HEADER:
            header += part
        elif letter == taking.TRAILER:
            trailer = json.loads(part)
        else:
            sizes[letter] = sizes.get(letter, 0) + len(part)
    if trailer is None or trailer["dump"] != sizes[taking.DUMP]:
        raise BrokenFile(f"{path} is not whole.", code="backup.broken")
    content: dict[str, Any] = json.loads(header)
    if content.get("format") != taking.FORMAT:
        raise InputError(
            f"{path} has the format {content.get('format')}, which this version does not know: install Versants"
            f" {content.get('version')} or later.",
            code="backup.format",
        )
    return content


class Parts:
    """The bytes of one letter as a readable file, for tarfile."""

    def __init__(self, path: Path, key: PrivateKey, letter: bytes) -> None:
        self._parts = (part for found, part in frames(path, key) if found == letter)
        self._waiting = bytearray()

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._waiting) < size:
            part = next(self._parts, None)
            if part is None:
                break
            self._waiting += part
        size = len(self._waiting) if size < 0 else size
        given = bytes(self._waiting[:size])
        del self._waiting[:size]
        return given
