"""Partners, hosts, places and teams. Names of partners and of reception centres are public facts; who works there,
their numbers and their hours are made up."""

from __future__ import annotations

import re

from versants.demo import texts
from versants.demo.world import World
from versants.people.enums import OrganisationKind, TeamKind
from versants.people.models import Organisation, Site, Team
from versants.territory import sources
from versants.territory.sources import Town

FR, WAL, WVL = "hauts-de-france", "wallonie", "west-vlaanderen"

# The six partners (DOMAIN 1.1). key, name, short name, kind, versant
PARTNERS = (
    ("sgar", "SGAR, Préfecture de la région Hauts-de-France", "SGAR Hauts-de-France", "authority", FR),
    ("dreets", "DREETS Hauts-de-France", "DREETS", "authority", FR),
    ("lva", "La Vie Active", "La Vie Active", "association", FR),
    ("cresam", "CRéSaM", "CRéSaM", "care", WAL),
    ("setis", "SeTIS wallon", "SeTIS wallon", "interpreting", WAL),
    ("provincie", "Provincie West-Vlaanderen", "Provincie West-Vlaanderen", "authority", WVL),
)
# Reception centres whose public name is a line long: how the teams call them.
SHORT = {
    "Centre de Mouscron (Le Refuge)": "Le Refuge",
    "Centre Croix-Rouge de Tournai (caserne Saint-Jean)": "Caserne Saint-Jean",
    "Centre Croix-Rouge de Jemappes": "Centre de Jemappes",
    "CADA APSA (Liévin branch; Rouvroy, Méricourt, Bully, Grenay)": "CADA de Liévin",
    "CADA de Dunkerque (Petite-Synthe)": "CADA de Petite-Synthe",
    "HUDA AUDASSE (Arras and Lens)": "HUDA d’Arras",
    "Centre for unaccompanied minors, rue des Capucins (Arras)": "Maison des mineurs, Arras",
    "CAES de Bailleul (former hotel, PRAHDA site)": "CAES de Bailleul",
}
# Operators that the sources do not name.
UNNAMED = {FR: "Réseau d’accueil des Hauts-de-France", WAL: "Fedasil", WVL: "Fedasil"}
CLOSED = ("closed", "closure announced")

WEEK = ("mon", "tue", "wed", "thu", "fri")
HOURS = {
    "cresam": {day: [["08:30", "17:00"]] for day in WEEK},
    "lva": {day: [["09:00", "12:30"], ["13:30", "17:30"]] for day in WEEK},
    "setis": {day: [["08:00", "18:00"]] for day in WEEK},
    "provincie": {day: [["08:30", "12:30"], ["13:00", "16:30"]] for day in WEEK},
}
PROMISES = {
    "cresam": {"crisis": 480, "urgent": 1020, "planned": 2550},
    "lva": {"crisis": 480, "urgent": 900, "planned": 2250},
}
# Numbers that ring nowhere.
PHONES = {
    "lva": "+33 0 00 00 20 10",
    "cresam": "+32 000 00 20 10",
    "setis": "+32 000 00 20 20",
    "provincie": "+32 000 00 20 30",
}

OFFICES = (
    ("office-sgar", "sgar", "Préfecture, Lille", "FR-59350"),
    ("office-dreets", "dreets", "DREETS, Lille", "FR-59350"),
    ("office-lille", "lva", "IntegraPsy, Lille", "FR-59350"),
    ("office-lievin", "lva", "IntegraPsy, Liévin", "FR-62510"),
    ("office-tournai", "cresam", "IntegraPsy, Tournai", "BE-57081"),
    ("office-kortrijk", "cresam", "IntegraPsy, Kortrijk", "BE-34022"),
    ("office-namur", "cresam", "CRéSaM, Namur", "BE-92094"),
    ("office-setis", "setis", "SeTIS wallon, Tournai", "BE-57081"),
    ("office-brugge", "provincie", "Provinciehuis, Brugge", "BE-31005"),
)


def town(uid: str) -> Town:
    """The commune of that uid."""
    if not _TOWNS:
        _TOWNS.update({one.uid: one for one in sources.towns()})
    return _TOWNS[uid]


_TOWNS: dict[str, Town] = {}


def build(world: World) -> None:
    """Organisations, sites and teams; ``world.named`` remembers those the rest speaks of."""
    for key, name, short, kind, versant in PARTNERS:
        world.named[key] = world.add(
            Organisation,
            name=name,
            short_name=short,
            kind=kind,
            versant=versant,
            is_partner=True,
            is_lead=key == "sgar",
        )
    for key, house, name, uid in OFFICES:
        world.named[key] = _site(world, world.named[house], name, uid, kind="office")
    _centres(world)
    teams = (
        ("walloon", "cresam", "IntegraPsy Wallonie", TeamKind.INTEGRAPSY, WAL, "office-tournai", WAL),
        ("french", "lva", "IntegraPsy Hauts-de-France", TeamKind.INTEGRAPSY, FR, "office-lille", FR),
        ("desk", "setis", "SeTIS wallon, interprètes", TeamKind.DESK, WAL, "office-setis", "desk-wal"),
        ("desk-wvl", "provincie", "Tolk- en vertaaldienst", TeamKind.DESK, WVL, "office-brugge", "desk-wvl"),
    )
    for key, house, name, kind, versant, base, presents in teams:
        world.named[key] = world.add(
            Team,
            organisation=world.named[house],
            name=name,
            kind=kind,
            versant=versant,
            base=world.named[base],
            phone=PHONES[house],
            email=f"{key}@versants.test",
            opening_hours=HOURS[house],
            promise_minutes=PROMISES.get(house, {}),
            presents=texts.PRESENTS[presents],
        )


def _site(world: World, organisation: Organisation, name: str, uid: str, **fields: str) -> Site:
    place = town(uid)
    return world.add(
        Site, organisation=organisation, name=name, commune_id=uid, lat=place.lat, lon=place.lon, **fields
    )


def _centres(world: World) -> None:
    hosts: dict[str, Organisation] = {"La Vie Active": world.named["lva"]}
    for line in sources.rows(sources.content("reception_centres.csv")):
        if any(word in line["status"] for word in CLOSED):
            continue
        operator = re.sub(r" \(.*\)", "", line["operator"]) or UNNAMED[line["versant"]]
        if operator not in hosts:
            hosts[operator] = world.add(
                Organisation,
                name=operator,
                short_name=operator[:40],
                kind=OrganisationKind.HOST,
                versant=line["versant"],
            )
        name = SHORT.get(line["name"]) or re.sub(r" \(.*\)", "", line["name"])
        site = _site(
            world,
            hosts[operator],
            name,
            line["uid"],
            kind=line["kind"],
            access_notes=world.pick(texts.ACCESS_NOTES["nl" if line["versant"] == WVL else "fr"]),
            source=line["source"][:300],
            as_of=line["as_of"],
        )
        world.named[f"site:{name}"] = site
        if name == "CADA de Liévin":  # the same line names the branch of Rouvroy
            world.named["site:CADA de Rouvroy"] = _site(
                world,
                hosts[operator],
                "CADA de Rouvroy",
                "FR-62724",
                kind="CADA",
                source=line["source"][:300],
                as_of=line["as_of"],
            )


def commune(site: Site) -> Town:
    """The commune of a site, without asking the database."""
    return town(site.commune_id)


def country(site: Site) -> str:
    return commune(site).country


def versant(site: Site) -> str:
    return commune(site).versant


def centres(world: World) -> list[Site]:
    """Reception centres, offices left out."""
    return [site for site in world.all(Site) if site.kind != "office"]
