"""When somebody whose day is in the way comes nearest to taking a slot: a few starts instead of all that can matter.

Travel by itself bounds a start in each gap of a day from both sides, so the least that is missing is found in closed
form, as is what is taken of a time. For breaks and limits the starts are few; what is wrong there the checker says.
The tests hold all of it against the checker at every start.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .board import Board
from .days import BUSY, NOWHERE, ShiftState
from .results import Rule
from .spans import Starts, intersect

__all__ = ["Near", "nearest", "nearest_starts", "turning_points"]


def nearest(starts: Starts, low: int, high: int) -> int:
    """The element of ``starts`` (not empty) nearest to the span ``low..high``; of two the smaller one."""
    best: tuple[int, int] | None = None
    for a, b in starts:
        inside = min(max(low, a), b)
        if inside > high:
            inside = max(a, high)
        found = (max(0, low - inside, inside - high), inside)
        if best is None or found < best:
            best = found
    assert best is not None
    return best[1]


def turning_points(board: Board, p: int, v: int, s: int, starts: Starts) -> list[int]:
    """Starts at which a rule begins or ceases to hold for the person, moved inside ``starts``."""
    visit = board.visits[v]
    slot = visit.slots[s]
    duration = visit.duration_of(slot)
    known = visit.place_of(slot)
    place = NOWHERE if known is None else known
    points = {edge for span in starts for edge in span}
    for span in board.people[p].mandates.get(visit.country or "", ()):
        points |= {span.start, span.end - duration}
    for shift in board.days[p]:
        points |= {shift.low, shift.high - duration}
        for _, low, high, _ in board.bounds(shift, place, duration):
            points |= {low, high}
            for pause in shift.due:
                points |= {low + pause.duration, high - pause.duration}
        for entry in shift.entries:
            points |= {entry.start - duration, entry.end}
        for pause in shift.due:
            points |= {pause.earliest - duration, pause.earliest + pause.duration}
            points |= {pause.latest - pause.duration - duration, pause.latest}
    return sorted({nearest(starts, point, point) for point in points})


class Near(NamedTuple):
    """Starts one of which is nearest; ``rule`` and ``margin`` where there is one and it is known what is broken."""

    starts: Sequence[int]
    rule: Rule | None = None
    margin: int = 0


def nearest_starts(board: Board, p: int, v: int, s: int, starts: Starts, inside: Starts) -> Near:
    """For a person who fits and whose day is in order, but has no room for the slot.

    ``starts`` are those of the slot; ``inside``, not empty, those of them within the person's mandate and a shift.
    """
    visit = board.visits[v]
    slot = visit.slots[s]
    duration = visit.duration_of(slot)
    place = visit.place_of(slot)
    days = board.days[p]
    if any(shift.timed is not None for shift in days):  # no closed form where travel depends on the time
        points = turning_points(board, p, v, s, starts)
        return Near(_within(points, inside) or points)
    if place is None:
        points = _within(turning_points(board, p, v, s, starts), inside)
        entries = [(entry.start - duration, entry.end) for shift in days for entry in shift.entries]
        return Near([at for at in points if not any(low < at < high for low, high in entries)] or points)
    short: list[tuple[int, int]] = []
    roomy: list[tuple[int, int]] = []
    held: list[int] = []
    for shift in days:
        if shift.high - duration < inside[0][0] or shift.low > inside[-1][1]:
            continue
        gaps = shift.gaps
        for i, low, high, _ in board.bounds(shift, place, duration):
            free, until = gaps[i].free, gaps[i].until - duration
            for a, b in inside:
                a, b = max(a, free), min(b, until)
                if a > b:
                    continue
                if max(a, low) <= min(b, high):
                    room = [(max(a, low), min(b, high))]
                    roomy += room
                    if shift.due:
                        room = intersect(board.with_breaks(shift, i, place, duration, low, high), room)
                    # A limit is exceeded by the same all over the gap.
                    held += [first for first, _ in room[:1]]
                elif not roomy:
                    at = min(max(a, min(low, high)), b)
                    short.append((max(0, low - at) + max(0, at - high), at))
    if held:
        return Near(held)
    if roomy:
        return Near(_within(turning_points(board, p, v, s, starts), roomy))
    if short:
        margin, at = min(short)
        return Near([at], Rule.TRAVEL, margin)
    margin, at = min((_shared(board, p, at, at + duration), at) for at in _edges(days, duration, inside))
    return Near([at], Rule.OVERLAP, margin)


def _edges(days: Iterable[ShiftState], duration: int, inside: Starts) -> list[int]:
    """Where least of a time can be taken: right before or after something, or at an edge."""
    entries = [entry for shift in days for entry in shift.entries]
    points = [at for entry in entries for at in (entry.start - duration, entry.end)]
    return [*_within(points, inside), *(edge for span in inside for edge in span)]


def _within(points: Iterable[int], spans: Starts) -> list[int]:
    return [at for at in points if any(low <= at <= high for low, high in spans)]


def _shared(board: Board, p: int, start: int, end: int) -> int:
    """Seconds of a service that are taken; those of another visit count for both."""
    total = 0
    for entry in {entry for shift in board.days[p] for entry in shift.entries}:  # one may lie in two shifts
        common = min(end, entry.end) - max(start, entry.start)
        if common > 0:
            total += common if entry.visit == BUSY else 2 * common
    return total
