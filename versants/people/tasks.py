"""What the worker does for people: what was kept for a while goes. Every task is safe to run twice."""

from __future__ import annotations

from django.db import connection
from procrastinate.contrib.django import app

from versants.core.access.scope import Actor, acting
from versants.people.services import held, limits


@app.periodic(cron="23 * * * *")
@app.task(name="people.clean_up", queue="default", pass_context=False)
def clean_up(timestamp: int) -> None:
    """Every hour: forms nobody came back for, and wrong tries that are forgotten."""
    with acting(Actor.nobody()):
        held.clean_up()
        limits.clean_up()


@app.periodic(cron="41 3 * * *")
@app.task(name="people.forget_imports", queue="default", pass_context=False)
def forget_imports(timestamp: int) -> None:
    """Every night: files of imports older than thirty days."""
    with acting(Actor.nobody()), connection.cursor() as cursor:
        cursor.execute("SELECT app.forget_imports()")
