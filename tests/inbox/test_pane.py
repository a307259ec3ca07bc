"""The chosen request: its words are read on record, its answers follow the table of states."""

from __future__ import annotations

import inspect
import re
import uuid

import pytest

from tests.requests.making import ask_by_link, ask_by_phone
from tests.world import actor
from versants.core.access.scope import acting
from versants.core.models import AuditEvent
from versants.mobile.enums import RequestState
from versants.mobile.models import Request, RequestEvent, RequestNote, Visit
from versants.mobile.services import asking, escalation, request_story, requests, states, triage
from versants.mobile.views.inbox import ANSWERS


@pytest.fixture
def desk(asked, client_for):
    return client_for(asked.coordinator, "en")


def pane(client, request, query: str = "") -> str:
    answer = client.get(f"/requests/{request.uid}/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def post(client, request, action: str, **fields):
    request.refresh_from_db()
    return client.post(f"/requests/{request.uid}/{action}/", {"version": request.version, **fields})


def test_the_first_is_chosen_when_none_is_named(asked, desk):
    page = desk.get("/requests/").content.decode()
    assert f'id="chosen" aria-labelledby="chosen-t" tabindex="-1" data-request="{asked.crisis.uid}"' in page
    assert re.findall(r'href="/requests/([0-9a-f-]{36})/#chosen"[^>]*aria-current="true"', page) == [
        str(asked.crisis.uid)
    ]


def test_opening_the_list_reads_nobodys_words(asked, desk):
    """A telephone hides the pane of the first: what was not seen was not read."""
    page = desk.get("/requests/").content.decode()
    first = re.search(r'<aside class="pane" id="chosen".*?</aside>', page, re.DOTALL)[0]
    assert f'hx-get="/requests/{asked.crisis.uid}/" hx-trigger="intersect once"' in first
    assert f'href="/requests/{asked.crisis.uid}/"' in first  # without a script
    assert "<form" not in first
    assert "Zzcanari" not in page
    assert not AuditEvent.objects.filter(action="request.read").exists()


def test_reading_words_is_written_down_for_the_person(asked, desk):
    pane(desk, asked.own)
    read = AuditEvent.objects.get(action="request.read")
    assert (read.subject_uid, read.person_code) == (str(asked.own.uid), asked.person.code)
    assert read.membership_id == asked.coordinator.pk
    assert "Zzcanari" not in str(read.facts)


def test_reading_logistics_writes_nothing(asked, desk):
    pane(desk, asked.theirs)
    assert not AuditEvent.objects.filter(action="request.read").exists()


def test_a_request_without_words_is_not_a_reading(asked, desk):
    bare = ask_by_phone(asked, summary="", agreement="agrees")
    pane(desk, bare)
    assert not AuditEvent.objects.filter(action="request.read").exists()


def test_facts_of_the_own_request(asked, desk):
    page = pane(desk, asked.own)
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page))
    assert facts["Place"] == "Le Refuge, Mouscron, Wallonia"
    assert asked.person.code in facts["For"]
    assert "a woman" in facts["For"]
    assert "known to the team" in facts["For"]
    assert facts["Language"] == "Tigrinya"
    assert facts["Agreement"] == "asked, and agrees"
    assert 'href="tel:056112233"' in facts["Ring back"]
    assert "of opening hours" in facts["Answer"]


def test_accept_answers_and_stops_the_clock(asked, desk):
    answer = post(desk, asked.crisis, "accept")
    assert answer.status_code == 302
    asked.crisis.refresh_from_db()
    assert asked.crisis.state == RequestState.ACCEPTED
    assert asked.crisis.answered_at is not None
    page = pane(desk, asked.crisis)
    assert "Taken on." in page
    assert 'aria-current="step"' not in page


def test_an_answer_keeps_the_filters(asked, desk):
    answer = desk.post(f"/requests/{asked.own.uid}/accept/?team=all&page=1", {"version": asked.own.version})
    assert answer["Location"] == f"/requests/{asked.own.uid}/?team=all&page=1"


@pytest.mark.parametrize(
    ("action", "fields", "state"),
    [
        ("ask-back", {"questions": ["when", "language"]}, RequestState.ASKED_BACK),
        ("refuse", {"reason": "no_capacity"}, RequestState.REFUSED),
        ("withdraw", {}, RequestState.WITHDRAWN),
        ("complete", {"summary": "et ne mange plus"}, RequestState.NEW),
        ("called", {}, RequestState.NEW),
    ],
)
def test_each_answer_leads_where_the_table_says(asked, desk, action, fields, state):
    assert post(desk, asked.own, action, **fields).status_code == 302
    asked.own.refresh_from_db()
    assert asked.own.state == state


def test_close_follows_acceptance(asked, desk):
    assert post(desk, asked.own, "close").status_code == 409
    post(desk, asked.own, "accept")
    assert post(desk, asked.own, "close").status_code == 302
    asked.own.refresh_from_db()
    assert asked.own.state == RequestState.CLOSED


def test_passing_moves_the_request_and_its_words_when_the_person_agrees(asked, desk, client_for):
    assert "The person agrees" in pane(desk, asked.own)
    assert post(desk, asked.own, "pass", team=str(asked.french.uid)).status_code == 302
    asked.own.refresh_from_db()
    assert asked.own.team == asked.french
    there = pane(client_for(asked.french_coordinator, "en"), asked.own)
    assert "Zzcanari ne dort plus" in there
    assert "Passed on to IntegraPsy Hauts-de-France, with its words." in there


def test_passing_without_agreement_leaves_the_words(asked, desk, client_for):
    told = ask_by_phone(asked, agreement="told", summary="Zzcanari pleure", callback_phone="056 44 55 66")
    assert "The person has not agreed" in pane(desk, told)
    post(desk, told, "pass", team=str(asked.french.uid))
    there = pane(client_for(asked.french_coordinator, "en"), told)
    assert "Zzcanari" not in there
    assert "056 44 55 66" in there


def test_clinicians_answer_but_do_not_pass_on(asked, client_for):
    client = client_for(asked.clinician, "en")
    page = pane(client, asked.own)
    assert 'data-test="accept"' in page
    assert 'data-test="pass"' not in page
    assert post(client, asked.own, "pass", team=str(asked.french.uid)).status_code == 403


@pytest.mark.parametrize("role", ["french_coordinator", "desk"])
@pytest.mark.parametrize("action", sorted(ANSWERS))
def test_nobody_answers_for_another_team(asked, client_for, role, action):
    answer = post(client_for(getattr(asked, role)), asked.own, action, reason="other", summary="x")
    assert answer.status_code == 403
    before = asked.own.version
    asked.own.refresh_from_db()
    assert (asked.own.state, asked.own.version) == (RequestState.NEW, before)


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        ("refuse", {}, "Say why it is refused."),
        ("ask-back", {}, "Choose what is missing."),
        ("pass", {"team": str(uuid.uuid4())}, "Choose another mobile team."),
        ("complete", {"person_codes": "V7K4-2M9A"}, "A code looks like"),
        ("complete", {}, "Nothing new was written."),
    ],
)
def test_a_refused_answer_comes_back_open_with_its_sentence(asked, desk, action, fields, sentence):
    answer = post(desk, asked.own, action, **fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert re.search(rf'<details open><summary data-test="open-{action}">', page)


def test_what_was_typed_stays(asked, desk):
    page = post(desk, asked.own, "complete", person_codes="V7K4-2M9A", summary="il tousse").content.decode()
    assert "il tousse" in page
    assert "V7K4-2M9A" in page


def test_a_page_read_before_somebody_else_answered_is_refused_with_a_sentence(asked, desk):
    old = asked.own.version
    post(desk, asked.own, "accept")
    answer = desk.post(f"/requests/{asked.own.uid}/refuse/", {"version": old, "reason": "other"})
    assert answer.status_code == 409
    assert "Somebody has changed this request meanwhile." in answer.content.decode()
    asked.own.refresh_from_db()
    assert asked.own.state == RequestState.ACCEPTED


def test_the_address_of_an_answer_opened_again_shows_the_request(asked, desk):
    answer = desk.get(f"/requests/{asked.own.uid}/refuse/?team=all")
    assert (answer.status_code, answer["Location"]) == (302, f"/requests/{asked.own.uid}/?team=all")


def test_every_event_of_a_team_has_an_answer_or_a_page():
    """A new way in the table of states cannot be forgotten here: triage is a page, the rest are answers."""
    by_team = {one.event for one in states.REQUEST.transitions if one.who in {"team", "both"}}
    assert by_team - {answer.event for answer in ANSWERS.values()} == {"plan"}


def test_who_can_go_leads_to_triage_then_to_the_visit(asked, desk):
    assert f'href="/requests/{asked.own.uid}/triage/" data-test="who"' in pane(desk, asked.own)
    who = actor(asked.coordinator)
    with acting(who):
        kind, proposed = triage.proposal(asked.own)
        triage.plan_need(request=asked.own, actor=who, kind=kind, visits=[proposed])
    visit = Visit.objects.get(request=asked.own)
    page = pane(desk, asked.own)
    assert f'href="/visits/{visit.uid}/who/" data-test="who"' in page
    assert "looks for a team" in page


def test_who_was_told_says_what_comes_if_nobody_answers(asked, desk):
    page = pane(desk, asked.crisis)
    steps = page[page.index('<ol class="steps"') :]
    assert steps.count('<li class="done">') >= 1
    assert steps.count('<li class="now" aria-current="step">') == 1
    assert steps.index("Your turn.") < steps.index("The one who asked is told that nobody has answered.")
    assert "An answer is promised" in steps


def test_every_event_the_services_write_has_its_sentence(asked):
    """Read from the services' own text: a code without a sentence would reach a colleague as a code."""
    text = "".join(inspect.getsource(module) for module in (requests, asking, triage, escalation))
    written = set(re.findall(r'(?:note_event\(|_event\(\s*request,\s*|code=)"([a-z_]+)"', text))
    assert {"received", "accepted", "passed", "triaged"} <= written
    for code in written | {
        f"{kind}_{result}"
        for kind in ("on_call", "coordinator", "other_team")
        for result in ("told", "nobody")
    }:
        event = RequestEvent(code=code, facts={"channel": "phone", "visits": 2, "to": "X"})
        assert request_story.event_sentence(event, refusal="other") != code, code


def test_why_a_request_was_refused_is_for_its_team(asked, desk, client_for):
    post(desk, asked.own, "refuse", reason="already_followed")
    assert "already followed elsewhere" in pane(desk, asked.own)
    assert "already followed" not in pane(client_for(asked.french_coordinator, "en"), asked.own)


def test_details_go_below_the_words(asked, desk):
    post(desk, asked.own, "complete", summary="et ne mange plus", language="tir", second_language="amh")
    page = pane(desk, asked.own)
    assert "Zzcanari ne dort plus<br>" in page
    assert "et ne mange plus" in page
    assert "failing that Amharic" in page


def test_a_request_by_link_without_words_shows_the_number_to_ring(asked, desk):
    page = pane(desk, asked.crisis)
    assert 'href="tel:056002410"' in page
    assert RequestNote.objects.filter(request=asked.crisis).count() == 1
    assert Request.objects.filter(pk=asked.crisis.pk, state="new").exists()


def test_a_request_of_nobody_is_not_there(asked, desk):
    assert desk.get(f"/requests/{uuid.uuid4()}/").status_code == 404
    assert ask_by_link(asked).number in desk.get("/requests/").content.decode()
