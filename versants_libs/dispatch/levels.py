"""Objectives in levels: one unit of a higher level outweighs whatever the lower ones can amount to.

Done by exact scaling. What the terms of a level can amount to at most is proved from the problem, and each level is
multiplied by one more than all below it can differ by; the sum of the products then orders plans as comparing them
level by level does. Solving level by level, earlier levels held as limits, would need every rule twice (as a price and
as a limit) in three places, and starts its search anew for each level. The price of scaling: many levels of long times
leave the range of the native search; :func:`scaled` says which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import InstanceError
from .roads import Table, tables

if TYPE_CHECKING:
    from .problem import Problem, Weights

__all__ = ["by_level", "factors", "ranges", "scaled"]

#: Prices of terms that are counted in seconds stay below this in the native search (core/model.hpp).
SECONDS_BELOW = 2**31
#: Costs stay below this there.
COST_BELOW = 2**60
IN_SECONDS = ("lateness", "largest_lateness", "travel", "waiting", "overtime", "largest_idle", "imbalance")


def factors(problem: Problem) -> list[int]:
    """By level, highest first, what its terms are multiplied by; the last one is 1."""
    known, weights = ranges(problem), problem.weights
    found, below = [], 0
    for level in reversed(weights.ranked):
        found.append(below + 1)
        spread = sum(getattr(weights, term) * (known[term][1] - known[term][0]) for term in level)
        below += found[-1] * spread
    return found[::-1]


def scaled(problem: Problem) -> Weights:
    """The weights whose plain sum orders plans that break no rule as the levels do."""
    weights = problem.weights
    if not weights.levels:
        return weights
    prices = {
        term: factor * getattr(weights, term)
        for level, factor in zip(weights.ranked, factors(problem), strict=True)
        for term in level
    }
    return replace(weights, levels=(), **prices)


def check_range(problem: Problem) -> None:
    """Whether the native search can count so far. Raises InstanceError with the levels that are too much."""
    if not problem.weights.levels:
        return
    prices, known = problem.prices, ranges(problem)
    n = 1 + sum(len(visit.slots) for visit in problem.visits) + len(problem.visits)
    for level in reversed(problem.weights.ranked):
        most = sum(getattr(prices, term) * max(map(abs, known[term])) for term in level)
        long = [term for term in level if term in IN_SECONDS and getattr(prices, term) >= SECONDS_BELOW]
        if long or most >= COST_BELOW // n:
            raise InstanceError(
                "with the levels below it this level of the objective is out of the range of the native search: "
                "put levels together, or use the engine python",
                level,
            )


def by_level(problem: Problem, terms: Mapping[str, int]) -> tuple[int, ...]:
    """Weighted terms (of a cost or a difference), summed by level in the weights as they were given."""
    if not problem.weights.levels:
        return (sum(terms.values()),)
    found = []
    for level in problem.weights.ranked:
        priced = [term for term in level if getattr(problem.weights, term)]
        factor = getattr(problem.prices, priced[0]) // getattr(problem.weights, priced[0]) if priced else 1
        found.append(sum(terms[term] for term in level) // factor)
    return tuple(found)


def ranges(problem: Problem) -> dict[str, tuple[int, int]]:
    """The least and the most each term can amount to in a plan that breaks no rule; often far apart."""
    slots = [(visit, slot) for visit in problem.visits for slot in visit.slots]
    shifts = sorted(
        (s.end + s.overtime_s - s.start for person in problem.people for s in person.shifts), reverse=True
    )
    last = max((s.end + s.overtime_s for person in problem.people for s in person.shifts), default=0)
    late = [0]
    for visit, slot in slots:
        if slot is visit.slots[0] or slot.counts_late:
            due = [window.latest for window in visit.due(slot) if not window.hard]
            late.append(max(0, last - min(due)) if due else 0)
    places = [visit.place_of(slot) for visit, slot in slots]
    by = [
        table
        for mode, base in [(None, problem.travel), *problem.travel_by.items()]
        for _, table in tables(problem.travel_at, mode, base)
    ]
    ways, longest = _ways(by, {place for place in places if place is not None})
    # By time of day a call may also put a way off, into a peak or out of it.
    calls = sum(place is None for place in places) if problem.travel_at else 0
    pauses = [b.missed or 0 for person in problem.people for s in person.shifts for b in s.breaks]
    told = problem.published.assignments.values() if problem.published else ()
    work = sum(visit.duration_of(slot) for visit, slot in slots) // 60
    before = max((person.worked_s // 60 for person in problem.people), default=0)
    most = {
        "unserved": sum(visit.unserved for visit in problem.visits),
        "lateness": sum(late),
        "largest_lateness": max(late),
        "travel": sum(ways[place] for place in places if place is not None) + calls * longest,
        "waiting": sum(shifts[: len(slots)]),
        "overtime": sum(s.overtime_s for person in problem.people for s in person.shifts),
        "missed_break": sum(pauses),
        "largest_idle": max(shifts, default=0),
        "gender_wish": sum(slot.gender is not None and not slot.gender_hard for _, slot in slots),
        "second_choice_language": sum(
            max((second.penalty for second in need.second), default=0)
            for _, slot in slots
            for need in slot.languages
        ),
        "broken_continuity": sum(bool(slot.preferred) for _, slot in slots),
        "imbalance": (2 * before * work + work * work) // 60,
        "changes": sum(len(assignment.services) for assignment in told),
        "fees": sum(
            max((person.fee(visit.duration_of(slot)) for person in problem.people), default=0)
            for visit, slot in slots
        ),
    }
    # Where a detour is shorter than the direct way, a visit can save travel: no more than that way.
    least = dict.fromkeys(most, 0) | {
        "travel": -longest * (calls + sum(place is not None for place in places))
    }
    return {term: (least[term], most[term]) for term in most}


def _ways(by: Sequence[Table], places: set[int]) -> tuple[dict[int, int], int]:
    """By place, the longest way there and the longest on from it, together; and the longest way of all."""
    on, there, longest = dict.fromkeys(places, 0), dict.fromkeys(places, 0), 0
    for table in {(id(table.rows), table.percent): table for table in by}.values() if places else ():
        for a, row in enumerate(table.rows):
            furthest = table.longer(max(row))
            longest = max(longest, furthest)
            if a in on:
                on[a] = max(on[a], furthest)
            for place in places:
                there[place] = max(there[place], table.longer(row[place]))
    return {place: on[place] + there[place] for place in places}, longest
