"""Processes that the supervisor keeps alive, and that never outlive it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
LOG_LIMIT_BYTES = 10_000_000
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_S = 60.0  # a child that lived this long has earned a quick restart


def die_with_parent() -> Callable[[], None] | None:
    """What a child does before it becomes its program: ask Linux for SIGTERM when the supervisor is killed.

    SIGTERM rather than SIGKILL, so that a server of several processes ends all of them.
    """
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # killed between fork and here
            os._exit(1)

    return ask


@dataclass
class Child:
    """One program, its log file, and when it may be started again.

    Start only from the main thread: Linux ties the parent's death to the thread that forked.
    """

    name: str
    command: list[str]
    log: Path
    env: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    deaths: int = 0
    not_before: float = 0.0
    _offset: int = field(default=0, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".1.log"))
        with self.log.open("ab") as log:
            self._offset = log.tell()
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.env,
                process_group=0,  # Ctrl-C reaches the supervisor alone, which stops things in order
                preexec_fn=die_with_parent(),
            )
        self.started_at = time.monotonic()

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def revive(self) -> bool:
        """Start again if dead and the pause is over. True if it was started."""
        now = time.monotonic()
        if self.alive or now < self.not_before:
            return False
        if self.process is not None and self.not_before <= self.started_at:  # newly found dead
            if now - self.started_at > STEADY_S:
                self.deaths = 0
            self._end_group(signal.SIGKILL)  # helpers that a killed server left behind hold its port
            self.not_before = now + BACKOFF_S[min(self.deaths, len(BACKOFF_S) - 1)]
            self.deaths += 1
            return False
        self.start()
        return True

    def ask_to_stop(self) -> None:
        if self.alive:
            assert self.process is not None
            with suppress(ProcessLookupError):
                self.process.terminate()

    def stop(self, wait_s: float) -> None:
        """SIGTERM, then SIGKILL to the whole group after ``wait_s``."""
        self.ask_to_stop()
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(wait_s)
            self._end_group(signal.SIGKILL)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(2)

    def last_words(self, lines: int = 5) -> str:
        """The end of what it wrote since its last start."""
        try:
            with self.log.open("rb") as file:
                file.seek(self._offset)
                return "\n".join(file.read()[-4000:].decode(errors="replace").strip().splitlines()[-lines:])
        except OSError:
            return ""

    def _end_group(self, number: int) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)


def end_leftovers(group: int) -> None:
    """End a process group that a killed supervisor wrote down, if it still is one of ours.

    Numbers are reused: only members whose command names the product's own module are ended.
    """
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ProcessLookupError):
            if int((process / "stat").read_text().rpartition(")")[2].split()[2]) != group:
                continue
            if b"versants.config." in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
