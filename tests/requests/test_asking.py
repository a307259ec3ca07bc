from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import ProgrammingError

from tests.requests.making import ask_by_link, ask_by_phone, link_actor, make_link
from tests.world import actor
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, Conflict
from versants.mobile.models import (
    EscalationStep,
    Request,
    RequestCounter,
    RequestEvent,
    RequestNote,
    RequestPerson,
)
from versants.mobile.services import inbox, matters, requests


def test_a_crisis_by_link_arrives_at_its_team(world):
    request = ask_by_link(world)

    assert request.team == world.walloon
    assert request.state == "new"
    assert request.promised_at - request.asked_at == timedelta(hours=8)
    assert [one.language_id for one in request.languages.all()] == ["tir"]
    with acting(actor(world.coordinator)):
        assert vault.read(RequestNote.objects.get(request=request), "callback_phone") == "056 00 24 10"
        steps = EscalationStep.objects.filter(request=request)
        assert [s.kind for s in steps] == ["on_call", "coordinator", "other_team", "tell_requester"]
        assert [e.code for e in RequestEvent.objects.filter(request=request)] == ["received"]


def test_numbers_follow_each_other_whoever_asks(world):
    first, second = ask_by_link(world), ask_by_phone(world)
    third = ask_by_phone(world, world.french_coordinator)

    year = f"{first.asked_at:%Y}"
    assert [one.number for one in (first, second, third)] == [f"R-{year}-0000{n}" for n in (1, 2, 3)]


def test_numbers_go_on_after_the_hundred_thousandth(world):
    first = ask_by_link(world)
    year = first.asked_at.year
    Request.objects.filter(pk=first.pk).update(number=f"R-{year}-99998")
    RequestCounter.objects.all().delete()  # as in a database from before the counter

    numbers = [ask_by_phone(world).number for _n in range(3)]
    assert numbers == [f"R-{year}-99999", f"R-{year}-100000", f"R-{year}-100001"]

    RequestCounter.objects.all().delete()
    assert ask_by_phone(world).number == f"R-{year}-100002"
    with acting(actor(world.coordinator)):
        me = actor(world.coordinator)
        found = inbox.by_text(me, inbox.listed(me, [world.walloon.pk]), f"{year}-100001")
        assert [one.number for one in found] == [f"R-{year}-100001"]


def test_the_application_reads_no_counter(world):
    ask_by_link(world)
    with pytest.raises(ProgrammingError), acting(actor(world.coordinator)):
        RequestCounter.objects.count()


def test_a_double_tap_is_one_request(world):
    link, _token = make_link(world)
    uid = uuid.uuid4()
    first = ask_by_link(world, link, uid=uid)
    again = ask_by_link(world, link, uid=uid)

    assert again.pk == first.pk
    assert EscalationStep.objects.filter(request=first).count() == 4


def test_the_same_uid_with_other_answers_is_refused(world):
    link, _token = make_link(world)
    uid = uuid.uuid4()
    ask_by_link(world, link, uid=uid)

    with pytest.raises(Conflict) as refusal:
        ask_by_link(world, link, uid=uid, danger="now")
    assert refusal.value.code == "request.uid"


def test_a_uid_of_another_link_is_refused_without_showing_it(world):
    uid = uuid.uuid4()
    ask_by_link(world, make_link(world)[0], uid=uid)

    with pytest.raises(Conflict):
        ask_by_link(world, make_link(world)[0], uid=uid)
    assert Request.objects.filter(uid=uid).count() == 1


def test_a_link_sees_the_request_it_names_and_no_other(world):
    link, _token = make_link(world)
    mine, earlier = ask_by_link(world, link), ask_by_link(world, link)
    who = link_actor(link, mine.uid)
    with acting(who):
        assert list(Request.objects.visible_to(who)) == [mine]
        assert list(Request.objects.all()) == [mine]
        assert list(RequestNote.objects.all()) == []
    assert earlier.pk != mine.pk


@pytest.mark.parametrize(
    ("agreement", "kept"), [("agrees", True), ("asked", True), ("told", True), ("not_yet", False)]
)
def test_words_travel_only_when_the_person_knows(world, agreement, kept):
    request = ask_by_phone(
        world,
        agreement=agreement,
        agreement_why_not="elle dort",
        person_codes=[world.person.code],
        categories=["sleep"],
        callback_phone="056 1",
    )

    note = RequestNote.objects.get(request=request)
    assert (vault.read(note, "summary") == "Zzcanari ne dort plus") is kept
    assert vault.read(note, "callback_phone") == "056 1"
    assert matters.of(request).categories == (["sleep"] if kept else [])
    assert RequestPerson.objects.filter(request=request).exists() is kept
    assert request.state == ("new" if kept else "incomplete")
    assert RequestEvent.objects.filter(request=request, code="words_not_kept").exists() is not kept


def test_words_of_a_crisis_without_agreement_are_not_kept(world):
    request = ask_by_link(world, summary="Zzcanari")

    assert vault.read(RequestNote.objects.get(request=request), "summary") == ""


def test_the_team_of_a_centre_speaks_for_itself(world):
    request = ask_by_phone(world, audience="staff", agreement="", n_people=12)

    assert vault.read(RequestNote.objects.get(request=request), "summary") == "Zzcanari ne dort plus"


def test_a_code_is_matched_within_the_receiving_team_only(world):
    request = ask_by_phone(world, person_codes=[world.person.code.lower(), world.french_person.code])

    found = {one.code_given: one.person_id for one in RequestPerson.objects.filter(request=request)}
    assert found == {world.person.code: world.person.pk, world.french_person.code: None}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"site": None}, "request.place"),
        ({"person_codes": ["V7K4-2M99"]}, "request.code"),
        ({"languages": ["xxx"]}, "request.language"),
        ({"agreement": ""}, "request.agreement"),
        ({"agreement": "not_yet", "agreement_why_not": "  "}, "request.why_not"),
        ({"n_people": 0}, "request.people"),
        ({"summary": "x" * 2001}, "request.summary"),
        ({"urgency": "crisis"}, "request.callback"),
    ],
)
def test_what_is_missing_is_said(world, fields, code):
    with pytest.raises(BadInput) as refusal:
        ask_by_phone(world, **fields)
    assert refusal.value.code == code
    assert Request.objects.count() == 0


def test_a_desk_does_not_receive_requests(world):
    with pytest.raises(ActionDenied):
        ask_by_phone(world, world.desk)


def test_one_asks_for_ones_own_places(world):
    who = actor(world.other_requester)
    with acting(who), pytest.raises(ActionDenied) as refusal:
        requests.create_request(
            actor=who,
            team=world.walloon,
            channel="login",
            uid=uuid.uuid4(),
            urgency="planned",
            site=world.refuge,
        )
    assert refusal.value.code == "request.not_your_place"


def test_a_requester_asks_and_follows(world):
    who = actor(world.requester)
    with acting(who):
        made = requests.create_request(
            actor=who,
            team=world.walloon,
            channel="login",
            uid=uuid.uuid4(),
            urgency="planned",
            agreement="told",
            site=world.refuge,
        )
        assert list(Request.objects.visible_to(who)) == [made]
    with acting(actor(world.other_requester)) as other:
        assert list(Request.objects.visible_to(other)) == []


def test_a_link_that_ended_asks_nothing(world):
    link, _token = make_link(world)
    link.period = (link.period.lower - timedelta(days=3), link.period.lower - timedelta(days=1))
    link.save()
    with pytest.raises(ActionDenied) as refusal:
        ask_by_link(world, link)
    assert refusal.value.code == "request.link_ended"


def test_a_link_asks_for_its_own_place(world):
    with pytest.raises(ActionDenied) as refusal:
        ask_by_link(world, site=world.cada)
    assert refusal.value.code == "request.not_your_place"


def test_anybody_asks_to_be_rung(world):
    uid = uuid.uuid4()
    who = Actor(kind="public", request=str(uid))
    with acting(who):
        made = requests.create_request(
            actor=who,
            team=world.french,
            channel="public",
            uid=uid,
            urgency="planned",
            agreement="asked",
            languages=["prs"],
            callback_phone="06 00",
        )
        assert list(Request.objects.visible_to(who)) == [made]
    with acting(Actor(kind="public", request=str(uuid.uuid4()))) as other:
        assert list(Request.objects.visible_to(other)) == []
