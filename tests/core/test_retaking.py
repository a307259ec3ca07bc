"""A job whose worker died is taken again, once, and not while there is doubt."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection

from tests.world import actor
from versants.core import jobs, retaking
from versants.core.access.scope import acting
from versants.core.models import Job

pytestmark = pytest.mark.django_db


def sql(text, *values):
    with connection.cursor() as cursor:
        cursor.execute(text, values)
        return cursor.fetchone() if cursor.description else None


@pytest.fixture
def doing():
    """A job in the hands of a worker heard ``silent`` seconds ago (None: a worker that is forgotten)."""

    def make(silent, attempts=0, task="core.send_message", args="{}"):
        worker = None
        if silent is not None:
            worker = sql(
                "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s))"
                " RETURNING id",
                silent,
            )[0]
        return sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, priority, args, status, attempts, worker_id)"
            " VALUES ('default', %s, 0, %s, 'doing', %s, %s) RETURNING id",
            task,
            args,
            attempts,
            worker,
        )[0]

    return make


def state(pk):
    return sql("SELECT status::text, attempts FROM procrastinate_jobs WHERE id = %s", pk)


@pytest.mark.parametrize("silent", [None, 21.0, 3600.0])
def test_a_dead_workers_job_goes_back_after_the_doubt(doing, silent):
    pk, step = doing(silent), retaking.Retaking().step
    assert step(100.0) == []
    assert step(105.0) == []
    assert state(pk) == ("doing", 0)
    assert step(110.0) == [pk]
    assert state(pk) == ("todo", 1)
    assert step(115.0) == []


def test_a_living_workers_job_stays_with_it(doing):
    pk, step = doing(15.0), retaking.Retaking().step
    assert [step(float(now)) for now in range(0, 60, 5)] == [[]] * 12
    assert state(pk) == ("doing", 0)


def test_a_worker_heard_again_keeps_its_job(doing):
    pk, step = doing(40.0), retaking.Retaking().step
    step(0.0)
    sql("UPDATE procrastinate_workers SET last_heartbeat = now()")
    assert step(10.0) == []
    sql("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '40 seconds'")
    assert step(15.0) == []  # the doubt begins anew
    assert state(pk) == ("doing", 0)


def test_what_a_living_worker_does_not_have_goes_back_after_the_doubt(doing):
    """The database went away between giving the job out and the worker's hearing of it."""
    lost, kept = doing(1.0), doing(1.0)
    ours = sql("SELECT worker_id FROM procrastinate_jobs WHERE id = %s", lost)[0]
    sql("UPDATE procrastinate_jobs SET worker_id = %s WHERE id = %s", ours, kept)
    elsewhere = doing(1.0)
    in_hand = retaking.InHand()
    step = retaking.Retaking(in_hand).step
    assert step(0.0) == step(20.0) == []  # the worker is not known before its first job
    context = SimpleNamespace(job=SimpleNamespace(id=kept))
    in_hand._worker = SimpleNamespace(worker_id=ours, _running_jobs={object(): context})
    assert step(25.0) == step(30.0) == []
    assert step(35.0) == [lost]
    assert [state(pk)[0] for pk in (lost, kept, elsewhere)] == ["todo", "doing", "doing"]


def test_a_worker_makes_itself_known_with_the_jobs_it_has():
    """Held against the queue's own worker: the names we read are its own."""
    from procrastinate import App
    from procrastinate.testing import InMemoryConnector

    queue, in_hand, seen = App(connector=InMemoryConnector()), retaking.InHand(), []

    @queue.task(name="look")
    def look():
        seen.append(in_hand.now())

    assert in_hand.now() == (None, [])
    pk = look.defer()
    queue.run_worker(wait=False, worker_middleware=[in_hand], install_signal_handlers=False)
    assert [(held, worker is not None) for worker, held in seen] == [([pk], True)]
    assert in_hand.now()[1] == []


def test_it_is_under_a_minute_in_all():
    polling_s = 5.0  # procrastinate asks the queue so often
    assert retaking.SILENT_S + retaking.DOUBT_S + 2 * retaking.EVERY_S + polling_s < 60


def test_a_job_that_ended_five_workers_ends_and_says_so(world, doing):
    who = actor(world.coordinator)
    with acting(who):
        job = Job.objects.create(
            kind="plan_day", membership_id=who.membership, team_id=who.team, state="running"
        )
    args = json.dumps({"job_id": job.pk, "actor": jobs.actor_params(who)})
    pk, step = doing(None, retaking.MOST_ATTEMPTS - 1, "core.run_job", args), retaking.Retaking().step
    step(0.0)
    step(10.0)
    assert state(pk)[0] == "failed"
    job.refresh_from_db()
    assert (job.state, job.error_code) == ("failed", "unexpected")


def test_the_applications_role_may_put_back(world, doing):
    pk = doing(None)
    with acting(actor(world.coordinator)):
        step = retaking.Retaking().step
        step(0.0)
        assert step(10.0) == [pk]


def test_a_job_cut_off_from_the_database_is_given_out_again(world, monkeypatch):
    def away(face):
        raise OperationalError("the connection is lost")

    monkeypatch.setitem(jobs._RUNNERS, "test_away", away)
    who = actor(world.coordinator)
    with acting(who):
        job = jobs.start("test_away", actor=who, params={})
    with pytest.raises(OperationalError):
        jobs.run(job.pk, who)
    job.refresh_from_db()
    assert job.state == "running"  # not failed: the task's retry runs it anew
    monkeypatch.setitem(jobs._RUNNERS, "test_away", lambda face: {"url": "/"})
    jobs.run(job.pk, who)
    job.refresh_from_db()
    assert job.state == "done"


@pytest.mark.parametrize(("attempts", "state"), [(0, "running"), (19, "running"), (20, "failed")])
def test_a_job_that_nobody_runs_again_does_not_stay_running(world, monkeypatch, attempts, state):
    """The task ends it exactly when the queue's own rule gives up."""
    from types import SimpleNamespace

    from versants.core import tasks

    def away(face):
        raise OperationalError("a disk that stays full")

    monkeypatch.setitem(jobs._RUNNERS, "test_away", away)
    who = actor(world.coordinator)
    with acting(who):
        job = jobs.start("test_away", actor=who, params={})
    queued = SimpleNamespace(attempts=attempts)
    with pytest.raises(OperationalError) as raised:
        tasks.run_job(SimpleNamespace(job=queued), job.pk, jobs.actor_params(who))
    job.refresh_from_db()
    assert job.state == state
    again = tasks.AWAY.get_retry_decision(exception=raised.value, job=queued)
    assert (again is None) == (state == "failed")


def test_what_a_task_defers_waits_for_its_transaction(world):
    """Inside the worker the app has a connector of its own: a message's job stands or falls with the message."""
    from django.db import transaction
    from procrastinate.contrib.django import app
    from procrastinate.testing import InMemoryConnector

    from versants.core import messages
    from versants.core.models import Message

    elsewhere = InMemoryConnector()
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'core.send_message'"
    before = sql(waiting)[0]
    with app.replace_connector(elsewhere), transaction.atomic(), acting(actor(world.coordinator)):
        messages.write(
            team_id=world.walloon.pk,
            channel="sms",
            address="+32",
            language="fr",
            about="request.on_call",
            body="x",
        )
        assert sql(waiting)[0] == before + 1
        transaction.set_rollback(True)
    assert elsewhere.jobs == {}  # nothing went past the transaction
    assert sql(waiting)[0] == before
    assert not Message.objects.filter(about="request.on_call").exists()
