"""Who can go: whole teams, why not the others, what if; assigning from the page and by JSON; no leak."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.booking.visits import make_visit, places
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.mobile.models import Assignment, Visit
from versants.mobile.services import booking

NOW = "2026-11-24T07:00:00+00:00"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW  # the database's clock too


@pytest.fixture
def tonight():
    return clock.at(clock.today(), 14)


@pytest.fixture
def visit(world, tonight):
    return make_visit(world, opens=tonight, person=world.person, gender_wish="woman")


def book(world, visit, *people, membership=None):
    who = actor(membership or world.coordinator)
    given = places(visit, *people)
    with acting(who):
        rows = booking.assign(visit=visit, actor=who, places=given, version=visit.version)
    visit.refresh_from_db()
    return rows


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_who_page_lists_whole_teams_and_why_not(world, client_for, visit, language):
    page = client_for(world.coordinator, language).get(f"/visits/{visit.uid}/who/")
    assert page.status_code == 200
    html = page.content.decode()
    # Élise or Nadège, with Selam or Hiwot.
    assert page.context["n_teams"] == 4
    assert html.count('data-test="team"') == 3
    names = {row.name for row in page.context["why_not"]}
    assert {"Marc Poulain", "Yonas Berhe"} <= names
    assert html.count("btn main") == 1
    for person in (world.person, world.french_person):
        assert person.code not in html
    assert "Zzcanari" not in html


def test_who_in_another_order_and_all_of_them(world, client_for, visit):
    client = client_for(world.coordinator)
    page = client.get(f"/visits/{visit.uid}/who/?by=road&show=all")
    roads = [team.road_s for team in page.context["teams"]]
    assert len(roads) == 4
    assert roads == sorted(roads)


def test_what_if_is_tried_without_storing(world, client_for, tonight):
    visit = make_visit(world, opens=tonight, closes=tonight + timedelta(minutes=30))
    other = make_visit(world, opens=tonight)
    third = make_visit(world, opens=tonight)
    book(world, other, world.elise, world.selam)
    book(world, third, world.nadege, world.hiwot)
    client = client_for(world.coordinator)
    page = client.get(f"/visits/{visit.uid}/who/")
    assert page.context["n_teams"] == 0
    later = next(one for one in page.context["relaxations"] if "later" in one["try_url"])
    tried = client.get(later["try_url"])
    assert tried.context["n_teams"] >= 1
    before = Visit.objects.get(pk=visit.pk)
    assert (before.window, before.version) == (visit.window, 1)
    # Proposing stores the change with the team.
    team = tried.context["teams"][0]
    sent = client.post(
        f"/visits/{visit.uid}/assign/",
        {
            "slot": [str(m.slot.uid) for m in team.members],
            "professional": [m.uid for m in team.members],
            "start": team.start.isoformat(),
            "version": "1",
            "if": tried.context["tokens"],
        },
    )
    assert sent.status_code == 303
    visit.refresh_from_db()
    assert visit.state == "planned"
    assert visit.held.lower in visit.window


def test_nonsense_in_the_address_is_a_sentence(world, client_for, visit):
    page = client_for(world.coordinator).get(f"/visits/{visit.uid}/who/?if=later:soon")
    assert page.status_code == 422


@pytest.mark.parametrize("member", ["requester", "interpreter", "funder", "officer", "administrator"])
def test_others_do_not_plan(world, client_for, visit, member):
    client = client_for(getattr(world, member))
    for url in (f"/visits/{visit.uid}/who/", "/board/", f"/api/v1/visits/{visit.uid}/teams"):
        assert client.get(url).status_code in (403, 404)


def test_other_team_looks_but_does_not_assign(world, client_for, visit):
    client = client_for(world.french_coordinator)
    page = client.get(f"/visits/{visit.uid}/who/")
    assert page.status_code == 200
    assert 'data-test="propose"' not in page.content.decode()
    slots = list(visit.slots.order_by("rank"))
    sent = client.post(
        f"/visits/{visit.uid}/assign/",
        {"slot": [slots[0].uid], "professional": [world.nadege.uid], "version": "1"},
    )
    assert sent.status_code == 403
    assert not Assignment.objects.exists()


def test_assign_by_form_and_by_json(world, client_for, visit, tonight):
    client = client_for(world.coordinator)
    slots = list(visit.slots.order_by("rank"))
    body = {
        "slot": [str(slot.uid) for slot in slots],
        "professional": [str(world.elise.uid), str(world.selam.uid)],
        "version": "1",
    }
    sent = client.post(f"/visits/{visit.uid}/assign/", body)
    assert (sent.status_code, sent["Location"]) == (303, "/board/?day=2026-11-24")
    again = client.post(f"/visits/{visit.uid}/assign/", body, headers={"accept": "application/json"})
    assert again.status_code == 409
    answer = json.loads(again.content)
    assert answer["code"] == "visit.changed"
    assert answer["message"]
    assert len(answer["possibilities"]) == 3


def test_conflict_page_says_so_and_offers_three(world, client_for, visit, tonight):
    book(world, visit, world.elise, world.selam)
    other = make_visit(world, opens=tonight, closes=tonight + timedelta(hours=3))
    slots = list(other.slots.order_by("rank"))
    sent = client_for(world.coordinator, "fr").post(
        f"/visits/{other.uid}/assign/",
        {
            "slot": [slot.uid for slot in slots],
            "professional": [world.nadege.uid, world.selam.uid],
            "start": tonight.isoformat(),
            "version": "1",
        },
    )
    assert sent.status_code == 409
    html = sent.content.decode()
    assert "Selam" in html
    assert html.count('data-test="possibility"') == 3


def test_release_by_form(world, client_for, visit):
    rows = book(world, visit, world.elise, world.selam)
    sent = client_for(world.coordinator).post(
        f"/visits/{visit.uid}/release/", {"assignment": rows[0].uid, "version": visit.version}
    )
    assert sent.status_code == 303
    visit.refresh_from_db()
    assert visit.state == "open"


def test_teams_as_json_says_the_same_as_the_page(world, client_for, visit):
    client = client_for(world.coordinator)
    page = client.get(f"/visits/{visit.uid}/who/?show=all")
    answer = client.get(f"/api/v1/visits/{visit.uid}/teams?limit=10").json()
    assert set(answer) == {"ms", "data_version", "n_teams", "teams", "relaxations"}
    shown = [[member.uid for member in team.members] for team in page.context["teams"]]
    assert [[person["id"] for person in team["people"]] for team in answer["teams"]] == shown
    first = answer["teams"][0]
    assert set(first["reasons"][0]) >= {"code", "text", "value", "unit"}
    assert len(client.get(f"/api/v1/visits/{visit.uid}/teams?limit=1").json()["teams"]) == 1
    assert client.get("/api/v1/openapi.json").status_code == 200


def test_changes_since(world, client_for, visit):
    client = client_for(world.coordinator)
    since = client.get(f"/api/v1/visits/{visit.uid}/teams").json()["data_version"]
    # Everything of this test is one transaction: what it wrote is newer than any version.
    answer = client.get(f"/api/v1/board/changes?since={since}")
    assert answer.status_code == 200
    assert [row["visit"] for row in answer.json()] == [str(visit.uid)]
    assert int(answer["Data-Version"]) >= int(since)
    nothing = client.get(f"/api/v1/board/changes?since={int(since) + 1_000_000}")
    assert nothing.status_code == 204


@pytest.mark.parametrize("words", ["limit=abc", "limit=0", "limit=201", "by=zzz"])
def test_what_the_api_does_not_understand_is_named(world, client_for, visit, words):
    client = client_for(world.coordinator)
    answer = client.get(f"/api/v1/visits/{visit.uid}/teams?{words}")
    assert (answer.status_code, answer.json()["code"]) == (422, "api.input")
    assert answer.json()["message"].startswith(words.split("=")[0] + ": ")
    assert client.get("/api/v1/board/changes").json()["message"].startswith("since: ")
