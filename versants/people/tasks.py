"""What the worker does for people: what was kept for a while goes."""

from __future__ import annotations

from procrastinate.contrib.django import app

from versants.core.access.scope import Actor, acting
from versants.people.services import held, limits


@app.periodic(cron="23 * * * *")
@app.task(name="people.clean_up", queue="default", pass_context=False)
def clean_up(timestamp: int) -> None:
    """Every hour: forms nobody came back for, and wrong tries that are forgotten. Safe to run twice."""
    with acting(Actor.nobody()):
        held.clean_up()
        limits.clean_up()
