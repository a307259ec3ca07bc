"""Planning a day: proposed by the solver in a child, looked at, applied whole, refused once the day has moved."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings

from tests.booking.visits import make_visit, places
from tests.world import actor
from versants.core import clock, jobs
from versants.core.access.scope import acting
from versants.core.errors import ActionDenied, BadInput, Conflict, InvalidTransition
from versants.mobile.models import Assignment, PlanProposal, Visit
from versants.mobile.planning import day_situation
from versants.mobile.services import apart, booking, planning
from versants.mobile.services.planning import PlanRefused
from versants_libs import dispatch

NOW = "2026-11-24T07:00:00+00:00"


@pytest.fixture(autouse=True)
def _short_and_frozen(settings, monkeypatch):
    settings.FROZEN_NOW = NOW
    monkeypatch.setattr(planning, "SECONDS", 0.3)


def at(hour, minute=0):
    return clock.at(clock.today(), hour, minute)


@pytest.fixture
def day(world):
    """Three visits without a team: two at the same hour, one in the evening."""
    return [
        make_visit(world, opens=at(14), closes=at(15)),
        make_visit(world, opens=at(14), closes=at(15), urgency="urgent"),
        make_visit(world, opens=at(18), closes=at(18, 30), duration=60, urgency="planned"),
    ]


def propose(world) -> PlanProposal:
    who = actor(world.coordinator)
    with acting(who):
        job = planning.start(actor=who, day=clock.today())
    jobs.run(job.pk, who)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("done", "")
    return PlanProposal.objects.get(uid=job.result_url.strip("/").split("/")[1])


def apply(world, proposal):
    who = actor(world.coordinator)
    with acting(who):
        return planning.apply(proposal=proposal, actor=who)


def book(world, visit, *people, **fields):
    who = actor(world.coordinator)
    given = places(visit, *people)
    with acting(who):
        booking.assign(visit=visit, actor=who, places=given, version=visit.version, **fields)
    visit.refresh_from_db()


def test_proposal_changes_nothing_until_it_is_applied(world, day):
    proposal = propose(world)
    assert not Assignment.objects.exists()
    assert {change["visit"] for change in proposal.changes} | set(proposal.unassigned) == {v.pk for v in day}
    apply(world, proposal)
    proposal.refresh_from_db()
    assert proposal.state == "applied"
    placed = {visit.pk for visit in day if visit.pk not in proposal.unassigned}
    assert set(Visit.objects.filter(state="planned").values_list("pk", flat=True)) == placed
    # Two psychologists and two Tigrinya interpreters may take a crisis: everything fits.
    assert placed == {visit.pk for visit in day}
    assert set(Assignment.objects.values_list("state", flat=True)) <= {"offered", "accepted"}


def test_page_says_what_it_would_change_and_applies(world, client_for, day):
    proposal = propose(world)
    for language in ("fr", "nl", "en"):
        page = client_for(world.coordinator, language).get(f"/plans/{proposal.uid}/")
        assert page.status_code == 200
        assert 'data-test="apply-plan"' in page.content.decode()
        assert world.person.code not in page.content.decode()
        plain = 'data-test="plain-engine"' in page.content.decode()
        assert plain == (proposal.engine == "python") == (dispatch.ENGINE == "python")
    client = client_for(world.coordinator)
    sent = client.post(f"/plans/{proposal.uid}/", {"action": "apply"})
    assert (sent.status_code, sent["Location"]) == (303, "/board/?day=2026-11-24")
    again = client.post(f"/plans/{proposal.uid}/", {"action": "apply"})
    assert again.status_code == 409
    assert client_for(world.french_coordinator).get(f"/plans/{proposal.uid}/").status_code == 404


def test_day_that_has_moved_refuses_the_plan(world, client_for, day):
    proposal = propose(world)
    book(world, day[2], world.elise, world.selam)
    before = Assignment.objects.count()
    sent = client_for(world.coordinator).post(f"/plans/{proposal.uid}/", {"action": "apply"})
    assert sent.status_code == 409
    assert 'data-test="plan-again"' in sent.content.decode()
    proposal.refresh_from_db()
    assert proposal.state == "stale"
    assert Assignment.objects.count() == before


def test_new_visit_in_the_day_refuses_the_plan_too(world, day):
    proposal = propose(world)
    make_visit(world, opens=at(16))
    with pytest.raises(Conflict) as stale:
        apply(world, proposal)
    assert stale.value.code == "plan.stale"


def test_somebody_who_fell_ill_refuses_the_plan(world, day):
    from versants.people.models import Absence

    proposal = propose(world)
    Absence.objects.create(
        organisation=world.house_desk, professional=world.selam, held=(at(13), at(20)), kind="ill"
    )
    with pytest.raises(Conflict):
        apply(world, proposal)
    assert not Assignment.objects.exists()


def test_discarded_changes_nothing(world, client_for, day):
    proposal = propose(world)
    sent = client_for(world.coordinator).post(f"/plans/{proposal.uid}/", {"action": "discard"})
    assert sent.status_code == 303
    proposal.refresh_from_db()
    assert proposal.state == "discarded"
    with pytest.raises(InvalidTransition):
        apply(world, proposal)


def test_pins_are_respected(world, day):
    """What does not move keeps its hour and its people; whose people stay keeps its people."""
    book(world, day[0], world.elise, world.selam, start=at(14, 30))
    Visit.objects.filter(pk=day[0].pk).update(pin=3)
    proposal = propose(world)
    assert day[0].pk not in {change["visit"] for change in proposal.changes}
    apply(world, proposal)
    day[0].refresh_from_db()
    assert day[0].held.lower == at(14, 30)
    holders = set(Assignment.objects.filter(visit=day[0]).values_list("professional", flat=True))
    assert holders == {world.elise.pk, world.selam.pk}


def test_other_teams_visits_stay_where_they_are(world, day):
    theirs = make_visit(world, team=world.french, opens=at(14), closes=at(15))
    who = actor(world.french_coordinator)
    given = places(theirs, world.nadege, world.hiwot)
    with acting(who):
        booking.assign(visit=theirs, actor=who, places=given, version=1)
    proposal = propose(world)
    assert theirs.pk not in {change["visit"] for change in proposal.changes}
    # One psychologist and one interpreter are left for two visits at the same hour: the crisis goes first.
    assert proposal.unassigned == [day[1].pk]


def test_two_people_change_places_in_one_statement(world, day):
    """What a row at a time could not do: each holds what the other must take."""
    book(world, day[0], world.elise, world.selam)
    book(world, day[1], world.nadege, world.hiwot)
    rows = {
        visit.pk: list(Assignment.objects.filter(visit=visit).order_by("slot__rank")) for visit in day[:2]
    }
    proposal = PlanProposal.objects.create(
        team=world.walloon,
        day=clock.today(),
        based_on={},
        changes=[
            {
                "visit": visit.pk,
                "kind": "people",
                "before": [
                    {"slot": r.slot_id, "professional": r.professional_id, "start": at(14).isoformat()}
                    for r in rows[visit.pk]
                ],
                "after": [
                    {"slot": mine.slot_id, "professional": other.professional_id, "start": at(14).isoformat()}
                    for mine, other in zip(rows[visit.pk], rows[swap.pk], strict=True)
                ],
            }
            for visit, swap in ((day[0], day[1]), (day[1], day[0]))
        ],
    )
    with acting(actor(world.coordinator)):
        situation = day_situation(actor(world.coordinator), clock.today())
    proposal.based_on = {ident: visit.version for ident, visit in situation.visits.items()}
    proposal.save()
    apply(world, proposal)
    after = {
        visit.pk: set(
            Assignment.objects.filter(visit=visit, state="offered").values_list("professional", flat=True)
        )
        for visit in day[:2]
    }
    assert after == {
        day[0].pk: {world.nadege.pk, world.hiwot.pk},
        day[1].pk: {world.elise.pk, world.selam.pk},
    }


def test_plan_that_breaks_a_rule_is_never_stored(world, day):
    with acting(actor(world.coordinator)):
        situation = day_situation(actor(world.coordinator), clock.today())
    slots = list(day[0].slots.order_by("rank"))
    start = situation.horizon.s(at(14))
    plan = situation.plan.with_team(
        str(day[0].pk),
        {
            str(slots[0].pk): dispatch.Service(str(world.marc.pk), start),  # a psychologist is asked for
            str(slots[1].pk): dispatch.Service(str(world.selam.pk), start),
        },
    )
    with pytest.raises(PlanRefused) as refused:
        planning.check_plan(situation, plan)
    assert refused.value.code == "plan.breaks_rules"
    assert refused.value.facts["rules"] == ["role"]


def test_solver_that_dies_is_a_sentence(world, day, monkeypatch):
    monkeypatch.setattr(apart, "CHILD", "versants.mobile.no_such_module")
    who = actor(world.coordinator)
    with acting(who):
        job = planning.start(actor=who, day=clock.today())
    jobs.run(job.pk, who)
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "plan.no_answer")
    assert not PlanProposal.objects.exists()


def test_child_has_a_limit_of_memory():
    code = "from versants.mobile.solving import limit; limit(5, 200); bytearray(10**9)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=settings.PROJECT)
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


def test_cancel_stops_the_child(world, day):
    who = actor(world.coordinator)
    with acting(who):
        situation = day_situation(who, clock.today())
    seen = []

    def tell(done: float) -> None:
        seen.append(done)
        raise jobs.Cancelled

    with pytest.raises(jobs.Cancelled):
        planning.solve_apart(situation, seconds=30, tell=tell)
    assert len(seen) == 1


def test_who_may_ask_and_for_which_day(world, client_for):
    for member in (world.clinician, world.desk):
        with acting(actor(member)), pytest.raises(ActionDenied):
            planning.start(actor=actor(member), day=clock.today())
    with acting(actor(world.coordinator)), pytest.raises(BadInput):
        planning.start(actor=actor(world.coordinator), day=clock.today() - timedelta(days=1))
    sent = client_for(world.coordinator).post("/board/plan/", {"day": "2026-11-24"})
    assert sent.status_code == 303
    assert sent["Location"].startswith("/jobs/")


def test_proposal_holds_ids_and_times_only(world, day):
    proposal = propose(world)
    text = json.dumps([proposal.changes, proposal.based_on, proposal.cost])
    for word in ("Dumoulin", "Selam", "Zzcanari", world.person.code, "Refuge"):
        assert word not in text
