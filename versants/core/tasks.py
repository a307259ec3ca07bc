"""What the worker does for core. Arguments are ids, never content."""

from __future__ import annotations

import logging
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app

from versants.core import jobs, messages, pruning, verifying
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.crypto import rotation
from versants.core.models import LogCheck, Message

# The database was away while it ran: again from the beginning, for about ten minutes. Other faults are the job's end.
AWAY_ATTEMPTS = 20
AWAY = RetryStrategy(max_attempts=AWAY_ATTEMPTS, wait=30, retry_exceptions=[OperationalError, InterfaceError])


@app.task(name="core.run_job", queue="default", retry=AWAY, pass_context=True)
def run_job(context: JobContext, job_id: int, actor: dict[str, Any]) -> None:
    """Run one Job under the actor who asked for it; the last time, whatever happens ends it."""
    jobs.run(job_id, Actor(**actor), last=context.job.attempts >= AWAY_ATTEMPTS)


@app.task(name="core.send_message", queue="default", retry=RetryStrategy(max_attempts=12, linear_wait=150))
def send_message(message_id: int, team_id: int) -> None:
    """Send one message of a team. Safe to run twice; retried for about three hours, then it stays in the outbox."""
    with acting(Actor(kind="job", team=team_id, desk=team_id, role=Role.COORDINATOR)):
        message = Message.objects.filter(pk=message_id).first()
        if message is not None:
            messages.send(message)


@app.periodic(cron="*/2 * * * *")
@app.task(name="core.tend_keys", queue="default", lock="core.tend_keys", pass_context=False)
def tend_keys(timestamp: int) -> None:
    """A small step of what keys still need; nothing to do costs a few counts. Safe to run twice."""
    rotation.tend()


@app.periodic(cron="41 3 * * *")
@app.task(name="core.check_log", queue="default", lock="core.check_log", pass_context=False)
def check_log(timestamp: int) -> None:
    """Every night: readings past their period go, then the whole log is verified and what was found is kept."""
    pruning.prune()
    found = verifying.verify(verifying.leaves_by_function)
    LogCheck.objects.create(at=timezone.now(), holds=found["holds"], found=found)
    if not found["holds"]:
        logging.getLogger("versants.sealer").error("log_broken")
