"""The sub-problem that both sides can carry, as numbers, and the way from routes back to a plan.

One shift a person, one window a visit, nothing fixed in anybody's day; visits with one slot or two. Anything else in a
problem raises :class:`NotCommon`, so that nothing is left out silently.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from versants_libs.dispatch import Plan, Problem, Service, plan_from_json, problem_from_json
from versants_libs.dispatch.fitting import Fitting

__all__ = ["Common", "Crew", "NotCommon", "Task", "common", "plan_of", "read", "routes_of"]


class NotCommon(ValueError):
    """The problem has a rule that the other side cannot be given."""


@dataclass(frozen=True)
class Task:
    """One slot of a visit. ``people`` are the indices of those who may take it; seconds throughout."""

    visit: int
    slot: str
    place: int
    earliest: int
    latest: int
    hard: bool
    duration: int
    people: tuple[int, ...]
    counts_late: bool


@dataclass(frozen=True)
class Crew:
    """One person's day; ``driving`` is the most they may drive, None for no limit."""

    start: int
    end: int
    start_place: int
    end_place: int
    driving: int | None


@dataclass(frozen=True)
class Common:
    """``pairs`` are two tasks of one visit with the least and the most lag between their starts."""

    problem: Problem
    tasks: tuple[Task, ...]
    pairs: tuple[tuple[int, int, int, int], ...]
    crew: tuple[Crew, ...]
    #: No service needs to start later than this: all windows are past, and there is room for every delay worth having.
    latest: int

    @property
    def optional(self) -> bool:
        """Whether visits may be left out: only where windows are hard, so that all may not fit."""
        return any(task.hard for task in self.tasks)

    def road(self, a: int, b: int) -> int:
        """Seconds from place a to place b."""
        return int(self.problem.travel[a][b])


def common(problem: Problem) -> Common:
    """The problem as tasks and crew. Raises NotCommon."""
    crew = []
    for person in problem.people:
        if len(person.shifts) != 1 or person.busy or person.shifts[0].breaks or person.shifts[0].overtime_s:
            raise NotCommon(f"{person.id}: one shift without breaks, overtime and busy times expected")
        shift, limits = person.shifts[0], person.limits
        if shift.start_place is None or shift.end_place is None:
            raise NotCommon(f"{person.id}: places to start and end at expected")
        if any(one is not None for one in (limits.work_day_s, limits.work_week_s, limits.crisis_visits)):
            raise NotCommon(f"{person.id}: a limit other than the driving of the day")
        crew.append(Crew(shift.start, shift.end, shift.start_place, shift.end_place, limits.driving_day_s))
    fitting, tasks, pairs = Fitting(problem), list[Task](), []
    for v, visit in enumerate(problem.visits):
        if (
            len(visit.windows) != 1
            or len(visit.slots) > 2
            or visit.place is None
            or visit.fixed_start is not None
        ):
            raise NotCommon(f"{visit.id}: one window, one or two slots, a place and no fixed start expected")
        window = visit.windows[0]
        for slot in visit.slots:
            first = slot is visit.slots[0]
            if window.hard and slot.lag != (0, 0):
                raise NotCommon(f"{visit.id}: a lag in a hard window")
            people = []
            for fit in fitting.of(visit, slot):
                if fit.wish or fit.penalty or fit.broken:
                    raise NotCommon(f"{visit.id}: a wish")
                spans = problem.people[fit.person].mandates.get(visit.country or "", ())
                held = [s for s in spans if s.start <= window.earliest]
                until = window.latest + visit.duration_of(slot)
                if not slot.needs_mandate or visit.country is None or any(s.end >= until for s in held):
                    people.append(fit.person)
            tasks.append(
                Task(
                    v,
                    slot.id,
                    visit.place,
                    window.earliest,
                    window.latest,
                    window.hard,
                    visit.duration_of(slot),
                    tuple(people),
                    first or slot.counts_late,
                )
            )
            if not first:
                pairs.append((len(tasks) - 2, len(tasks) - 1, *slot.lag))
    latest = max(task.latest for task in tasks)
    if any(not task.hard for task in tasks):
        latest *= 3
    return Common(problem, tuple(tasks), tuple(pairs), tuple(crew), latest)


def read(path: Path) -> Common:
    """The common part of a problem file."""
    return common(problem_from_json(json.loads(path.read_text())))


def routes_of(it: Common, path: Path) -> list[list[int]]:
    """A plan file as one list of tasks a person, in order."""
    plan = plan_from_json(json.loads(path.read_text()))
    index = {person.id: p for p, person in enumerate(it.problem.people)}
    stops: list[list[tuple[int, int]]] = [[] for _ in it.crew]
    for t, task in enumerate(it.tasks):
        held = plan.assignments.get(it.problem.visits[task.visit].id)
        if held:
            service = held.services[task.slot]
            stops[index[service.person]].append((service.start, t))
    return [[t for _, t in sorted(day)] for day in stops]


def plan_of(it: Common, routes: list[list[int]]) -> Plan:
    """These routes at the earliest times they allow, which cannot cost more than any other times.

    A visit of which only one slot is in a route is left out.
    """
    held = {t for route in routes for t in route}
    held -= {t for a, b, _, _ in it.pairs for t in (a, b) if not (a in held and b in held)}
    start: dict[int, int] = {}
    arcs = [(a, b, low) for a, b, low, _ in it.pairs if a in held]
    arcs += [(b, a, -high) for a, b, _, high in it.pairs if a in held]
    person: dict[int, int] = {}
    for p, route in enumerate(routes):
        days = [t for t in route if t in held]
        for i, t in enumerate(days):
            task, person[t] = it.tasks[t], p
            start[t] = task.earliest
            if i:
                before = it.tasks[days[i - 1]]
                arcs.append((days[i - 1], t, before.duration + it.road(before.place, task.place)))
            else:
                start[t] = max(start[t], it.crew[p].start + it.road(it.crew[p].start_place, task.place))
    for _ in range(len(start) + 1):
        late = [(a, b, after) for a, b, after in arcs if start[a] + after > start[b]]
        if not late:
            break
        for a, b, after in late:
            start[b] = max(start[b], start[a] + after)
    plan: dict[str, dict[str, Service]] = {}
    for t in sorted(held):
        visit = it.problem.visits[it.tasks[t].visit]
        plan.setdefault(visit.id, {})[it.tasks[t].slot] = Service(it.problem.people[person[t]].id, start[t])
    found = Plan()
    for name, services in plan.items():
        found = found.with_team(name, services)
    return found
