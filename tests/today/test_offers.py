"""Offers by link and signed in; one's own day."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from tests.booking.visits import make_visit, places
from tests.world import actor
from versants.core import clock, messages
from versants.core.access.scope import Actor, acting
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.ids import token_hash
from versants.core.models import Grant, Message
from versants.mobile.models import Assignment
from versants.mobile.services import booking, offers

NOW = "2026-11-24T07:00:00+00:00"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW  # the database's clock too


@pytest.fixture
def placed(world):
    """Élise and Selam, this afternoon at Le Refuge; Selam's link."""
    visit = make_visit(world, opens=clock.at(clock.today(), 14), person=world.person)
    who = actor(world.coordinator)
    given = places(visit, world.elise, world.selam)
    with acting(who):
        booking.assign(visit=visit, actor=who, places=given, version=1)
    visit.refresh_from_db()
    return visit


def link_of(professional) -> str:
    """The path of the link sent last to the house of a professional."""
    message = Message.objects.filter(team_id=professional.team_id, about="offer.made").latest("pk")
    return re.search(r"/o/[\w-]+/", message.body)[0]


def row_of(visit, professional) -> Assignment:
    return Assignment.objects.get(visit=visit, professional=professional)


def test_message_carries_neither_name_nor_language_of_a_person(world, placed):
    for message in Message.objects.filter(about="offer.made"):
        text = f"{message.subject} {message.body}"
        for secret in (world.person.code, "Zzcanari", "tigrinya", "Tigrinya", "tir", "Refuge"):
            assert secret not in re.sub(r"/o/[\w-]+/", "", text)


def test_what_was_sent_keeps_no_link(world, placed, client_for, settings, tmp_path):
    """Of a link only the hash stands in the database; the message has it until it has left."""
    settings.MAIL_DIR = tmp_path
    path = link_of(world.selam)
    message = Message.objects.filter(team_id=world.selam.team_id, about="offer.made").latest("pk")
    with acting(Actor.for_team(world.selam.team)):
        messages.send(message)
    message.refresh_from_db()
    assert path not in message.body
    assert "/o/…/" in message.body
    assert "Mouscron" in message.body
    (file,) = tmp_path.iterdir()
    sent = email.message_from_bytes(file.read_bytes(), policy=email.policy.default).get_content()
    assert path in sent
    assert client_for().get(path).status_code == 200


def test_opening_the_link_changes_nothing(world, client_for, placed):
    client = client_for()
    path = link_of(world.selam)
    for method in (client.get, client.head, client.get):
        page = method(path)
        assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "no-store"
    html = page.content.decode()
    assert "Mouscron" in html
    assert "Le Refuge" not in html  # the commune only
    assert world.person.code not in html
    assert "Dumoulin" not in html
    row = row_of(placed, world.selam)
    assert (row.state, row.answered_at) == ("offered", None)


def test_yes_by_link(world, client_for, placed):
    client = client_for()
    sent = client.post(link_of(world.selam), {"answer": "yes"})
    assert sent.status_code == 200
    assert row_of(placed, world.selam).state == "accepted"
    again = client.post(link_of(world.selam), {"answer": "yes"})
    assert again.status_code == 200  # the same answer twice is one answer
    changed = client.post(link_of(world.selam), {"answer": "no", "reason": "too_far"})
    assert changed.status_code == 409


def test_no_by_link_asks_why_then_frees_the_place(world, client_for, placed):
    world.walloon.email = "coordination@example.org"
    world.walloon.save()
    client, path = client_for(), link_of(world.selam)
    asked = client.post(path, {"answer": "no"})
    assert row_of(placed, world.selam).state == "offered"
    assert 'name="reason"' in asked.content.decode()
    sent = client.post(path, {"answer": "no", "reason": "not_free"})
    assert sent.status_code == 200
    row = row_of(placed, world.selam)
    assert row.state == "declined"
    placed.refresh_from_db()
    assert placed.state == "open"
    assert placed.version == 3
    placed.request.refresh_from_db()
    assert placed.request.state == "accepted"
    assert not Grant.objects.filter(because_id=row.pk, period__contains=clock.now()).exists()
    told = Message.objects.get(about="offer.declined")
    assert (told.address, told.team_id) == ("coordination@example.org", world.walloon.pk)
    assert client.get(path).status_code == 410


def test_too_late_is_said(world, client_for, placed, settings):
    path = link_of(world.selam)
    settings.FROZEN_NOW = (clock.now() + timedelta(hours=3)).isoformat()
    page = client_for().get(path)
    assert page.status_code == 200
    assert 'data-test="offer-yes"' not in page.content.decode()
    sent = client_for().post(path, {"answer": "yes"})
    assert sent.status_code == 409
    assert row_of(placed, world.selam).state == "offered"


def test_link_that_is_none(client_for, world):
    assert client_for().get("/o/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 410


def test_link_reads_its_own_offer_and_nothing_else(world, placed):
    from versants.mobile.models import Request, Visit
    from versants.people.models import Person, Professional

    other = make_visit(world, opens=clock.at(clock.today(), 17))
    path = link_of(world.selam)
    holder = offers.actor_of(path.split("/")[2])
    assert holder is not None
    with acting(holder):
        assert [v.pk for v in Visit.objects.all()] == [placed.pk]
        assert not Request.objects.exists()
        assert not Person.objects.exists()
        assert not Professional.objects.exists()
        # The day's colleagues of the same visit, as rows; the page shows none of them.
        assert set(Assignment.objects.values_list("visit", flat=True)) == {placed.pk}
    with acting(Actor(kind="link", token=token_hash("something else"))):
        assert not Assignment.objects.exists()
        assert not Visit.objects.filter(pk=other.pk).exists()


def test_answering_for_somebody_else_is_denied(world, placed):
    row = row_of(placed, world.selam)
    with acting(actor(world.clinician)), pytest.raises(ActionDenied) as denied:
        offers.answer(assignment=row, actor=actor(world.clinician), yes=True)
    assert denied.value.code == "offer.not_mine"


def test_a_no_needs_a_reason(world, placed):
    row = row_of(placed, world.selam)
    with acting(actor(world.interpreter)), pytest.raises(BadInput):
        offers.answer(assignment=row, actor=actor(world.interpreter), yes=False, reason="because")


def test_taken_back_cannot_be_answered(world, placed):
    row = row_of(placed, world.selam)
    with acting(actor(world.coordinator)):
        booking.release(assignment=row, actor=actor(world.coordinator), version=placed.version)
    with acting(actor(world.interpreter)), pytest.raises(InvalidTransition) as closed:
        offers.answer(assignment=row, actor=actor(world.interpreter), yes=True)
    assert closed.value.code == "offer.closed"


def test_whoever_is_there_anyway_is_not_asked_twice(world, placed):
    row_of(placed, world.selam)
    Assignment.objects.filter(visit=placed).update(state="accepted")
    second = make_visit(world, opens=clock.at(clock.today(), 16), closes=clock.at(clock.today(), 17))
    who = actor(world.coordinator)
    given = places(second, world.elise, world.hiwot)
    with acting(who):
        rows = booking.assign(visit=second, actor=who, places=given, version=1)
    states = {row.professional_id: row.state for row in rows}
    assert states == {world.elise.pk: "accepted", world.hiwot.pk: "offered"}
    assert Message.objects.filter(about="offer.confirmed").count() == 1


# My day


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_my_day_shows_visits_roads_and_who_else_comes(world, client_for, placed, language):
    page = client_for(world.clinician, language).get("/today/")
    assert page.status_code == 200
    day = page.context["day"]
    assert [stop.title for stop in day.stops] == ["Le Refuge"]
    stop = day.stops[0]
    assert stop.road_min == row_of(placed, world.elise).travel_min
    assert stop.leave_at == stop.start - timedelta(minutes=stop.road_min)
    assert [(one.first_name, one.confirmed) for one in stop.companions] == [("Selam", False)]
    assert stop.codes == [world.person.code]
    html = page.content.decode()
    assert f"geo:{world.refuge.lat:.5f},{world.refuge.lon:.5f}" not in html  # not before the yes
    assert "Zzcanari" not in html


def test_interpreter_sees_no_code(world, client_for, placed):
    page = client_for(world.interpreter).get("/today/")
    assert page.context["day"].n_visits == 1
    assert world.person.code not in page.content.decode()


def test_yes_and_no_on_my_day(world, client_for, placed):
    client = client_for(world.interpreter)
    row = row_of(placed, world.selam)
    asked = client.post(f"/today/{row.uid}/answer/", {"answer": "no"})
    assert asked.status_code == 303
    assert 'name="reason"' in client.get(asked["Location"].split("#")[0]).content.decode()
    yes = client.post(f"/today/{row.uid}/answer/", {"answer": "yes"})
    assert yes["Location"] == "/today/?day=2026-11-24"
    html = client.get("/today/").content.decode()
    assert "geo:" in html
    assert f"/visits/{placed.uid}/record/" in html
    assert row_of(placed, world.selam).state == "accepted"


def test_somebody_elses_offer_is_not_there(world, client_for, placed):
    row = row_of(placed, world.elise)
    assert (
        client_for(world.interpreter).post(f"/today/{row.uid}/answer/", {"answer": "yes"}).status_code == 404
    )


def test_other_days_and_empty_ones(world, client_for, placed):
    client = client_for(world.clinician)
    assert client.get("/today/?day=2026-11-25").context["day"].stops == []
    assert client.get("/today/?day=soon").status_code == 422


def test_my_day_asks_the_same_number_of_questions(world, client_for, placed):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_for(world.clinician)
    client.get("/today/")
    with CaptureQueriesContext(connection) as one:
        client.get("/today/")
    who = actor(world.coordinator)
    for hour in (9, 17):
        visit = make_visit(world, opens=clock.at(clock.today(), hour), urgency="planned", duration=45)
        given = places(visit, world.elise, world.hiwot)
        with acting(who):
            booking.assign(visit=visit, actor=who, places=given, version=1)
    with CaptureQueriesContext(connection) as three:
        assert client.get("/today/").context["day"].n_visits == 3
    assert len(three) == len(one)


@pytest.mark.parametrize(
    ("now", "urgency", "start", "expected"),
    [
        ("2026-11-24T02:10:00+01:00", "urgent", (10, 30), (9, 30)),  # an hour before, not in the night
        ("2026-11-24T02:10:00+01:00", "crisis", (10, 30), (2, 30)),
        ("2026-11-24T09:00:00+01:00", "urgent", (18, 0), (13, 0)),
        ("2026-11-24T09:00:00+01:00", "urgent", (9, 30), (9, 15)),  # half of what is left
        ("2026-11-24T09:00:00+01:00", "crisis", (9, 15), (9, 10)),  # never less than ten minutes
        ("2026-11-24T09:00:00+01:00", "crisis", (9, 5), (9, 5)),  # never after the visit begins
        ("2026-11-24T09:00:00+01:00", "planned", (18, 0), (11, 0)),  # two hours at least
        ("2026-11-24T02:10:00+01:00", "planned", (10, 30), (8, 0)),  # not in the night
        ("2026-11-24T02:10:00+01:00", "urgent", (6, 0), (5, 0)),  # but before the visit, whatever the hour
    ],
)
def test_time_to_answer(settings, now, urgency, start, expected):
    from versants.mobile.models import Visit

    settings.FROZEN_NOW = now
    found = offers.deadline(Visit(urgency=urgency), clock.at(clock.today(), *start))
    assert found == clock.at(clock.today(), *expected)


def test_a_planned_visit_of_tomorrow_morning_is_answered_by_the_evening(settings):
    from versants.mobile.models import Visit

    settings.FROZEN_NOW = "2026-11-24T17:00:00+01:00"
    tomorrow = clock.today() + timedelta(days=1)
    assert offers.deadline(Visit(urgency="planned"), clock.at(tomorrow, 9)) == clock.at(clock.today(), 21)


@given(
    now=st.datetimes(datetime.fromisoformat("2026-01-01"), datetime.fromisoformat("2027-12-31")),
    ahead=st.integers(1, 20 * 24 * 60),
    urgency=st.sampled_from(["crisis", "urgent", "planned"]),
)
def test_a_deadline_is_after_now_and_never_after_the_visit_begins(now, ahead, urgency):
    """For any instant and any visit to come, in summer time and across its changes."""
    from versants.mobile.models import Visit

    instant = now.replace(tzinfo=UTC)
    start = instant + timedelta(minutes=ahead)
    with override_settings(FROZEN_NOW=instant.isoformat()):
        found = offers.deadline(Visit(urgency=urgency), start)
    assert instant < found <= start
    assert found >= min(instant + offers.SHORTEST, start)
    assert found - instant <= timedelta(hours=48 + 11)
