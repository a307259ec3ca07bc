from __future__ import annotations

import re

from tests.portal.test_ask import CRISIS, PLANNED
from tests.requests.making import ask_by_link, ask_by_phone
from versants.mobile.models import Request


def _uid(page) -> str:
    return re.search(r'name="uid" value="([0-9a-f-]{36})"', page.content.decode())[1]


def test_an_account_asks_for_its_own_place_and_follows(world, client_for):
    browser = client_for(world.requester)
    page = browser.get("/ask/?way=planned")
    assert page.status_code == 200
    sent = browser.post("/ask/?way=planned", {**PLANNED, "uid": _uid(page)})
    assert sent.status_code == 302, sent.content.decode()
    request = Request.objects.get()
    assert (request.channel, request.team, request.site) == ("login", world.walloon, world.refuge)
    assert request.asked_by_membership == world.requester.pk
    follow = browser.get(sent["Location"])
    assert follow.status_code == 200
    assert PLANNED["summary"] not in follow.content.decode()
    assert request.number in browser.get("/ask/").content.decode()


def test_a_site_of_another_house_is_not_offered(world, client_for):
    browser = client_for(world.requester)
    page = browser.get(f"/ask/?site={world.cada.uid}")
    assert world.cada.name not in page.content.decode()
    sent = browser.post(f"/ask/?site={world.cada.uid}", {**CRISIS, "uid": _uid(page)})
    assert sent.status_code == 302
    assert Request.objects.get().site == world.refuge


def test_requests_of_ones_house_are_followed_whoever_asked(world, client_for):
    mine, theirs = ask_by_link(world), ask_by_phone(world, world.french_coordinator, site=world.cada)
    browser = client_for(world.site_manager)
    assert browser.get(f"/ask/{mine.uid}/").status_code == 200
    assert browser.get(f"/ask/{theirs.uid}/").status_code == 404
    assert browser.post(f"/ask/{mine.uid}/", {"action": "withdraw"}).status_code == 302
    mine.refresh_from_db()
    assert mine.state == "withdrawn"


def test_teams_do_not_ask_here(world, client_for):
    assert client_for(world.coordinator).get("/ask/").status_code == 403


def test_the_list_of_what_was_asked_costs_the_same_for_one_and_three(
    world, client_for, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    browser = client_for(world.requester)
    ask_by_link(world)
    browser.get("/ask/")
    with CaptureQueriesContext(
        connection,
    ) as one:
        browser.get("/ask/")
    ask_by_link(world)
    ask_by_link(world)
    with django_assert_num_queries(len(one)):
        browser.get("/ask/")
