"""Long work with a face.

An app registers a runner: ``@jobs.runner("plan_day")`` over ``def run(job: Face, **params) -> dict``. A service starts
it with ``jobs.start("plan_day", actor=..., params={...})`` inside its transaction; the page is ``/jobs/UID/``. The
runner reports with ``job.report(40, _("Placing visits"))`` in short transactions of their own, and is told to stop by
``Cancelled``. Each job acts under the membership that asked for it, never more, and only while it holds: whoever asked
and has no such role any more when a worker takes the job is refused. Runners must be safe to run twice: a job whose
worker died is taken again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext_noop as _

from versants.core import audit, clock
from versants.core.access.scope import Actor, acting
from versants.core.errors import VersantsError
from versants.core.models import ROLE_ENDED, Job, JobState
from versants.core.registries import standings

Runner = Callable[..., dict[str, Any]]
_RUNNERS: dict[str, Runner] = {}
_LONG: set[str] = set()
_TOLD: dict[str, Callable[[Job], None]] = {}


class Cancelled(Exception):
    """Somebody asked to stop."""


def runner(
    kind: str, *, long: bool = False, told: Callable[[Job], None] | None = None
) -> Callable[[Runner], Runner]:
    """Register the function that does the work of ``kind``.

    ``told``: hears in the same transaction that one of them is over, and how.

    ``long``: of minutes. Of such there is one at a time for each worker: it has two places, and messages of a crisis must
    find one free.
    """

    def register(function: Runner) -> Runner:
        _RUNNERS[kind] = function
        (_LONG.add if long else _LONG.discard)(kind)
        if told is not None:
            _TOLD[kind] = told
        return function

    return register


def start(kind: str, *, actor: Actor, params: dict[str, Any]) -> Job:
    """Ask for a piece of work; it is queued in the current transaction, so it never runs for nothing."""
    from versants.core.pieces import workers
    from versants.core.queueing import defer
    from versants.core.tasks import run_job

    if kind not in _RUNNERS:
        raise LookupError(kind)
    job = Job.objects.create(
        kind=kind,
        params=params,
        account_id=actor.account,
        membership_id=actor.membership,
        team_id=actor.team,
        doing=_("Waiting for a worker"),
    )
    audit.record("job.started", subject=job, kind=kind)
    lock = f"core.run_job.long.{job.pk % max(1, workers())}" if kind in _LONG else None
    defer(run_job, lock=lock, job_id=job.pk, actor=actor_params(actor))
    return job


def actor_params(actor: Actor) -> dict[str, Any]:
    """The actor as ids, for a job's arguments."""
    names = (
        "kind",
        "membership",
        "account",
        "organisation",
        "team",
        "desk",
        "professional",
        "versant",
        "role",
    )
    return {name: getattr(actor, name) for name in names}


class Face:
    """What a runner sees of its job."""

    def __init__(self, job_id: int, actor: Actor) -> None:
        self.job_id = job_id
        self.actor = actor

    def report(self, progress_pct: int, doing: str = "") -> None:
        """Show how far it is; raises Cancelled if somebody asked to stop. ``doing`` is an English source string."""
        with acting(self.actor):
            job = Job.objects.get(pk=self.job_id)
            if job.cancel_asked:
                raise Cancelled
            job.progress_pct = max(0, min(100, progress_pct))
            if doing:
                job.doing = doing
            job.save(update_fields=["progress_pct", "doing"])

    @contextmanager
    def aside(self, doing: str) -> Iterator[Callable[[int], None]]:
        """``report`` for work that is one long transaction: told by a thread with a connection of its own, so that
        it shows before the work is done. At most twice a second; raises Cancelled in the work when somebody stops it.
        """
        self.report(1, doing)
        asked_to_stop = threading.Event()
        over = threading.Event()
        latest = [1]

        def tell() -> None:
            shown = 1
            while not over.wait(0.5):
                if latest[0] == shown:
                    continue
                shown = latest[0]
                try:
                    self.report(shown)
                except Cancelled:
                    asked_to_stop.set()
                    break
                except (Job.DoesNotExist, DatabaseError):
                    continue  # a progress that does not show stops no work
                finally:
                    connection.close()

        def note(progress_pct: int) -> None:
            latest[0] = progress_pct
            if asked_to_stop.is_set():
                raise Cancelled

        teller = threading.Thread(target=tell, name=f"job-{self.job_id}", daemon=True)
        teller.start()
        try:
            yield note
        finally:
            over.set()
            teller.join()


def stands(actor: Actor) -> bool:
    """May work asked for by ``actor`` still be done under its role? What nobody's role stands behind may."""
    with acting(Actor.nobody()):
        return all(standing.holds(actor) for standing in standings)


def _refuse(job_id: int, actor: Actor) -> None:
    """The job is over before it begins. Only it is touched, by somebody who sees nothing but jobs of this role.

    Whoever hears how such jobs end hears it, too: what waits for it would wait for ever.
    """
    with acting(Actor(kind=actor.kind, membership=actor.membership)):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.is_over:
            return
        job.state, job.error_code, job.finished_at = JobState.FAILED, ROLE_ENDED, clock.now()
        job.save(update_fields=["state", "error_code", "finished_at"])
        audit.record("job.refused", subject=job, actor=actor, kind=job.kind)
        if job.kind in _TOLD:
            with acting(actor):
                _TOLD[job.kind](job)


def run(job_id: int, actor: Actor, *, last: bool = False) -> None:
    """Do the work; the job ends done, failed or cancelled, and says which; refused, if the asker's role has ended.

    Without the database it stays as it is, to be run again; with ``last``, nobody runs it again and it failed.
    """
    if not stands(actor):
        _refuse(job_id, actor)
        return
    with acting(actor):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.is_over:
            return
        if job.cancel_asked:
            _close(job, JobState.CANCELLED)
            return
        job.state, job.started_at = JobState.RUNNING, clock.now()
        job.save(update_fields=["state", "started_at"])
    state, result, code = JobState.DONE, {}, ""
    try:
        result = _RUNNERS[job.kind](Face(job_id, actor), **job.params)
    except Cancelled:
        state = JobState.CANCELLED
    except VersantsError as exc:
        state, code = JobState.FAILED, exc.code
    except (OperationalError, InterfaceError):
        if last:
            finish(job_id, actor, JobState.FAILED, {}, "unexpected")
        raise  # the database is away: the queue gives the job out again, from its beginning
    except Exception:
        finish(job_id, actor, JobState.FAILED, {}, "unexpected")
        raise
    finish(job_id, actor, state, result, code)


def finish(job_id: int, actor: Actor, state: str, result: dict[str, Any], code: str) -> None:
    """The job is over; one that was over already stays as it is."""
    with acting(actor):
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.is_over:
            return
        job.error_code = code
        job.result_url = str(result.pop("url", ""))
        job.result = result
        if state == JobState.DONE:
            job.progress_pct = 100
        job.save(update_fields=["error_code", "result_url", "result", "progress_pct"])
        _close(job, state)


def _close(job: Job, state: str) -> None:
    job.state, job.finished_at = state, clock.now()
    job.save(update_fields=["state", "finished_at"])
    if job.kind in _TOLD:
        _TOLD[job.kind](job)


@transaction.atomic
def ask_to_cancel(job: Job) -> None:
    """The runner stops at its next report; a job that waits is over at once and never begins."""
    row = Job.objects.select_for_update().get(pk=job.pk)
    if row.is_over:
        return
    row.cancel_asked = True
    row.save(update_fields=["cancel_asked"])
    if row.state == JobState.WAITING:
        _close(row, JobState.CANCELLED)
