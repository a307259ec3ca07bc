"""Who interprets today according to a register that tells counts only: people made from the counts, each guess named.

A register keeps back what would point at a person, so it says how many interpret a language and where about people start
from, never who does both. The people made here have the register's numbers by language, kind, level and versant; which
languages one of them combines, and which commune of an area not told commune by commune, is dealt out in a fixed order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heapreplace

from .assumptions import NOT_PUBLISHED, Assumption, Sizing
from .needs import BANDS
from .recruiting import SIDES, profile
from .study import MOST_LANGUAGES, Person
from .territory import Territory, Town

__all__ = ["REGISTERED", "Based", "Spoken", "Staff", "staff_people"]

REGISTERED = "the desks' own register of interpreters: counts of five people or more, nobody's row"
PLACED = (
    "commune of the base where five or more start from it; otherwise the communes left of the arrondissement, "
    "the versant or everything, by population"
)
DEALT = "languages one person combines are not told: dealt in turn to as many people as there are"
LEVELS = (
    "any talk: B2 and cleared for sensitive talks, sworn and certified alike; simple talks: from B1, and helpers; "
    "fewer than five of a kind and level together: simple talks; varieties of the same language: simple talks"
)
HOURS = "hours of the register, nine tenths of them in office hours: " + NOT_PUBLISHED
OFFICE = 0.9


@dataclass(frozen=True, slots=True)
class Spoken:
    """``n`` people interpret ``language``; ``hours`` a week each, their mean.

    An empty ``versant``: somewhere where this language, kind and level has no number of its own. An empty ``kind`` and
    ``level``: neither is told.
    """

    language: str
    versant: str
    kind: str
    level: str
    n: int
    hours: float


@dataclass(frozen=True, slots=True)
class Based:
    """About ``n`` start from this commune (uid), or from elsewhere in the area where ``commune`` is empty, and so on up."""

    versant: str
    arrondissement: str
    commune: str
    n: int


@dataclass(frozen=True)
class Staff:
    """A register's counts on the day ``counted_on``. ``sides``: how many by (versant, "own" or "both"), of the border.

    ``each``: languages of one person, by versant.
    """

    counted_on: str
    spoken: tuple[Spoken, ...] = ()
    based: tuple[Based, ...] = ()
    sides: Mapping[tuple[str, str], int] = field(default_factory=dict)
    each: Mapping[str, float] = field(default_factory=dict)


@dataclass
class _Somebody:
    kind: str
    languages: dict[str, str] = field(default_factory=dict)
    hours: list[float] = field(default_factory=list)


def staff_people(
    territory: Territory,
    towns: Sequence[Town],
    languages: Sequence[str],
    staff: Staff,
    sizing: Sizing | None = None,
) -> tuple[tuple[Person, ...], tuple[Assumption, ...]]:
    """The people of a register who start from ``towns`` and interpret one of ``languages``, and what was assumed.

    People are made for the whole territory, then those of ``towns`` taken, so that one study's people are another's.
    """
    sizing = sizing or Sizing()
    here, wanted = {town.uid for town in towns}, frozenset(languages)
    found: list[Person] = []
    placed = [0, 0, 0, 0]
    dealt = _dealt(territory, staff)
    told = {one.language for one in staff.spoken}
    varieties = {code: set(profile(territory, code, wanted)) - {code} for code in told}
    for versant in sorted(dealt):
        sides = _crossing(staff, versant)
        homes = _homes(territory, staff, versant)
        for i, (one, (home, how)) in enumerate(zip(dealt[versant], homes, strict=False)):
            spoken = _with_varieties(one.languages, wanted, varieties, i)
            if home.uid not in here or not spoken:
                continue
            placed[how] += 1
            week = sum(one.hours) / len(one.hours)
            crosses = int((i + 1) * sides) > int(i * sides)
            found.append(
                Person(
                    id=f"register-{versant}-{i + 1}",
                    home=home.uid,
                    languages=spoken,
                    hours={"office": round(week * OFFICE, 4), BANDS[1].id: round(week * (1 - OFFICE), 4)},
                    kind=one.kind,
                    sides=SIDES[home.country] if crosses else (home.country,),
                    cost=0.0 if one.kind == "helper" else sizing.interpreter_euros_hour,
                )
            )
    untold = sorted(wanted - told - {code for alike in varieties.values() for code in alike})
    assumed = [
        Assumption("register_people", staff.counted_on, REGISTERED),
        Assumption("register_placed", ", ".join(map(str, placed)), PLACED),
        Assumption(
            "register_each",
            ", ".join(f"{staff.each[v]:g}" for v in sorted(staff.each) if v) or "1",
            DEALT,
        ),
        Assumption("register_levels", "B2, B1", LEVELS),
        Assumption("register_hours", f"{OFFICE:.0%}", HOURS),
    ]
    if untold:
        assumed.append(Assumption("register_untold", ",".join(untold), REGISTERED))
    return tuple(found), tuple(assumed)


def _with_varieties(
    own: Mapping[str, str], wanted: frozenset[str], varieties: Mapping[str, set[str]], turn: int
) -> dict[str, str]:
    """Somebody's own languages that are asked for, then varieties of them for simple talks while there is room; one
    person after the other begins with another variety, so that none is always left out."""
    spoken = {code: level for code, level in sorted(own.items()) if code in wanted}
    alike = sorted({code for known in own for code in varieties[known]} - set(own))
    at = turn % len(alike) if alike else 0
    for code in (*alike[at:], *alike[:at]):
        if len(spoken) < MOST_LANGUAGES:
            spoken[code] = "working"
    return dict(sorted(spoken.items()))


def _dealt(territory: Territory, staff: Staff) -> dict[str, list[_Somebody]]:
    """People by versant, certified ones first: languages dealt in turn, the most spoken first."""
    cells: dict[tuple[str, str], list[Spoken]] = {}
    for one in staff.spoken:
        for versant, n in _split(territory, staff, one).items():
            if n:
                kind, level = one.kind or "certified", one.level or "working"
                cells.setdefault((versant, kind), []).append(
                    Spoken(one.language, versant, kind, level, n, one.hours)
                )
    found: dict[str, list[_Somebody]] = {}
    for versant, kind in sorted(cells):
        mine = sorted(cells[versant, kind], key=lambda one: (-one.n, one.language, one.level))
        pairs, most = sum(one.n for one in mine), _most(mine)
        people = [_Somebody(kind) for _ in range(max(most, round(pairs / staff.each.get(versant, 1.0))))]
        at = 0
        for cell in mine:
            given = passed = 0
            while given < cell.n:
                if passed == len(people):  # everybody has it, or has four
                    people.insert(at % len(people), _Somebody(kind))
                    passed = 0
                who = people[at % len(people)]
                at += 1
                if cell.language in who.languages or len(who.languages) == MOST_LANGUAGES:
                    passed += 1
                    continue
                who.languages[cell.language] = cell.level
                who.hours.append(cell.hours)
                given, passed = given + 1, 0
        found.setdefault(versant, []).extend(who for who in people if who.languages)
    return found


def _most(cells: Sequence[Spoken]) -> int:
    """People of the language most have, all levels together."""
    sums: dict[str, int] = {}
    for one in cells:
        sums[one.language] = sums.get(one.language, 0) + one.n
    return max(sums.values())


def _split(territory: Territory, staff: Staff, one: Spoken) -> dict[str, int]:
    """A count by versant; one without a versant goes to those without a count of their own, like bases or else people."""
    if one.versant:
        return {one.versant: one.n}
    alike = (one.language, one.kind, one.level)
    told = {c.versant for c in staff.spoken if one.kind and (c.language, c.kind, c.level) == alike}
    weights = {town.versant: 0.0 for town in territory.towns if town.versant not in told}
    for base in staff.based:
        if base.versant in weights:
            weights[base.versant] += base.n
    if not any(weights.values()):
        for town in territory.towns:
            if town.versant in weights:
                weights[town.versant] += town.population
    return dict(zip(weights, _whole(one.n, list(weights.values())), strict=True))


def _whole(n: int, weights: Sequence[float]) -> list[int]:
    """``n`` in whole parts like ``weights``, largest remainders first; earlier ones where they are equal."""
    total = sum(weights)
    exact = [n * weight / total for weight in weights]
    parts = [int(share) for share in exact]
    for i in sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))[: n - sum(parts)]:
        parts[i] += 1
    return parts


def _crossing(staff: Staff, versant: str) -> float:
    """The share who may be sent over the border; under five are counted like the others."""
    own, both = (staff.sides.get((versant, side), 0) for side in ("own", "both"))
    return both / (own + both) if own + both else 0.0


def _homes(territory: Territory, staff: Staff, versant: str) -> Iterator[tuple[Town, int]]:
    """Where one after the other starts from, without end, and how it is known: 0 commune, 1 arrondissement, 2 versant,
    3 nothing but population. The next is always who is furthest behind its share (Sainte-Laguë)."""
    towns = sorted((t for t in territory.towns if t.versant == versant), key=lambda t: t.uid)
    rows = [one for one in staff.based if one.versant == versant]
    told = {one.commune for one in rows if one.commune}
    areas = {one.arrondissement for one in rows if one.arrondissement and not one.commune}
    weights: dict[Town, float] = {}
    known: dict[Town, int] = {}

    def spread(among: Sequence[Town], n: float, how: int) -> None:
        people = sum(town.population for town in among)
        for town in among:
            if people and town.population:
                weights[town] = weights.get(town, 0.0) + n * town.population / people
                known[town] = how

    for one in rows:
        if one.commune:
            spread([town for town in towns if town.uid == one.commune], one.n, 0)
        elif one.arrondissement:
            left = [t for t in towns if t.arrondissement == one.arrondissement and t.uid not in told]
            spread(left, one.n, 1)
        else:
            spread([t for t in towns if t.arrondissement not in areas and t.uid not in told], one.n, 2)
    if not weights:
        spread(towns, 1.0, 3)
    # A part is due a place when its weight, divided by twice its places and one, is the largest.
    order = sorted(weights, key=lambda town: town.uid)
    behind = [(-weights[town], i, 1) for i, town in enumerate(order)]
    heapify(behind)
    while behind:
        _, i, places = behind[0]
        yield order[i], known[order[i]]
        heapreplace(behind, (-weights[order[i]] / (places + 2), i, places + 2))
