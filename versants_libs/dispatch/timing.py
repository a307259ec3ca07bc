"""When a slot may start as far as its visit says, and where it fits in a shift whose ways depend on the time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from .days import BUSY, NOWHERE, Entry, Gap, Piece, ShiftState
from .model import Person, Slot, Span, Visit
from .problem import Problem
from .roads import Timed
from .spans import intersect, union

__all__ = ["Times", "same_times", "timed_amounts", "timed_bounds"]


class Times:
    """A slot where time is concerned: when it may start, whoever comes, and the pieces of each person asked about."""

    __slots__ = ("_spans", "country", "crisis", "duration", "pieces", "place", "starts")

    def __init__(self, problem: Problem, visit: Visit, s: int) -> None:
        slot = visit.slots[s]
        place = visit.place_of(slot)
        self.place, self.duration = NOWHERE if place is None else place, visit.duration_of(slot)
        self.crisis, self.country = visit.crisis, visit.country if slot.needs_mandate else None
        if visit.fixed_start is not None:
            spans = [(visit.fixed_start, visit.fixed_start)]
        else:
            last = problem.horizon - 1
            spans = union((w.earliest, w.latest if w.hard else last) for w in visit.openings)
        if visit.day is not None:
            spans = intersect(spans, [(visit.day.start, visit.day.end - 1)])
        least, most = slot.lag
        self.starts = union((low + least, high + most) for low, high in spans)
        self.pieces: dict[int, tuple[int, list[Piece]]] = {}
        self._spans: dict[tuple[Span, ...], list[tuple[int, int]]] = {}

    def allowed(self, person: Person) -> list[tuple[int, int]]:
        """The starts at which a person's mandate covers the whole service."""
        if self.country is None:
            return self.starts
        mandates = person.mandates.get(self.country, ())
        found = self._spans.get(mandates)
        if found is None:
            # Joined as instants first: two mandates end to end cover what straddles them.
            joined = union((span.start, span.end - 1) for span in mandates)
            covered = union((low, high + 1 - self.duration) for low, high in joined)
            found = self._spans[mandates] = intersect(self.starts, covered)
        return found


def same_times(one: Visit, two: Visit) -> list[bool]:
    """For each slot of two forms of a visit, whether a person can start it at the same moments."""
    return [_timing(one, a) == _timing(two, b) for a, b in zip(one.slots, two.slots, strict=True)]


def _timing(visit: Visit, slot: Slot) -> tuple[object, ...]:
    """What decides when somebody who may take the slot can start."""
    guarded = slot.needs_mandate and visit.country is not None
    where = visit.place_of(slot), visit.duration_of(slot), visit.country if guarded else None
    return (visit.openings, visit.fixed_start, visit.day, visit.crisis, slot.lag, *where)


# Travel by time of day


def timed_bounds(
    shift: ShiftState, roads: Timed, place: int, duration: int
) -> list[tuple[int, int, int, int]]:
    """:meth:`Board.bounds`: a gap in pieces of the same added travel; where it is too short, once and upside down."""
    found: list[tuple[int, int, int, int]] = []
    for i, gap in enumerate(shift.gaps):
        low, high = gap.free, gap.until - duration
        until, ready = gap.reach + gap.calls, gap.leave + gap.calls
        before = 0
        if gap.left != NOWHERE != gap.right:
            before = _leg(roads, gap, gap.left, ready, until)
        if place == NOWHERE:
            added = 0
            if gap.left != NOWHERE != gap.right:
                if roads.arrive(gap.left, gap.right, ready + duration) > until:
                    high = low - 1
                added = _leg(roads, gap, gap.left, ready + duration, until) - before
            found.append((i, low, high, added))
            continue
        points: list[int] = []
        after = duration + gap.calls
        if gap.left != NOWHERE:
            low = max(low, roads.arrive(gap.left, place, gap.leave))
            points += roads.changes_by_arrival(gap.left, place, gap.leave)
        if gap.right != NOWHERE:
            high = min(high, roads.leave(place, gap.right, until) - after)
            changes = (
                roads.changes_at_home(place, gap.right)
                if gap.home
                else roads.changes_by_departure(place, gap.right, until)
            )
            points += [change - after for change in changes]
        cuts = sorted({low, *(point for point in points if low < point <= high)})
        for begin, end in zip(cuts, [*(cut - 1 for cut in cuts[1:]), high], strict=True):
            added = -before
            if gap.left != NOWHERE:
                added += roads.drive(gap.left, place, gap.leave, begin)
            if gap.right != NOWHERE:
                added += _leg(roads, gap, place, begin + after, until)
            if found and found[-1][0] == i and found[-1][3] == added:
                found[-1] = (i, found[-1][1], end, added)
            else:
                found.append((i, begin, end, added))
    return found


def _leg(roads: Timed, gap: Gap, place: int, ready: int, until: int) -> int:
    """Driving from a place to the one after a gap."""
    return roads.home(place, gap.right, ready) if gap.home else roads.drive(place, gap.right, ready, until)


def timed_amounts(shift: ShiftState, entries: Sequence[Entry]) -> tuple[int, int, int]:
    """Seconds of travel, waiting and overtime of a shift with these entries in order."""
    roads = shift.roads
    start = Entry(shift.low, shift.low, shift.left, BUSY, 0)
    legs, at, ready = _driving(shift, [start, *entries])
    if at != NOWHERE and shift.right != NOWHERE:
        legs += roads.home(at, shift.right, ready)
    visits = [i for i, entry in enumerate(entries) if entry.visit != BUSY]
    if not visits:
        return legs, 0, 0
    between = entries[visits[0] : visits[-1] + 1]
    idle = sum(max(0, two.start - one.end) for one, two in pairwise(between))
    waiting = max(0, idle - _driving(shift, between)[0])
    back = entries[visits[-1]].end
    if visits[-1] == len(entries) - 1 and shift.right != NOWHERE:
        _, at, ready = _driving(shift, entries)
        if at != NOWHERE:
            back = max(back, roads.arrive(at, shift.right, ready))
    return legs, waiting, max(0, back - shift.end)


def _driving(shift: ShiftState, entries: Iterable[Entry]) -> tuple[int, int, int]:
    """Driving between entries in order, the last place, when one is ready to leave it."""
    total, at, ready = 0, NOWHERE, 0
    for entry in entries:
        if entry.place == NOWHERE:
            ready += entry.end - entry.start
            continue
        if at != NOWHERE:
            total += shift.roads.drive(at, entry.place, ready, entry.start)
        at, ready = entry.place, entry.end
    return total, at, ready
