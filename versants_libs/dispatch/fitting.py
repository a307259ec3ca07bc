"""Who may take a slot as far as time is not concerned, and what choosing them costs by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from .model import LanguageNeed, Person, Slot, Visit
from .problem import Problem

__all__ = ["Fit", "Fits", "Fitting"]


class Fit(NamedTuple):
    """A person who may take a slot, with the amounts that depend on nothing else."""

    person: int
    wish: int
    penalty: int
    broken: int
    fee: int = 0


class Fitting:
    """Finds them. Slots that ask for the same share the work: people are compared once for each kind of slot."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.by_kind: dict[tuple[object, ...], list[Fit]] = {}
        self.paid = any(person.fee_hour or person.fee_visit for person in problem.people)
        self.by_role: dict[str | None, list[int]] = {None: list(range(len(problem.people)))}
        for p, person in enumerate(problem.people):
            for role in person.roles:
                self.by_role.setdefault(role, []).append(p)

    def of(self, visit: Visit, slot: Slot) -> list[Fit]:
        """Everybody who may take the slot as far as time is not concerned. The list may be shared: read it only."""
        pinned = visit.pins.get(slot.id)
        kind = self._kind(slot, visit)
        if pinned is None and not visit.excluded and not slot.preferred:
            return kind
        found = []
        for fit in kind:
            name = self.problem.people[fit.person].id
            if (pinned is None or name == pinned) and name not in visit.excluded:
                broken = bool(slot.preferred) and name not in slot.preferred
                found.append(fit._replace(broken=1) if broken else fit)
        return found

    @staticmethod
    def kind_of(slot: Slot, complexity: int) -> tuple[object, ...]:
        """What decides who may take a slot, pins, exclusions and preferences apart."""
        return (
            slot.role,
            slot.skills,
            slot.languages,
            slot.gender,
            slot.gender_hard,
            slot.teams,
            complexity,
        )

    def price_of(self, slot: Slot, visit: Visit) -> tuple[object, ...]:
        """What decides besides what each person costs: how long it takes, if anybody is paid."""
        return (visit.duration_of(slot),) if self.paid else ()

    def _kind(self, slot: Slot, visit: Visit) -> list[Fit]:
        key = self.kind_of(slot, visit.complexity) + self.price_of(slot, visit)
        known = self.by_kind.get(key)
        if known is None:
            candidates = self.by_role.get(slot.role, [])
            fits = (_fit(self.problem.people[p], p, slot, visit) for p in candidates)
            known = self.by_kind[key] = [fit for fit in fits if fit is not None]
        return known


def _fit(person: Person, p: int, slot: Slot, visit: Visit) -> Fit | None:
    if not slot.skills <= person.skills or (slot.teams and person.team not in slot.teams):
        return None
    wrong_gender = slot.gender is not None and person.gender != slot.gender
    if wrong_gender and slot.gender_hard:
        return None
    if person.complexity_ceiling is not None and visit.complexity > person.complexity_ceiling:
        return None
    penalty = 0
    for need in slot.languages:
        price = _price(need, person)
        if price is None:
            return None
        penalty += price
    return Fit(p, int(wrong_gender), penalty, 0, person.fee(visit.duration_of(slot)))


class Fits:
    """``fits[visit][slot]``, worked out when first asked for: ranking needs one visit of many."""

    def __init__(self, problem: Problem, visits: Sequence[Visit]) -> None:
        self.visits = visits
        self.fitting = Fitting(problem)
        self.known: dict[int, list[list[Fit]]] = {}

    def __getitem__(self, v: int) -> list[list[Fit]]:
        known = self.known.get(v)
        if known is None:
            visit = self.visits[v]
            known = self.known[v] = [self.fitting.of(visit, slot) for slot in visit.slots]
        return known


def _price(need: LanguageNeed, person: Person) -> int | None:
    """Points of second choice at which the person meets the need, None if they do not."""

    def speaks(language: str, level: int) -> bool:
        if need.into is None:
            return person.languages.get(language, -1) >= level
        if person.pairs.get((language, need.into), -1) < level:
            return False
        return not need.both_ways or person.pairs.get((need.into, language), -1) >= level

    if speaks(need.language, need.level):
        return 0
    return min((s.penalty for s in need.second if speaks(s.language, s.level)), default=None)
