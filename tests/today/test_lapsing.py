"""Offers that nobody answered in time: released by themselves, once, and said to those it concerns."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import translation

from tests.booking.visits import make_visit, places
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.errors import InvalidTransition
from versants.core.models import AuditEvent, Grant, Message
from versants.mobile import tasks
from versants.mobile.models import Assignment, RequestEvent
from versants.mobile.planning import kept
from versants.mobile.services import booking, offers, request_story

NOW = "2026-11-24T07:00:00+00:00"  # eight in the morning


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


@pytest.fixture
def later(settings):
    def move(**ahead) -> None:
        settings.FROZEN_NOW = (clock.now() + timedelta(**ahead)).isoformat()

    return move


def place(world):
    visit = make_visit(world, opens=clock.at(clock.today(), 14), person=world.person, urgency="crisis")
    who = actor(world.coordinator)
    given = places(visit, world.elise, world.selam)
    with acting(who):
        booking.assign(visit=visit, actor=who, places=given, version=1)
    visit.refresh_from_db()
    return visit


@pytest.fixture
def placed(world):
    """A crisis this afternoon at Le Refuge, put to Élise and Selam: twenty minutes to answer."""
    return place(world)


def row_of(visit, professional) -> Assignment:
    return Assignment.objects.get(visit=visit, professional=professional)


def link_of(professional) -> str:
    message = Message.objects.filter(team_id=professional.team_id, about="offer.made").latest("pk")
    return re.search(r"/o/[\w-]+/", message.body)[0]


def accept(world, visit, professional, member):
    row = row_of(visit, professional)
    with acting(actor(member)) as who:
        offers.answer(assignment=row, actor=who, yes=True)


def sweep() -> None:
    tasks.lapse_offers(0)


def test_before_the_deadline_nothing_happens(world, placed, later):
    later(minutes=20)
    sweep()  # at the very instant an answer still counts
    assert row_of(placed, world.selam).state == "offered"


def test_after_the_deadline_the_place_is_free_and_everybody_hears(world, placed, later):
    accept(world, placed, world.elise, world.clinician)
    later(minutes=21)
    sweep()
    row = row_of(placed, world.selam)
    assert (row.state, row.answered_at) == ("lapsed", None)
    assert row_of(placed, world.elise).state == "accepted"
    placed.refresh_from_db()
    placed.request.refresh_from_db()
    assert (placed.state, placed.request.state) == ("open", "accepted")
    assert placed.held is not None  # who said yes keeps the time
    assert not Grant.objects.filter(because_id=row.pk, period__contains=clock.now()).exists()
    told = {message.address for message in Message.objects.filter(about="offer.lapsed")}
    assert world.coordinator.account.email in told
    assert len(told) == 2  # the professional's own house, and the coordination
    for message in Message.objects.filter(about="offer.lapsed"):
        for secret in (world.person.code, "Zzcanari", "Refuge", "tigrin"):
            assert secret not in f"{message.subject} {message.body}"
    assert AuditEvent.objects.filter(action="offer.lapsed").count() == 1


def test_the_coordination_is_told_at_the_address_of_the_team(world, placed, later):
    world.walloon.email = "coordination@example.org"
    world.walloon.save()
    later(minutes=21)
    sweep()
    told = Message.objects.filter(about="offer.lapsed", address="coordination@example.org")
    assert told.count() == 2  # one line for each of the two places
    assert f"/visits/{placed.uid}/who/" in told[0].body


def test_with_nobody_left_the_visit_has_no_time(world, placed, later):
    later(minutes=21)
    sweep()
    placed.refresh_from_db()
    assert (placed.state, placed.held) == ("open", None)


def test_running_twice_is_running_once(world, placed, later):
    later(minutes=21)
    sweep()
    counted = (Message.objects.count(), RequestEvent.objects.count(), AuditEvent.objects.count())
    placed.refresh_from_db()
    sweep()
    assert (Message.objects.count(), RequestEvent.objects.count(), AuditEvent.objects.count()) == counted
    version = placed.version
    placed.refresh_from_db()
    assert placed.version == version


def test_a_visit_that_has_begun_is_left_alone(world, placed, later):
    later(hours=8)
    sweep()
    assert {one.state for one in Assignment.objects.filter(visit=placed)} == {"offered"}
    placed.refresh_from_db()
    assert placed.state == "planned"


def test_an_answer_or_a_release_that_came_first_stands(world, placed, later):
    accept(world, placed, world.elise, world.clinician)
    with acting(actor(world.coordinator)) as who:
        placed.refresh_from_db()
        booking.release(assignment=row_of(placed, world.selam), actor=who, version=placed.version)
    later(minutes=21)
    sweep()
    assert row_of(placed, world.elise).state == "accepted"
    assert row_of(placed, world.selam).state == "released"
    assert not Message.objects.filter(about="offer.lapsed").exists()


def test_a_cancelled_visit_is_left_alone(world, placed, later):
    from versants.mobile.models import Visit

    Visit.objects.filter(pk=placed.pk).update(state="cancelled")
    later(minutes=21)
    sweep()
    assert row_of(placed, world.selam).state == "offered"


def test_another_team_releases_nothing(world, placed, later):
    later(minutes=21)
    with acting(Actor.for_team(world.french)):
        assert offers.due(world.french) == []
        assert offers.lapse(row_of(placed, world.selam).pk, world.french) is False
    assert row_of(placed, world.selam).state == "offered"


def test_one_that_fails_does_not_hold_the_others(world, placed, later, monkeypatch):
    from django.db import OperationalError

    later(minutes=21)
    real, first = offers.lapse, row_of(placed, world.elise).pk

    def sometimes(assignment_id, team):
        if assignment_id == first:
            raise OperationalError("the connection was lost")
        return real(assignment_id, team)

    monkeypatch.setattr(offers, "lapse", sometimes)
    with pytest.raises(OperationalError):
        sweep()
    assert row_of(placed, world.selam).state == "lapsed"
    monkeypatch.setattr(offers, "lapse", real)  # the next minute does the rest
    sweep()
    assert row_of(placed, world.elise).state == "lapsed"


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_a_late_yes_says_that_it_is_over_and_what_to_do(world, client_for, placed, later, language):
    world.walloon.phone = "+32 69 00 00 00"
    world.walloon.save()
    path = link_of(world.selam)
    later(minutes=21)
    sweep()
    client = client_for(None, language)
    for page in (client.get(path), client.post(path, {"answer": "yes"})):
        html = page.content.decode()
        assert page.status_code == 410
        assert 'data-test="offer-late"' in html
        assert "+32 69 00 00 00" in html
        assert "Mouscron" not in html  # the link reads the visit no longer
        assert 'data-test="offer-yes"' not in html
    assert row_of(placed, world.selam).state == "lapsed"


def test_the_link_of_a_lapsed_offer_reads_no_visit(world, placed, later):
    from versants.mobile.models import Visit

    path = link_of(world.selam)
    later(minutes=21)
    sweep()
    holder = offers.actor_of(path.split("/")[2])
    with acting(holder):
        assert not Visit.objects.exists()


def test_a_late_yes_signed_in_says_so_too(world, placed, later):
    later(minutes=21)
    sweep()
    row = row_of(placed, world.selam)
    with acting(actor(world.interpreter)) as who, pytest.raises(InvalidTransition) as late:
        offers.answer(assignment=row, actor=who, yes=True)
    assert late.value.code == "offer.expired"


def test_the_place_can_be_offered_again_to_the_same_and_to_others(world, placed, later):
    later(minutes=21)
    sweep()
    placed.refresh_from_db()
    with acting(actor(world.coordinator)) as who:
        booking.assign(
            visit=placed, actor=who, places=places(placed, world.elise, world.selam), version=placed.version
        )
    assert Assignment.objects.filter(visit=placed, state="offered").count() == 2


def test_board_and_request_say_who_did_not_answer(world, placed, later):
    later(minutes=21)
    sweep()
    with acting(actor(world.coordinator)) as who, translation.override("en"):
        earlier = kept.earlier_answers(who, [placed])
        assert sorted(earlier[placed.pk]) == [("lapsed", "Selam"), ("lapsed", "Élise")]
        told = " ".join(str(step.text) for step in request_story.story(who, placed.request))
    assert "Selam did not answer in time" in told


def test_the_board_shows_the_visit_without_team_and_why(world, client_for, placed, later):
    accept(world, placed, world.elise, world.clinician)
    later(minutes=21)
    sweep()
    html = client_for(world.coordinator, "en").get("/board/?day=2026-11-24").content.decode()
    assert "Selam did not answer in time." in html


def test_two_workers_at_once_release_once(committed, later):
    visit = place(committed)
    later(minutes=21)
    row = row_of(visit, committed.selam)
    barrier, released, failed = threading.Barrier(2), [], []

    def worker() -> None:
        try:
            barrier.wait()
            with acting(Actor.for_team(committed.walloon)):
                released.append(offers.lapse(row.pk, committed.walloon))
        except Exception as exc:
            failed.append(exc)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert sorted(released) == [False, True]
    assert RequestEvent.objects.filter(code="offer_lapsed").count() == 1
    assert Message.objects.filter(about="offer.lapsed").count() == 2
