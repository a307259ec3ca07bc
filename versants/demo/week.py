"""The days after the one shown: partly planned, some answers awaited, some visits still without a team."""

from __future__ import annotations

from datetime import timedelta

from versants.core import clock
from versants.core.periods import span
from versants.demo import cases, persons, places, placing, records, stories
from versants.demo.places import FR, WAL, WVL
from versants.demo.staff import Member
from versants.demo.world import World
from versants.mobile.enums import (
    AssignmentState,
    Audience,
    InterventionKind,
    Pin,
    RequestState,
    Urgency,
    VisitState,
)
from versants.mobile.models import Visit
from versants.people.enums import Discipline
from versants.territory import calendars

# Visits still to plan on each of the next days, and planned ones: the further, the emptier.
PLANNED = (7, 6, 5, 4, 3, 2, 2)
OPEN = (1, 1, 2, 1, 0, 1, 0)
LATER_OFFER = "offer of the week"


def build(world: World) -> None:
    """Seven working days ahead, and a series that began three weeks ago."""
    _series(world)
    days = [world.day + timedelta(days=n) for n in range(1, 15)]
    days = [day for day in days if day.weekday() < 5 and not calendars.is_holiday(day, "BE")][: len(PLANNED)]
    for day, planned, without in zip(days, PLANNED, OPEN, strict=False):
        done = tries = 0
        while done < planned and tries < 60:
            tries += 1
            done += _one(world, day)
        for _number in range(without):
            _without(world, day)
    _asked_by_link(world)


def _one(world: World, day: object) -> int:
    """A visit planned for ``day``; 0 if nobody can come then."""
    versant = world.weighted({WAL: 0.42, FR: 0.4, WVL: 0.18})
    if calendars.is_holiday(day, "FR" if versant == FR else "BE"):
        return 0
    story = _planned_story(world, versant)
    placed = stories.place(world, story, [day])
    if placed is None or (placed[2] is None and story.language and not story.alone):
        return 0
    when, carers, interpreter, remote = placed
    asked = world.told(-world.pick((1, 2, 3, 5)), world.pick((9, 11, 15)), world.pick((0, 20, 40)))
    row = stories.ask(world, story, when, carers, asked=asked)
    row.state, row.answered_at = RequestState.PLANNED, min(row.answered_at, world.moment)
    where = stories.seat(
        world, story, when, carers, interpreter, remote, at=min(asked + timedelta(hours=4), world.moment)
    )
    where.pin = world.pick((Pin.FREE, Pin.FREE, Pin.PERSON, Pin.TIME))
    if world.chance(0.3):  # an answer is awaited
        for number, (assignment, _member) in enumerate(cases.assignments_of(world, where)):
            if number or world.chance(0.5):
                assignment.state = AssignmentState.OFFERED
                assignment.answered_at = None
                assignment.answer_by = min(when - timedelta(hours=12), world.at(1, 12))
    return 1


def _asked_by_link(world: World) -> None:
    """One answer awaited until the day after tomorrow: its link is open whatever the hour a guide is read."""
    for where in world.all(Visit):
        if where.state != VisitState.PLANNED or where.held.lower < world.at(2, 0):
            continue
        if where.team_id != world.named["walloon"].pk:
            continue
        row, _member = cases.assignments_of(world, where)[0]
        row.state, row.answered_at = AssignmentState.OFFERED, None
        row.answer_by = min(where.held.lower - timedelta(hours=12), world.at(2, 12))
        cases.put_by_link(world, row, LATER_OFFER)
        return


def _planned_story(world: World, versant: str) -> stories.Story:
    """Anything but a crisis: nobody makes one wait for days."""
    while True:
        story = stories.new_story(world, versant)
        if story.kind != InterventionKind.CRISIS:
            return story


def _without(world: World, day: object) -> Visit:
    """A visit that triage has made and nobody has placed yet."""
    versant = world.weighted({WAL: 0.5, FR: 0.35, WVL: 0.15})
    story = _planned_story(world, versant)
    when = clock.at(day, world.pick((10, 14)))
    asked = world.told(-world.pick((1, 2, 4)), world.pick((9, 14, 16)), 10)
    row = stories.ask(world, story, when, {}, asked=asked)
    row.state, row.answered_at = RequestState.ACCEPTED, min(row.answered_at, world.moment)
    where = cases.visit(
        world,
        row,
        story.need,
        story.site,
        window=span(when - timedelta(minutes=30), when + timedelta(hours=3)),
        created_at=min(asked + timedelta(hours=2), world.moment),
    )
    for role in story.roles:
        cases.slot(world, where, role)
    if story.language and not story.alone:
        cases.slot(world, where, Discipline.INTERPRETER, language=story.language)
    return where


def _series(world: World) -> None:
    """Eight meetings of a talk group in Liévin, the same day and hour each week, holidays skipped; three are over."""
    french = world.named["french"]
    site = world.named["site:CADA de Liévin"]
    town = places.commune(site)
    leads = placing.carers(world, french.pk, Discipline.PSYCHOLOGIST) + placing.carers(
        world, french.pk, Discipline.MEDIATOR
    )
    minutes = timedelta(minutes=120)
    for back in range(1, 6):  # a weekday on which somebody can always be there
        first = world.day - timedelta(days=21 + back)
        dates = [first + timedelta(days=7 * n) for n in range(10)]
        dates = [day for day in dates if day.weekday() < 5 and not calendars.is_holiday(day, "FR")][:8]
        found = _always(leads, world, dates, town, minutes)
        if len(dates) == 8 and found is not None:
            break
    else:
        return
    carer, interpreter = found
    asked = clock.at(dates[0] - timedelta(days=9), 11)
    people = [
        persons.make(world, french, "prs", asked, gender="man", age="adult", referent=carer)
        for _n in range(6)
    ]
    row = cases.request(
        world,
        team=french,
        site=site,
        asked_at=asked,
        urgency=Urgency.PLANNED,
        state=RequestState.PLANNED,
        audience=Audience.GROUP,
        n_people=8,
        languages=("prs",),
        people=people,
        categories=["grief"],
        duration_min=120,
        answered_at=asked + timedelta(hours=5),
        words="Groupe de parole en dari, huit rencontres, le même jour chaque semaine.",
    )
    cases.event(world, row, asked + timedelta(hours=5), "accepted", shown=True)
    series = {"weekday": dates[0].weekday(), "time": "14:00", "times": 8, "skip_holidays": True}
    need = cases.need(world, row, "talk_group", asked + timedelta(hours=6), series)
    for rank, day in enumerate(dates, 1):
        when = clock.at(day, 14)
        where = cases.visit(
            world,
            row,
            need,
            site,
            window=span(when - timedelta(minutes=15), when + timedelta(minutes=15)),
            held=span(when, when + minutes),
            pin=Pin.TIME,
            series_rank=rank,
            created_at=asked + timedelta(hours=6),
        )
        for discipline, member, language in (
            (carer.row.disciplines[0], carer, ""),
            ("interpreter", interpreter, "prs"),
        ):
            seat = cases.slot(world, where, discipline, language=language)
            cases.assign(world, seat, member, people, at=asked + timedelta(hours=7))
        if day < world.day:
            records.sign(world, where, people, n_persons=len(people))


def _always(
    leads: list[Member], world: World, dates: list, town: object, minutes: timedelta
) -> tuple[Member, Member] | None:
    def free(member: Member, remote: bool = False) -> bool:
        return all(
            placing.fits(member, clock.at(day, 14), clock.at(day, 14) + minutes, town, remote=remote)
            for day in dates
        )

    carer = next((m for m in leads if free(m)), None)
    speakers = placing.interpreters(world, "prs", 4, 3)
    interpreter = next((m for m in speakers if free(m)), None)
    return (carer, interpreter) if carer and interpreter else None
