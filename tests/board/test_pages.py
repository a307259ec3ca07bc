"""The board: one key for a visit everywhere, nothing of anybody else's, a fixed number of queries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.booking.visits import make_visit, places
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.mobile.models import Assignment
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
def test_board_shows_the_day_under_one_key(world, client_for, visit, tonight, language):
    book(world, visit, world.elise, world.selam)
    lost = make_visit(
        world, opens=tonight + timedelta(hours=3), slots=[("lawyer", None)], person=world.person
    )
    page = client_for(world.coordinator, language).get("/board/?day=2026-11-24")
    assert page.status_code == 200
    html = page.content.decode()
    board = page.context["board"]
    assert board.n_placed == 1
    assert [item.key for item in board.unplaced] == ["A"]
    assert board.unplaced[0].visit == lost
    assert board.unplaced[0].reason
    keys = {key.text for marker in board.map.markers for key in marker.keys}
    assert keys == {"1", "A"}
    assert world.person.code not in html
    assert "Zzcanari" not in html


def test_board_hides_why_somebody_of_another_house_is_away(world, client_for, tonight):
    from versants.people.models import Absence

    for professional in (world.elise, world.nadege):
        Absence.objects.create(
            organisation=professional.organisation,
            professional=professional,
            held=(tonight, tonight + timedelta(hours=1)),
            kind="meeting",
        )
    page = client_for(world.coordinator, "en").get("/board/?day=2026-11-24")
    labels = [
        str(block.label)
        for line in page.context["board"].grid.lines
        for block in line.blocks
        if block.kind == "busy"
    ]
    assert sorted(labels) == ["busy", "meeting"]


def test_week_view(world, client_for, visit):
    book(world, visit, world.elise, world.selam)
    page = client_for(world.coordinator).get("/board/?day=2026-11-24&view=week")
    assert page.status_code == 200
    assert len(page.context["board"].days) == 7


def test_unreadable_day_is_refused(world, client_for):
    assert client_for(world.coordinator).get("/board/?day=yesterday").status_code == 422


def test_drop_places_by_trade_and_asks_for_the_rest(world, client_for, visit, tonight):
    client = client_for(world.coordinator)
    sent = client.post(
        f"/visits/{visit.uid}/place/",
        {
            "professional": world.selam.uid,
            "start": (tonight + timedelta(minutes=30)).isoformat(),
            "version": "1",
        },
    )
    assert (sent.status_code, sent["Location"]) == (303, f"/visits/{visit.uid}/who/")
    row = Assignment.objects.get(visit=visit)
    assert (row.slot.discipline, row.held.lower) == ("interpreter", tonight + timedelta(minutes=30))
    page = client.get(f"/visits/{visit.uid}/who/")
    # Who holds a place keeps it, at its hour.
    assert {team.members[1].uid for team in page.context["teams"]} == {str(world.selam.uid)}
    assert {team.start for team in page.context["teams"]} == {tonight + timedelta(minutes=30)}
    wrong = client.post(f"/visits/{visit.uid}/place/", {"professional": world.marc.uid, "version": "2"})
    assert wrong.status_code == 409


def test_number_of_queries_does_not_grow(world, client_for, tonight):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = client_for(world.coordinator)

    def count(url):
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    visit = make_visit(world, opens=tonight)
    book(world, visit, world.elise, world.selam)
    first = make_visit(world, opens=tonight + timedelta(hours=3), slots=[("lawyer", None)])
    board_before = count("/board/?day=2026-11-24")
    who_before = count(f"/visits/{first.uid}/who/")
    other = make_visit(world, opens=tonight)
    book(world, other, world.nadege, world.hiwot)
    for n in range(3):
        make_visit(world, opens=tonight + timedelta(hours=3 + n), slots=[("lawyer", None)])
    assert count("/board/?day=2026-11-24") == board_before
    assert count(f"/visits/{first.uid}/who/") == who_before
