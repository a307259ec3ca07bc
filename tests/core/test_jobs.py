"""Long work: progress, cancelling, failing, running twice, acting for no more than the asker."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from tests.world import actor, make_membership
from versants.core import clock, jobs
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting, current
from versants.core.errors import Conflict
from versants.core.models import AuditEvent, Job, JobState, Message
from versants.people.models import Account, Membership


@pytest.fixture
def work(monkeypatch):
    """Runners for these tests only."""
    monkeypatch.setattr(jobs, "_RUNNERS", {})
    return jobs.runner


def _start(world, kind, **params):
    with acting(actor(world.coordinator)) as who:
        return jobs.start(kind, actor=who, params=params), who


def test_it_reports_and_ends_with_its_result(world, work):
    seen = []

    @work("count")
    def count(face, upto):
        for step in range(upto):
            face.report(step * 100 // upto, "Counting")
            seen.append(Job.objects.get().progress_pct)
        return {"total": upto, "url": "/figures/"}

    job, who = _start(world, "count", upto=4)
    assert job.state == JobState.WAITING
    jobs.run(job.pk, who)
    job.refresh_from_db()
    assert (job.state, job.progress_pct, job.result, job.result_url) == (
        "done",
        100,
        {"total": 4},
        "/figures/",
    )
    assert seen == [0, 25, 50, 75]


def test_running_it_twice_works_once(world, work):
    done = []

    @work("once")
    def once(face):
        done.append(1)
        return {}

    job, who = _start(world, "once")
    jobs.run(job.pk, who)
    jobs.run(job.pk, who)
    assert done == [1]


def test_it_stops_when_asked(world, work):
    @work("long")
    def long(face):
        jobs.ask_to_cancel(Job.objects.get())
        face.report(50)
        raise AssertionError("it went on")

    job, who = _start(world, "long")
    jobs.run(job.pk, who)
    assert Job.objects.get().state == JobState.CANCELLED


def test_one_that_waits_never_begins_once_cancelled(world, work):
    @work("waiting")
    def waiting(face):
        raise AssertionError("it began")

    job, who = _start(world, "waiting")
    jobs.ask_to_cancel(job)
    jobs.run(job.pk, who)
    assert Job.objects.get().state == JobState.CANCELLED


def test_a_named_error_is_its_end_and_an_unexpected_one_is_raised_too(world, work):
    @work("named")
    def named(face):
        raise Conflict("plan.stale", "…")

    @work("unexpected")
    def unexpected(face):
        raise ZeroDivisionError

    job, who = _start(world, "named")
    jobs.run(job.pk, who)
    assert (Job.objects.get(pk=job.pk).state, Job.objects.get(pk=job.pk).error_code) == (
        "failed",
        "plan.stale",
    )
    job, who = _start(world, "unexpected")
    with pytest.raises(ZeroDivisionError):
        jobs.run(job.pk, who)
    assert Job.objects.get(pk=job.pk).error_code == "unexpected"


def test_the_worker_acts_as_the_asker(world, work):
    scopes = []

    @work("who")
    def who_am_i(face):
        with acting(face.actor):
            scopes.append(current())
        return {}

    job, who = _start(world, "who")
    jobs.run(job.pk, Actor(**jobs.actor_params(who)))
    assert scopes == [who]


def ends_today(membership):
    Membership.objects.filter(pk=membership.pk).update(
        period=(clock.today() - timedelta(days=9), clock.today())
    )


def account_closes(membership):
    Account.objects.filter(pk=membership.account_id).update(is_active=False)


def becomes_another_role(membership):
    Membership.objects.filter(pk=membership.pk).update(role=Role.PRACTITIONER)


@pytest.mark.parametrize("loses", [ends_today, account_closes, becomes_another_role])
@pytest.mark.parametrize("began", [False, True])
def test_whoever_lost_the_role_meanwhile_is_refused(world, work, loses, began):
    """Waiting, or begun and given out again because its worker died: what runs next is asked whether the role holds."""

    @work("late")
    def late(face):
        Message.objects.create(team_id=face.actor.team)
        raise AssertionError("it began")

    job, who = _start(world, "late")
    if began:
        Job.objects.update(state=JobState.RUNNING, started_at=clock.now())
    loses(world.coordinator)
    jobs.run(job.pk, Actor(**jobs.actor_params(who)))
    job.refresh_from_db()
    assert (job.state, job.error_code, job.is_refused) == ("failed", "job.role_ended", True)
    assert job.finished_at is not None
    assert (job.started_at is not None) == began
    assert not Message.objects.exists()
    told = AuditEvent.objects.get(action="job.refused")
    assert (told.membership_id, told.organisation_id) == (world.coordinator.pk, world.house_be.pk)


def test_a_role_that_holds_does_its_work_though_another_ended(world, work):
    work("held")(lambda face: {})
    job, who = _start(world, "held")
    ends_today(world.clinician)
    account_closes(world.practitioner)
    jobs.run(job.pk, Actor(**jobs.actor_params(who)))
    assert Job.objects.get().state == JobState.DONE


def test_work_nobody_asked_for_under_a_role_goes_on(world, work):
    work("own")(lambda face: {})
    house = Actor.for_team(world.walloon)
    with acting(house):
        job = jobs.start("own", actor=house, params={})
    ends_today(world.coordinator)
    jobs.run(job.pk, Actor(**jobs.actor_params(house)))
    assert Job.objects.get(pk=job.pk).state == JobState.DONE


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Refused: the role under which this was asked no longer holds. Nothing was changed."),
        ("fr", "Refusé\u00a0: le rôle sous lequel ceci a été demandé n’est plus valable. Rien n’a changé."),
        ("nl", "Geweigerd: de rol waaronder dit gevraagd werd, geldt niet meer. Er is niets veranderd."),
    ],
)
def test_a_refused_one_says_so_under_the_askers_other_role_and_to_the_team(
    world, work, client_for, language, words
):
    work("late")(lambda face: {})
    job, who = _start(world, "late")
    other = make_membership(
        world.coordinator.account, world.house_fr, Role.COORDINATOR, world.french_coordinator.team
    )
    address = f"/jobs/{job.uid}/"
    assert (
        client_for(other).get(address).status_code == 404
    )  # while it waits it is the role's, not the person's
    ends_today(world.coordinator)
    jobs.run(job.pk, who)
    for reader in (other, world.clinician):
        page = client_for(reader, language).get(address)
        assert words in page.content.decode()
    assert client_for(world.french_coordinator).get(address).status_code == 404


def test_its_page_is_the_askers_and_the_teams(world, work, client_for):
    @work("page")
    def page(face):
        return {}

    job, _who = _start(world, "page")
    address = f"/jobs/{job.uid}/"
    assert client_for(world.coordinator).get(address).status_code == 200
    assert client_for(world.clinician).get(address).status_code == 200
    for stranger, refusal in ((world.french_coordinator, 404), (world.funder, 403), (world.requester, 403)):
        assert client_for(stranger).get(address).status_code == refusal
        assert client_for(stranger).post(f"{address}stop/").status_code == refusal
    fragment = client_for(world.coordinator).get(address, headers={"hx-request": "true"})
    assert b"<html" not in fragment.content
    assert client_for(world.coordinator).post(f"{address}stop/").status_code == 302
    assert Job.objects.get().cancel_asked


@pytest.mark.parametrize(("alive", "places"), [(0, {"0"}), (1, {"0"}), (3, {"0", "1", "2"})])
def test_of_long_ones_each_worker_has_one_at_a_time(world, work, monkeypatch, alive, places):
    monkeypatch.setattr("versants.core.pieces.workers", lambda: alive)
    who = actor(world.coordinator)
    work("long test", long=True)(lambda job: {})
    work("test")(lambda job: {})
    with acting(who):
        for _ in range(6):
            jobs.start("long test", actor=who, params={})
        jobs.start("test", actor=who, params={})
    with connection.cursor() as cursor:
        cursor.execute("SELECT lock FROM procrastinate_jobs WHERE task_name = 'core.run_job' ORDER BY id")
        *long, short = [lock for (lock,) in cursor.fetchall()]
    assert {lock.removeprefix("core.run_job.long.") for lock in long} == places
    assert short is None


def test_one_that_waits_is_over_as_soon_as_it_is_stopped_and_who_asked_to_hear_does(world, monkeypatch):
    heard = []
    monkeypatch.setattr(jobs, "_RUNNERS", {})
    monkeypatch.setattr(jobs, "_TOLD", {})
    jobs.runner("heard", told=lambda job: heard.append(job.state))(lambda face: {})
    job, who = _start(world, "heard")
    jobs.ask_to_cancel(job)
    assert (Job.objects.get().state, heard) == (JobState.CANCELLED, ["cancelled"])
    jobs.ask_to_cancel(job)
    other, who = _start(world, "heard")
    jobs.run(other.pk, who)
    jobs.ask_to_cancel(other)
    assert heard == ["cancelled", "done"]
    assert not Job.objects.get(pk=other.pk).cancel_asked, "too late"
