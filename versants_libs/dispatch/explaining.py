"""Why not this person, why not this visit; and what would help.

Who is free is found by the search's exact sets of starts. What blocks the others is found by the independent
checker: each is forced in at every start that can matter, and the start where they come furthest counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .board import NOWHERE, Board
from .checking import Work, person_violations, slot_violations, visit_violations, work_of
from .model import Person, Slot, Visit
from .problem import Assignment, Plan, Problem, Service
from .ranking import unplaced_board
from .relaxing import relaxations
from .results import Candidate, Explanation, Rule, Violation
from .spans import Starts
from .teams import Member, count_teams, members

__all__ = ["explain"]

ORDER = {rule: i for i, rule in enumerate(Rule)}


def explain(problem: Problem, plan: Plan, visit_id: str) -> Explanation:
    """For every person and slot of a visit, what stands in the way; and the smallest changes that open teams.

    Everybody else's assignments stay; the visit itself is lifted out of the plan first. A person who is in
    some possible team is in ``free``. For anybody else the rules are tried in the order of :class:`Rule`, at
    the start where the most of them hold, and the first broken one is named with the least margin found.
    ``incomplete`` means that the person could come but another slot has nobody; ``simultaneous`` and ``lag``
    that nobody suitable can be there at the right moment.

    Raises
    ------
    KeyError : the problem has no such visit.
    """
    board, v = unplaced_board(problem, plan, visit_id)
    slots = members(board, v)
    n_teams, in_team = count_teams(board, v, slots)
    blocked, free = _Scan(board, v, slots, in_team).run()
    return Explanation(
        visit=visit_id,
        n_teams=n_teams,
        candidates=tuple(blocked),
        relaxations=relaxations(problem, plan, visit_id, blocked, n_teams),
        free=tuple(free),
    )


class _Scan:
    def __init__(
        self, board: Board, v: int, slots: list[list[Member]], in_team: set[tuple[int, int]]
    ) -> None:
        self.board, self.v, self.slots = board, v, slots
        self.problem = board.problem
        self.visit: Visit = board.problem.visits[v]
        self.in_team = in_team
        self.works: dict[str, list[Work]] = {}
        for w, placement in board.placed.items():
            visit = board.problem.visits[w]
            for s, (p, start) in placement.items():
                person = board.problem.people[p].id
                self.works.setdefault(person, []).append(
                    work_of(visit, visit.slots[s], Service(person, start))
                )

    def run(self) -> tuple[list[Candidate], list[tuple[str, str]]]:
        blocked: list[Candidate] = []
        free: list[tuple[str, str]] = []
        for s, slot in enumerate(self.visit.slots):
            mine = {member.fit.person: member for member in self.slots[s]}
            fitting = {fit.person for fit in self.board.fits[self.v][s]}
            for p, person in enumerate(self.problem.people):
                if (s, p) in self.in_team:
                    found = None
                elif p in mine:
                    found = self._without_team(s, slot, person, mine[p])
                else:
                    found = self._alone(s, slot, p, person, p in fitting)
                if found is None:
                    free.append((person.id, slot.id))
                else:
                    blocked.append(found)
        return blocked, free

    # The person themselves

    def _alone(self, s: int, slot: Slot, p: int, person: Person, fitting: bool) -> Candidate | None:
        starts = self.board.starts(self.v, s)
        points = self._points(p, s, starts) if fitting else [starts[0][0]]
        before = (
            set(person_violations(self.problem, person, self.works.get(person.id, ()))) if fitting else None
        )
        best: tuple[int, int, int] | None = None
        for start in points:
            found = self._violations(slot, person, start, before)
            if not found:
                return None
            first = min(ORDER[violation.rule] for violation in found)
            margin = sum(violation.margin for violation in found if ORDER[violation.rule] == first)
            if best is None or (-first, margin, start) < best:
                best = (-first, margin, start)
                unit = next(violation.unit for violation in found if ORDER[violation.rule] == first)
        if best is None:
            return None
        rule = list(Rule)[-best[0]]
        services = {slot.id: Service(person.id, best[2])}
        return Candidate(person.id, slot.id, rule, best[1], unit, best[2], services)

    def _violations(
        self, slot: Slot, person: Person, start: int, before: set[Violation] | None
    ) -> list[Violation]:
        """What the checker says of this person at this start, beyond what is wrong with their day already.

        Who the person is comes first among the rules: where that is broken, their day need not be looked at.
        """
        if before is None:
            found = list(slot_violations(self.visit, slot, person, start))
            if any(ORDER[violation.rule] < ORDER[Rule.CRISIS] for violation in found):
                return found
            before = set(person_violations(self.problem, person, self.works.get(person.id, ())))
        service = Service(person.id, start)
        works = [*self.works.get(person.id, ()), work_of(self.visit, slot, service)]
        found = [*slot_violations(self.visit, slot, person, start)]
        found += visit_violations(self.visit, Assignment(self.visit.id, {slot.id: service}))
        found += (one for one in person_violations(self.problem, person, works) if one not in before)
        return [violation for violation in found if violation.rule is not Rule.INCOMPLETE]

    def _points(self, p: int, s: int, starts: Starts) -> list[int]:
        """Starts at which a rule begins or ceases to hold for the person, moved inside ``starts``."""
        slot = self.visit.slots[s]
        person = self.problem.people[p]
        duration = self.visit.duration_of(slot)
        known = self.visit.place_of(slot)
        place = NOWHERE if known is None else known
        points = {edge for span in starts for edge in span}
        for span in person.mandates.get(self.visit.country or "", ()):
            points |= {span.start, span.end - duration}
        for shift in self.board.days[p]:
            points |= {shift.low, shift.high - duration}
            for _, low, high, _ in self.board.bounds(shift, place, duration):
                points |= {low, high}
                for pause in shift.due:
                    points |= {low + pause.duration, high - pause.duration}
            for entry in shift.entries:
                points |= {entry.start - duration, entry.end}
            for pause in shift.due:
                points |= {pause.earliest - duration, pause.earliest + pause.duration}
                points |= {pause.latest - pause.duration - duration, pause.latest}
        return sorted({_nearest(starts, point, point) for point in points})

    # The rest of the team

    def _without_team(self, s: int, slot: Slot, person: Person, member: Member) -> Candidate | None:
        """They could come, but no team has them: who is missing, or when the nearest colleague could."""
        others = [k for k in range(len(self.slots)) if k != s]
        used = {member.fit.person}
        empty = [k for k in others if not any(m.fit.person not in used for m in self.slots[k])]
        start = member.starts[0][0]
        if empty:
            services = {slot.id: Service(person.id, start)}
            return Candidate(person.id, slot.id, Rule.INCOMPLETE, len(empty), "slots", start, services)
        best: tuple[int, int, dict[int, tuple[int, int]]] | None = None
        edges = {edge for k in others for m in self.slots[k] for span in m.starts for edge in span}
        edges |= {edge for span in member.starts for edge in span}
        for at in sorted({_nearest(member.starts, edge, edge) for edge in edges}):
            team = self._team_around(s, member, at)
            if team is not None:
                gap = self._gap(team)
                if best is None or (gap, at) < best[:2]:
                    best = (gap, at, team)
        if best is None:
            services = {slot.id: Service(person.id, start)}
            return Candidate(person.id, slot.id, Rule.INCOMPLETE, 1, "slots", start, services)
        services = self.board.services(self.v, best[2])
        found = [
            one
            for one in visit_violations(self.visit, Assignment(self.visit.id, services))
            if one.rule in (Rule.SIMULTANEOUS, Rule.LAG)
        ]
        if not found:
            return None
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
            for near in [_nearest(m.starts, low, high)]
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


def _nearest(starts: Starts, low: int, high: int) -> int:
    """The element of ``starts`` (not empty) nearest to the span ``low..high``."""

    def options() -> Iterator[tuple[int, int]]:
        for a, b in starts:
            inside = min(max(low, a), b)
            if inside > high:
                inside = max(a, high)
            yield (max(0, low - inside, inside - high), inside)

    return min(options())[1]
