"""Booking: rules, conflicts, and what the database refuses whatever the service thinks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from tests.booking.visits import make_visit, places
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import Grant, Message
from versants.core.periods import span
from versants.mobile.models import Assignment, Visit
from versants.mobile.services import booking
from versants.mobile.services.booking import Refused

NOW = "2026-11-24T07:00:00+00:00"  # a Tuesday, 8:00 in Mouscron


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW  # the database's clock too


@pytest.fixture
def tonight():
    return clock.at(clock.today(), 14)


@pytest.fixture
def visit(world, tonight):
    return make_visit(world, opens=tonight)


def book(world, visit, *people, membership=None, **fields):
    fields.setdefault("version", visit.version)
    who = actor(membership or world.coordinator)
    given = places(visit, *people)
    with acting(who):
        return booking.assign(visit=visit, actor=who, places=given, **fields)


def test_assign_places_the_team_at_the_earliest_moment(world, visit, tonight):
    rows = book(world, visit, world.elise, world.selam)
    visit.refresh_from_db()
    assert {row.professional_id for row in rows} == {world.elise.pk, world.selam.pk}
    assert visit.held == span(tonight, tonight + timedelta(minutes=90))
    assert [visit.state, visit.version] == ["planned", 2]
    assert all(row.state == "offered" and row.answer_by > clock.now() for row in rows)
    assert all(row.travel_min > 10 for row in rows)  # Tournai to Mouscron


def test_assign_opens_what_the_work_needs_and_tells_the_people(world, visit):
    rows = book(world, visit, world.elise, world.selam)
    interpreter = next(row for row in rows if row.professional_id == world.selam.pk)
    grants = Grant.objects.filter(because="assignment", because_id=interpreter.pk)
    assert {(g.holder_kind, g.data_class) for g in grants} == {
        ("membership", "logistic"),
        ("link", "logistic"),
    }
    told = Message.objects.filter(about="offer.made")
    # Each house writes to its own people.
    assert {m.team_id for m in told} == {world.walloon.pk, world.desk_team.pk}
    assert all("/o/" in m.body for m in told)


def test_request_is_planned_when_all_its_visits_have_teams(world, visit):
    book(world, visit, world.elise, world.selam)
    visit.request.refresh_from_db()
    assert visit.request.state == "planned"


def test_second_visit_at_the_same_time_is_refused_with_a_sentence_and_three_possibilities(
    world, visit, tonight
):
    book(world, visit, world.elise, world.selam)
    other = make_visit(world, opens=tonight, closes=tonight + timedelta(hours=3))
    with pytest.raises(Refused) as refused:
        book(world, other, world.nadege, world.selam, start=tonight)
    assert refused.value.code == "assignment.taken"
    assert "Selam" in str(refused.value.message)
    assert len(refused.value.possibilities) == 3
    assert Assignment.objects.filter(visit=other).count() == 0
    # Each of the three can really be taken.
    first = refused.value.possibilities[0]
    who = actor(world.coordinator)
    with acting(who):
        booking.assign(visit=other, actor=who, places=first.places, start=first.start, version=other.version)


def test_version_that_has_moved_is_refused(world, visit):
    stale = Visit.objects.get(pk=visit.pk)
    book(world, visit, world.elise, world.selam)
    with pytest.raises(Refused) as refused:
        book(world, stale, world.elise, world.hiwot, version=1)
    assert refused.value.code == "visit.changed"
    assert refused.value.possibilities


@pytest.mark.parametrize("member", ["french_coordinator", "clinician", "desk", "interpreter"])
def test_others_may_not_assign(world, visit, member):
    with pytest.raises(ActionDenied) as denied:
        book(world, visit, world.elise, world.selam, membership=getattr(world, member))
    assert denied.value.code == "visit.not_my_team"


def test_closed_visit_is_refused(world, visit):
    visit.state = "cancelled"
    visit.save()
    with pytest.raises(InvalidTransition) as refused:
        book(world, visit, world.elise, world.selam)
    assert refused.value.code == "visit.closed"


@pytest.mark.parametrize(
    ("people", "rule"),
    [
        (("marc", "selam"), "role"),
        (("thomas", "selam"), "role"),
        (("elise", "yonas"), "complexity"),
        (("elise", "marc"), "role"),
    ],
)
def test_rules_refuse_with_their_name(world, visit, people, rule):
    with pytest.raises(Refused) as refused:
        book(world, visit, *(getattr(world, name) for name in people), start=visit.window.lower)
    assert (refused.value.code, refused.value.facts["rule"]) == ("assignment.rule", rule)
    assert str(refused.value.message)


def test_mandate_of_the_day_counts(world, tonight):
    world.nadege.mandates.filter(country="BE").update(period=("2020-01-01", "2026-11-24"))
    visit = make_visit(world, opens=tonight)
    with pytest.raises(Refused) as refused:
        book(world, visit, world.nadege, world.selam, start=tonight)
    assert refused.value.facts["rule"] == "mandate"


def test_travel_between_neighbours_counts(world, visit, tonight):
    book(world, visit, world.elise, world.selam)
    far = make_visit(
        world, opens=tonight + timedelta(minutes=95), closes=tonight + timedelta(minutes=100), site=world.cada
    )
    Visit.objects.filter(pk=far.pk).update(country="BE")
    with pytest.raises(Refused) as refused:
        book(world, far, world.nadege, world.selam, start=tonight + timedelta(minutes=95))
    assert refused.value.facts["rule"] == "travel"


def test_unknown_slot_and_person_are_bad_input(world, visit):
    who = actor(world.coordinator)
    for given, code in (
        ({"999999": world.elise.pk}, "visit.unknown_slot"),
        ({visit.slots.first().pk: "nobody"}, "visit.unknown_person"),
        ({}, "visit.nobody"),
    ):
        with acting(who), pytest.raises(BadInput) as bad:
            booking.assign(visit=visit, actor=who, places=given, version=1)
        assert bad.value.code == code


def test_database_refuses_double_booking_whatever_the_service_thinks(world, visit, tonight):
    book(world, visit, world.elise, world.selam)
    other = make_visit(world, opens=tonight)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Assignment.objects.create(
            slot=other.slots.get(rank=2),
            visit=other,
            professional=world.selam,
            held=span(tonight, tonight + timedelta(minutes=5)),
        )
    from versants.core.retry import constraint_name

    assert constraint_name(refused.value) == "assignment_not_double_booked"


def test_constraint_becomes_the_sentence(world, visit, tonight, monkeypatch):
    """Two who check at the same moment: the second meets the constraint, and reads a sentence."""
    book(world, visit, world.elise, world.selam)
    other = make_visit(world, opens=tonight)
    monkeypatch.setattr(booking, "check_rules", lambda *args: None)
    with pytest.raises(Refused) as refused:
        book(world, other, world.nadege, world.selam, start=tonight)
    assert refused.value.code == "assignment.taken"
    assert refused.value.possibilities


def test_release_frees_the_place_and_its_rights(world, visit):
    rows = book(world, visit, world.elise, world.selam)
    visit.refresh_from_db()
    who = actor(world.coordinator)
    gone = next(row for row in rows if row.professional_id == world.selam.pk)
    with acting(who):
        booking.release(assignment=gone, actor=who, version=visit.version)
    visit.refresh_from_db()
    assert visit.state == "open"
    assert visit.held is not None  # Élise still comes
    open_now = Grant.objects.filter(because="assignment", because_id=gone.pk, period__contains=clock.now())
    assert not open_now.exists()
    visit.request.refresh_from_db()
    assert visit.request.state == "accepted"


def test_replace_keeps_the_time_and_tells_who_is_off(world, visit):
    rows = book(world, visit, world.elise, world.selam)
    visit.refresh_from_db()
    who = actor(world.coordinator)
    old = next(row for row in rows if row.professional_id == world.selam.pk)
    with acting(who):
        booking.replace(assignment=old, actor=who, professional=world.hiwot.pk, version=visit.version)
    held = {a.professional_id: a.held for a in Assignment.objects.filter(visit=visit, state="offered")}
    assert set(held) == {world.elise.pk, world.hiwot.pk}
    assert set(held.values()) == {visit.held}
    assert Message.objects.filter(about="offer.released").count() == 1


def test_one_place_at_a_time(world, visit):
    """A visit may be filled place by place; it is planned when the last one is."""
    who = actor(world.coordinator)
    first, second = visit.slots.order_by("rank")
    with acting(who):
        booking.assign(visit=visit, actor=who, places={second.pk: world.selam.pk}, version=1)
    visit.refresh_from_db()
    assert visit.state == "open"
    with acting(who):
        booking.assign(visit=visit, actor=who, places={first.uid: world.elise.uid}, version=2)
    visit.refresh_from_db()
    assert visit.state == "planned"


def test_small_change_is_stored_with_the_assignment(world, tonight):
    from versants.mobile.planning import whatif

    visit = make_visit(world, opens=tonight, closes=tonight + timedelta(minutes=30))
    later = tonight + timedelta(minutes=60)
    changes = whatif.parse(["later:45"])
    book(world, visit, world.elise, world.selam, start=later, changes=changes)
    visit.refresh_from_db()
    assert visit.window.upper == tonight + timedelta(minutes=75)
    assert visit.held.lower == later


def test_an_hour_that_is_over_is_not_said_to_be_taken_elsewhere(world, visit, tonight, settings):
    """Ten minutes into the visit nobody else can be placed on it: because it has begun, not because they are busy."""
    book(world, visit, world.elise, world.selam)
    visit.refresh_from_db()
    settings.FROZEN_NOW = (tonight + timedelta(minutes=10)).isoformat()
    with pytest.raises(Refused) as refused:
        book(world, visit, world.elise, world.hiwot)
    assert refused.value.code == "visit.begun"
    assert "Hiwot" not in str(refused.value.message)
