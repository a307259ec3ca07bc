"""What the worker does for mobile support. Arguments are ids, never content; every task is safe to run twice."""

from __future__ import annotations

from django.db import connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from versants.core.access.scope import Actor, acting
from versants.mobile.services import escalation
from versants.people.models import Team


# A step that fails is tried again for an hour: somebody waits for it.
@app.task(name="mobile.escalate", queue="default", retry=RetryStrategy(max_attempts=10, linear_wait=80))
def escalate(step_id: int, team_id: int) -> None:
    """One step of "nobody answered yet", under the team that received the request."""
    with acting(Actor.for_team(Team.objects.get(pk=team_id))):
        escalation.run_step(step_id, team_id)


@app.periodic(cron="17 * * * *")
@app.task(name="mobile.forget_drafts", queue="default", pass_context=False)
def forget_drafts(timestamp: int) -> None:
    """Every hour: what was typed behind a link and not sent for a day."""
    with acting(Actor.nobody()), connection.cursor() as cursor:
        cursor.execute("SELECT app.forget_drafts()")
