"""A visit lifted off the board for a question: who could take it, and what leaving it out is worth.

The board stays as it is but for this visit. What a question supposes of the visit (other windows, a telephone) is
supposed on the same board, and what it leaves true is not worked out again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from .board import Board
from .checking import Work, person_violations, work_of
from .evaluation import compare, evaluate
from .model import Person, Visit, Window
from .problem import TERMS, Plan, Problem
from .results import Delta, Rule, Violation
from .teams import Member, cut, members, slot_members
from .timing import same_times

__all__ = ["Lifted", "Notes"]


class Lifted:
    """A visit off the board. ``plan`` is the whole plan, the visit in it if it was."""

    def __init__(self, board: Board, v: int, plan: Plan, notes: Notes) -> None:
        self.board, self.v, self.plan, self.notes = board, v, plan, notes
        self._members: list[list[Member]] | None = None
        self._wide: list[list[Member]] | None = None
        self._asked = board.visits[v]
        self._others: list[list[tuple[Visit, list[Member]]]] = [[] for _ in self._asked.slots]

    @property
    def visit(self) -> Visit:
        """The visit as it is supposed to be at the moment."""
        return self.board.visits[self.v]

    def members(self) -> list[list[Member]]:
        """For each slot of the visit as it stands in the problem, everybody who can take it now."""
        if self._members is None:
            with self.supposing(self._asked):
                self._members = members(self.board, self.v)
        return self._members

    def opened(self) -> Visit:
        """The visit with its windows opened to the whole horizon; a fixed start or day is none."""
        whole = Window(0, self.board.problem.horizon - 1)
        return replace(self._asked, windows=(whole,), fixed_start=None, day=None, until_end=False)

    def wide(self) -> list[list[Member]]:
        """The members of the visit :meth:`opened`."""
        if self._wide is None:
            with self.supposing(self.opened()):
                self._wide = members(self.board, self.v)
        return self._wide

    def members_now(self) -> list[list[Member]]:
        """The members of the visit as it is supposed to be; what was asked of a slot before is not asked again."""
        before = self.members()
        same = same_times(self._asked, self.visit)
        found = []
        for s, slot in enumerate(self.visit.slots):
            if same[s] and slot is self._asked.slots[s]:
                found.append(before[s])
                continue
            known = next((held for visit, held in self._others[s] if self._alike(visit, s)), None)
            if known is None:
                mine = {member.fit.person: member for member in before[s]} if same[s] else {}
                known = slot_members(self.board, self.v, s, mine)
                self._others[s].append((self.visit, known))
            found.append(known)
        return found

    def _alike(self, visit: Visit, s: int) -> bool:
        """Whether a slot asks for the same of the same people in another form of the visit."""
        return same_times(visit, self.visit)[s] and visit.slots[s] == self.visit.slots[s]

    def moved(self) -> list[list[Member]]:
        """The same where only windows and the fixed start are supposed to be other ones."""
        return cut(self.wide(), [self.board.starts(self.v, s) for s in range(len(self.visit.slots))])

    @contextmanager
    def supposing(self, visit: Visit) -> Iterator[None]:
        """Inside, the visit is another one."""
        if visit is self.visit:
            yield
            return
        with self.board.supposing(self.v, visit):
            yield

    def base(self) -> Delta:
        """What the plan without the visit costs more than the plan with it, as :func:`evaluate` says.

        Only the days of its own team differ between the two; the largest lateness is one of the whole plan.
        """
        visit, problem = self.visit, self.board.problem
        assignment = self.plan.assignments.get(visit.id)
        if assignment is None:
            return Delta(0, dict.fromkeys(TERMS, 0))
        index = self.board.person_index
        team = [self.board.people[index[who]] for who in {*assignment.people.values()} if who in index]
        names = {visit.id, *(name for person in team for name in self.notes.visits_of(person.id))}
        part = problem.part(team, (self.board.visits[self.board.visit_index[name]] for name in names))
        plan = Plan({name: self.plan.assignments[name] for name in names})
        with_it, without = evaluate(part, plan), evaluate(part, plan.without(visit.id))
        terms = dict(compare(with_it, without).terms)
        terms["largest_idle"] = 0  # a figure of the whole plan that one visit rarely moves: not told
        price = problem.prices.largest_lateness
        if price:
            others = self.notes.latest_but(visit.id)
            terms["largest_lateness"] = price * min(0, others - with_it.amounts["largest_lateness"])
        return Delta(sum(terms.values()), terms)

    def broken_of(self, p: int) -> frozenset[Violation] | None:
        """What the checker finds wrong with a person's days already, the visit not among them.

        None if a part of them lies outside their shifts: then the board sees another day than the checker.
        """
        person = self.board.people[p]
        if self._asked.id not in self.notes.visits_of(person.id):
            return self.notes.broken_of(person)
        return broken_of(self.board.problem, person, self.notes.works_of(person.id, self._asked.id))


def broken_of(problem: Problem, person: Person, works: Sequence[Work]) -> frozenset[Violation] | None:
    """What is wrong with a person's days; None if they work outside their shifts."""
    spans = [(shift.start, shift.end + shift.overtime_s) for shift in person.shifts]
    if all(any(low <= work.start and work.end <= high for low, high in spans) for work in works):
        return frozenset(person_violations(problem, person, works))
    return None


class Notes:
    """What is true of a problem and its plan whatever is asked: worked out when first needed, then kept."""

    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem, self.plan = problem, plan
        self._latest: list[tuple[int, str]] | None = None
        self.visits = {visit.id: visit for visit in problem.visits}
        self._visits_of: dict[str, dict[str, None]] = {}
        for name, assignment in plan.assignments.items():
            if name in self.visits:
                for service in assignment.services.values():
                    self._visits_of.setdefault(service.person, {})[name] = None
        self._broken_of: dict[str, frozenset[Violation] | None] = {}
        # How the people differ where who they are matters; by kind of slot, what makes each of them unfit.
        self._hours: list[tuple[tuple[int, int], ...]] | None = None
        self._kinds: list[int] | None = None
        self.unfit: dict[object, Sequence[tuple[Rule, int, str] | None]] = {}

    def visits_of(self, person: str) -> Sequence[str]:
        """The visits a person has in the plan."""
        return tuple(self._visits_of.get(person, ()))

    def works_of(self, person: str, but: str) -> list[Work]:
        """What a person does in the plan, one visit left out."""
        found = []
        for name in self._visits_of.get(person, ()):
            if name != but:
                visit, services = self.visits[name], self.plan.assignments[name].services
                slots = {slot.id: slot for slot in visit.slots}
                found += [
                    work_of(visit, slots[slot], service)
                    for slot, service in services.items()
                    if service.person == person and slot in slots
                ]
        return found

    def broken_of(self, person: Person) -> frozenset[Violation] | None:
        """The same for a person's days in the whole plan."""
        if person.id not in self._broken_of:
            self._broken_of[person.id] = broken_of(self.problem, person, self.works_of(person.id, ""))
        return self._broken_of[person.id]

    def hours_of(self, p: int) -> tuple[tuple[int, int], ...]:
        """From when to when each shift of a person lasts, overtime included."""
        if self._hours is None:
            self._hours = [
                tuple((shift.start, shift.end + shift.overtime_s) for shift in person.shifts)
                for person in self.problem.people
            ]
        return self._hours[p]

    @property
    def kinds(self) -> list[int]:
        """A number per person, the same for people whom no rule about who somebody is can tell apart."""
        if self._kinds is None:
            numbers: dict[object, int] = {}
            self._kinds = [
                numbers.setdefault(
                    (
                        person.roles,
                        person.skills,
                        person.team,
                        person.gender,
                        person.complexity_ceiling,
                        frozenset(person.languages.items()),
                        frozenset(person.pairs.items()),
                    ),
                    len(numbers),
                )
                for person in self.problem.people
            ]
        return self._kinds

    def latest_but(self, visit: str) -> int:
        """The largest lateness of the plan without one visit, seconds."""
        if self._latest is None:
            found = []
            for one in self.problem.visits:
                assignment = self.plan.assignments.get(one.id)
                if assignment is not None:
                    cost = evaluate(self.problem.part(self.problem.people, [one]), Plan({one.id: assignment}))
                    found.append((cost.amounts["largest_lateness"], one.id))
            self._latest = sorted(found, reverse=True)[:2]
        return max((late for late, name in self._latest if name != visit), default=0)
