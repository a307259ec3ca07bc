"""The solver in a process of its own: what it needs on its standard input, an answer or none within its time."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

CHILD = "versants.mobile.solving"
MEGABYTES = 1_500
# A solver that says nothing for so long after its time is ended.
GRACE_S = 20.0


class NoAnswer(Exception):
    """The child died or did not end in time."""


def solve(
    problem: Mapping[str, Any],
    start: Mapping[str, Any],
    *,
    seconds: float,
    iterations: int | None,
    seed: int,
    tell: Callable[[float], None] = lambda done: None,
) -> dict[str, Any]:
    """What the child found, as ``solving`` writes it. ``tell`` hears the share done and may raise to stop it.

    Raises NoAnswer.
    """
    order = {
        "problem": problem,
        "start": start,
        "seconds": seconds,
        "iterations": iterations,
        "megabytes": MEGABYTES,
        "seed": seed,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=settings.PROJECT,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(settings.PROJECT), "OMP_NUM_THREADS": "1"},
    )
    lines: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        assert child.stdout is not None
        for line in child.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=listen, daemon=True).start()
    try:
        assert child.stdin is not None
        try:
            json.dump(order, child.stdin)
            child.stdin.close()
        except BrokenPipeError:
            raise NoAnswer from None
        while True:
            try:
                line = lines.get(timeout=seconds + GRACE_S)
            except queue.Empty:
                raise NoAnswer from None
            if line is None:
                raise NoAnswer
            said = json.loads(line)
            if "outcome" in said:
                outcome: dict[str, Any] = said["outcome"]
                return outcome
            tell(min(1.0, said["progress"]["seconds"] / max(seconds, 0.001)))
    finally:
        if child.poll() is None:
            child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
