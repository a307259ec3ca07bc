"""The day shown: nine visits placed, three without a team."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from versants.core.periods import span
from versants.demo import cases, persons, records
from versants.demo.staff import Member
from versants.demo.world import World
from versants.mobile.enums import (
    AssignmentState,
    Audience,
    Category,
    GenderWish,
    InterventionKind,
    Pin,
    RequestState,
    Urgency,
)
from versants.mobile.models import Request, Visit
from versants.people.enums import Discipline, Gender, Level
from versants.people.models import Person, Site

PSY, INT = Discipline.PSYCHOLOGIST, Discipline.INTERPRETER


def build(world: World) -> None:
    """What is placed on the day shown, and what is not."""
    placed(world)
    without_team(world)


def _site(world: World, name: str) -> Site:
    return world.named[f"site:{name}"]


# -- nine visits that stand --------------------------------------------------------------------------------------------


def _case(
    world: World,
    site: str,
    kind: str,
    start: datetime,
    minutes: int,
    people: Sequence[Person],
    *,
    language: str = "",
    team: str = "walloon",
    urgency: str = Urgency.PLANNED,
    pin: int = Pin.TIME,
    slack: tuple[int, int] = (15, 15),
    request: Request | None = None,
    **fields: object,
) -> Visit:
    asked = start - timedelta(days=6, hours=3)
    place = _site(world, site)
    row = request or cases.request(
        world,
        team=world.named[team],
        site=place,
        asked_at=asked,
        urgency=urgency,
        state=RequestState.PLANNED,
        languages=(language,) if language else (),
        people=people,
        categories=[world.pick(cases.CATEGORY[kind])],
        answered_at=asked + timedelta(hours=20),
        window=span(start - timedelta(minutes=slack[0]), start + timedelta(minutes=slack[1])),
        duration_min=minutes,
        **fields,
    )
    if request is None:
        cases.event(world, row, asked + timedelta(hours=20), "accepted", shown=True)
        cases.event(world, row, asked + timedelta(hours=30), "team_found", shown=True)
    wanted = cases.need(world, row, kind, row.asked_at + timedelta(minutes=40))
    return cases.visit(
        world,
        row,
        wanted,
        place,
        window=span(start - timedelta(minutes=slack[0]), start + timedelta(minutes=slack[1])),
        held=span(start, start + timedelta(minutes=minutes)),
        minutes=minutes,
        pin=pin,
        created_at=row.asked_at + timedelta(minutes=40),
    )


def _seat(
    world: World, where: Visit, member: Member, discipline: str, people: Sequence[Person], **fields: object
) -> None:
    language = fields.pop("language", "")
    level = {"level": fields.pop("level")} if "level" in fields else {}
    place = cases.slot(world, where, discipline, language=language, **level)
    at = min(where.request.asked_at + timedelta(minutes=70), world.moment)
    cases.assign(world, place, member, people, at=at, **fields)


def placed(world: World) -> None:
    """The nine numbers of the board; 3 waits for two answers, 8 and 9 can move."""
    cast = world.named
    walloon = cast["walloon"]
    some = {
        key: persons.make(world, team, language, world.at(-40, 11), age="adult", gender=gender)
        for key, team, language, gender in (
            ("mouscron 1", walloon, "tir", Gender.MAN),
            ("menen", walloon, "pus", Gender.MAN),
            ("tournai 9", walloon, "tir", Gender.WOMAN),
            ("mons", walloon, "prs", Gender.WOMAN),
        )
    }
    refuge, saint_jean = "Le Refuge", "Caserne Saint-Jean"

    people = (some["mouscron 1"],)
    where = _case(world, refuge, "follow_up", world.at(0, 9), 90, people, language="tir")
    _seat(world, where, cast["elise"], PSY, people)
    _seat(world, where, cast["selam"], INT, people, language="tir")

    people = cast["family:witnesses"]
    where = _case(
        world,
        saint_jean,
        "crisis",
        world.at(0, 9, 30),
        90,
        people,
        request=cast["request:witnesses"],
        slack=(30, 60),
    )
    persons.consents_of(world, people[0])
    _seat(world, where, cast["nadege"], PSY, people)
    _seat(world, where, cast["zahra"], INT, people, language="prs")

    people = (some["menen"],)
    where = _case(
        world,
        "Opvang Menen",
        "assessment",
        world.at(0, 11),
        60,
        people,
        language="pus",
        urgency=Urgency.URGENT,
        pin=Pin.FREE,
        slack=(30, 30),
        words="Ruzie op de kamer; hij wil vooral uitleggen wat er gebeurd is.",
    )
    offered = {"state": AssignmentState.OFFERED, "answer_by": world.at(0, 10, 15)}
    _seat(world, where, cast["lien"], PSY, people, offer="offer menen lien", **offered)
    _seat(world, where, cast["gulalai"], INT, people, language="pus", offer="offer menen gulalai", **offered)
    world.named["visit:menen"] = where

    where = _case(
        world,
        "CADA de Petite-Synthe",
        "referral",
        world.at(0, 10),
        85,
        (),
        team="french",
        audience=Audience.SEVERAL,
        n_people=3,
    )
    _seat(world, where, cast["thomas"], Discipline.NURSE, ())
    _seat(world, where, cast["karim"], Discipline.MEDIATOR, ())

    where = _case(world, refuge, "drop_in", world.at(0, 14), 180, (), audience=Audience.GROUP, n_people=8)
    _seat(world, where, cast["elise"], PSY, ())
    _seat(world, where, cast["abdi"], Discipline.AMBASSADOR, ())

    people = (cast["person:poelkapelle"],)
    where = _case(
        world, "Opvangcentrum Poelkapelle", "follow_up", world.at(0, 13, 30), 90, people, language="rus"
    )
    _seat(world, where, cast["lien"], PSY, people)
    _seat(world, where, cast["olena"], INT, people, language="rus")

    where = _case(
        world,
        "CADA de Liévin",
        "mediation",
        world.at(0, 13, 30),
        90,
        (),
        team="french",
        urgency=Urgency.URGENT,
        audience=Audience.GROUP,
        n_people=5,
    )
    _seat(world, where, cast["thomas"], Discipline.NURSE, ())
    _seat(world, where, cast["karim"], Discipline.MEDIATOR, ())

    people = (some["mons"],)
    where = _case(
        world,
        "Centre de Jemappes",
        "follow_up",
        world.at(0, 14, 30),
        90,
        people,
        language="prs",
        pin=Pin.FREE,
        slack=(60, 60),
    )
    _seat(world, where, cast["nadege"], PSY, people)
    _seat(world, where, cast["zahra"], INT, people, language="prs")

    people = (some["tournai 9"],)
    where = _case(
        world,
        saint_jean,
        "follow_up",
        world.at(0, 16),
        90,
        people,
        language="tir",
        pin=Pin.FREE,
        slack=(30, 60),
    )
    _seat(world, where, cast["marc"], Discipline.PSYCHOMOTRICIAN, people)
    _seat(world, where, cast["selam"], INT, people, language="tir")


# -- three that stand without ------------------------------------------------------------------------------------------


def _open(
    world: World,
    row: Request,
    kind: str,
    window: object,
    minutes: int,
    *,
    at: datetime,
    discipline: str = PSY,
    seconds: Sequence[str] = (),
    **fields: object,
) -> Visit:
    wanted = cases.need(world, row, kind, at)
    where = cases.visit(world, row, wanted, row.site, window=window, minutes=minutes, created_at=at)
    gender = row.gender_wish
    cases.slot(world, where, discipline, gender=gender)
    language = fields.pop("language", "") or records.first_language(world, row)
    cases.slot(world, where, INT, language=language, gender=gender, second_languages=list(seconds), **fields)
    return where


def without_team(world: World) -> None:
    """The night's crisis in Mouscron, Koksijde before 12:30 in Pashto, Arras in the afternoon in Lingala."""
    walloon, french = world.named["walloon"], world.named["french"]
    row = world.named["request:crisis"]
    at = row.asked_at + timedelta(minutes=23)  # made by the watch, on the telephone with the centre
    world.named["visit:crisis"] = _open(
        world, row, InterventionKind.CRISIS, row.window, 90, at=at, seconds=("amh",)
    )
    person = persons.make(world, walloon, "pus", world.at(-9, 11), age="adult", gender=Gender.MAN)
    row = cases.request(
        world,
        team=walloon,
        site=_site(world, "Opvangcentrum Koksijde"),
        asked_at=world.at(-2, 15, 20),
        urgency=Urgency.URGENT,
        state=RequestState.ACCEPTED,
        languages=("pus",),
        people=(person,),
        categories=[Category.PAPERS],
        window=span(world.at(0, 10), world.at(0, 12, 30)),
        duration_min=60,
        answered_at=world.at(-1, 9, 5),
        words="Hij heeft een brief gekregen die niemand kan uitleggen en eet sindsdien niet.",
    )
    cases.event(world, row, world.at(-1, 9, 5), "accepted", shown=True)
    world.named["visit:koksijde"] = _open(
        world,
        row,
        "referral",
        row.window,
        60,
        at=world.at(-1, 9, 10),
        discipline=Discipline.SOCIAL_WORKER,
        level=Level.B2,
    )
    person = persons.make(world, french, "lin", world.at(-20, 11), age="adult", gender=Gender.WOMAN)
    row = cases.request(
        world,
        team=french,
        site=_site(world, "HUDA d’Arras"),
        asked_at=world.at(-3, 10, 40),
        urgency=Urgency.PLANNED,
        state=RequestState.ACCEPTED,
        languages=("lin",),
        people=(person,),
        categories=[Category.GRIEF],
        gender_wish=GenderWish.WOMEN,
        window=span(world.at(0, 13, 30), world.at(0, 17)),
        duration_min=60,
        answered_at=world.at(-2, 9, 30),
        words="Elle demande une femme, et quelqu’un qui ne soit pas de la résidence pour traduire.",
    )
    cases.event(world, row, world.at(-2, 9, 30), "accepted", shown=True)
    where = _open(world, row, "follow_up", row.window, 60, at=world.at(-2, 9, 35), gender_required=True)
    cases.slots_of(world, where)[0].gender_required = True
    world.named["visit:arras"] = where
