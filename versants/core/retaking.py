"""Jobs that nobody has in hand are put back into the queue, so that a worker takes them within a minute.

procrastinate notices a worker without a heartbeat and forgets it, but leaves its jobs as they were: they would stay
"doing" for ever, and with them everything that waits for the same lock. So would a job of a worker that lives, if the
database went away between giving it out and the worker's hearing of it, or while the worker said how it ended.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.db import connection, transaction

from versants.core.access.scope import Actor
from versants.core.models import JobState

# A worker tells every 10 s that it lives. After 20 s without, and 10 more in which it may be heard again (the
# database was away, the machine slept), its jobs are free; the queue is asked every 5 s: under a minute in all.
SILENT_S, DOUBT_S, EVERY_S = 20.0, 10.0, 5.0
# A job that ended so many workers is not given to another.
MOST_ATTEMPTS = 5
_LEFT = """
SELECT job.id, job.attempts, job.task_name, job.args FROM procrastinate_jobs job
LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
WHERE job.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s)
  OR (job.worker_id = %s AND job.id <> ALL(%s)))
ORDER BY job.id
"""
_RETRY = (
    "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM procrastinate_jobs"
    " WHERE id = %s AND status = 'doing'"
)
_FAIL = "SELECT procrastinate_finish_job_v1(id, 'failed', false) FROM procrastinate_jobs WHERE id = %s AND status = 'doing'"


class InHand:
    """What the worker of this process has in hand: a middleware of its jobs, by which the worker makes itself known."""

    def __init__(self) -> None:
        self._worker: Any = None

    async def __call__(self, call_next: Callable[[], Awaitable[Any]], context: Any, worker: Any) -> Any:
        self._worker = worker
        return await call_next()

    def now(self) -> tuple[int | None, list[int]]:
        """(the worker's number, the ids of its jobs); (None, []) before its first job."""
        if self._worker is None:
            return None, []
        # A copy made in one step: the worker's own thread goes on meanwhile.
        running = list(self._worker._running_jobs.values())
        return self._worker.worker_id, [context.job.id for context in running]


def left_behind(in_hand: InHand | None = None) -> list[tuple[int, int, str, dict[str, Any]]]:
    """(id, attempts, task, arguments) of each job whose worker is gone or silent, or is ours and does not have it."""
    worker, held = in_hand.now() if in_hand is not None else (None, [])
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, [SILENT_S, worker, held])
        return [(pk, n, task, _arguments(args)) for pk, n, task, args in cursor.fetchall()]


def _arguments(stored: Any) -> dict[str, Any]:
    import json

    found = json.loads(stored) if isinstance(stored, str) else stored
    return found if isinstance(found, dict) else {}


class Retaking:
    """Remembers since when a job has been in nobody's hands; ``step`` puts back those that are so long enough."""

    def __init__(self, in_hand: InHand | None = None) -> None:
        self._in_hand = in_hand
        self._since: dict[tuple[int, int], float] = {}

    def step(self, now_s: float) -> list[int]:
        """Jobs put back, by id. ``now_s``: a monotonic clock, so that a jump of the wall clock frees nothing."""
        found = {(pk, attempts): (task, args) for pk, attempts, task, args in left_behind(self._in_hand)}
        self._since = {key: self._since.get(key, now_s) for key in found}
        freed = []
        for key, since in self._since.items():
            if now_s - since >= DOUBT_S:
                _put_back(*key, *found[key])
                freed.append(key[0])
        return freed


def _put_back(pk: int, attempts: int, task: str, args: dict[str, Any]) -> None:
    log = logging.getLogger("versants.worker")
    given_up = attempts + 1 >= MOST_ATTEMPTS
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FAIL if given_up else _RETRY, [pk])
    log.warning(
        "job_taken_again", extra={"facts": {"task": task, "attempts": attempts, "given_up": given_up}}
    )
    if given_up and task == "core.run_job":
        from versants.core import jobs

        jobs.finish(int(args["job_id"]), Actor(**args["actor"]), JobState.FAILED, {}, "unexpected")


class Retaker(threading.Thread):
    """Beside the worker for as long as its process lives; any number may run."""

    def __init__(self, in_hand: InHand | None = None) -> None:
        super().__init__(name="retaker", daemon=True)
        self._in_hand = in_hand
        self._end = threading.Event()

    def run(self) -> None:
        retaking = Retaking(self._in_hand)
        while not self._end.wait(EVERY_S):
            try:
                retaking.step(time.monotonic())
            except Exception as error:  # it must go on: the database comes back, the disk is freed
                logging.getLogger("versants.worker").error(
                    "retaking_failed", extra={"facts": {"error": type(error).__name__}}
                )
                connection.close()
        connection.close()

    def stop(self) -> None:
        self._end.set()
        self.join(timeout=3)
