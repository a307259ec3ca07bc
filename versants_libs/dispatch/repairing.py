"""Mending a published day: somebody is ill, late, a visit falls away or comes in; as little as possible changes.

First the visits that the event broke find people while everybody else's appointments stay. Only if one of them finds
nobody may other visits change too, at most ``max_changes`` of them, and each such change must pay for itself by a visit
served (:mod:`~versants_libs.dispatch.mending`).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .checking import check, link_violations, takers, vehicle_violations
from .differences import diff
from .errors import FormatError, InstanceError
from .evaluation import evaluate
from .io import visit_from_json
from .mending import Mending
from .model import Busy, Visit
from .problem import Plan, Problem
from .results import Cost, Rule, Violation
from .stopping import AnyOf, MaxIterations, MaxSeconds

__all__ = [
    "Absence",
    "Cancellation",
    "Delay",
    "Event",
    "NewVisit",
    "Repair",
    "after",
    "events_from_json",
    "repair",
]


@dataclass(frozen=True, slots=True)
class Absence:
    """A person is away from ``start`` to ``end`` (half-open, seconds)."""

    person: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Delay:
    """A planned visit begins ``seconds`` later than planned, with the same people."""

    visit: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A visit is not needed any more."""

    visit: str


@dataclass(frozen=True, slots=True)
class NewVisit:
    """A visit comes in, a crisis for instance. One of the same id is replaced."""

    visit: Visit


Event = Absence | Delay | Cancellation | NewVisit


@dataclass(frozen=True, slots=True)
class Repair:
    """What became of a day.

    ``problem`` is the one after the events, ``plan`` holds under it. ``affected`` are the visits the events broke or
    brought in; ``changed_visits`` those whose people or times differ from the plan before, ``others`` those of them
    that had their people and that the events had left alone. ``unassigned``: visits without a team now.
    """

    problem: Problem
    plan: Plan
    cost: Cost
    affected: tuple[str, ...]
    changed_visits: tuple[str, ...]
    others: tuple[str, ...]
    unassigned: tuple[str, ...]
    violations: tuple[Violation, ...]
    seconds: float


def events_from_json(value: Any) -> list[Event]:
    """Events of a JSON list, each one object with one member that says what happened.

    ``{"absence": {"person", "start", "end"}}``, ``{"delay": {"visit", "seconds"}}``, ``{"cancellation": {"visit"}}``,
    ``{"visit": {"id": ..., and the members of a visit}}``. Raises FormatError.
    """
    if not isinstance(value, list):
        raise FormatError((), "a list of events expected")
    return [_event(one, (i,)) for i, one in enumerate(value)]


def _event(value: Any, path: tuple[str | int, ...]) -> Event:
    kinds: dict[str, tuple[type, dict[str, type]]] = {
        "absence": (Absence, {"person": str, "start": int, "end": int}),
        "delay": (Delay, {"visit": str, "seconds": int}),
        "cancellation": (Cancellation, {"visit": str}),
    }
    if not isinstance(value, dict) or len(value) != 1:
        raise FormatError(path, f"one of {', '.join([*kinds, 'visit'])} expected")
    ((kind, members),) = value.items()
    if kind == "visit" and isinstance(members, dict) and isinstance(members.get("id"), str):
        rest = {name: member for name, member in members.items() if name != "id"}
        return NewVisit(visit_from_json(members["id"], rest))
    if kind not in kinds:
        raise FormatError(
            (*path, str(kind)), f"unknown event, one of {', '.join([*kinds, 'visit'])} expected"
        )
    made, wanted = kinds[kind]
    if not isinstance(members, dict) or set(members) != set(wanted):
        raise FormatError((*path, kind), f"the members {', '.join(wanted)} expected")
    for name, what in wanted.items():
        if type(members[name]) is not what:
            raise FormatError(
                (*path, kind, name), "text expected" if what is str else "a whole number expected"
            )
    event: Event = made(**members)
    return event


def after(problem: Problem, plan: Plan, events: Sequence[Event]) -> tuple[Problem, Plan, tuple[str, ...]]:
    """The problem and plan once the events have happened, and the visits that do not stand any more.

    Visits that are broken are taken out of the plan. Raises InstanceError for an id that is not there.
    """
    people = {person.id: person for person in problem.people}
    visits = {visit.id: visit for visit in problem.visits}
    affected: dict[str, None] = {}
    for event in events:
        if isinstance(event, Absence):
            person = people.get(event.person)
            if person is None:
                raise InstanceError("an absence names an unknown person", [event.person])
            busy = (*person.busy, Busy(event.start, event.end))
            people[person.id] = replace(person, busy=_without_places(busy, event))
        elif isinstance(event, Delay):
            visit = visits.get(event.visit)
            if visit is None or event.visit not in plan.assignments:
                raise InstanceError("a delay names a visit that is not planned", [event.visit])
            visits[visit.id] = _delayed(visit, plan, event.seconds)
            plan = plan.without(visit.id).with_team(
                visit.id,
                {
                    slot: service._replace(start=service.start + event.seconds)
                    for slot, service in plan.assignments[visit.id].services.items()
                },
            )
            affected[visit.id] = None
        elif isinstance(event, Cancellation):
            if visits.pop(event.visit, None) is None:
                raise InstanceError("a cancellation names an unknown visit", [event.visit])
            plan = plan.without(event.visit)
            affected.pop(event.visit, None)
        else:
            visits[event.visit.id] = event.visit
            plan = plan.without(event.visit.id)
            affected[event.visit.id] = None
    links = (replace(link, visits=names) for link in problem.links if len(names := link.within(visits)) > 1)
    changed = replace(
        problem, people=tuple(people.values()), visits=tuple(visits.values()), links=tuple(links)
    )
    delayed = {event.visit for event in events if isinstance(event, Delay)}
    violations = check(changed, plan)
    while broken := _broken(changed, violations, plan, delayed):
        affected |= dict.fromkeys(broken)
        plan, violations = _taken_out(changed, plan, broken, violations)
    return changed, plan, tuple(affected)


def _taken_out(
    problem: Problem, plan: Plan, broken: Sequence[str], violations: Iterable[Violation]
) -> tuple[Plan, list[Violation]]:
    """The plan without some visits, and what is wrong then: only the days of their people are looked at again."""
    touched = {who for name in broken for who in plan.assignments[name].people.values()}
    plan = plan.without(*broken)
    kept = [one for one in violations if one.visit not in broken and one.person not in touched]
    theirs = {name for name, one in plan.assignments.items() if touched & {*one.people.values()}}
    part = problem.part(
        (person for person in problem.people if person.id in touched),
        (visit for visit in problem.visits if visit.id in theirs),
    )
    again = check(part, Plan({name: plan.assignments[name] for name in theirs}))
    own = [*kept, *(one for one in again if one.person in touched)]
    others = [one for one in own if one.rule is not Rule.VEHICLE]  # that one depends on everybody
    return plan, [*others, *vehicle_violations(problem, plan)]


def _without_places(busy: Iterable[Busy], event: Absence) -> tuple[Busy, ...]:
    """During an absence other fixed times do not matter: their place would contradict it."""
    kept = []
    for one in busy:
        overlaps = one.start < event.end and one.end > event.start
        kept.append(Busy(one.start, one.end) if overlaps else one)
    return tuple(kept)


def _delayed(visit: Visit, plan: Plan, seconds: int) -> Visit:
    """The same team at the later moment, whatever the windows said."""
    planned = plan.assignments[visit.id]
    first = planned.services.get(visit.slots[0].id)
    if first is None:
        raise InstanceError("a delay names a visit without its first slot", [visit.id])
    start = first.start + seconds
    windows = tuple(
        window._replace(earliest=min(window.earliest, start), latest=max(window.latest, start + visit.end_s))
        for window in visit.windows
    )
    pins = {**visit.pins, **planned.people}
    return replace(visit, windows=windows, fixed_start=start, day=None, pins=pins)


def _broken(problem: Problem, violations: Sequence[Violation], plan: Plan, kept: set[str]) -> list[str]:
    """Visits to take out so that a rule is not broken; delayed ones stay, what collides with them goes."""
    found: dict[str, None] = {}
    for violation in violations:
        if (
            violation.visit is not None
            and violation.visit in plan.assignments
            and violation.visit not in kept
        ):
            found[violation.visit] = None
        elif violation.rule is Rule.VEHICLE:
            found |= dict.fromkeys(_with_vehicle(problem, violation, plan, kept))
        elif violation.person is not None:
            mine = [
                visit
                for visit, one in plan.assignments.items()
                if visit not in kept and violation.person in one.people.values()
            ]
            # The last of the day goes first: what came before may still stand.
            mine.sort(key=lambda visit: plan.assignments[visit].start)
            found |= dict.fromkeys(mine[-1:])
    if not found and kept and violations:
        found |= dict.fromkeys(visit for visit in kept if visit in plan.assignments)
    return list(found)


def _with_vehicle(problem: Problem, violation: Violation, plan: Plan, kept: set[str]) -> list[str]:
    """For a visit that stays and has no shared vehicle: the visits of the last one who could give theirs up."""
    taking = takers(problem, plan)
    mine = next(one for one in taking if (violation.visit, violation.slot) in one.sites)
    others = [
        {visit for visit, _ in one.sites}
        for one in taking
        if one.pool == mine.pool
        and one is not mine
        and one.span.start < mine.span.end
        and mine.span.start < one.span.end
        and not any(visit in kept for visit, _ in one.sites)
    ]
    return sorted(others[-1]) if others else []


def repair(
    problem: Problem,
    plan: Plan,
    events: Sequence[Event],
    *,
    max_changes: int = 3,
    seconds: float = 1.0,
    iterations: int = 4_000,
    seed: int = 0,
    engine: str = "auto",
) -> Repair:
    """Mend ``plan`` after ``events``.

    Parameters
    ----------
    max_changes : how many visits that the events left alone may get other people or another time.
    seconds : about how long the whole may take, the last check included.
    iterations : of the search, and of visits taken up to make room. With ``seconds`` out of reach the answer depends
        on the seed alone.

    Returns
    -------
    Repair : always a plan that holds. Visits for which nobody was found are ``unassigned``.

    Raises
    ------
    InstanceError : an event names somebody or something that is not there.
    """
    began = time.monotonic()
    changed, standing, affected = after(problem, plan, events)
    # What has been spent on the first check will be on the last.
    until = 2 * began + seconds - time.monotonic()
    mending = Mending(changed, standing, plan, lambda: time.monotonic() > until, iterations)
    numbers = mending.board.visit_index
    missing = [numbers[name] for name in affected if name in numbers and name not in standing.assignments]
    alone = mending.place(missing, seed)
    first = mending.plan()
    left = mending.make_room(alone, max_changes) if alone and max_changes > 0 else alone
    best = mending.plan()
    if left:
        # Where others made room, the search may do better without what they did.
        starts = [(best, left), (first, alone)][: 1 + (len(left) < len(alone))]
        for n, (start, absent) in enumerate(starts):
            share = max(0.0, until - time.monotonic()) / (len(starts) - n)
            stop = AnyOf(MaxSeconds(share), MaxIterations(iterations))
            found = mending.search(start, absent, max_changes, stop=stop, seed=seed, engine=engine)
            if found is not None and _points(changed, found) > _points(changed, best):
                best = found
    best = _with_links(changed, best)
    differing = _changed(plan, best)
    known = {visit.id for visit in changed.visits}
    return Repair(
        problem=changed,
        plan=best,
        cost=evaluate(changed, best),
        affected=affected,
        changed_visits=tuple(visit for visit in differing if visit in known),
        others=tuple(
            visit
            for visit in differing
            if visit in known and visit in plan.assignments and visit not in affected
        ),
        unassigned=tuple(visit.id for visit in changed.visits if visit.id not in best.assignments),
        violations=tuple(check(changed, best)),
        seconds=time.monotonic() - began,
    )


def _with_links(problem: Problem, plan: Plan) -> Plan:
    """The plan without visits whose links do not hold: linked visits fall with the one that was lost."""
    known = {visit.id: visit for visit in problem.visits}
    while True:
        found = [(link, one) for link in problem.links for one in link_violations(link, known, plan)]
        if not found:
            return plan
        link, one = found[0]
        lost = one.visit in plan.assignments
        plan = plan.without(*([one.visit] if lost and one.visit is not None else link.visits))


def _points(problem: Problem, plan: Plan) -> int:
    """What is served, in the points it would cost to leave it out."""
    return sum(visit.unserved for visit in problem.visits if visit.id in plan.assignments)


def _changed(before: Plan, then: Plan) -> list[str]:
    return [change.visit for change in diff(before, then)]
