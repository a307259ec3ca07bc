"""File locks that end with the process holding them, even after kill -9."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path


class Lock:
    """An advisory lock on a file: ``shared`` by users of a thing, exclusive for whoever changes it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        return self._descriptor is not None

    def take(self, *, shared: bool = False, wait_s: float = 0.0) -> bool:
        """Take the lock, or change its kind when held. False if it is not free within ``wait_s``."""
        fresh = self._descriptor is None
        if fresh:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        deadline = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(self._descriptor, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    if fresh:
                        self.free()
                    return False
                time.sleep(0.05)
            else:
                return True

    def free(self) -> None:
        """Let go; the file stays, so that nobody locks a file that is being removed."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def write(self, text: str) -> None:
        """Say who holds it, for the sentence the next one reads."""
        assert self._descriptor is not None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)
