"""Why not this person, why not this visit; and what would help.

Who is free is found by the search's exact sets of starts. What blocks the others is found by the independent
checker: each is forced in at every start that can matter, and the start where they come furthest counts. People whom
the rules cannot tell apart are asked about once: by who they are, then by their hours and mandates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from .checking import link_violations, person_violations, slot_violations, visit_violations, work_of
from .fitting import Fitting
from .lifting import Lifted
from .model import Person, Slot
from .nearing import nearest, nearest_starts, turning_points
from .problem import Assignment, Service
from .relaxing import relaxations
from .results import Candidate, Explanation, Rule, Violation
from .spans import Starts, intersect, union
from .teams import Member, count_teams

__all__ = ["explained"]

ORDER = {rule: i for i, rule in enumerate(Rule)}
RULES = list(Rule)
#: Kinds of slots of which is remembered who does not fit.
KINDS = 256


def explained(lifted: Lifted) -> Explanation:
    """See :meth:`Desk.explain`."""
    slots = lifted.members()
    n_teams, in_team = count_teams(lifted.board, lifted.v, slots)
    blocked, free = _Scan(lifted, slots, in_team).run()
    return Explanation(
        visit=lifted.visit.id,
        n_teams=n_teams,
        candidates=tuple(blocked),
        relaxations=relaxations(lifted, blocked, n_teams),
        free=tuple(free),
    )


#: A rule that somebody breaks by who they are, its margin and unit.
Unfit = tuple[Rule, int, str]


class _Found(NamedTuple):
    """The first broken rule at the start where the most of them hold: the least of several is that."""

    order: int
    margin: int
    start: int
    unit: str

    @property
    def rule(self) -> Rule:
        return RULES[-self.order]


def _found(violations: Sequence[Violation], start: int) -> _Found:
    first = min(ORDER[one.rule] for one in violations)
    broken = [one for one in violations if ORDER[one.rule] == first]
    return _Found(-first, sum(one.margin for one in broken), start, broken[0].unit)


class _Scan:
    def __init__(self, lifted: Lifted, slots: list[list[Member]], in_team: set[tuple[int, int]]) -> None:
        self.lifted, self.board, self.v, self.slots = lifted, lifted.board, lifted.v, slots
        self.problem = lifted.board.problem
        self.visit = lifted.visit
        self.in_team = in_team
        self.hours: dict[object, tuple[_Found | None, Starts]] = {}

    def run(self) -> tuple[list[Candidate], list[tuple[str, str]]]:
        blocked: list[Candidate] = []
        free: list[tuple[str, str]] = []
        people = self.problem.people
        for s, slot in enumerate(self.visit.slots):
            mine = {member.fit.person: member for member in self.slots[s]}
            fitting = {fit.person for fit in self.board.fits[self.v][s]}
            starts = self.board.starts(self.v, s)
            begin, name = starts[0][0], slot.id
            for p, reason in enumerate(self._unfit(slot, fitting, begin)):
                person = people[p]
                if reason is not None:
                    rule, margin, unit = reason
                    blocked.append(Candidate(person.id, name, rule, margin, unit, begin))
                    continue
                if (s, p) in self.in_team:
                    found = None
                elif p in mine:
                    found = self._without_team(s, slot, person, mine[p])
                else:
                    found = self._alone(s, slot, p, starts, p in fitting) or self._linked(s, slot, p)
                if found is None:
                    free.append((person.id, name))
                else:
                    blocked.append(found)
        return blocked, free

    # Who they are

    def _unfit(self, slot: Slot, fitting: set[int], start: int) -> Sequence[Unfit | None]:
        """For each person who does not fit: the first rule about who they are, with margin and unit."""
        notes, visit = self.lifted.notes, self.visit
        plain = not (visit.pins or visit.excluded)
        kind = Fitting.kind_of(slot, visit.complexity)
        if plain and kind in notes.unfit:
            return notes.unfit[kind]
        pinned = visit.pins.get(slot.id)
        known: dict[object, Unfit | None] = {}
        found: list[Unfit | None] = []
        for p, person in enumerate(self.problem.people):
            if p in fitting:
                found.append(None)
                continue
            key = (notes.kinds[p], pinned is not None and person.id != pinned, person.id in visit.excluded)
            if key not in known:
                who = [
                    one
                    for one in slot_violations(visit, slot, person, start)
                    if ORDER[one.rule] < ORDER[Rule.CRISIS]
                ]
                first = _found(who, start) if who else None
                known[key] = None if first is None else (first.rule, first.margin, first.unit)
            found.append(known[key])
        if plain:
            if len(notes.unfit) >= KINDS:
                notes.unfit.clear()
            notes.unfit[kind] = found
        return found

    # The person themselves

    def _alone(self, s: int, slot: Slot, p: int, starts: Starts, fitting: bool) -> Candidate | None:
        person = self.problem.people[p]
        if fitting and (without := self._without_vehicle(s, slot, p)) is not None:
            return without
        points: Sequence[int] = [starts[0][0]]
        best: _Found | None = None
        limit = person.limits.crisis_visits
        # A crisis too many is one at any start.
        if fitting and not (self.visit.crisis and limit is not None and self.board.crisis[p] >= limit):
            best, inside = self._at_hours(s, slot, p, person, starts)
            if best is None and (not inside or self.lifted.broken_of(p) != frozenset()):
                points = turning_points(self.board, p, self.v, s, starts)
            elif best is None:
                near = nearest_starts(self.board, p, self.v, s, starts, inside)
                points = near.starts
                if near.rule is not None:
                    best = _Found(-ORDER[near.rule], near.margin, points[0], "s")
        if best is None:
            best = self._at_starts(slot, p, person, points)
        if best is None:
            return None
        return Candidate(person.id, slot.id, best.rule, best.margin, best.unit, best.start)

    def _without_vehicle(self, s: int, slot: Slot, p: int) -> Candidate | None:
        """They could come if there were a shared vehicle for them: where least of them are missing."""
        board, person = self.board, self.problem.people[p]
        if not board.pools.there or board.pieces(p, self.v, s):
            return None
        found = [
            (board.vehicles_short(p, piece.shift), piece.low) for piece in board.pieces_of_day(p, self.v, s)
        ]
        if not found:
            return None
        short, start = min(found)
        return Candidate(person.id, slot.id, Rule.VEHICLE, short, "vehicles", start)

    def _linked(self, s: int, slot: Slot, p: int) -> Candidate | None:
        """Nothing is wrong with them but what a linked visit asks: at the start where least of it is broken."""
        _, allowed = self.board.ties.of(self.v, s)
        person = self.problem.people[p]
        best: _Found | None = None
        for piece in self.board.pieces(p, self.v, s) if allowed is not None else ():
            inside = [(piece.low, piece.high)]
            for start in {piece.low, *(nearest(inside, low, high) for low, high in allowed or ())}:
                plan = self.lifted.plan.without(self.visit.id)
                plan = plan.with_team(self.visit.id, {slot.id: Service(person.id, start)})
                violations = [
                    one
                    for link in self.problem.links
                    if self.visit.id in link.visits
                    for one in link_violations(link, self.lifted.notes.visits, plan)
                    if one.rule is not Rule.LINK_MISSING and (one.person in (None, person.id))
                ]
                if violations:
                    found = _found(violations, start)
                    if best is None or found < best:
                        best = found
        if best is None:
            return None
        return Candidate(person.id, slot.id, best.rule, best.margin, best.unit, best.start)

    def _at_starts(self, slot: Slot, p: int, person: Person, points: Iterable[int]) -> _Found | None:
        """What the checker finds where the person comes furthest, beyond what is wrong with their day already."""
        works = self.lifted.notes.works_of(person.id, self.visit.id)
        before = set(person_violations(self.problem, person, works))
        best: _Found | None = None
        for start in points:
            service = Service(person.id, start)
            after = [*works, work_of(self.visit, slot, service)]
            violations = [*slot_violations(self.visit, slot, person, start)]
            violations += visit_violations(self.visit, Assignment(self.visit.id, {slot.id: service}))
            violations += (one for one in person_violations(self.problem, person, after) if one not in before)
            violations = [one for one in violations if one.rule is not Rule.INCOMPLETE]
            if self.visit.place_of(slot) is not None:
                for k, shift in enumerate(self.board.days[p]):
                    short = self.board.vehicles_short(p, k) if shift.low <= start < shift.high else 0
                    if short > 0:
                        violations.append(
                            Violation(Rule.VEHICLE, self.visit.id, slot.id, person.id, short, "vehicles")
                        )
            if not violations:
                return None
            found = _found(violations, start)
            if best is None or found < best:
                best = found
        return best

    def _at_hours(
        self, s: int, slot: Slot, p: int, person: Person, starts: Starts
    ) -> tuple[_Found | None, Starts]:
        """The starts at which both a mandate and a shift of a person who fits hold; the violation if there are none.

        Then no start that their day suggests can be a better one: what a span covers is greatest where it begins or
        is left, or at an edge.
        """
        guarded = slot.needs_mandate and self.visit.country is not None
        mandates = person.mandates.get(self.visit.country or "", ()) if guarded else ()
        shifts = self.lifted.notes.hours_of(p)
        key = (s, mandates, shifts)
        known = self.hours.get(key)
        if known is None:
            duration = self.visit.duration_of(slot)
            hours = union((low, high - duration) for low, high in shifts)
            inside = intersect(self.board.allowed(p, self.v, s), hours)
            points = {edge for span in starts for edge in span}
            for low, high in () if inside else (*mandates, *shifts):
                points |= {nearest(starts, low, low), nearest(starts, high - duration, high - duration)}
            best: _Found | None = None
            if not inside:
                broken = ((at, [*slot_violations(self.visit, slot, person, at)]) for at in points)
                best = min((_found(violations, at) for at, violations in broken if violations), default=None)
            known = self.hours[key] = best, inside
        return known

    # The rest of the team

    def _without_team(self, s: int, slot: Slot, person: Person, member: Member) -> Candidate | None:
        """They could come, but no team has them: who is missing, or when the nearest colleague could."""
        others = [k for k in range(len(self.slots)) if k != s]
        used = {member.fit.person}
        empty = [k for k in others if not any(m.fit.person not in used for m in self.slots[k])]
        start = member.starts[0][0]
        if empty:
            return Candidate(person.id, slot.id, Rule.INCOMPLETE, len(empty), "slots", start)
        best: tuple[int, int, dict[int, tuple[int, int]]] | None = None
        edges = {edge for k in others for m in self.slots[k] for span in m.starts for edge in span}
        edges |= {edge for span in member.starts for edge in span}
        for at in sorted({nearest(member.starts, edge, edge) for edge in edges}):
            team = self._team_around(s, member, at)
            if team is not None:
                gap = self._gap(team)
                if best is None or (gap, at) < best[:2]:
                    best = (gap, at, team)
        if best is None:
            return Candidate(person.id, slot.id, Rule.INCOMPLETE, 1, "slots", start)
        services = self.board.services(self.v, best[2])
        found = [
            one
            for one in visit_violations(self.visit, Assignment(self.visit.id, services))
            if one.rule in (Rule.SIMULTANEOUS, Rule.LAG)
        ]
        if not found:
            if self.board.vehicles_for(self.v, best[2]):
                return None
            return Candidate(person.id, slot.id, Rule.VEHICLE, 1, "vehicles", best[1], services)
        rule = min((one.rule for one in found), key=ORDER.__getitem__)
        margin = sum(one.margin for one in found if one.rule is rule)
        return Candidate(person.id, slot.id, rule, margin, "s", best[1], services)

    def _team_around(self, s: int, member: Member, at: int) -> dict[int, tuple[int, int]] | None:
        """Different people in all slots, each as near as they can be to the person's start."""
        slots = self.visit.slots
        team = {s: (member.fit.person, at)}
        used = {member.fit.person}
        if s != 0:
            least, most = slots[s].lag
            first = self._closest(0, at - most, at - least, used)
            if first is None:
                return None
            team[0] = first
            used.add(first[0])
        head = team[0][1]
        for k in range(1, len(slots)):
            if k == s:
                continue
            least, most = slots[k].lag
            other = self._closest(k, head + least, head + most, used)
            if other is None:
                return None
            team[k] = other
            used.add(other[0])
        return dict(sorted(team.items()))

    def _closest(self, k: int, low: int, high: int, used: set[int]) -> tuple[int, int] | None:
        found = [
            (abs(near - min(max(near, low), high)), near, m.fit.person)
            for m in self.slots[k]
            if m.fit.person not in used
            for near in [nearest(m.starts, low, high)]
        ]
        if not found:
            return None
        _, start, person = min(found)
        return person, start

    def _gap(self, team: Mapping[int, tuple[int, int]]) -> int:
        head = team[0][1]
        total = 0
        for k, (_, start) in team.items():
            least, most = self.visit.slots[k].lag
            total += max(0, least - (start - head), (start - head) - most)
        return total
