"""One shift of one person with what is in it, as the board keeps it."""

from __future__ import annotations

from bisect import insort
from typing import NamedTuple

from .model import Break, Person
from .pools import Pools
from .problem import Problem
from .roads import Timed

__all__ = ["BUSY", "NOWHERE", "Entry", "Gap", "Piece", "ShiftState"]

NOWHERE = -1
BUSY = -1


class Entry(NamedTuple):
    """Something in a day. ``place`` is NOWHERE when remote, ``visit`` is BUSY when fixed."""

    start: int
    end: int
    place: int
    visit: int
    slot: int


class Piece(NamedTuple):
    """Starts ``low..high`` in one gap of one shift, adding ``travel`` seconds."""

    low: int
    high: int
    shift: int
    gap: int
    travel: int


class Gap(NamedTuple):
    """Free time between two entries, or an entry and an end of the shift, in seconds.

    Free from ``free`` to ``until``. One comes from the place ``left`` (or NOWHERE), at ``leave`` at the earliest if
    calls since are taken on the way, and must be at ``right`` by ``reach``, ``calls`` until then taken off; ``home``: at
    the end of the shift.
    """

    free: int
    until: int
    leave: int
    left: int
    reach: int
    right: int
    calls: int
    home: bool


class ShiftState:
    """One shift of one person with what is in it. ``left``/``right``: places of its ends, or NOWHERE.

    ``due``: the breaks there have to be; ``soft``: those that may be missed. ``stretch``: when it has a shared vehicle
    if it takes one; ``sites``: visits on site.
    """

    __slots__ = (
        "_gaps", "day", "due", "end", "entries", "high", "left", "legs", "low", "missed", "n_visits", "overtime",
        "right", "roads", "sites", "soft", "stretch", "timed", "travel", "waiting", "week", "work",
    )  # fmt: skip

    def __init__(self, problem: Problem, person: Person, number: int, pools: Pools) -> None:
        shift = person.shifts[number]
        self.stretch = pools.stretch(shift)
        self.travel, self.roads = problem.travel_of(person), problem.roads_of(person)
        self.timed = self.roads if isinstance(self.roads, Timed) else None
        self.low, self.high, self.end = shift.start, shift.end + shift.overtime_s, shift.end
        self.left = NOWHERE if shift.start_place is None else shift.start_place
        self.right = NOWHERE if shift.end_place is None else shift.end_place
        self.entries: list[Entry] = []
        self._gaps: list[Gap] | None = None
        for busy in person.busy:
            if busy.start >= self.high or busy.end <= self.low:
                continue
            if busy.place is None:
                start, end = max(busy.start, self.low), min(busy.end, self.high)
                self.entries.append(Entry(start, end, NOWHERE, BUSY, 0))
            else:
                if busy.start < self.low:
                    self.left = NOWHERE
                if busy.end > self.high:
                    self.right = NOWHERE
                self.entries.append(Entry(busy.start, busy.end, busy.place, BUSY, 0))
        self.entries.sort()
        length = shift.end - shift.start
        due = [b for b in shift.breaks if length > b.if_shift_over and self._room(b)]
        self.due = [b for b in due if b.missed is None]
        self.soft = sorted((b for b in due if b.missed is not None), key=lambda b: b.earliest)
        self.day = next((i for i, d in enumerate(problem.days) if d.start <= self.low < d.end), None)
        self.week = next((i for i, w in enumerate(problem.weeks) if w.start <= self.low < w.end), None)
        self.sites = self.n_visits = self.work = self.legs = self.waiting = self.overtime = self.missed = 0

    def _room(self, pause: Break) -> bool:
        free = self.low
        for entry in [*self.entries, Entry(self.high, self.high, NOWHERE, BUSY, 0)]:
            if min(entry.start, pause.latest) - max(free, pause.earliest) >= pause.duration:
                return True
            free = max(free, entry.end)
        return False

    def put(self, entry: Entry) -> None:
        """One more thing in the shift."""
        insort(self.entries, entry)
        self._gaps = None

    def take(self, visit: int, slot: int) -> bool:
        """A service out of the shift; False if it is not in it."""
        kept = [entry for entry in self.entries if entry.visit != visit or entry.slot != slot]
        found = len(kept) < len(self.entries)
        self.entries, self._gaps = kept, None if found else self._gaps
        return found

    @property
    def gaps(self) -> list[Gap]:
        """The free times in order, one more than there are entries; where entries touch, one of no length."""
        if self._gaps is None:
            # Known place after each gap, looking backwards, and when to be there.
            after = [(self.high, self.right, 0, True)]
            for entry in reversed(self.entries):
                if entry.place != NOWHERE:
                    after.append((entry.start, entry.place, 0, False))
                else:
                    reach, where, calls, home = after[-1]
                    length = entry.end - entry.start
                    after.append((reach - length, where, calls + length, home))
            self._gaps = []
            free, leave, left = self.low, self.low, self.left
            for entry, rest in zip(self.entries, reversed(after), strict=False):
                self._gaps.append(Gap(free, entry.start, leave, left, *rest))
                free = max(free, entry.end)
                if entry.place != NOWHERE:
                    leave, left = entry.end, entry.place
                else:
                    leave += entry.end - entry.start
            self._gaps.append(Gap(free, self.high, leave, left, *after[0]))
        return self._gaps
