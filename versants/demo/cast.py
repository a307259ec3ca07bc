"""The people that the guides and pictures speak of, with their day."""

from __future__ import annotations

import base64
import hashlib
from datetime import date, time, timedelta

from versants.core.access.classes import Role
from versants.core.periods import span
from versants.demo.staff import OFFICE, Member, Pattern, away, enrol, make
from versants.demo.world import Login, World
from versants.people.enums import AbsenceKind, Discipline, InterpreterKind, Status
from versants.people.models import Membership, OnCall

# key, first name, name, gender, team, disciplines, base, languages, mandates (FR/BE), kind, ceiling
_CAST = (
    (
        "elise",
        "Élise",
        "Dumoulin",
        "woman",
        "walloon",
        ("psychologist",),
        "BE-57081",
        {"fra": 7, "eng": 4},
        "BE",
        "",
        0,
    ),
    (
        "lien",
        "Lien",
        "Verhaeghe",
        "woman",
        "walloon",
        ("psychologist",),
        "BE-34022",
        {"nld": 7, "fra": 4, "eng": 6},
        "BE",
        "",
        0,
    ),
    (
        "marc",
        "Marc",
        "Poulain",
        "man",
        "walloon",
        ("psychomotrician",),
        "BE-57081",
        {"fra": 7},
        "BE FR",
        "",
        0,
    ),
    (
        "abdi",
        "Abdi",
        "Warsame",
        "man",
        "walloon",
        ("ambassador",),
        "BE-57081",
        {"som": 7, "fra": 5, "ara": 4},
        "BE",
        "",
        0,
    ),
    (
        "nadege",
        "Nadège",
        "Lefebvre",
        "woman",
        "french",
        ("psychologist",),
        "FR-59350",
        {"fra": 7, "eng": 4},
        "FR BE",
        "",
        0,
    ),
    (
        "thomas",
        "Thomas",
        "Carlier",
        "man",
        "french",
        ("nurse",),
        "FR-59350",
        {"fra": 7, "eng": 3},
        "FR",
        "",
        0,
    ),
    (
        "karim",
        "Karim",
        "Haddad",
        "man",
        "french",
        ("mediator",),
        "FR-59350",
        {"fra": 7, "ara": 6, "arq": 7},
        "FR BE",
        "",
        0,
    ),
    (
        "selam",
        "Selam",
        "Tesfay",
        "woman",
        "desk",
        ("interpreter",),
        "BE-57081",
        {"tir": 5, "amh": 5, "fra": 5},
        "BE FR",
        "certified",
        4,
    ),
    (
        "zahra",
        "Zahra",
        "Mohseni",
        "woman",
        "desk",
        ("interpreter",),
        "BE-57081",
        {"prs": 5, "pes": 6, "fra": 5},
        "BE",
        "certified",
        4,
    ),
    (
        "gulalai",
        "Gulalai",
        "Stanekzai",
        "woman",
        "desk-wvl",
        ("interpreter",),
        "BE-34022",
        {"pus": 4, "nld": 5, "eng": 4, "fra": 4},
        "BE",
        "certified",
        3,
    ),
    (
        "olena",
        "Olena",
        "Kovalenko",
        "woman",
        "desk-wvl",
        ("interpreter",),
        "BE-34022",
        {"rus": 6, "ukr": 7, "nld": 5, "fra": 6},
        "BE",
        "sworn",
        4,
    ),
    (
        "hiwot",
        "Hiwot",
        "Abraha",
        "woman",
        "desk-wvl",
        ("interpreter",),
        "BE-31005",
        {"tir": 6, "amh": 7, "nld": 4, "eng": 5, "fra": 4},
        "BE",
        "certified",
        4,
    ),
    (
        "mehret",
        "Mehret",
        "Gebre",
        "woman",
        "desk",
        ("interpreter",),
        "BE-57096",
        {"tir": 7, "fra": 5},
        "FR -BE",
        "certified",
        4,
    ),
    (
        "yonas",
        "Yonas",
        "Berhe",
        "man",
        "desk",
        ("interpreter",),
        "BE-57096",
        {"tir": 7, "amh": 4, "fra": 4},
        "BE",
        "helper",
        2,
    ),
    (
        "mbuyi",
        "Chantal",
        "Mbuyi",
        "woman",
        "desk",
        ("interpreter",),
        "BE-53053",
        {"lin": 7, "swa": 5, "fra": 6},
        "BE",
        "certified",
        4,
    ),
)
# Hours of the day shown, where they differ from office hours: from, to
_TODAY = {
    "elise": (time(8), time(21, 30)),
    "lien": (time(8, 30), time(21, 30)),
    "marc": (time(12), time(19)),
    "nadege": (time(8, 15), time(21, 30)),
    "thomas": (time(8), time(18)),
    "karim": (time(8), time(18, 30)),
    "selam": (time(8), time(21, 45)),
    "zahra": (time(8, 30), time(18)),
    "gulalai": (time(9, 30), time(15, 30)),
    "olena": (time(8), time(18)),
    "hiwot": (time(9), time(22)),
    "mehret": (time(9), time(21)),
    "yonas": (time(9), time(22)),
    "mbuyi": (time(9), time(18)),
}
_LONG_DAY = {"elise", "lien", "nadege", "selam", "hiwot"}
_DUTCH = {"lien", "gulalai", "olena", "hiwot"}

# What each of them has in the day besides visits: from, to, why
_BUSY = (
    ("elise", (11, 0), (12, 30), AbsenceKind.SUPERVISION),
    ("lien", (9, 30), (10, 15), AbsenceKind.MEETING),
    ("lien", (16, 0), (17, 0), AbsenceKind.WRITING),
    ("abdi", (9, 0), (11, 30), AbsenceKind.OTHER),
    ("karim", (16, 30), (18, 0), AbsenceKind.MEETING),
    ("selam", (17, 30), (18, 15), AbsenceKind.WRITING),
    ("olena", (8, 30), (11, 0), AbsenceKind.OTHER),
)


def people(world: World) -> None:
    """The named professionals, their hours and what else they do on the day shown."""
    for key, first, last, gender, team, disciplines, base, languages, countries, kind, ceiling in _CAST:
        pattern: Pattern = [line for line in OFFICE if line[0] != world.day.weekday()]
        start, end = _TODAY.get(key, (time(8), time(18)))
        pattern.append((world.day.weekday(), start, end))
        member = make(
            world,
            world.named[team],
            name=(first, last),
            gender=gender,
            disciplines=disciplines,
            base=base,
            languages=languages,
            mandates={c.lstrip("-"): _mandate(world, c, base) for c in countries.split()},
            pattern=sorted(pattern),
            status=Status.SELF_EMPLOYED if Discipline.INTERPRETER in disciplines else Status.EMPLOYEE,
            kind=kind,
            ceiling=ceiling,
            account_language="nl" if key in _DUTCH else "fr",
            certified_until=date(world.day.year + 1, 6, 30)
            if kind in (InterpreterKind.CERTIFIED, InterpreterKind.SWORN)
            else None,
            max_daily_minutes=600 if key in _LONG_DAY else 480,
            weekly_hours=16 if kind == InterpreterKind.HELPER else 38,
        )
        world.named[key] = member
    for key, start, end, why in _BUSY:
        away(world, world.named[key], world.at(0, *start), world.at(0, *end), why)
    world.named["cast_ids"] = {world.named[line[0]].row.pk for line in _CAST}


def _mandate(world: World, country: str, base: str) -> tuple[date, date | None]:
    start = world.day - timedelta(days=1800)
    if country.startswith("-"):  # ran out some weeks ago
        return start, (world.day - timedelta(days=45)).replace(day=1)
    return start, None if country == base[:2] else date(world.day.year, 12, 31) + timedelta(days=1)


def watches(world: World) -> None:
    """Who is on call at night, for the two teams and the desks: from five days back to nine days on."""
    rota = {
        "walloon": _rota(world, "walloon", Discipline.PSYCHOLOGIST, ("elise", "lien")),
        "french": _rota(world, "french", Discipline.PSYCHOLOGIST, ("nadege",)),
        "desk": _rota(world, "desk", Discipline.INTERPRETER, ("selam",)),
        "desk-wvl": _rota(world, "desk-wvl", Discipline.INTERPRETER, ("gulalai", "hiwot")),
    }
    for key, turn in rota.items():
        for number, offset in enumerate(range(-5, 10)):
            # The night before the day shown falls on the first of each rota, the evening of it on the second.
            member = turn[(number - 4) % len(turn)]
            world.add(
                OnCall,
                organisation_id=member.row.organisation_id,
                professional=member.row,
                team=world.named[key],
                held=span(world.at(offset, 18), world.at(offset + 1, 8)),
                phone=world.named[key].phone[:-2] + "90",
            )


def _rota(world: World, key: str, discipline: str, first: tuple[str, ...]) -> list[Member]:
    named = [world.named[name] for name in first]
    team = world.named[key]
    others = [
        m
        for m in world.named["members"]
        if m.row.team_id == team.pk
        and discipline in m.row.disciplines
        and m.row.pk not in world.named["cast_ids"]
        and m.row.interpreter_kind != InterpreterKind.HELPER
        and not any(abs((day - world.day).days) < 12 for day in m.held)
    ]
    return (named + others)[:6]


# key, first name, name, role, organisation, team, language, versant: those who sign in and do not intervene
_DESKS = (
    ("camille", "Camille", "Delattre", Role.COORDINATOR, "cresam", "walloon", "fr"),
    ("helene", "Hélène", "Wartel", Role.COORDINATOR, "lva", "french", "fr"),
    ("rachid", "Rachid", "Benali", Role.DESK, "setis", "desk", "fr"),
    ("bram", "Bram", "Declercq", Role.DESK, "provincie", "desk-wvl", "nl"),
    ("julien", "Julien", "Mahieu", Role.REQUESTER, "Fedasil", None, "fr"),
    ("sabine", "Sabine", "Lorent", Role.SITE_MANAGER, "Fedasil", None, "fr"),
    ("hilde", "Hilde", "Claeys", Role.PROGRAMME_OFFICER, "sgar", None, "nl"),
    ("benoit", "Benoît", "Vasseur", Role.CONTROLLER, "dreets", None, "fr"),
    ("claire", "Claire", "Montaigne", Role.LEAD_AUTHORITY, "sgar", None, "fr"),
    ("pieter", "Pieter", "Goethals", Role.FUNDER, "provincie", None, "nl"),
    ("aurelie", "Aurélie", "Noël", Role.DPO, "cresam", None, "fr"),
    ("wim", "Wim", "Dewulf", Role.ADMINISTRATOR, "sgar", None, "nl"),
)
# Professionals who sign in too.
_SIGN_IN = ("elise", "lien", "nadege", "karim", "selam")


def accounts(world: World) -> None:
    """One login per role at least; Hélène holds two roles and switches."""
    hosts = {row.name: row for row in world.rows[type(world.named["sgar"])]}
    for key, first, last, role, house, team, language in _DESKS:
        organisation = world.named.get(house) or hosts[house]
        membership = enrol(
            world,
            (first, last),
            world.named[team] if team else None,
            role,
            language=language,
            organisation=organisation,
            email=f"{key}@versants.test",
        )
        world.named[key] = membership
        _login(world, key, membership)
    world.add(
        Membership,
        account=world.named["helene"].account,
        organisation=world.named["lva"],
        team=None,
        professional=None,
        role=Role.PROGRAMME_OFFICER,
        versant=world.named["lva"].versant,
        period=(world.day - timedelta(days=400), None),
    )
    for key in _SIGN_IN:
        membership = world.named[key].membership
        membership.account.email = f"{key}@versants.test"
        _login(world, key, membership)


def _login(world: World, key: str, membership: Membership) -> None:
    world.logins.append(Login(membership.account, password_of(key)))


def secret_of(key: str) -> str:
    """What its authenticator app would hold. Public on purpose, as the password is."""
    return base64.b32encode(hashlib.sha256(f"versants demo {key}".encode()).digest()[:20]).decode()


def password_of(key: str) -> str:
    """Public on purpose: the demonstration world is refused on a host that others reach."""
    return f"demo-{key}-2026"
