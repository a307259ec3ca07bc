"""The weeks just gone of those whom the guides and pictures speak of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from versants.core import clock
from versants.core.periods import span
from versants.demo import cases, persons, places, placing, records
from versants.demo.places import FR
from versants.demo.staff import Member
from versants.demo.stories import Story
from versants.demo.world import World
from versants.mobile.enums import RequestState, Urgency
from versants.mobile.models import Visit
from versants.mobile.services.facts import semester_of
from versants.people.models import Person
from versants.territory import calendars


def earlier(world: World) -> None:
    """The three earlier visits of the woman of Mouscron, always the same two faces; a record that waits for Lien."""
    cast = world.named
    _earlier(
        world, "Le Refuge", cast["person:mouscron"], "tir", cast["elise"], cast["selam"], (-37, -23, -10)
    )
    _earlier(
        world,
        "Opvangcentrum Poelkapelle",
        cast["person:poelkapelle"],
        "rus",
        cast["lien"],
        cast["olena"],
        (-21, -8),
    )
    for number in range(3):
        person = cast[f"canary:{number}"]
        carer = cast["nadege" if number == 1 else "elise"]
        site = "CADA de Liévin" if number == 1 else "Caserne Saint-Jean"
        _earlier(world, site, person, "tir", carer, cast["selam"], (-30 + number * 2, -16 + number))


def _earlier(
    world: World,
    site: str,
    person: Person,
    language: str,
    carer: Member,
    interpreter: Member,
    offsets: Sequence[int],
) -> None:
    place = world.named[f"site:{site}"]
    versant = places.versant(place)
    story = Story(
        world.named["french" if versant == FR else "walloon"],
        place,
        versant,
        "follow_up",
        language,
        [person],
        roles=("psychologist",),
        carers={"psychologist": carer},
        interpreter=interpreter,
    )
    town = places.commune(place)
    for offset in offsets:
        for back in range(12):
            day = world.day + timedelta(days=offset - back)
            when = clock.at(day, 14, 30)
            end = when + timedelta(minutes=cases.MINUTES["follow_up"])
            if not calendars.is_holiday(day, town.country) and all(
                placing.fits(m, when, end, town) for m in (carer, interpreter)
            ):
                break
        else:
            continue
        if story.request is None:
            asked = when - timedelta(days=3)
            story.request = cases.request(
                world,
                team=story.team,
                site=place,
                asked_at=asked,
                urgency=Urgency.PLANNED,
                languages=(language,),
                people=(person,),
                categories=["distress"],
                window=span(when, end),
                duration_min=60,
                answered_at=asked + timedelta(hours=4),
            )
            cases.event(world, story.request, asked + timedelta(hours=4), "accepted", shown=True)
            story.need = cases.need(world, story.request, "follow_up", asked + timedelta(hours=5))
        where = cases.visit(
            world,
            story.request,
            story.need,
            place,
            window=span(when - timedelta(minutes=30), end),
            held=span(when, end),
            series_rank=len(story.visits) + 1,
            created_at=story.request.asked_at + timedelta(hours=5),
        )
        for discipline, member, spoken in (
            ("psychologist", carer, ""),
            ("interpreter", interpreter, language),
        ):
            seat = cases.slot(world, where, discipline, language=spoken)
            cases.assign(world, seat, member, (person,), at=story.request.asked_at + timedelta(hours=6))
        story.visits.append(where)
        records.sign(world, where, (person,), n_persons=1)
        delivered(world, where)
    if story.request is not None:
        closed = story.visits[-1].held.upper + timedelta(days=2)
        if closed < world.moment:
            story.request.closed_at = closed
            cases.event(world, story.request, closed, "closed", shown=True)
        else:
            story.request.state = RequestState.ACCEPTED


def yesterday(world: World) -> None:
    """The record in Mouscron that waits for Lien's signature, and the crisis that Élise took this week."""
    cast = world.named
    _last(world, cast["lien"], "follow_up", Urgency.PLANNED, draft=True)
    if world.day.weekday():
        _last(world, cast["elise"], "crisis", Urgency.CRISIS, draft=False)


def _last(world: World, carer: Member, kind: str, urgency: str, *, draft: bool) -> None:
    walloon, site = world.named["walloon"], world.named["site:Le Refuge"]
    town = places.commune(site)
    minutes = timedelta(minutes=cases.MINUTES[kind])
    speakers = [world.named["selam"], *placing.interpreters(world, "tir", 4, cases.COMPLEXITY[kind])]
    for back in range(1, 5):
        for hour in (14, 10, 15, 9, 11):
            when = clock.at(world.day - timedelta(days=back), hour)
            if when.weekday() > 4 or not placing.fits(carer, when, when + minutes, town):
                continue
            interpreter = next((m for m in speakers if placing.fits(m, when, when + minutes, town)), None)
            if interpreter is None:
                continue
            asked = when - timedelta(hours=20)
            people = (persons.make(world, walloon, "tir", asked, age="adult", referent=carer),)
            row = cases.request(
                world,
                team=walloon,
                site=site,
                asked_at=asked,
                urgency=urgency,
                state=RequestState.PLANNED if draft else RequestState.ACCEPTED,
                languages=("tir",),
                people=people,
                categories=["distress"],
                window=span(when, when + minutes),
                duration_min=cases.MINUTES[kind],
                answered_at=asked + timedelta(minutes=40),
            )
            cases.event(world, row, asked + timedelta(minutes=40), "accepted", shown=True)
            need = cases.need(world, row, kind, asked + timedelta(minutes=50))
            where = cases.visit(
                world,
                row,
                need,
                site,
                window=span(when, when + minutes),
                held=span(when, when + minutes),
                created_at=asked + timedelta(minutes=50),
            )
            for discipline, member, language in (
                ("psychologist", carer, ""),
                ("interpreter", interpreter, "tir"),
            ):
                cases.assign(
                    world,
                    cases.slot(world, where, discipline, language=language),
                    member,
                    people,
                    at=asked + timedelta(hours=1),
                )
            records.sign(world, where, people, n_persons=1, draft=draft)
            if not draft:
                delivered(world, where)
            return


def delivered(world: World, where: Visit) -> None:
    """One more towards the figures of its semester."""
    found = world.named.setdefault("delivered", {})
    key = (where.versant, semester_of(clock.local(where.held.lower).date()))
    found[key] = found.get(key, 0) + 1
