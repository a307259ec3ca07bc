"""Vehicles that several people share, as the searches count them: how many of a pool are taken when.

Time is cut where a shift with that pool, or the absence of a vehicle, begins or ends: in between the number is one number.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from .model import Shift
from .problem import Problem

__all__ = ["Pools", "Stretch"]


class Stretch(NamedTuple):
    """The pieces of time ``first`` to before ``last`` during which a shift has a vehicle of ``pool`` if it takes one."""

    pool: str
    first: int
    last: int


class Pools:
    """``there``: vehicles by piece of time, all pools in one list; ``taken``: how many of them somebody has."""

    def __init__(self, problem: Problem) -> None:
        cuts: dict[str, set[int]] = {}
        for person in problem.people:
            for shift in person.shifts:
                if shift.vehicle is not None:
                    cuts.setdefault(shift.vehicle, set()).update((shift.start, shift.until))
        self.there: list[int] = []
        self._begins: dict[str, tuple[int, list[int]]] = {}
        for pool in sorted(cuts):
            away = problem.vehicles_away.get(pool, ())
            points = sorted(cuts[pool].union(*away))
            self._begins[pool] = len(self.there), points
            for point in points:
                out = sum(span.start <= point < span.end for span in away)
                self.there.append(problem.vehicles[pool] - out)
        self.taken = [0] * len(self.there)

    def stretch(self, shift: Shift) -> Stretch | None:
        """When a shift has its vehicle; None if it needs none."""
        if shift.vehicle is None:
            return None
        at, points = self._begins[shift.vehicle]
        return Stretch(
            shift.vehicle, at + bisect_left(points, shift.start), at + bisect_left(points, shift.until)
        )

    def take(self, stretch: Stretch, n: int = 1) -> None:
        """One vehicle more is taken, or given back (-1)."""
        for i in range(stretch.first, stretch.last):
            self.taken[i] += n

    def free(self, stretch: Stretch) -> int:
        """How many are free all the time; below 0 if too many are taken."""
        return min(self.there[i] - self.taken[i] for i in range(stretch.first, stretch.last))

    def together(self, stretches: Iterable[Stretch]) -> bool:
        """Whether there are vehicles for all of these besides those taken."""
        held: list[Stretch] = []
        try:
            for stretch in stretches:
                if self.free(stretch) < 1:
                    return False
                self.take(stretch)
                held.append(stretch)
            return True
        finally:
            for stretch in held:
                self.take(stretch, -1)

    @contextmanager
    def one_more(self, pool: str) -> Iterator[None]:
        """Inside, the pool has one vehicle more."""
        at, points = self._begins.get(pool, (0, []))
        for i in range(at, at + len(points)):
            self.there[i] += 1
        try:
            yield
        finally:
            for i in range(at, at + len(points)):
                self.there[i] -= 1
