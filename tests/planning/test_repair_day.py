"""Repairing a day: who is ill is replaced, who has nobody is placed, all else stays; proposed first, then applied."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.booking.visits import make_visit, places
from tests.world import actor
from versants.core import clock
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput
from versants.mobile.models import Assignment, PlanProposal
from versants.mobile.services import booking, planning, repairing
from versants.people.models import Absence

NOW = "2026-11-24T07:00:00+00:00"
DAY = "2026-11-24"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW


def at(hour, minute=0):
    return clock.at(clock.today(), hour, minute)


@pytest.fixture
def placed(world):
    """Two visits with their teams, at two and at six."""
    rows = [
        make_visit(world, opens=at(14), closes=at(15)),
        make_visit(world, opens=at(18), closes=at(18, 30), duration=60, urgency="planned"),
    ]
    for visit, team in zip(rows, ((world.elise, world.selam), (world.elise, world.selam)), strict=True):
        book(world, visit, *team)
    return rows


def book(world, visit, *people):
    who = actor(world.coordinator)
    with acting(who):
        booking.assign(visit=visit, actor=who, places=places(visit, *people), version=visit.version)
    visit.refresh_from_db()


def ill(world, who, low, high):
    Absence.objects.create(
        organisation=world.house_desk, professional=who, held=(at(low), at(high)), kind="ill"
    )


def propose(world) -> PlanProposal | None:
    who = actor(world.coordinator)
    with acting(who):
        return repairing.propose(actor=who, day=clock.today())


def team_of(change):
    return {place["professional"] for place in change["after"]}


def test_whoever_is_ill_is_replaced_and_the_rest_of_the_day_stays(world, placed):
    ill(world, world.selam, 13, 17)
    before = sorted(Assignment.objects.values_list("pk", "professional", "held"))
    proposal = propose(world)
    assert proposal.purpose == "repair"
    assert [change["visit"] for change in proposal.changes] == [placed[0].pk]
    (change,) = proposal.changes
    # The psychologist and the hour stay: she was told two o'clock.
    assert change["kind"] == "people"
    assert world.elise.pk in team_of(change)
    assert world.selam.pk not in team_of(change)
    assert proposal.unassigned == []
    assert sorted(Assignment.objects.values_list("pk", "professional", "held")) == before


def test_a_visit_without_a_team_is_placed_too(world, placed):
    fresh = make_visit(world, opens=at(16), closes=at(17), duration=30, urgency="urgent")
    proposal = propose(world)
    assert [(one["visit"], one["kind"]) for one in proposal.changes] == [(fresh.pk, "added")]


def test_whom_nobody_can_replace_is_named_and_keeps_the_visit_for_now(world, placed):
    for who in (world.selam, world.hiwot):
        ill(world, who, 13, 17)
    proposal = propose(world)
    assert proposal.changes == []
    assert proposal.unassigned == [placed[0].pk]


def test_another_teams_visit_is_left_alone_even_if_broken(world, placed):
    theirs = make_visit(world, team=world.french, opens=at(16), closes=at(16, 30))
    who = actor(world.french_coordinator)
    with acting(who):
        booking.assign(visit=theirs, actor=who, places=places(theirs, world.nadege, world.hiwot), version=1)
    ill(world, world.hiwot, 15, 18)
    assert propose(world) is None
    ill(world, world.elise, 17, 20)
    proposal = propose(world)
    assert {one["visit"] for one in proposal.changes} | set(proposal.unassigned) == {placed[1].pk}


def test_at_most_three_that_have_their_team_move(world, placed, monkeypatch):
    asked = []
    real = repairing.dispatch.repair
    monkeypatch.setattr(
        repairing.dispatch, "repair", lambda *args, **more: asked.append(more) or real(*args, **more)
    )
    ill(world, world.selam, 13, 17)
    propose(world)
    assert [one["max_changes"] for one in asked] == [3]


def test_the_button_proposes_and_the_page_applies(world, client_for, placed):
    ill(world, world.selam, 13, 17)
    client = client_for(world.coordinator)
    board = client.get(f"/board/?day={DAY}").content.decode()
    assert 'action="/board/repair/"' in board
    assert 'data-test="repair-day"' in board
    sent = client.post("/board/repair/", {"day": DAY})
    assert sent.status_code == 303
    proposal = PlanProposal.objects.get()
    assert sent["Location"] == f"/plans/{proposal.uid}/"
    for language, title in (
        ("fr", "Réparation proposée pour"),
        ("nl", "Voorgestelde bijsturing voor"),
        ("en", "Repair proposed for"),
    ):
        html = client_for(world.coordinator, language).get(sent["Location"]).content.decode()
        assert title in html
        assert 'data-test="apply-plan"' in html
    applied = client.post(sent["Location"], {"action": "apply"})
    assert (applied.status_code, applied["Location"]) == (303, f"/board/?day={DAY}")
    holders = set(
        Assignment.objects.filter(visit=placed[0], state__in=["offered", "accepted"]).values_list(
            "professional", flat=True
        )
    )
    assert world.elise.pk in holders
    assert world.selam.pk not in holders
    again = client.post("/board/repair/", {"day": DAY})
    assert again["Location"] == f"/board/?day={DAY}"
    assert PlanProposal.objects.count() == 1


def test_a_day_that_has_moved_is_repaired_again(world, client_for, placed):
    ill(world, world.selam, 13, 17)
    client = client_for(world.coordinator)
    page = client.post("/board/repair/", {"day": DAY})["Location"]
    make_visit(world, opens=at(16))
    refused = client.post(page, {"action": "apply"})
    html = refused.content.decode()
    assert refused.status_code == 409
    assert 'action="/board/repair/"' in html
    assert 'action="/board/plan/"' not in html


def test_what_a_repair_finds_can_be_thrown_away(world, client_for, placed):
    ill(world, world.selam, 13, 17)
    client = client_for(world.coordinator)
    page = client.post("/board/repair/", {"day": DAY})["Location"]
    assert client.post(page, {"action": "discard"}).status_code == 303
    assert PlanProposal.objects.get().state == "discarded"


def test_who_may_ask_and_for_which_day(world, client_for, placed):
    for member in (world.clinician, world.desk):
        with acting(actor(member)), pytest.raises(ActionDenied):
            repairing.propose(actor=actor(member), day=clock.today())
        assert client_for(member).post("/board/repair/", {"day": DAY}).status_code == 403
        assert 'data-test="repair-day"' not in client_for(member).get("/board/").content.decode()
    who = actor(world.coordinator)
    with acting(who), pytest.raises(BadInput) as past:
        repairing.propose(actor=who, day=clock.today() - timedelta(days=1))
    assert past.value.code == "plan.past"
    client = client_for(world.coordinator)
    assert client.post("/board/repair/", {"day": "tomorrow"}).status_code == 422
    assert client.get("/board/repair/").status_code == 405
    yesterday = client.get("/board/?day=2026-11-23").content.decode()
    assert 'data-test="repair-day"' not in yesterday


def test_the_other_team_does_not_see_it(world, client_for, placed):
    ill(world, world.selam, 13, 17)
    page = client_for(world.coordinator).post("/board/repair/", {"day": DAY})["Location"]
    assert client_for(world.french_coordinator).get(page).status_code == 404


def test_the_work_is_bounded():
    """Inline in a request: under a second of search, and as many tries as planning a day."""
    assert repairing.SECONDS < 1
    assert planning.ITERATIONS <= 2_000
