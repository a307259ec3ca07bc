"""Long work: progress, cancelling, failing, running twice, acting for no more than the asker."""

from __future__ import annotations

import pytest
from django.db import connection

from tests.world import actor
from versants.core import jobs
from versants.core.access.scope import Actor, acting, current
from versants.core.errors import Conflict
from versants.core.models import Job, JobState


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
