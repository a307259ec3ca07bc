"""The solver in a process of its own: what it needs on its standard input, an answer or none within its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from versants.core import apart
from versants.core.apart import NoAnswer

__all__ = ["CHILD", "GRACE_S", "MEGABYTES", "NoAnswer", "solve"]

CHILD = "versants.mobile.solving"
MEGABYTES = 1_500
# A solver that says nothing for so long after its time is ended.
GRACE_S = 20.0


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
    return apart.answer(
        CHILD,
        order,
        silence_s=seconds + GRACE_S,
        tell=lambda progress: tell(min(1.0, progress["seconds"] / max(seconds, 0.001))),
    )
