"""Every rule, checked the naive way on a finished plan.

Written apart from the search on purpose: it shares the data model with it and nothing else, works on plain
times instead of sets of possible starts, and tries every way to place the breaks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import NamedTuple

from .model import Break, LanguageNeed, Link, LinkKind, Person, Shift, Slot, Span, Visit
from .problem import Assignment, Plan, Problem, Service
from .results import Rule, Violation

__all__ = [
    "check",
    "link_violations",
    "person_violations",
    "slot_violations",
    "takers",
    "vehicle_violations",
    "visit_violations",
]


def check(problem: Problem, plan: Plan) -> list[Violation]:
    """All violations of a plan, by visit in the order of the problem, then by person. Empty if it holds."""
    visits = {visit.id: visit for visit in problem.visits}
    people = {person.id: person for person in problem.people}
    found: list[Violation] = []
    for visit_id in plan.assignments:
        if visit_id not in visits:
            found.append(Violation(Rule.UNKNOWN, visit_id, None, None, 1, "ids"))
    by_person: dict[str, list[Work]] = {person_id: [] for person_id in people}
    for visit in problem.visits:
        assignment = plan.assignments.get(visit.id)
        if assignment is None:
            continue
        found += visit_violations(visit, assignment)
        for slot in visit.slots:
            service = assignment.services.get(slot.id)
            if service is None:
                continue
            if service.person not in people:
                found.append(Violation(Rule.UNKNOWN, visit.id, slot.id, service.person, 1, "ids"))
                continue
            found += slot_violations(visit, slot, people[service.person], service.start)
            by_person[service.person].append(work_of(visit, slot, service))
    for person_id, works in by_person.items():
        found += person_violations(problem, people[person_id], works)
    found += vehicle_violations(problem, plan)
    for link in problem.links:
        found += link_violations(link, visits, plan)
    return found


def link_violations(link: Link, visits: Mapping[str, Visit], plan: Plan) -> Iterator[Violation]:
    """What a link asks of the linked visits that are served."""
    served = [visit for visit in link.visits if visit in plan.assignments]
    if link.kind is LinkKind.ALL_OR_NONE:
        if served:
            for visit in link.visits:
                if visit not in plan.assignments:
                    yield Violation(Rule.LINK_MISSING, visit, None, None, 1, "visits")
    elif link.kind is LinkKind.SAME_PEOPLE:
        first: dict[str, str] = {}
        for visit in served:
            for slot, service in plan.assignments[visit].services.items():
                if first.setdefault(slot, service.person) != service.person:
                    yield Violation(Rule.LINK_PEOPLE, visit, slot, service.person, 1, "people")
    else:
        for before, then in pairwise(link.visits):
            if before not in plan.assignments or then not in plan.assignments:
                continue
            one, two = visits[before], plan.assignments[then].services
            ends = [
                service.start + one.duration_of(one.slot(slot))
                for slot, service in plan.assignments[before].services.items()
                if slot in {known.id for known in one.slots}
            ]
            if not ends or not two:
                continue
            starts = [service.start for service in two.values()]
            margin = max(0, max(ends) + link.least - min(starts))
            if link.most is not None:
                margin = max(margin, max(starts) - min(ends) - link.most)
            if margin > 0:
                yield Violation(Rule.LINK_TIME, then, None, None, margin, "s")


class Taker(NamedTuple):
    """A shift that takes a vehicle of a pool; ``sites``: its visits on site, (visit, slot), the earliest first."""

    pool: str
    span: Span
    person: str
    sites: tuple[tuple[str, str], ...]


def takers(problem: Problem, plan: Plan) -> list[Taker]:
    """Everybody who takes a shared vehicle, by when their shift begins, then in the order of the problem's people."""
    sites: dict[str, list[tuple[int, str, str]]] = {}
    for visit in problem.visits if problem.vehicles else ():
        assignment = plan.assignments.get(visit.id)
        for slot in visit.slots if assignment else ():
            service = assignment.services.get(slot.id) if assignment else None
            if service is not None and visit.place_of(slot) is not None:
                sites.setdefault(service.person, []).append((service.start, visit.id, slot.id))
    found = []
    for person in problem.people:
        for shift in person.shifts:
            span = Span(shift.start, shift.end + shift.overtime_s)
            mine = sorted(one for one in sites.get(person.id, ()) if span.start <= one[0] < span.end)
            if shift.vehicle is not None and mine:
                found.append(Taker(shift.vehicle, span, person.id, tuple(one[1:] for one in mine)))
    return sorted(found, key=lambda taker: taker.span.start)


def vehicle_violations(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Those for whom no vehicle is left when everybody takes one in turn, at the first visit they would travel to."""
    held: dict[str, list[Span]] = {pool: [*spans] for pool, spans in problem.vehicles_away.items()}
    for taker in takers(problem, plan):
        others = held.setdefault(taker.pool, [])
        instants = [taker.span.start, *(one.start for one in others)]
        most = max(
            sum(one.start <= at < one.end for one in others)
            for at in instants
            if taker.span.start <= at < taker.span.end
        )
        short = most + 1 - problem.vehicles[taker.pool]
        if short > 0:
            visit, slot = taker.sites[0]
            yield Violation(Rule.VEHICLE, visit, slot, taker.person, short, "vehicles")
        else:
            others.append(taker.span)


class Work(NamedTuple):
    """A visit in a person's day, or a fixed busy time (then ``visit`` is None)."""

    start: int
    end: int
    place: int | None
    visit: str | None
    slot: str | None
    crisis: bool


def work_of(visit: Visit, slot: Slot, service: Service) -> Work:
    """The service as something in a day."""
    end = service.start + visit.duration_of(slot)
    return Work(service.start, end, visit.place_of(slot), visit.id, slot.id, visit.crisis)


# The visit as a whole


def visit_violations(visit: Visit, assignment: Assignment) -> Iterator[Violation]:
    """Empty and unknown slots, one person twice, fixed start, windows, lags."""
    services = assignment.services
    slots = {slot.id for slot in visit.slots}
    for slot_id, service in services.items():
        if slot_id not in slots:
            yield Violation(Rule.UNKNOWN, visit.id, slot_id, service.person, 1, "ids")
    for slot in visit.slots:
        if slot.id not in services:
            yield Violation(Rule.INCOMPLETE, visit.id, slot.id, None, 1, "slots")
    seen: set[str] = set()
    for slot_id, service in services.items():
        if service.person in seen:
            yield Violation(Rule.SAME_PERSON, visit.id, slot_id, service.person, 1, "slots")
        seen.add(service.person)
    yield from _times(visit, services)


def _times(visit: Visit, services: Mapping[str, Service]) -> Iterator[Violation]:
    head = visit.slots[0]
    if head.id not in services:
        # Without its first slot a visit has no start: the others are judged by their own window.
        for slot in visit.slots:
            if slot.id in services:
                least, most = slot.lag
                margin = min(
                    _outside(services[slot.id].start, w.earliest + least, w.latest + most if w.hard else None)
                    for w in visit.openings
                )
                if margin:
                    yield Violation(Rule.WINDOW, visit.id, slot.id, services[slot.id].person, margin, "s")
        return
    start = services[head.id].start
    person = services[head.id].person
    if visit.fixed_start is not None and start != visit.fixed_start:
        yield Violation(Rule.PIN, visit.id, head.id, person, abs(start - visit.fixed_start), "s")
    if visit.day is not None and not visit.day.start <= start < visit.day.end:
        margin = _outside(start, visit.day.start, visit.day.end - 1)
        yield Violation(Rule.PIN, visit.id, head.id, person, margin, "s")
    margin = min(_outside(start, w.earliest, w.latest if w.hard else None) for w in visit.openings)
    if margin:
        yield Violation(Rule.WINDOW, visit.id, head.id, person, margin, "s")
    for slot in visit.slots[1:]:
        if slot.id in services:
            least, most = slot.lag
            margin = _outside(services[slot.id].start - start, least, most)
            if margin:
                rule = Rule.SIMULTANEOUS if slot.lag == (0, 0) else Rule.LAG
                yield Violation(rule, visit.id, slot.id, services[slot.id].person, margin, "s")


def _outside(value: int, least: int, most: int | None) -> int:
    if value < least:
        return least - value
    return 0 if most is None or value <= most else value - most


# One person in one slot


def slot_violations(visit: Visit, slot: Slot, person: Person, start: int) -> Iterator[Violation]:
    """Who the person is, and where and when they may work at all."""

    def broken(rule: Rule, margin: int, unit: str) -> Violation:
        return Violation(rule, visit.id, slot.id, person.id, margin, unit)

    if person.id in visit.excluded:
        yield broken(Rule.EXCLUDED, 1, "people")
    if visit.pins.get(slot.id, person.id) != person.id:
        yield broken(Rule.PIN, 1, "people")
    if slot.role is not None and slot.role not in person.roles:
        yield broken(Rule.ROLE, 1, "roles")
    if slot.skills - person.skills:
        yield broken(Rule.SKILL, len(slot.skills - person.skills), "skills")
    if slot.teams and person.team not in slot.teams:
        yield broken(Rule.TEAM, 1, "teams")
    shortfalls = [_short_by(need, person) for need in slot.languages]
    missing = sum(short is None for short in shortfalls)
    if missing:
        yield broken(Rule.LANGUAGE, missing, "languages")
    levels = sum(short for short in shortfalls if short is not None)
    if levels:
        yield broken(Rule.LEVEL, levels, "levels")
    if slot.gender is not None and slot.gender_hard and person.gender != slot.gender:
        yield broken(Rule.GENDER, 1, "people")
    if person.complexity_ceiling is not None and visit.complexity > person.complexity_ceiling:
        yield broken(Rule.COMPLEXITY, visit.complexity - person.complexity_ceiling, "steps")
    end = start + visit.duration_of(slot)
    if slot.needs_mandate and visit.country is not None:
        spans = person.mandates.get(visit.country, ())
        bare = (end - start) - _covered(Span(start, end), spans)
        if bare:
            yield broken(Rule.MANDATE, bare, "s")
    outside = (end - start) - max(
        (_covered(Span(start, end), [Span(s.start, s.end + s.overtime_s)]) for s in person.shifts), default=0
    )
    if outside:
        yield broken(Rule.SHIFT, outside, "s")


def _short_by(need: LanguageNeed, person: Person) -> int | None:
    """Levels missing to the nearest accepted language; 0 is good, None has none of them at all."""
    shorts = []
    for language, level in [(need.language, need.level), *((s.language, s.level) for s in need.second)]:
        if need.into is None:
            directions = [person.languages.get(language)]
        else:
            directions = [person.pairs.get((language, need.into))]
            if need.both_ways:
                directions.append(person.pairs.get((need.into, language)))
        held = [one for one in directions if one is not None]
        if len(held) == len(directions):
            shorts.append(max(0, level - min(held)))
    return min(shorts, default=None)


def _covered(span: Span, spans: Iterable[Span]) -> int:
    """Seconds of ``span`` inside the union of ``spans``."""
    total, reached = 0, span.start
    for one in sorted(spans):
        low, high = max(reached, one.start), min(span.end, one.end)
        if high > low:
            total += high - low
            reached = high
    return total


# One person's days


def person_violations(problem: Problem, person: Person, works: Sequence[Work]) -> Iterator[Violation]:
    """Overlaps, travel, breaks and limits of one person who does ``works`` and their fixed busy times."""
    yield from _overlaps(person, works)
    days: dict[int, list[int]] = {}
    weeks: dict[int, int] = {}
    for shift in person.shifts:
        until = shift.end + shift.overtime_s
        mine = [work for work in works if shift.start <= work.start < until]
        if not mine:
            continue
        day = _Day(problem, person, shift, mine)
        yield from day.late_arrivals()
        yield from day.missing_breaks()
        work_s = sum(work.end - work.start for work in mine) + day.driving_s
        for i, span in enumerate(problem.days):
            if span.start <= shift.start < span.end:
                held = days.setdefault(i, [0, 0])
                held[0] += work_s
                held[1] += day.driving_s
        for i, span in enumerate(problem.weeks):
            if span.start <= shift.start < span.end:
                weeks[i] = weeks.get(i, person.worked_s if i == 0 else 0) + work_s
    yield from _over_limits(person, works, days, weeks)


def _overlaps(person: Person, works: Sequence[Work]) -> Iterator[Violation]:
    others = [*works, *(Work(b.start, b.end, b.place, None, None, False) for b in person.busy)]
    for i, one in enumerate(works):
        shared = sum(
            max(0, min(one.end, other.end) - max(one.start, other.start))
            for j, other in enumerate(others)
            if j != i
        )
        if shared:
            yield Violation(Rule.OVERLAP, one.visit, one.slot, person.id, shared, "s")


def _over_limits(
    person: Person, works: Sequence[Work], days: Mapping[int, Sequence[int]], weeks: Mapping[int, int]
) -> Iterator[Violation]:
    def above(rule: Rule, value: int, limit: int | None, unit: str) -> Iterator[Violation]:
        if limit is not None and value > limit:
            yield Violation(rule, None, None, person.id, value - limit, unit)

    yield from above(Rule.CRISIS, sum(work.crisis for work in works), person.limits.crisis_visits, "visits")
    for work_s, driving_s in days.values():
        yield from above(Rule.WORK_DAY, work_s, person.limits.work_day_s, "s")
        yield from above(Rule.DRIVING_DAY, driving_s, person.limits.driving_day_s, "s")
    for work_s in weeks.values():
        yield from above(Rule.WORK_WEEK, work_s, person.limits.work_week_s, "s")


class _Day:
    """One shift with its visits and busy times in order, and the known places it passes."""

    def __init__(self, problem: Problem, person: Person, shift: Shift, mine: Sequence[Work]) -> None:
        self.person = person
        self.shift = shift
        self.until = shift.end + shift.overtime_s
        self.busy = []
        from_home = to_home = True
        for b in person.busy:
            if b.start < self.until and b.end > shift.start:
                if b.place is None:
                    start, end = max(b.start, shift.start), min(b.end, self.until)
                    self.busy.append(Work(start, end, None, None, None, False))
                else:
                    # Who is elsewhere when the shift begins or ends starts or ends there.
                    from_home = from_home and b.start >= shift.start
                    to_home = to_home and b.end <= self.until
                    self.busy.append(Work(b.start, b.end, b.place, None, None, False))
        self.works = sorted([*mine, *self.busy], key=lambda work: (work.start, work.end))
        # Points: (time one can leave, time one must be there, place, index in works or None for home).
        points: list[tuple[int, int, int, int | None]] = [
            (work.end, work.start, work.place, i)
            for i, work in enumerate(self.works)
            if work.place is not None
        ]
        if shift.start_place is not None and from_home:
            points.insert(0, (shift.start, shift.start, shift.start_place, None))
        if shift.end_place is not None and to_home:
            points.append((self.until, self.until, shift.end_place, None))
        self.points = points
        self.roads = problem.roads_of(person)
        self.at_home = shift.end_place is not None and to_home
        self.needs = [self._driving(k) for k in range(len(points) - 1)]
        self.driving_s = sum(self.needs)

    def _between(self, k: int) -> list[int]:
        """Indices of the works without place between points k and k+1."""
        before, after = self.points[k][3], self.points[k + 1][3]
        low = -1 if before is None else before
        high = len(self.works) if after is None else after
        return list(range(low + 1, high))

    def _ready(self, k: int) -> int:
        """When the person can leave point k for the next one: calls on the way count as made before."""
        return self.points[k][0] + sum(self.works[i].end - self.works[i].start for i in self._between(k))

    def _driving(self, k: int) -> int:
        """Seconds on the road between points k and k+1; at the end of a shift one goes home at once."""
        a, b = self.points[k][2], self.points[k + 1][2]
        if self.at_home and k == len(self.points) - 2:
            return self.roads.home(a, b, self._ready(k))
        return self.roads.drive(a, b, self._ready(k), self.points[k + 1][1])

    def _late(self, k: int) -> int:
        """By how much one is late at point k+1, no more than the way takes; 0 or below if in time."""
        ready = self._ready(k)
        arrival = self.roads.arrive(self.points[k][2], self.points[k + 1][2], ready)
        return min(arrival - ready, arrival - self.points[k + 1][1])

    def _spare(self, k: int) -> int:
        """Seconds by which the person may leave point k later, after remote work."""
        until = self.points[k + 1][1]
        return self.roads.leave(self.points[k][2], self.points[k + 1][2], until) - self._ready(k)

    def late_arrivals(self) -> Iterator[Violation]:
        """Legs that touch a visit and do not fit. Calls may be taken on the road, not while driving."""
        for k in range(len(self.needs)):
            touched = [*self._between(k), self.points[k + 1][3], self.points[k][3]]
            visits = [self.works[i] for i in touched if i is not None and self.works[i].visit is not None]
            short = self._late(k)
            if visits and short > 0:
                goal = self.points[k + 1][3]
                late = self.works[goal] if goal is not None else visits[-1]
                late = late if late.visit is not None else visits[-1]
                yield Violation(Rule.TRAVEL, late.visit, late.slot, self.person.id, short, "s")

    def missing_breaks(self) -> Iterator[Violation]:
        """Due breaks that no way of placing them all can hold."""
        length = self.shift.end - self.shift.start
        due = [
            b
            for b in self.shift.breaks
            if b.missed is None and length > b.if_shift_over and self._busy_leaves_room(b)
        ]
        gaps = self._gaps(self.works)
        homes = [self._leg_of(i) for i in range(len(gaps))]
        alone = [min(self._short(pause, gaps[g], homes[g], 0) for g in range(len(gaps))) for pause in due]
        for short in alone:
            if short > 0:
                yield Violation(Rule.BREAK, None, None, self.person.id, short, "s")
        if not due or any(short > 0 for short in alone):
            return
        best = min(
            sum(
                self._short(pause, gaps[g], homes[g], self._taken(choice, homes, due, i))
                for i, (pause, g) in enumerate(zip(due, choice, strict=True))
            )
            for choice in product(range(len(gaps)), repeat=len(due))
        )
        if best > 0:
            yield Violation(Rule.BREAK, None, None, self.person.id, best, "s")

    def _gaps(self, works: Sequence[Work]) -> list[Span]:
        """Free spans of the shift, one before each work and one after the last; may be empty."""
        gaps, free = [], self.shift.start
        for work in works:
            gaps.append(Span(free, work.start))
            free = max(free, work.end)
        return [*gaps, Span(free, self.until)]

    def _leg_of(self, gap: int) -> int | None:
        """The leg (between two known places) in which gap number ``gap`` lies."""
        for k in range(len(self.needs)):
            before, after = self.points[k][3], self.points[k + 1][3]
            if (-1 if before is None else before) < gap <= (len(self.works) if after is None else after):
                return k
        return None

    def _taken(
        self, choice: Sequence[int], homes: Sequence[int | None], due: Sequence[Break], upto: int
    ) -> int:
        """Seconds that earlier breaks of this choice take from the leg of break number ``upto``."""
        leg = homes[choice[upto]]
        return sum(due[j].duration for j in range(upto) if leg is not None and homes[choice[j]] == leg)

    def _short(self, pause: Break, gap: Span, leg: int | None, taken: int) -> int:
        room = min(gap.end, pause.latest) - max(gap.start, pause.earliest)
        short = pause.duration - room
        if leg is not None:
            short = max(short, pause.duration - (self._spare(leg) - taken))
        return max(0, min(short, pause.duration))

    def _busy_leaves_room(self, pause: Break) -> bool:
        gaps = self._gaps(sorted(self.busy, key=lambda work: (work.start, work.end)))
        return any(min(g.end, pause.latest) - max(g.start, pause.earliest) >= pause.duration for g in gaps)
