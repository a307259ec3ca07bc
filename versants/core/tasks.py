"""What the worker does for core. Arguments are ids, never content."""

from __future__ import annotations

from typing import Any

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from versants.core import jobs, messages
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.models import Message


@app.task(name="core.run_job", queue="default")
def run_job(job_id: int, actor: dict[str, Any]) -> None:
    """Run one Job under the actor who asked for it."""
    jobs.run(job_id, Actor(**actor))


@app.task(name="core.send_message", queue="default", retry=RetryStrategy(max_attempts=12, linear_wait=150))
def send_message(message_id: int, team_id: int) -> None:
    """Send one message of a team. Safe to run twice; retried for about three hours, then it stays in the outbox."""
    with acting(Actor(kind="job", team=team_id, desk=team_id, role=Role.COORDINATOR)):
        message = Message.objects.filter(pk=message_id).first()
        if message is not None:
            messages.send(message)
