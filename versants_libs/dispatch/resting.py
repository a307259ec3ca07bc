"""Pauses that may be missed: where they lie in a shift of given times, and what that costs.

Such a pause is taken at a place, on arriving there or before leaving it; only among telephone calls it may lie anywhere.
What is idle between two visits does not count as waiting where a pause fills it; the time until a pause that follows the
last visit does, and the way home starts after it. Of all ways to lay the pauses the cheapest counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from .model import Break
from .roads import Roads

__all__ = ["Resting", "Stop", "settle"]


class Stop(NamedTuple):
    """Something a person does in a shift. ``visit`` is False for fixed busy times; no place: remote."""

    start: int
    end: int
    place: int | None
    visit: bool


class Resting(NamedTuple):
    """Seconds idle, over time and at rest; points of pauses missed; start of each pause, None where it is missed."""

    waiting: int
    overtime: int
    rest: int
    missed: int
    starts: tuple[int | None, ...]


class Day(NamedTuple):
    """A shift: when it begins, ends, must have ended; places it begins and ends at; its stops in order."""

    start: int
    end: int
    until: int
    left: int | None
    right: int | None
    stops: Sequence[Stop]


def settle(
    day: Day, due: Sequence[Break], roads: Roads, *, waiting: int, overtime: int, missed: int
) -> Resting:
    """The cheapest way to lay ``due``, breaks with a price, in order of time, in a shift with at least one visit.

    ``waiting``, ``overtime`` and ``missed`` are the prices of a second, a second and a point. Of ways that cost the same
    the one with more rest counts.
    """
    found = _Settling(day, due, roads)
    return min(
        found.ways(),
        key=lambda r: (waiting * r.waiting + overtime * r.overtime + missed * r.missed, -r.rest),
    )


class _Settling:
    def __init__(self, day: Day, due: Sequence[Break], roads: Roads) -> None:
        self.day, self.due, self.roads = day, due, roads
        self.stops = day.stops
        visits = [i for i, stop in enumerate(self.stops) if stop.visit]
        self.first, self.last = visits[0], visits[-1]
        self._lay_legs()

    def _lay_legs(self) -> None:
        """Gap g lies before stop g, the last one before the end; a leg joins two known places."""
        n = len(self.stops)
        self.leg_of: list[int | None] = [None] * (n + 1)
        self.direct: list[tuple[int, int] | None] = [None] * (n + 1)
        self.spare: list[int] = []
        place, since, calls, from_gap = self.day.left, self.day.start, 0, 0
        for e in range(n + 1):
            to = self.stops[e].place if e < n else self.day.right
            if to is None:
                calls += self.stops[e].end - self.stops[e].start if e < n else 0
                continue
            if place is not None:
                until = self.stops[e].start if e < n else self.day.until
                self.leg_of[from_gap : e + 1] = [len(self.spare)] * (e + 1 - from_gap)
                self.spare.append(self.roads.leave(place, to, until) - since - calls)
                if from_gap == e:
                    self.direct[e] = (place, to)
            place, from_gap, calls = to, e + 1, 0
            since = self.stops[e].end if e < n else 0

    def _free(self, g: int) -> int:
        return max(self.day.start, self.stops[g - 1].end) if g else self.day.start

    def ways(self) -> Iterator[Resting]:
        """Every way that fits; the first one misses everything."""
        yield from (way for gaps in self._gaps(len(self.due)) if (way := self._way(gaps)) is not None)

    def _gaps(self, n: int) -> Iterator[tuple[int | None, ...]]:
        if n == 0:
            yield ()
            return
        for rest in self._gaps(n - 1):
            yield (*rest, None)
            begin = next((g for g in reversed(rest) if g is not None), 0)
            for g in range(begin, len(self.stops) + 1):
                yield (*rest, g)

    def _way(self, gaps: tuple[int | None, ...]) -> Resting | None:
        n = len(self.stops)
        starts: dict[int, int] = {}
        after, back = 0, self._back()
        used = dict.fromkeys(g for g in gaps if g is not None)
        for g in used:
            mine = [i for i, other in enumerate(gaps) if other == g]
            reached = self._reach(g, mine)
            if reached is None:
                return None
            left_at, until, begun = reached
            if until > (self.stops[g].start if g < n else self.day.until):
                return None
            starts |= begun
            if g == self.last + 1:
                after = max(0, left_at - self.stops[self.last].end)
            if g == n and self.last == n - 1:
                back = max(back, until)
        taken: dict[int, int] = {}
        for i, gap in enumerate(gaps):
            leg = None if gap is None else self.leg_of[gap]
            if leg is not None and gap is not None and self.direct[gap] is None:
                taken[leg] = taken.get(leg, 0) + self.due[i].duration
                if taken[leg] > self.spare[leg]:
                    return None
        inside = sum(
            self.due[i].duration
            for i, gap in enumerate(gaps)
            if gap is not None and self.first < gap <= self.last
        )
        return Resting(
            waiting=max(0, self._idle() - inside) + after,
            overtime=max(0, back - self.day.end),
            rest=sum(self.due[i].duration for i, gap in enumerate(gaps) if gap is not None),
            missed=sum(self.due[i].missed or 0 for i, gap in enumerate(gaps) if gap is None),
            starts=tuple(starts.get(i) for i in range(len(gaps))),
        )

    def _reach(self, g: int, mine: Sequence[int]) -> tuple[int, int, dict[int, int]] | None:
        """When idle time in gap g ends (its travel apart), when the next place is reached, the pauses' starts."""
        ends, roads, free = self.direct[g], self.roads, self._free(g)
        for arrived in (True, False):
            at = roads.arrive(*ends, free) if arrived and ends else free
            begun: dict[int, int] = {}
            for i in mine:
                at = begun[i] = max(at, self.due[i].earliest)
                at += self.due[i].duration
                if at > self.due[i].latest:
                    break
            else:
                first = begun[mine[0]]
                if arrived:
                    return first - (roads.home(*ends, free) if ends else 0), at, begun
                return first, roads.arrive(*ends, at) if ends else at, begun
        return None

    def _idle(self) -> int:
        between = self.stops[self.first : self.last + 1]
        gaps = sum(max(0, b.start - a.end) for a, b in pairwise(between))
        place, ready = None, 0
        for stop in between:
            if stop.place is None:
                ready += stop.end - stop.start
                continue
            if place is not None:
                gaps -= self.roads.drive(place, stop.place, ready, stop.start)
            place, ready = stop.place, stop.end
        return max(0, gaps)

    def _back(self) -> int:
        """When the last visit, or the way back from it, ends."""
        back = self.stops[self.last].end
        placed = [i for i, stop in enumerate(self.stops) if stop.place is not None]
        if self.last == len(self.stops) - 1 and placed and self.day.right is not None:
            # Telephone calls after the last place may be made on the way.
            at = placed[-1]
            place = self.stops[at].place
            calls = sum(stop.end - stop.start for stop in self.stops[at + 1 :])
            if place is not None:
                back = max(back, self.roads.arrive(place, self.day.right, self.stops[at].end + calls))
        return back
