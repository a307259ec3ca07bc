"""What the worker does for people. Arguments are ids, never content; every task is safe to run twice."""

from __future__ import annotations

from django.db import connection
from procrastinate.contrib.django import app

from versants.core.access.scope import Actor, acting


@app.periodic(cron="41 3 * * *")
@app.task(name="people.forget_imports", queue="default", pass_context=False)
def forget_imports(timestamp: int) -> None:
    """Every night: files of imports older than thirty days."""
    with acting(Actor.nobody()), connection.cursor() as cursor:
        cursor.execute("SELECT app.forget_imports()")
