"""Heavy work in a process of its own: an order on its standard input, an answer or none within its time.

The child writes one JSON value a line: ``{"progress": ...}`` any number of times, then ``{"outcome": {...}}``.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings


class NoAnswer(Exception):
    """The child died or did not end in time."""


def answer(
    child: str,
    order: Mapping[str, Any],
    *,
    silence_s: float,
    tell: Callable[[Any], None] = lambda progress: None,
) -> dict[str, Any]:
    """What the module ``child`` found. ``tell`` hears what it says of its progress and may raise to stop it; a child
    that says nothing for ``silence_s`` is ended. Raises NoAnswer.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", child],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=settings.PROJECT,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(settings.PROJECT), "OMP_NUM_THREADS": "1"},
    )
    lines: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    try:
        assert process.stdin is not None
        try:
            json.dump(order, process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            raise NoAnswer from None
        while True:
            try:
                line = lines.get(timeout=silence_s)
            except queue.Empty:
                raise NoAnswer from None
            if line is None:
                raise NoAnswer
            said = json.loads(line)
            if "outcome" in said:
                outcome: dict[str, Any] = said["outcome"]
                return outcome
            tell(said["progress"])
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdin is not None:
            with suppress(BrokenPipeError):  # what it did not read any more
                process.stdin.close()
        if process.stdout is not None:
            process.stdout.close()
