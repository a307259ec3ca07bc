"""Those who intervene: how one is made, and the many beside the named ones."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.periods import span
from versants.demo import demand, names, texts
from versants.demo.places import town
from versants.demo.world import World
from versants.people.enums import CLINICAL_DISCIPLINES, AbsenceKind, Discipline, InterpreterKind, Status
from versants.people.models import (
    Absence,
    Account,
    Mandate,
    Membership,
    Professional,
    ProfessionalLanguage,
    ProfessionalPrivate,
    Team,
    WeeklyShift,
)
from versants.territory.sources import Town

Pattern = list[tuple[int, time, time]]
OFFICE: Pattern = [(day, time(8), time(18)) for day in range(5)]


@dataclass
class Member:
    """A professional with what placing them needs at hand: no query is asked while the world is made."""

    row: Professional
    membership: Membership
    languages: dict[str, int]
    mandates: dict[str, list[tuple[date, date | None]]]
    pattern: Pattern
    base: Town
    # day -> [(start, end, place or None when elsewhere or remote)], visits and absences alike
    held: dict[date, list[tuple[datetime, datetime, Town | None]]] = field(default_factory=dict)

    def may_work_in(self, country: str, day: date) -> bool:
        return any(
            start <= day and (end is None or day < end) for start, end in self.mandates.get(country, ())
        )

    def hold(self, start: datetime, end: datetime, place: Town | None) -> None:
        self.held.setdefault(clock.local(start).date(), []).append((start, end, place))


def members(world: World) -> list[Member]:
    """All of them, in the order of their making."""
    return world.named.setdefault("members", [])


def role_of(disciplines: tuple[str, ...]) -> Role:
    """Clinicians, then practitioners; interpreters and ambassadors see logistics only."""
    if CLINICAL_DISCIPLINES & set(disciplines):
        return Role.CLINICIAN
    if set(disciplines) <= {Discipline.INTERPRETER, Discipline.AMBASSADOR}:
        return Role.INTERPRETER
    return Role.PRACTITIONER


def make(
    world: World,
    team: Team,
    *,
    name: tuple[str, str],
    gender: str,
    disciplines: tuple[str, ...],
    base: str,
    languages: dict[str, int],
    mandates: dict[str, tuple[date, date | None]],
    pattern: Pattern,
    status: str = Status.EMPLOYEE,
    kind: str = "",
    ceiling: int = 0,
    home: str = "",
    account_language: str = "fr",
    certified_until: date | None = None,
    **fields: object,
) -> Member:
    """A professional of ``team`` with account, membership, languages, mandates and weekly hours."""
    house = team.organisation
    row = world.add(
        Professional,
        organisation=house,
        team=team,
        first_name=name[0],
        last_name=name[1],
        gender=gender,
        status=status,
        disciplines=list(disciplines),
        interpreter_kind=kind,
        max_complexity=ceiling,
        base_id=base,
        **fields,
    )
    for code, level in languages.items():
        world.add(
            ProfessionalLanguage,
            organisation=house,
            professional=row,
            language_id=code,
            level=level,
            certified_until=certified_until if code != "fra" else None,
        )
    for country, (start, end) in mandates.items():
        world.add(
            Mandate,
            organisation=house,
            professional=row,
            country=country,
            period=(start, end),
            basis=world.pick(texts.MANDATE_BASES[country]),
        )
    for weekday, start, end in pattern:
        world.add(WeeklyShift, organisation=house, professional=row, weekday=weekday, start=start, end=end)
    number = row.pk
    world.add(
        ProfessionalPrivate,
        professional=row,
        organisation=house,
        home_id=home or base,
        phone=f"+{33 if base.startswith('FR') else 32} 000 00 {number // 100:02d} {number % 100:02d}",
        email=f"intervenant{number}@versants.test",
    )
    membership = enrol(
        world, name, team, role_of(disciplines), language=account_language, professional=row, email=""
    )
    member = Member(
        row, membership, dict(languages), {c: [period] for c, period in mandates.items()}, pattern, town(base)
    )
    members(world).append(member)
    return member


def enrol(
    world: World,
    name: tuple[str, str],
    team: Team | None,
    role: Role,
    *,
    language: str = "fr",
    organisation: object = None,
    professional: Professional | None = None,
    email: str = "",
    versant: str = "",
) -> Membership:
    """An account (nobody can sign in with it until the world gives it a password) and what it does."""
    house = organisation or team.organisation
    account = world.add(
        Account,
        email=email or f"{_plain(name[0])}.{_plain(name[1])}{len(world.all(Account)) + 1}@versants.test",
        name=f"{name[0]} {name[1]}",
        language=language,
        is_demo=True,
        password="!",  # noqa: S106  (Django's mark of an account without a usable password)
        last_login=None,
        created_at=world.at(-1300, 9),
    )
    return world.add(
        Membership,
        account=account,
        organisation=house,
        team=team,
        professional=professional,
        role=role,
        versant=versant or (team.versant if team else house.versant),
        period=(world.day - timedelta(days=1300), None),
    )


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in bare if c.isascii() and c.isalnum())


def away(world: World, member: Member, start: datetime, end: datetime, kind: str) -> None:
    """A time when someone is not to be asked."""
    world.add(
        Absence,
        organisation_id=member.row.organisation_id,
        professional=member.row,
        held=span(start, end),
        kind=kind,
    )
    day = clock.local(start).date()
    while clock.at(day, 0) < end:
        low, high = max(start, clock.at(day, 0)), min(end, clock.at(day + timedelta(days=1), 0))
        member.held.setdefault(day, []).append((low, high, None))
        day += timedelta(days=1)


# -- the many ---------------------------------------------------------------------------------------------------------

# discipline -> how many beside the named ones
WALLOON = {
    "psychologist": 8,
    "nurse": 4,
    "psychomotrician": 2,
    "social_worker": 6,
    "mediator": 4,
    "lawyer": 1,
    "ambassador": 1,
}
FRENCH = {
    "psychologist": 8,
    "nurse": 3,
    "psychomotrician": 1,
    "social_worker": 5,
    "mediator": 3,
    "lawyer": 2,
    "ambassador": 4,
}
BASES = {
    "walloon": [
        "BE-57081",
        "BE-62063",
        "BE-53053",
        "BE-92094",
        "BE-52011",
        "BE-34022",
        "BE-63079",
        "BE-57081",
        "BE-53053",
        "BE-31005",
        "BE-52011",
    ],
    "french": [
        "FR-59350",
        "FR-62510",
        "FR-59183",
        "FR-62041",
        "FR-60057",
        "FR-59350",
        "FR-80021",
        "FR-62498",
        "FR-02408",
        "FR-62510",
    ],
    "desk": [
        "BE-57081",
        "BE-57096",
        "BE-53053",
        "BE-52011",
        "BE-92094",
        "BE-62063",
        "BE-63079",
        "BE-58001",
        "BE-51004",
    ],
    "desk-wvl": ["BE-34022", "BE-31005", "BE-35013", "BE-36015", "BE-33011", "BE-34027", "BE-34040"],
    "volunteers": [
        "FR-59350",
        "FR-59512",
        "FR-62498",
        "FR-62041",
        "FR-59183",
        "FR-59599",
        "FR-62193",
        "FR-80021",
        "FR-59606",
    ],
}
# first language -> others often spoken by the same people, and how often
ALSO = {
    "tir": (("amh", 0.5), ("ara", 0.2)),
    "amh": (("orm", 0.3),),
    "prs": (("pus", 0.35), ("pes", 0.5)),
    "pus": (("prs", 0.6), ("urd", 0.2)),
    "apc": (("ara", 1.0), ("kmr", 0.15), ("arz", 0.2)),
    "apd": (("ara", 1.0), ("eng", 0.3)),
    "ary": (("ara", 0.9),),
    "acm": (("ara", 1.0), ("ckb", 0.3)),
    "som": (("eng", 0.4), ("ara", 0.2)),
    "tur": (("kmr", 0.3),),
    "kmr": (("tur", 0.7),),
    "rus": (("ukr", 0.2), ("che", 0.15)),
    "ukr": (("rus", 0.8),),
    "kat": (("rus", 0.6),),
    "hye": (("rus", 0.7),),
    "lin": (("swa", 0.4), ("lua", 0.2)),
    "swa": (("lin", 0.3),),
    "run": (("kin", 0.8), ("swa", 0.5)),
    "ful": (("man", 0.3), ("wol", 0.2)),
    "man": (("bam", 0.5), ("dyu", 0.5)),
    "sqi": (("srp", 0.3),),
}


def crowd(world: World) -> None:
    """About fifty more carers, and the interpreters and helpers of the two desks and of the French team."""
    used = {(m.row.first_name, m.row.last_name) for m in members(world)}
    for key, wanted in (("walloon", WALLOON), ("french", FRENCH)):
        turn = 0
        for discipline, n in wanted.items():
            for _number in range(n):
                base = BASES[key][turn % len(BASES[key])]
                turn += 1
                _carer(world, key, discipline, base, used)
    for key, n, country in (("desk", 66, "BE"), ("desk-wvl", 37, "BE"), ("volunteers", 14, "FR")):
        for number, language in enumerate(_spread(demand.by_language(country), n)):
            _interpreter(world, key, language, BASES[key][number % len(BASES[key])], used)
    _leave(world)


def _spread(shares: dict[str, float], n: int) -> list[str]:
    """``n`` languages by their shares, the commonest first; none that nobody's name is known for."""
    known = {code: share for code, share in shares.items() if code in names.BY_LANGUAGE}
    total = sum(known.values())
    exact = {code: n * share / total for code, share in known.items()}
    counts = {code: int(x) for code, x in exact.items()}
    for code in sorted(exact, key=lambda c: (counts[c] - exact[c], c))[: n - sum(counts.values())]:
        counts[code] += 1
    return [code for code in sorted(counts, key=lambda c: (-counts[c], c)) for _ in range(counts[code])]


def _fresh_name(world: World, pool: names.Pool, gender: str, used: set[tuple[str, str]]) -> tuple[str, str]:
    while True:
        name = names.draw(world, pool, gender)
        if name not in used:
            used.add(name)
            return name


def _other_side(world: World, share: float) -> tuple[date, date | None] | None:
    """A mandate for the other country: most run to a year's end, some have run out."""
    if not world.chance(share):
        return None
    start = world.day - timedelta(days=world.rng.randrange(300, 1300))
    if world.chance(0.15):
        return start, world.day - timedelta(days=world.rng.randrange(20, 200))
    return start, date(world.day.year + world.rng.randrange(0, 3), 12, 31)


def _carer(world: World, key: str, discipline: str, base: str, used: set[tuple[str, str]]) -> None:
    team, country = world.named[key], base[:2]
    flemish = base in ("BE-34022", "BE-31005")
    pool = names.STAFF["nl" if flemish else "fr" if key == "french" else "wal"]
    languages = {"fra": 4 if flemish else 7, "eng": world.pick((3, 4, 5))} | ({"nld": 7} if flemish else {})
    ceiling, kind = 0, ""
    if discipline == Discipline.AMBASSADOR:
        first = world.pick(("prs", "apc", "tir", "som", "apd", "lin"))
        pool, languages = names.BY_LANGUAGE[first], {"fra": 5, first: 7}
    elif discipline == Discipline.MEDIATOR and world.chance(0.6):
        first = world.pick(("ary", "tur", "lin", "sqi", "apc"))
        pool, languages = names.BY_LANGUAGE[first], {"fra": 6, first: 7}
    gender = "woman" if world.chance(0.66) else "man"
    status = world.weighted({Status.EMPLOYEE: 0.72, Status.SELF_EMPLOYED: 0.2, Status.VOLUNTEER: 0.08})
    mandates: dict[str, tuple[date, date | None]] = {country: (world.day - timedelta(days=1800), None)}
    other = _other_side(world, 0.45)
    if other:
        mandates["BE" if country == "FR" else "FR"] = other
    days = sorted(world.shuffled(range(5))[: world.pick((5, 5, 5, 4, 4, 3))])
    make(
        world,
        team,
        name=_fresh_name(world, pool, gender, used),
        gender=gender,
        disciplines=(discipline,),
        base=base,
        languages=languages,
        mandates=mandates,
        pattern=[(day, time(8), time(18)) for day in days],
        status=status,
        kind=kind,
        ceiling=ceiling,
        weekly_hours=round(7.6 * len(days), 1),
        account_language="nl" if flemish else "fr",
    )


def _interpreter(world: World, key: str, language: str, base: str, used: set[tuple[str, str]]) -> None:
    team = world.named["french" if key == "volunteers" else key]
    gender = "woman" if world.chance(0.58) else "man"
    kind = world.weighted(
        {
            "desk": {
                InterpreterKind.CERTIFIED: 0.65,
                InterpreterKind.SWORN: 0.1,
                InterpreterKind.HELPER: 0.25,
            },
            "desk-wvl": {
                InterpreterKind.CERTIFIED: 0.45,
                InterpreterKind.SWORN: 0.05,
                InterpreterKind.HELPER: 0.5,
            },
            "volunteers": {InterpreterKind.CERTIFIED: 0.4, InterpreterKind.HELPER: 0.6},
        }[key]
    )
    helper = kind == InterpreterKind.HELPER
    languages = {
        language: world.pick((5, 6, 7, 7)),
        "fra": world.pick((3, 4, 4)) if helper else world.pick((4, 5, 5, 6)),
    }
    if key == "desk-wvl":
        languages["nld"] = languages["fra"]
    for code, share in ALSO.get(language, ()):
        if world.chance(share):
            languages[code] = world.pick((4, 5, 6))
    ceiling = (
        world.pick((1, 2, 2)) if helper else 4 if kind == InterpreterKind.SWORN else world.pick((3, 4, 4))
    )
    country = base[:2]
    mandates: dict[str, tuple[date, date | None]] = {country: (world.day - timedelta(days=1700), None)}
    other = _other_side(world, {"desk": 0.35, "desk-wvl": 0.25, "volunteers": 0.4}[key])
    if other:
        mandates["BE" if country == "FR" else "FR"] = other
    volunteer = helper and world.chance(0.6)
    days = sorted(world.shuffled(range(5))[: world.pick((2, 3)) if volunteer else world.pick((3, 4, 5, 5))])
    if scarce_today(language, mandates):
        days = [day for day in days if day != world.day.weekday()]
    hours = (time(9), time(17)) if volunteer else (time(8), time(18, 30))
    make(
        world,
        team,
        name=_fresh_name(world, names.BY_LANGUAGE[language], gender, used),
        gender=gender,
        disciplines=(Discipline.INTERPRETER,),
        base=base,
        languages=languages,
        mandates=mandates,
        pattern=[(day, *hours) for day in days],
        status=Status.VOLUNTEER
        if volunteer
        else world.weighted({Status.SELF_EMPLOYED: 0.6, Status.EMPLOYEE: 0.4}),
        kind=kind,
        ceiling=ceiling,
        weekly_hours=16 if volunteer else 38,
        account_language="nl" if key == "desk-wvl" else "fr",
        certified_until=None if helper else world.day + timedelta(days=world.rng.randrange(60, 900)),
        works_remotely=world.chance(0.85),
    )


def scarce_today(language: str, mandates: dict[str, tuple[date, date | None]]) -> bool:
    """Lingala and, in Belgium, Pashto are short on the day shown: two of its visits find no team."""
    return language == "lin" or (language in ("pus", "prs") and "BE" in mandates)


def _leave(world: World) -> None:
    """Who is away these weeks: leave, illness, a training day. Not those whose day is told elsewhere."""
    free = [m for m in members(world) if m.row.pk not in world.named["cast_ids"]]
    for member in world.shuffled(free)[:22]:
        kind = world.weighted({AbsenceKind.LEAVE: 0.55, AbsenceKind.ILL: 0.25, AbsenceKind.TRAINING: 0.2})
        first = world.rng.randrange(-4, 8)
        length = 1 if kind == AbsenceKind.TRAINING else world.rng.randrange(1, 6)
        away(world, member, world.at(first, 0), world.at(first + length, 0), kind)
