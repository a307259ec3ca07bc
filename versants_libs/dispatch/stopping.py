"""When a search ends. A rule is any callable that is given the progress and returns True to end."""

from __future__ import annotations

from collections.abc import Callable

from .results import Progress

__all__ = ["AnyOf", "MaxIterations", "MaxSeconds", "StopRule"]

#: Called after each iteration, and with iteration -1 after each visit of the first plan.
StopRule = Callable[[Progress], bool]


class MaxIterations:
    """Ends after ``n`` iterations. With a seed, the plan is then always the same."""

    def __init__(self, n: int) -> None:
        if n < 0:
            raise ValueError(f"n is {n}, expected 0 or more")
        self.n = n

    def __call__(self, progress: Progress) -> bool:
        return progress.iteration >= self.n


class MaxSeconds:
    """Ends after ``seconds`` of wall clock."""

    def __init__(self, seconds: float) -> None:
        if not seconds >= 0:
            raise ValueError(f"seconds is {seconds}, expected 0 or more")
        self.seconds = seconds

    def __call__(self, progress: Progress) -> bool:
        return progress.seconds >= self.seconds


class AnyOf:
    """Ends as soon as one of the rules does."""

    def __init__(self, *rules: StopRule) -> None:
        if not rules:
            raise ValueError("AnyOf needs at least one rule")
        self.rules = rules

    def __call__(self, progress: Progress) -> bool:
        return any(rule(progress) for rule in self.rules)
