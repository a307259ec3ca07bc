"""Who may take a slot as far as time is not concerned, and what choosing them costs by itself."""

from __future__ import annotations

from typing import NamedTuple

from .model import LanguageNeed, Person, Slot, Visit
from .problem import Problem

__all__ = ["Fit", "Fits", "fits_of"]


class Fit(NamedTuple):
    """A person who may take a slot, with the amounts that depend on nothing else."""

    person: int
    wish: int
    penalty: int
    broken: int


class Fits:
    """``fits[visit][slot]``, worked out when first asked for: ranking needs one visit of many."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.known: dict[int, list[list[Fit]]] = {}

    def __getitem__(self, v: int) -> list[list[Fit]]:
        known = self.known.get(v)
        if known is None:
            visit = self.problem.visits[v]
            known = self.known[v] = [fits_of(self.problem, visit, slot) for slot in visit.slots]
        return known


def fits_of(problem: Problem, visit: Visit, slot: Slot) -> list[Fit]:
    """Everybody who may take the slot as far as time is not concerned."""
    found = []
    pinned = visit.pins.get(slot.id)
    for p, person in enumerate(problem.people):
        if pinned is not None and person.id != pinned:
            continue
        if person.id in visit.excluded or (slot.role is not None and slot.role not in person.roles):
            continue
        if not slot.skills <= person.skills or (slot.teams and person.team not in slot.teams):
            continue
        wrong_gender = slot.gender is not None and person.gender != slot.gender
        if wrong_gender and slot.gender_hard:
            continue
        ceiling = person.complexity_ceiling
        if ceiling is not None and visit.complexity > ceiling:
            continue
        penalties = [_price(need, person) for need in slot.languages]
        if any(price is None for price in penalties):
            continue
        penalty = sum(price for price in penalties if price is not None)
        broken = bool(slot.preferred) and person.id not in slot.preferred
        found.append(Fit(p, int(wrong_gender), penalty, int(broken)))
    return found


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
