"""The list: who sees which requests, in which words and order, under how many queries."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from tests.requests.making import ask_by_link, ask_by_phone, make_link
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.mobile.models import EscalationStep, Request
from versants.mobile.services import requests

CANARIES = ("Zzcanari", "056 11 22 33", "0320 99 88 77")


def read(client: Client, url: str, status: int = 200, **options) -> str:
    answer = client.get(url, **options)
    assert answer.status_code == status, answer.content.decode()[:400]
    return answer.content.decode()


def numbers(page: str) -> list[str]:
    return re.findall(r'data-test="request-(R-\d{4}-\d{5})"', page)


@pytest.mark.parametrize(
    ("language", "none", "one", "two"),
    [
        (
            "fr",
            "Aucune demande n’attend",
            "Une demande attend une réponse",
            "Deux demandes attendent une réponse",
        ),
        ("nl", "Geen aanvraag wacht", "Eén aanvraag wacht op antwoord", "Twee aanvragen wachten op antwoord"),
        ("en", "No request waits", "One request waits for an answer", "Two requests wait for an answer"),
    ],
)
def test_title_says_how_many_wait(world, client_for, language, none, one, two):
    client = client_for(world.coordinator, language)
    assert f"<h1>{none}" in read(client, "/requests/")
    ask_by_phone(world)
    assert f"<h1>{one}" in read(client, "/requests/")
    answered = ask_by_phone(world)
    ask_by_phone(world)
    with acting(actor(world.coordinator)):
        requests.accept_request(request=answered, actor=actor(world.coordinator))
    assert f"<h1>{two}" in read(client, "/requests/")


def test_a_team_reads_its_own_requests_in_groups_the_crisis_first(asked, client_for):
    page = read(client_for(asked.coordinator), "/requests/")
    assert numbers(page) == [asked.crisis.number, asked.own.number]
    groups = re.findall(r'scope="rowgroup">([^<]+) <span[^>]*>(\d+)</span>', page)
    assert groups == [("Crise", "1"), ("Urgent, sous deux jours ouvrés", "1")]


def test_inside_an_urgency_the_unanswered_come_first_then_the_promise_that_ends_first(world, client_for):
    later, first, answered = (ask_by_phone(world) for _ in range(3))
    Request.objects.filter(pk=first.pk).update(promised_at=clock.now() - timedelta(hours=1))
    Request.objects.filter(pk=answered.pk).update(promised_at=clock.now() - timedelta(hours=2))
    with acting(actor(world.coordinator)):
        requests.accept_request(request=answered, actor=actor(world.coordinator))
    page = read(client_for(world.coordinator), "/requests/")
    assert numbers(page) == [first.number, later.number, answered.number]
    assert "retard 1 h" in page


def test_requests_of_another_team_are_logistics_only(asked, client_for):
    """Canaries stand in the words, the number to ring, the code and the matter of the French request."""
    client = client_for(asked.coordinator)
    assert asked.theirs.number not in read(client, "/requests/")
    page = read(client, "/requests/?team=all")
    assert asked.theirs.number in page
    chosen = read(client, f"/requests/{asked.theirs.uid}/?team=all")
    for text in (page, chosen):
        assert asked.french_person.code not in text
        assert "Zzcanari voisin" not in text
        assert "0320 99 88 77" not in text
        assert "violence" not in text.lower()
    assert "CADA de Liévin" in chosen
    assert "Dari" in chosen or "dari" in chosen
    assert "IntegraPsy Hauts-de-France" in chosen
    assert 'data-test="accept"' not in chosen
    assert 'data-test="who"' not in chosen


@pytest.mark.parametrize("role", ["desk", "coordinator", "french_coordinator", "clinician", "practitioner"])
def test_canaries_show_to_the_own_team_alone(asked, client_for, role):
    member = getattr(asked, role)
    client = client_for(member)
    page = read(client, f"/requests/{asked.own.uid}/?team=all")
    shown = [word for word in (*CANARIES[:2], asked.person.code) if word in page]
    mine = member.team_id == asked.walloon.pk
    assert shown == ([*CANARIES[:2], asked.person.code] if mine else [])


def test_a_clinician_of_the_other_team_finds_nothing(asked, client_for):
    client = client_for(asked.french_clinician)
    read(client, f"/requests/{asked.own.uid}/", 404)
    assert numbers(read(client, "/requests/?team=all")) == [asked.theirs.number]


def test_the_desk_sees_requests_that_need_an_interpreter(asked, client_for):
    without = ask_by_phone(asked, languages=[], audience="staff", agreement="")
    page = read(client_for(asked.desk), "/requests/")
    assert set(numbers(page)) == {asked.crisis.number, asked.own.number, asked.theirs.number}
    assert without.number not in page
    for word in (*CANARIES, asked.person.code, asked.french_person.code):
        assert word not in page
    assert 'data-test="request-by-phone"' not in page


@pytest.mark.parametrize("role", ["interpreter", "requester", "site_manager", "officer", "dpo", "funder"])
def test_others_do_not_open_the_inbox(asked, client_for, role):
    client = client_for(getattr(asked, role))
    for url in (
        "/requests/",
        f"/requests/{asked.own.uid}/",
        "/requests/export.csv",
        "/requests/places/?place=a",
    ):
        assert client.get(url).status_code == 403


def test_filters_narrow_and_are_kept_by_every_link(asked, client_for):
    client = client_for(asked.coordinator)

    def found(query: str) -> set[str]:
        return set(numbers(read(client, f"/requests/?{query}")))

    own, crisis, theirs = asked.own.number, asked.crisis.number, asked.theirs.number
    assert found("team=all") == {own, crisis, theirs}
    assert found("team=all&versant=hauts-de-france") == {theirs}
    assert found("team=all&language=prs") == {theirs}
    assert found("language=tir") == {own, crisis}
    assert found("state=accepted") == set()
    assert found("state=nonsense") == {own, crisis}
    assert found(f"q={own}") == {own}
    assert found(f"q={int(own[-5:])}") == {own}
    assert found(f"q={asked.person.code.replace('-', '').lower()}") == {own}
    assert found(f"team=all&q={asked.french_person.code}") == set()
    assert found("q=moeskroen") == {own, crisis}
    assert found("q=%25") == set()
    page = read(client, "/requests/?team=all&language=tir")
    assert f'href="/requests/{asked.own.uid}/?team=all&amp;language=tir#chosen"' in page
    assert "/requests/export.xlsx?team=all&amp;language=tir" in page


def test_what_has_ended_is_found_by_its_state_newest_first(world, client_for):
    made = [ask_by_phone(world) for _ in range(2)]
    for request in made:
        with acting(actor(world.coordinator)):
            requests.refuse_request(request=request, actor=actor(world.coordinator), reason="no_capacity")
    client = client_for(world.coordinator)
    assert numbers(read(client, "/requests/")) == []
    page = read(client, "/requests/?state=ended")
    assert numbers(page) == [made[1].number, made[0].number]
    assert "rowgroup" not in page


def test_paging_counts_groups_over_all_pages(world, client_for, monkeypatch):
    monkeypatch.setattr("versants.mobile.views.inbox.PER_PAGE", 2)
    made = [ask_by_phone(world) for _ in range(3)]
    client = client_for(world.coordinator)
    first, second = read(client, "/requests/"), read(client, "/requests/?page=2")
    assert sorted(numbers(first) + numbers(second)) == sorted(request.number for request in made)
    assert len(numbers(second)) == 1
    assert re.findall(r'scope="rowgroup">[^<]+ <span[^>]*>(\d+)</span>', second) == ["3"]


def test_states_are_said_in_words(world, client_for):
    told = ask_by_phone(world)
    EscalationStep.objects.filter(request=told, kind="other_team").update(result="told", done_at=clock.now())
    not_asked = ask_by_phone(world, agreement="not_yet", agreement_why_not="elle dort")
    page = read(client_for(world.coordinator, "en"), "/requests/")
    assert "other team told" in page
    assert "to complete" in page
    assert not_asked.number in page


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_list(
    asked, client_for, django_assert_num_queries, count
):
    link, _token = make_link(asked)
    for _ in range(count):
        ask_by_link(asked, link)
        ask_by_phone(asked, person_codes=[asked.person.code])
    client = client_for(asked.coordinator)
    url = f"/requests/{asked.own.uid}/?team=all"
    read(client, url)  # the session and the first look at the languages
    with django_assert_num_queries(QUERIES):
        page = read(client, url)
    assert len(numbers(page)) == 3 + 2 * count


# Session, account and memberships; the scope's own settings; teams, languages, counts, ids, rows with parts and state;
# the words, facts, visits and steps of the chosen one, which is among them, and the line that says they were read.
QUERIES = 27


def test_htmx_takes_the_list_alone_and_reads_no_words(asked, client_for):
    from versants.core.models import AuditEvent

    client = client_for(asked.coordinator)
    page = read(client, "/requests/?state=waiting", headers={"HX-Request": "true", "HX-Target": "requests"})
    assert numbers(page) == [asked.crisis.number, asked.own.number]
    assert "<html" not in page
    assert 'id="chosen"' not in page
    assert not AuditEvent.objects.filter(action="request.read").exists()


def test_htmx_takes_the_pane_alone(asked, client_for):
    client = client_for(asked.coordinator)
    page = read(client, f"/requests/{asked.own.uid}/", headers={"HX-Request": "true", "HX-Target": "chosen"})
    assert 'id="chosen"' in page
    assert "<html" not in page
    assert "Zzcanari ne dort plus" in page
    assert numbers(page) == []


def test_what_has_its_team_stands_folded_under_what_still_asks_something(world, client_for):
    settled, waiting = (ask_by_phone(world, urgency="urgent") for _ in range(2))
    Request.objects.filter(pk=settled.pk).update(state="planned", answered_at=clock.now())
    client = client_for(world.coordinator, "en")
    page = read(client, "/requests/")
    before, fold = page.split('data-test="settled"')
    assert numbers(before) == [waiting.number]
    assert numbers(fold) == [settled.number]
    assert fold.startswith("><summary>1 request has its team")
    # Chosen, or looked for, it is not hidden.
    for address in (f"/requests/{settled.uid}/", "/requests/?versant=wallonie"):
        assert 'data-test="settled" open' in read(client, address)
    # Alone, it is the list.
    Request.objects.filter(pk=waiting.pk).update(state="withdrawn")
    page = read(client, "/requests/")
    assert 'data-test="settled"' not in page
    assert numbers(page) == [settled.number]
