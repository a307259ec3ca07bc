"""What the one who asked hears: who comes, once everybody has said yes, and every change after that; once each."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from tests.booking.visits import places
from tests.requests.making import ask_by_link, make_link
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.models import Message
from versants.core.periods import span
from versants.mobile import tasks
from versants.mobile.models import Assignment, EscalationStep, Need, RequestEvent, Slot, Visit
from versants.mobile.services import announcing, booking, changing, offers, requests, triage

NOW = "2026-11-24T07:00:00+00:00"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


@pytest.fixture
def link(world):
    return make_link(world)


@pytest.fixture
def asked(world, link):
    """A crisis asked by the link and triaged: this afternoon, a psychologist and Tigrinya."""
    request = ask_by_link(world, link[0], callback_phone="056 00 24 10")
    start = clock.at(clock.today(), 14)
    with acting(actor(world.coordinator)) as who:
        triage.plan_need(
            request=request,
            actor=who,
            kind="crisis",
            visits=[
                triage.VisitPlan(
                    (triage.SlotPlan("psychologist"), triage.SlotPlan("interpreter", "tir")),
                    span(start, start + timedelta(minutes=30)),
                    60,
                )
            ],
        )
    return request


@pytest.fixture
def visit(world, asked):
    found = Visit.objects.get()
    place(world, found)
    found.refresh_from_db()
    return found


def place(world, visit, *people) -> None:
    visit.refresh_from_db()
    with acting(actor(world.coordinator)) as who:
        booking.assign(
            visit=visit,
            actor=who,
            places=places(visit, *(people or (world.elise, world.selam))),
            version=visit.version,
        )
    visit.refresh_from_db()


def say_yes(visit, *professionals) -> None:
    for professional in professionals:
        row = Assignment.objects.get(visit=visit, professional=professional, state="offered")
        with acting(Actor.for_team(visit.team)):
            who = Actor(kind="job", professional=professional.pk, team=visit.team_id, role="coordinator")
            offers.answer(assignment=row, actor=who, yes=True)
    visit.refresh_from_db()


def said(visit) -> list[str]:
    found = RequestEvent.objects.filter(for_requester=True, facts__visit=str(visit.uid))
    return list(found.order_by("pk").values_list("code", flat=True))


def lines() -> list[tuple[str, str]]:
    """The short messages to the number that was left, in order."""
    found = Message.objects.filter(address="056 00 24 10").order_by("pk")
    return [(one.about, one.body) for one in found if one.about.removeprefix("request.") in announcing.CODES]


def follow(client_for, link, request, language="fr") -> str:
    page = client_for(None, language).get(f"/r/{link[1]}/{request.uid}/")
    assert page.status_code == 200
    return page.content.decode()


def test_nothing_is_promised_before_everybody_has_said_yes(world, client_for, link, asked, visit):
    assert said(visit) == []
    say_yes(visit, world.elise)
    assert (said(visit), lines()) == ([], [])
    html = follow(client_for, link, asked, "en")
    assert "The team is being confirmed" in html
    assert "Somebody else is still being confirmed." in html
    assert "Selam" not in html


def test_who_comes_is_a_line_with_day_hour_role_and_first_name(world, client_for, link, asked, visit):
    say_yes(visit, world.elise, world.selam)
    assert said(visit) == ["who_comes"]
    event = RequestEvent.objects.get(code="who_comes")
    assert event.facts == {
        "visit": str(visit.uid),
        "start": visit.held.lower.isoformat(),
        "who": [["psychologist", "Élise"], ["interpreter", "Selam"]],
    }
    html = follow(client_for, link, asked, "en")
    assert "A team is coming" in html
    assert "Who comes is known: " in html
    assert "Élise (psychologist), Selam (interpreter)" in html
    for secret in ("Dumoulin", "Tesfay", "Zzcanari"):
        assert secret not in html


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_the_line_is_whole_in_each_language(world, client_for, link, asked, visit, language):
    say_yes(visit, world.elise, world.selam)
    html = follow(client_for, link, asked, language)
    assert "Who comes" not in html
    assert "Élise (psycholo" in html
    assert "visit_" not in html


def test_the_message_brings_them_there_and_says_nothing(world, asked, visit):
    say_yes(visit, world.elise, world.selam)
    [(about, body)] = lines()
    assert about == "request.who_comes"
    assert asked.number in body
    for secret in ("Élise", "Selam", "14:00", "14 h", "Mouscron", "Refuge", "tigrin", world.person.code):
        assert secret not in body


def test_settling_twice_says_it_once(world, asked, visit):
    say_yes(visit, world.elise, world.selam)
    with acting(Actor.for_team(world.walloon)):
        assert announcing.settle(visit) == ""
    assert len(lines()) == 1


def test_another_person_at_the_same_hour(world, asked, visit):
    say_yes(visit, world.elise, world.selam)
    place(world, visit, world.elise, world.hiwot)
    assert said(visit) == ["who_comes", "team_changes"]
    say_yes(visit, world.hiwot)
    assert said(visit) == ["who_comes", "team_changes", "who_comes"]
    assert len(lines()) == 3


def test_somebody_is_taken_off(world, client_for, link, asked, visit):
    say_yes(visit, world.elise, world.selam)
    row = Assignment.objects.get(visit=visit, professional=world.selam)
    with acting(actor(world.coordinator)) as who:
        booking.release(assignment=row, actor=who, version=visit.version)
    assert said(visit) == ["who_comes", "team_lost"]
    asked.refresh_from_db()
    assert asked.state == "accepted"
    assert "the team looks again" in follow(client_for, link, asked, "en")


def test_an_offer_not_answered_after_a_change_is_said(world, asked, visit, settings):
    say_yes(visit, world.elise, world.selam)
    place(world, visit, world.elise, world.hiwot)
    settings.FROZEN_NOW = (clock.now() + timedelta(minutes=30)).isoformat()
    tasks.lapse_offers(0)
    assert said(visit) == ["who_comes", "team_changes", "team_lost"]


def test_an_offer_not_answered_before_anything_was_said_is_nobodys_news(world, asked, visit, settings):
    settings.FROZEN_NOW = (clock.now() + timedelta(minutes=30)).isoformat()
    tasks.lapse_offers(0)
    assert (said(visit), lines()) == ([], [])


def test_the_visit_is_moved(world, client_for, link, asked, visit):
    say_yes(visit, world.elise, world.selam)
    start = clock.at(clock.today() + timedelta(days=1), 10)
    with acting(actor(world.coordinator)) as who:
        changing.move_visit(visit=visit, actor=who, window=span(start, start + timedelta(minutes=30)))
    assert said(visit) == ["who_comes", "visit_moved"]
    html = follow(client_for, link, asked, "en")
    assert "The visit is moved; the new day and hour follow here." in html
    assert "A visit is being prepared" in html
    place(world, visit)
    assert said(visit) == ["who_comes", "visit_moved", "visit_moved"]
    assert "The visit is moved to Wednesday 25 November at 10:00" in follow(client_for, link, asked, "en")
    say_yes(visit, world.elise, world.selam)
    assert said(visit)[-1] == "who_comes"


def test_the_visit_is_cancelled(world, client_for, link, asked, visit):
    say_yes(visit, world.elise, world.selam)
    with acting(actor(world.coordinator)) as who:
        changing.cancel_visit(visit=visit, actor=who, reason="no_team")
    assert said(visit) == ["who_comes", "visit_cancelled"]
    html = follow(client_for, link, asked, "en")
    assert "is cancelled." in html
    assert 'data-test="who-comes"' not in html


def test_who_withdraws_is_not_told_of_it(world, asked, visit):
    say_yes(visit, world.elise, world.selam)
    with acting(actor(world.coordinator)) as who:
        requests.withdraw_request(request=asked, actor=who)
    assert said(visit) == ["who_comes"]


def test_a_no_after_who_comes_was_said(world, asked, visit):
    """Replaced by somebody who declines: the place is free, and it is said."""
    say_yes(visit, world.elise, world.selam)
    place(world, visit, world.elise, world.hiwot)
    row = Assignment.objects.get(visit=visit, professional=world.hiwot, state="offered")
    with acting(Actor.for_team(world.walloon)):
        who = Actor(kind="job", professional=world.hiwot.pk, team=world.walloon.pk, role="coordinator")
        offers.answer(assignment=row, actor=who, yes=False, reason="not_free")
    assert said(visit) == ["who_comes", "team_changes", "team_lost"]


def test_a_visit_noted_by_the_watch_is_answered_by_its_team(world, client_for, link, asked, visit):
    """Nobody pressed "accept": finding the team answers, and the page does not promise an answer still."""
    request = ask_by_link(world, link[0], callback_phone="056 00 24 11")
    need = Need.objects.create(request=request, team=world.walloon, kind="crisis")
    start = clock.at(clock.today(), 17)
    noted = Visit.objects.create(
        need=need,
        request=request,
        team=world.walloon,
        kind="crisis",
        urgency="crisis",
        site=world.refuge,
        commune=world.refuge.commune,
        versant="wallonie",
        country="BE",
        window=span(start, start + timedelta(minutes=30)),
        duration_min=60,
    )
    Slot.objects.create(visit=noted, discipline="psychologist")
    assert request.state == "new"
    with acting(actor(world.coordinator)) as who:
        booking.assign(
            visit=noted, actor=who, places={noted.slots.get().pk: world.elise.pk}, start=start, version=1
        )
    request.refresh_from_db()
    assert request.state == "planned"
    assert request.answered_at is not None
    assert not EscalationStep.objects.filter(request=request, done_at=None).exists()
    assert "You have an answer before" not in follow(client_for, link, request, "en")


def test_no_team_is_promised_once_the_only_visit_is_cancelled(world, client_for, link, asked, visit):
    say_yes(visit, world.elise, world.selam)
    with acting(actor(world.coordinator)) as who:
        changing.cancel_visit(visit=visit, actor=who, reason="no_team")
    asked.refresh_from_db()
    assert asked.state == "accepted"
    html = follow(client_for, link, asked, "en")
    assert "A team is coming" not in html
    assert "stands below" not in html
    assert "The team looks for who can come" in html


def test_one_of_two_cancelled_leaves_the_promise_of_the_other(world, asked, visit):
    say_yes(visit, world.elise, world.selam)
    second = Visit.objects.get(pk=visit.pk)
    second.pk, second.uid, second._state.adding = None, uuid.uuid4(), True
    second.state, second.held = "open", None
    second.save()
    with acting(Actor.for_team(world.walloon)):
        assert requests.refresh_state(asked).state == "accepted"
    with acting(actor(world.coordinator)) as who:
        changing.cancel_visit(visit=second, actor=who, reason="mistake")
    asked.refresh_from_db()
    assert asked.state == "planned"


def test_a_visit_that_is_over_is_not_announced_any_more(world, client_for, link, asked, visit):
    say_yes(visit, world.elise, world.selam)
    Visit.objects.filter(pk=visit.pk).update(state="done")
    Assignment.objects.filter(visit=visit).update(state="done")
    html = follow(client_for, link, asked, "en")
    assert "A team is coming" not in html
    assert "The visit has taken place" in html


def test_a_team_found_while_a_question_waited_is_known_when_it_is_taken_on(world, asked, visit):
    say_yes(visit, world.elise, world.selam)
    type(asked).objects.filter(pk=asked.pk).update(state="new")  # the answer to the question came
    asked.refresh_from_db()
    with acting(actor(world.coordinator)) as who:
        taken = requests.accept_request(request=asked, actor=who)
    assert taken.state == "planned"


def test_the_list_of_a_centre_promises_no_team_it_did_not_look_for(world, client_for, asked, visit):
    html = client_for(world.requester, "en").get("/ask/").content.decode()
    assert "A team is coming" not in html
    assert "A team was found" in html


def test_of_a_long_series_what_is_over_does_not_hide_what_comes(world, client_for, link, asked, visit):
    say_yes(visit, world.elise, world.selam)
    for days in range(1, 26):
        before = Visit.objects.get(pk=visit.pk)
        before.pk, before.uid, before._state.adding, before.state = None, uuid.uuid4(), True, "done"
        start = visit.held.lower - timedelta(days=days)
        before.held = span(start, start + timedelta(hours=1))
        before.save()
    html = follow(client_for, link, asked, "en")
    assert "A team is coming" in html
    assert "Élise (psychologist), Selam (interpreter)</p>" in html
    assert html.count('data-test="visit"') == 6
