"""Visits over midnight: those of a watch belong to the evening they begin in, and the next day knows of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.booking.visits import make_visit
from tests.requests.making import hold
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.mobile.models import Visit
from versants.mobile.planning import day_situation, visit_situation
from versants.mobile.planning.situation import with_parts
from versants.mobile.services import repairing
from versants.people.models import OnCall
from versants_libs import dispatch

NOW = "2026-11-24T07:00:00+00:00"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


@pytest.fixture
def tomorrow():
    return clock.today() + timedelta(days=1)


def keep_watch(world, tomorrow):
    """Élise and Selam, from six this evening until eight in the morning."""
    for professional in (world.elise, world.selam):
        OnCall.objects.create(
            organisation=professional.organisation,
            professional=professional,
            team=professional.team,  # one watch of a team at a time
            held=(clock.at(clock.today(), 18), clock.at(tomorrow, 8)),
            phone="+32 000 00 00 09",
        )


@pytest.fixture
def night(world, tomorrow):
    """Élise and Selam hold the watch; they are at Le Refuge from eleven tonight until half past midnight."""
    keep_watch(world, tomorrow)
    visit = make_visit(world, opens=clock.at(clock.today(), 23), closes=clock.at(clock.today(), 23, 30))
    for rank, professional in enumerate((world.elise, world.selam), 1):
        hold(world, visit, professional, rank=rank)
    return visit


def busy_until(situation, professional) -> int:
    """Seconds from midnight until which somebody is taken without a break."""
    until = 0
    for one in situation.problem.person(str(professional.pk)).busy:
        if one.start <= until:
            until = max(until, one.end)
    return until


def test_the_next_day_can_be_planned_and_knows_who_is_still_out(world, night, tomorrow):
    make_visit(world, opens=clock.at(tomorrow, 14))
    with acting(actor(world.coordinator)) as who:
        situation = day_situation(who, tomorrow)
    assert str(night.pk) not in situation.focus
    assert [busy_until(situation, one) for one in (world.elise, world.selam, world.nadege)] == [1800, 1800, 0]


def test_somebody_still_out_is_not_proposed_just_after_midnight(world, night, tomorrow):
    other = make_visit(world, opens=clock.at(tomorrow, 0), closes=clock.at(tomorrow, 0, 20))
    with acting(actor(world.coordinator)) as who:
        row = with_parts(Visit.objects.visible_to(who)).get(pk=other.pk)
        situation = visit_situation(who, row)
        assert busy_until(situation, world.selam) == 1800
        options = dispatch.rank(situation.problem, situation.plan, str(other.pk))
    people = {service.person for option in options for service in option.services.values()}
    assert not people & {str(world.elise.pk), str(world.selam.pk)}


def test_a_visit_that_reaches_into_the_next_day_needs_no_repair(world, night):
    with acting(actor(world.coordinator)) as who:
        situation = day_situation(who, clock.today())
        assert dispatch.check(situation.problem, situation.plan) == []
        assert repairing.propose(actor=who, day=clock.today()) is None


def test_the_link_to_the_board_is_of_the_local_day(world, client_for, settings, tomorrow):
    """Half past midnight in Mouscron is still the day before in UTC."""
    settings.FROZEN_NOW = "2026-11-24T22:00:00+00:00"
    keep_watch(world, tomorrow)
    visit = make_visit(world, opens=clock.at(tomorrow, 0, 30), closes=clock.at(tomorrow, 0, 50))
    page = client_for(world.coordinator).get(f"/visits/{visit.uid}/who/")
    assert page.context["n_teams"] > 0
    assert page.context["board_url"].endswith("?day=2026-11-25")
