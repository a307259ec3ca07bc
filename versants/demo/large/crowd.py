"""Who works in the large world: organisations, places, teams, carers and interpreters beside those of the small one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from math import ceil
from typing import Any

from versants.core.access.classes import CLINICAL_ROLES, Role
from versants.demo import demand, names, places, staff
from versants.demo.places import FR, WAL, WVL
from versants.demo.staff import OFFICE
from versants.demo.world import World
from versants.people.enums import (
    CARE_DISCIPLINES,
    Discipline,
    InterpreterKind,
    OrganisationKind,
    Status,
    TeamKind,
)
from versants.people.models import Organisation, Site, Team
from versants.territory import sources

MILLION = 1_000_000
# Per million visits; smaller worlds hold as many fewer.
ORGANISATIONS, TEAMS, DESKS = 200, 60, 8
SITES_PER_HOST = 5
SITES_PER_TEAM = 12
# The team of Camille is very large, so that lists are long; the others are of the size of a real one.
LARGE_SHARE = 0.12
DAYS_BACK, DAYS_ON = 3 * 365, 21
TURNS = 4  # visits a professional makes in a day at most
SECOND_CARER = 0.37  # visits two carers go to
INTERPRETED = 0.87  # visits for which an interpreter is asked
PEAK = 1.35  # the busiest day against the mean one
SPARE = 1.4  # interpreters of a language beyond those the mean of a busy day asks for
_TRADES = (
    Discipline.PSYCHOLOGIST,
    Discipline.SOCIAL_WORKER,
    Discipline.PSYCHOLOGIST,
    Discipline.NURSE,
    Discipline.MEDIATOR,
    Discipline.PSYCHOMOTRICIAN,
)
_WORK = (WAL, FR, WVL, FR, WAL)
_NAMES = {FR: "fr", WAL: "wal", WVL: "nl"}


@dataclass(frozen=True)
class Hand:
    """A professional with what a line about them needs."""

    pk: int
    membership: int
    account: int
    organisation: int
    trade: str
    cares: bool
    clinical: bool
    role: str


@dataclass
class Crew:
    """A mobile team at work: its carers, its places, how large a part of all visits is its own."""

    team: int
    organisation: int
    versant: str
    country: str
    coordinator: int
    account: int
    share: float
    language: str
    carers: list[Hand] = field(default_factory=list)
    # (site, organisation of the site, commune, its versant, its country)
    sites: list[tuple[int, int, str, str, str]] = field(default_factory=list)


@dataclass
class Crowd:
    """All of them. ``interpreters``: by language, nobody under two."""

    crews: list[Crew]
    interpreters: dict[str, list[Hand]]
    spoken: dict[str, dict[str, float]]


def per_million(n: int, visits: int, least: int = 1) -> int:
    """``n`` for a million visits, as many fewer for fewer visits."""
    return max(least, round(n * visits / MILLION))


def build(world: World, visits: int) -> Crowd:
    """Add to ``world`` (already made, not yet loaded) those who make ``visits`` visits."""
    spoken = {
        country: {
            code: share for code, share in demand.by_language(country).items() if code in names.BY_LANGUAGE
        }
        for country in ("BE", "FR")
    }
    towns = _towns(world)
    teams = _teams(world, visits, towns)
    _hosts(world, visits, towns)
    crews = [_crew(world, team, share) for team, share in teams]
    busiest = visits * PEAK / (DAYS_BACK * 5 / 7)
    for crew in crews:
        _carers(world, crew, ceil(busiest * crew.share * (1 + SECOND_CARER) / TURNS) + 3)
    interpreters = _interpreters(world, visits, busiest, spoken)
    _sites(world, crews)
    return Crowd(crews, interpreters, spoken)


def _towns(world: World) -> dict[str, Iterator[str]]:
    """Communes of each versant, in an order of this world, again and again."""
    found: dict[str, list[str]] = {FR: [], WAL: [], WVL: []}
    for town in sources.towns():
        if town.versant in found:
            found[town.versant].append(town.uid)
    return {versant: cycle(world.shuffled(sorted(uids))) for versant, uids in found.items()}


def _house(world: World, name: str, kind: str, versant: str) -> Organisation:
    return world.add(
        Organisation, name=name[:120], short_name=name[:40], kind=kind, versant=versant, is_partner=False
    )


def _site(world: World, house: Organisation, name: str, uid: str, kind: str) -> Site:
    place = places.town(uid)
    return world.add(
        Site, organisation=house, name=name[:120], commune_id=uid, lat=place.lat, lon=place.lon, kind=kind
    )


def _new_team(world: World, name: str, versant: str, uid: str, kind: str) -> Team:
    desk = kind == TeamKind.DESK
    house = _house(
        world, name, OrganisationKind.INTERPRETING if desk else OrganisationKind.ASSOCIATION, versant
    )
    base = _site(world, house, f"Bureau, {places.town(uid).name}", uid, "office")
    return world.add(
        Team,
        organisation=house,
        name=name[:80],
        kind=kind,
        versant=versant,
        base=base,
        phone=f"+{33 if versant == FR else 32} 000 00 40 {len(world.all(Team)) % 100:02d}",
        email=f"team{len(world.all(Team)) + 1}@versants.test",
        opening_hours=places.HOURS["setis" if desk else "cresam"],
        promise_minutes={} if desk else places.PROMISES["cresam"],
        presents={},
    )


def _teams(world: World, visits: int, towns: dict[str, Iterator[str]]) -> list[tuple[Team, float]]:
    """The mobile teams with their share of all visits; the desks are made on the way."""
    more = per_million(TEAMS - 2, visits)
    share = (1 - LARGE_SHARE) / (more + 1)
    found = [(world.named["walloon"], LARGE_SHARE), (world.named["french"], share)]
    for number in range(more):
        versant = _WORK[number % len(_WORK)]
        uid = next(towns[versant])
        name = f"IntegraPsy {places.town(uid).name_fr} {number + 1}"
        found.append((_new_team(world, name, versant, uid, TeamKind.INTEGRAPSY), share))
    desks = [world.named["desk"], world.named["desk-wvl"]]
    for number in range(per_million(DESKS - 2, visits)):
        versant = _WORK[number % len(_WORK)]
        uid = next(towns[versant])
        name = f"Interprètes {places.town(uid).name_fr} {number + 1}"
        desks.append(_new_team(world, name, versant, uid, TeamKind.DESK))
    world.named["large:desks"] = desks
    return found


def _hosts(world: World, visits: int, towns: dict[str, Iterator[str]]) -> None:
    """Reception networks with their centres, up to the number of organisations wanted."""
    wanted = per_million(ORGANISATIONS, visits) - len(world.all(Organisation))
    for number in range(max(3, wanted)):
        versant = _WORK[number % len(_WORK)]
        first = next(towns[versant])
        house = _house(
            world, f"Accueil {places.town(first).name} {number + 1}", OrganisationKind.HOST, versant
        )
        for rank in range(SITES_PER_HOST):
            uid = first if rank == 0 else next(towns[versant])
            _site(world, house, f"Centre de {places.town(uid).name} {number + 1}", uid, "centre")


def _crew(world: World, team: Team, share: float) -> Crew:
    key = {world.named["walloon"].pk: "camille", world.named["french"].pk: "helene"}.get(team.pk)
    if key:
        membership = world.named[key]
    else:
        pool = names.STAFF[_NAMES[team.versant]]
        membership = staff.enrol(
            world,
            names.draw(world, pool, "woman"),
            team,
            Role.COORDINATOR,
            language="nl" if team.versant == WVL else "fr",
        )
    return Crew(
        team=team.pk,
        organisation=team.organisation_id,
        versant=team.versant,
        country="FR" if team.versant == FR else "BE",
        coordinator=membership.pk,
        account=membership.account_id,
        share=share,
        language="nl" if team.versant == WVL else "fr",
    )


def _hand(member: staff.Member, trade: str) -> Hand:
    role = member.membership.role
    return Hand(
        pk=member.row.pk,
        membership=member.membership.pk,
        account=member.membership.account_id,
        organisation=member.row.organisation_id,
        trade=str(trade),
        cares=trade in CARE_DISCIPLINES and role in (Role.CLINICIAN, Role.PRACTITIONER),
        clinical=role in CLINICAL_ROLES,
        role=str(role),
    )


def _carers(world: World, crew: Crew, n: int) -> None:
    team = next(row for row in world.all(Team) if row.pk == crew.team)
    pool = names.STAFF[_NAMES[crew.versant]]
    since = world.day - timedelta(days=1300)
    for number in range(n):
        trade = _TRADES[number % len(_TRADES)]
        gender = "woman" if world.chance(0.7) else "man"
        member = staff.make(
            world,
            team,
            name=names.draw(world, pool, gender),
            gender=gender,
            disciplines=(trade,),
            base=team.base.commune_id,
            languages={"fra": 5 if crew.language == "nl" else 7, "eng": 4},
            mandates={crew.country: (since, None)},
            pattern=OFFICE,
            account_language=crew.language,
        )
        crew.carers.append(_hand(member, trade))


def _interpreters(
    world: World, visits: int, busiest: float, spoken: dict[str, dict[str, float]]
) -> dict[str, list[Hand]]:
    """Interpreters of each language, spread over the desks, as many as the busiest day asks for."""
    desks: list[Team] = world.named["large:desks"]
    since = world.day - timedelta(days=1300)
    shares = {
        code: (spoken["BE"].get(code, 0.0) * 3 + spoken["FR"].get(code, 0.0) * 2) / 5
        for code in sorted({*spoken["BE"], *spoken["FR"]})
    }
    found: dict[str, list[Hand]] = {}
    turn = 0
    for code, share in shares.items():
        found[code] = []
        for _number in range(ceil(busiest * INTERPRETED * share * SPARE / TURNS) + 1):
            desk = desks[turn % len(desks)]
            turn += 1
            gender = "woman" if world.chance(0.5) else "man"
            member = staff.make(
                world,
                desk,
                name=names.draw(world, names.BY_LANGUAGE[code], gender),
                gender=gender,
                disciplines=(Discipline.INTERPRETER,),
                base=desk.base.commune_id,
                languages={code: 7, "fra": 5},
                mandates={"BE": (since, None), "FR": (since, None)},
                pattern=OFFICE,
                status=Status.SELF_EMPLOYED,
                kind=InterpreterKind.CERTIFIED,
                ceiling=4,
                certified_until=world.day + timedelta(days=300),
            )
            found[code].append(_hand(member, Discipline.INTERPRETER))
    return found


def _sites(world: World, crews: list[Crew]) -> None:
    """Which places each team goes to: its own versant's, nine in ten; a few across the border."""
    by_versant: dict[str, list[Site]] = {FR: [], WAL: [], WVL: []}
    for site in places.centres(world):
        by_versant[places.versant(site)].append(site)
    for crew in crews:
        near: list[Any] = by_versant[crew.versant] or by_versant[WAL]
        across = by_versant[WVL if crew.versant == WAL else WAL]
        chosen = world.shuffled(near)[: SITES_PER_TEAM - 1] + world.shuffled(across)[:1]
        crew.sites = [
            (site.pk, site.organisation_id, site.commune_id, places.versant(site), places.country(site))
            for site in chosen
        ]
