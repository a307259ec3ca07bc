"""Who can go, against plain enumeration; wall time at the change of clocks."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import product

import pytest

from tests.booking.visits import make_visit, places
from tests.world import actor, make_professional
from versants.core import clock
from versants.core.access.scope import acting
from versants.mobile.models import Visit
from versants.mobile.planning import horizon_of_day, visit_situation
from versants.mobile.planning.calendar import ceil_step, shifts
from versants.mobile.planning.situation import with_parts
from versants.mobile.services import booking
from versants_libs import dispatch

NOW = "2026-11-24T07:00:00+00:00"
STEP = 300


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


def at(hour, minute=0):
    return clock.at(clock.today(), hour, minute)


def situation_of(world, visit):
    who = actor(world.coordinator)
    with acting(who):
        row = with_parts(Visit.objects.visible_to(who)).get(pk=visit.pk)
        return visit_situation(who, row)


def enumerated(situation) -> dict[tuple[str, ...], int]:
    """Every assignment of different people to the slots -> the earliest start at which the checker finds nothing new."""
    ident = situation.focus[0]
    visit = situation.problem.visit(ident)
    before = set(dispatch.check(situation.problem, situation.plan))
    found = {}
    people = [person.id for person in situation.problem.people]
    window = visit.windows[0]
    starts = range(-(-window.earliest // STEP) * STEP, window.latest + 1, STEP)
    for team in product(people, repeat=len(visit.slots)):
        if len(set(team)) < len(team):
            continue
        for start in starts:
            services = {
                slot.id: dispatch.Service(who, start + slot.lag[0])
                for slot, who in zip(visit.slots, team, strict=True)
            }
            plan = situation.plan.with_team(ident, services)
            if set(dispatch.check(situation.problem, plan)) <= before:
                found[team] = start
                break
    return found


@pytest.mark.parametrize("case", ["free", "busy", "lag", "far"])
def test_rank_agrees_with_enumeration(world, case):
    make_professional(
        world.french,
        "Lien",
        "Verhaeghe",
        disciplines=["psychologist"],
        languages=[("fra", 4)],
        countries=("BE",),
    )
    fields = {"opens": at(14), "closes": at(15)}
    if case == "lag":
        fields["slots"] = (
            ("psychologist", None),
            ("interpreter", "tir", {"after_min": 30, "duration_min": 45}),
        )
    if case == "far":
        fields |= {"site": world.cada, "opens": at(9), "closes": at(10)}
    visit = make_visit(world, **fields)
    if case == "busy":
        other = make_visit(world, opens=at(12, 30), closes=at(12, 35), site=world.cada, duration=60)
        Visit.objects.filter(pk=other.pk).update(country="BE")
        who = actor(world.coordinator)
        given = places(other, world.elise, world.selam)
        with acting(who):
            booking.assign(visit=other, actor=who, places=given, version=1)
    situation = situation_of(world, visit)
    expected = enumerated(situation)
    ident = situation.focus[0]
    slots = [slot.id for slot in situation.problem.visit(ident).slots]
    ranked = {
        tuple(option.services[slot].person for slot in slots): option.start
        for option in dispatch.rank(situation.problem, situation.plan, ident)
    }
    assert ranked == expected
    # Not a comparison of nothing with nothing: mandates in France leave one psychologist and no interpreter.
    assert bool(expected) is (case != "far")


def test_every_team_listed_can_be_booked(world):
    visit = make_visit(world, opens=at(14), closes=at(15))
    situation = situation_of(world, visit)
    who = actor(world.coordinator)
    from django.db import transaction

    for option in dispatch.rank(situation.problem, situation.plan, situation.focus[0]):
        given = {slot: service.person for slot, service in option.services.items()}
        with transaction.atomic():
            with acting(who):
                booking.assign(
                    visit=visit,
                    actor=who,
                    places=given,
                    start=situation.at(option.start),
                    version=visit.version,
                )
            transaction.set_rollback(True)


# Wall time


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)]
)
def test_days_are_as_long_as_the_clock_makes_them(day, hours):
    horizon = horizon_of_day(day)
    assert horizon.length == hours * 3600
    assert horizon.days == ((0, hours * 3600),)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_shifts_are_wall_time_on_the_days_of_change(day):
    horizon = horizon_of_day(day)
    (shift,) = shifts(horizon, [(6, time(8), time(17))], [], None)
    assert clock.local(horizon.at(shift.start)).time() == time(8)
    assert shift.end - shift.start == 9 * 3600
    (pause,) = shift.breaks
    assert clock.local(horizon.at(pause.earliest)).time() == time(11, 30)


def test_night_watch_and_morning_hours_are_one_shift():
    day = date(2026, 11, 24)
    horizon = horizon_of_day(day)
    watch = (clock.at(day - timedelta(days=1), 18), clock.at(day, 8))
    found = shifts(
        horizon, [(1, time(8), time(12)), (1, time(13), time(17)), (2, time(8), time(17))], [watch], None
    )
    assert [(s.start, s.end) for s in found] == [(0, 12 * 3600), (13 * 3600, 17 * 3600)]


def test_ceil_step():
    assert ceil_step(at(14)) == at(14)
    assert ceil_step(at(14) + timedelta(seconds=1)) == at(14, 5)
    assert ceil_step(at(14, 4)) == at(14, 5)


def test_a_visit_across_the_change_of_clocks_lasts_its_minutes(world, settings):
    """Ninety minutes from 1:30 in the night of spring end at 4:00 on the wall."""
    settings.FROZEN_NOW = "2026-03-28T12:00:00+01:00"
    from versants.mobile.planning.situation import slots_of, starts_of

    opens = clock.at(date(2026, 3, 29), 1, 30)
    visit = make_visit(world, opens=opens, closes=opens + timedelta(minutes=30))
    ((begin, end), _other) = starts_of(visit, slots_of(visit), opens).values()
    assert (end - begin) == timedelta(minutes=90)
    assert clock.local(end).time() == time(4)
