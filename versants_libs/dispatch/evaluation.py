"""What a plan costs, computed from scratch: the definition of the objective.

The search keeps its own running figures; the tests hold them against this module.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

from .levels import by_level
from .model import Break, LanguageNeed, Person, Shift, Slot, Visit
from .problem import TERMS, Plan, Problem
from .resting import Day, Resting, Stop, settle
from .results import Cost, Delta
from .roads import Roads

__all__ = ["compare", "evaluate", "rests"]


def evaluate(problem: Problem, plan: Plan) -> Cost:
    """Cost of a plan by term. The plan need not be feasible; unknown ids count for nothing.

    A visit of which a slot is empty counts as unserved. Travel and imbalance are what the plan adds to what
    people would travel and work without any visit.
    """
    amounts = dict.fromkeys(TERMS, 0)
    people = {person.id: person for person in problem.people}
    stops: dict[str, list[Stop]] = {}
    for visit in problem.visits:
        assignment = plan.assignments.get(visit.id)
        served = assignment.services if assignment else {}
        if any(slot.id not in served for slot in visit.slots):
            amounts["unserved"] += visit.unserved
        for slot in visit.slots:
            service = served.get(slot.id)
            if service is None or service.person not in people:
                continue
            person = people[service.person]
            if slot is visit.slots[0] or slot.counts_late:
                late = visit.lateness(service.start, slot) or 0
                amounts["lateness"] += late
                amounts["largest_lateness"] = max(amounts["largest_lateness"], late)
            amounts["gender_wish"] += _misses_wish(slot, person)
            amounts["broken_continuity"] += bool(slot.preferred) and person.id not in slot.preferred
            amounts["fees"] += person.fee(visit.duration_of(slot))
            amounts["second_choice_language"] += sum(_penalty(need, person) for need in slot.languages)
            end = service.start + visit.duration_of(slot)
            stops.setdefault(person.id, []).append(Stop(service.start, end, visit.place_of(slot), True))
    for person_id, services in stops.items():
        _add_person(problem, people[person_id], services, amounts)
    if problem.prices.largest_idle:
        idle = (
            _idle(problem, person, shift, stops.get(person.id, ()))
            for person in problem.people
            for shift in person.shifts
        )
        amounts["largest_idle"] = max(idle, default=0)
    amounts["changes"] = _changes(problem, plan)
    terms = {term: getattr(problem.prices, term) * amounts[term] for term in TERMS}
    return Cost(sum(terms.values()), terms, amounts, by_level(problem, terms))


def compare(before: Cost, after: Cost) -> Delta:
    """What ``after`` costs more than ``before``."""
    terms = {term: after.terms[term] - before.terms[term] for term in after.terms}
    levels = tuple(b - a for a, b in zip(before.levels, after.levels, strict=True))
    return Delta(after.total - before.total, terms, levels)


def _misses_wish(slot: Slot, person: Person) -> bool:
    return slot.gender is not None and not slot.gender_hard and person.gender != slot.gender


def _level(person: Person, language: str, need: LanguageNeed) -> int | None:
    """The person's level in ``language`` for this need, None if they do not have it."""
    if need.into is None:
        return person.languages.get(language)
    there = person.pairs.get((language, need.into))
    if not need.both_ways or there is None:
        return there
    back = person.pairs.get((need.into, language))
    return None if back is None else min(there, back)


def _penalty(need: LanguageNeed, person: Person) -> int:
    """Points for a second choice; 0 for the first choice, and for somebody who fits neither."""
    level = _level(person, need.language, need)
    if level is not None and level >= need.level:
        return 0
    return min(
        (
            second.penalty
            for second in need.second
            if (held := _level(person, second.language, need)) is not None and held >= second.level
        ),
        default=0,
    )


def _inside(shift: Shift, services: Sequence[Stop]) -> list[Stop]:
    until = shift.end + shift.overtime_s
    return [stop for stop in services if shift.start <= stop.start < until]


def _busy(person: Person, shift: Shift) -> list[Stop]:
    """The busy times of a shift; elsewhere they count whole, because one has to be there."""
    found = []
    for b in person.busy:
        if b.start < shift.until and b.end > shift.start:
            elsewhere = b.place is not None
            start = b.start if elsewhere else max(b.start, shift.start)
            found.append(Stop(start, b.end if elsewhere else min(b.end, shift.until), b.place, False))
    return found


def _add_person(problem: Problem, person: Person, services: Sequence[Stop], amounts: dict[str, int]) -> None:
    for shift in person.shifts:
        inside = _inside(shift, services)
        if not inside:
            continue
        busy = _busy(person, shift)
        roads = problem.roads_of(person)
        amounts["travel"] += _legs(roads, shift, [*inside, *busy]) - _legs(roads, shift, busy)
        resting = _resting(problem, person, shift, inside)[1]
        if resting is None:
            amounts["waiting"] += _waiting(roads, _ordered(inside, busy))
            amounts["overtime"] += _overtime(roads, shift, _ordered(inside, busy))
        else:
            amounts["waiting"] += resting.waiting
            amounts["overtime"] += resting.overtime
            amounts["missed_break"] += resting.missed
    before = person.worked_s // 60
    more = sum(stop.end - stop.start for stop in services) // 60
    amounts["imbalance"] += (2 * before * more + more * more) // 60


def _ordered(*stops: Sequence[Stop]) -> list[Stop]:
    return sorted(chain.from_iterable(stops), key=lambda stop: (stop.start, stop.end))


def _resting(
    problem: Problem, person: Person, shift: Shift, inside: Sequence[Stop]
) -> tuple[list[Break], Resting | None]:
    """The breaks of a shift that may be missed and how they are laid, None if it has none of that kind."""
    if not inside or not any(pause.missed is not None for pause in shift.breaks):
        return [], None
    until = shift.end + shift.overtime_s
    left, right = shift.start_place, shift.end_place
    busy = []
    for stop in _busy(person, shift):
        left = None if stop.start < shift.start else left
        right = None if stop.end > until else right
        busy.append(stop)
    due = [
        pause
        for pause in sorted(shift.breaks, key=lambda b: b.earliest)
        if shift.end - shift.start > pause.if_shift_over and _room(pause, shift, busy)
    ]
    weights = problem.prices
    day = Day(shift.start, shift.end, until, left, right, _ordered(inside, busy))
    return due, settle(
        day,
        due,
        problem.roads_of(person),
        waiting=weights.waiting,
        overtime=weights.overtime,
        missed=weights.missed_break,
    )


def _room(pause: Break, shift: Shift, busy: Sequence[Stop]) -> bool:
    """Whether the busy times alone leave room for a break."""
    free, until = shift.start, shift.end + shift.overtime_s
    for stop in [*_ordered(busy), Stop(until, until, None, False)]:
        if min(stop.start, pause.latest) - max(free, pause.earliest) >= pause.duration:
            return True
        free = max(free, stop.end)
    return False


def _idle(problem: Problem, person: Person, shift: Shift, services: Sequence[Stop]) -> int:
    """Seconds of a shift that are neither work, busy, travel, nor a break that may be missed."""
    inside, busy = _inside(shift, services), _busy(person, shift)
    held = sum(max(0, min(b.end, shift.end) - max(b.start, shift.start)) for b in busy)
    resting = _resting(problem, person, shift, inside)[1]
    work = sum(stop.end - stop.start for stop in inside)
    legs = _legs(problem.roads_of(person), shift, [*inside, *busy])
    return max(0, shift.end - shift.start - held - work - legs - (resting.rest if resting else 0))


def rests(problem: Problem, plan: Plan) -> dict[str, list[tuple[int, int]]]:
    """When each person takes the breaks that may be missed, as evaluate() lays them: id -> (start, duration)."""
    services: dict[str, list[Stop]] = {}
    for visit in problem.visits:
        assignment = plan.assignments.get(visit.id)
        for slot in visit.slots if assignment else ():
            service = assignment.services.get(slot.id) if assignment else None
            if service is not None:
                end = service.start + visit.duration_of(slot)
                stop = Stop(service.start, end, visit.place_of(slot), True)
                services.setdefault(service.person, []).append(stop)
    found: dict[str, list[tuple[int, int]]] = {}
    for person in problem.people:
        for shift in person.shifts:
            inside = _inside(shift, services.get(person.id, ()))
            due, resting = _resting(problem, person, shift, inside)
            for start, pause in zip(resting.starts, due, strict=True) if resting else ():
                if start is not None:
                    found.setdefault(person.id, []).append((start, pause.duration))
    return found


def _legs(roads: Roads, shift: Shift, stops: Sequence[Stop]) -> int:
    """Seconds of travel of one shift. Placed busy times that cross its ends replace its end places."""
    until = shift.until
    day = _ordered(stops)
    placed = [stop for stop in day if stop.place is not None and not stop.visit]
    left = None if any(stop.start < shift.start for stop in placed) else shift.start_place
    right = None if any(stop.end > until for stop in placed) else shift.end_place
    legs = [Stop(shift.start, shift.start, left, False), *day]
    total, at, ready = _driving(roads, legs)
    if at is not None and right is not None:
        total += roads.home(at, right, ready)
    return total


def _driving(roads: Roads, stops: Sequence[Stop]) -> tuple[int, int | None, int]:
    """Seconds on the road between stops in order; the last place, and when one is ready to leave it.

    Calls between two places count as made before leaving.
    """
    total, at, ready = 0, None, 0
    for stop in stops:
        if stop.place is None:
            ready += stop.end - stop.start
            continue
        if at is not None:
            total += roads.drive(at, stop.place, ready, stop.start)
        at, ready = stop.place, stop.end
    return total, at, ready


def _waiting(roads: Roads, stops: Sequence[Stop]) -> int:
    """Idle seconds from the first visit to the last."""
    visits = [i for i, stop in enumerate(stops) if stop.visit]
    between = stops[visits[0] : visits[-1] + 1]
    gaps = sum(max(0, b.start - a.end) for a, b in pairwise(between))
    return max(0, gaps - _driving(roads, between)[0])


def _overtime(roads: Roads, shift: Shift, stops: Sequence[Stop]) -> int:
    """Seconds after the end of the shift at which the last visit, or the way back from it, ends."""
    last = max(i for i, stop in enumerate(stops) if stop.visit)
    back_at = stops[last].end
    if last == len(stops) - 1 and shift.end_place is not None:
        # Telephone calls after the last place may be made on the way.
        _, place, ready = _driving(roads, stops)
        if place is not None:
            back_at = max(back_at, roads.arrive(place, shift.end_place, ready))
    return max(0, back_at - shift.end)


def _changes(problem: Problem, plan: Plan) -> int:
    """Slots of the published plan that are served by somebody else, at another time, or not at all."""
    if problem.published is None:
        return 0
    known: dict[str, Visit] = {visit.id: visit for visit in problem.visits}
    changed = 0
    for visit_id, published in problem.published.assignments.items():
        if visit_id in known:
            now = plan.assignments.get(visit_id)
            services = now.services if now else {}
            changed += sum(services.get(slot) != service for slot, service in published.services.items())
    return changed
