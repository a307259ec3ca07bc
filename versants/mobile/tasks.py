"""What the worker does for mobile support. Arguments are ids, never content; every task is safe to run twice."""

from __future__ import annotations

from django.db import DatabaseError, connection
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from versants.core.access.scope import Actor, acting
from versants.mobile.services import escalation, offers, spreading
from versants.people.enums import TeamKind
from versants.people.models import Team


# A step that fails is tried again for an hour: somebody waits for it.
@app.task(name="mobile.escalate", queue="default", retry=RetryStrategy(max_attempts=10, linear_wait=80))
def escalate(step_id: int, team_id: int) -> None:
    """One step of "nobody answered yet", under the team that received the request."""
    with acting(Actor.for_team(Team.objects.get(pk=team_id))):
        escalation.run_step(step_id, team_id)


@app.task(name="mobile.solve_piece", queue="default")
def solve_piece(piece_id: int, team_id: int) -> None:
    """One piece of a day that is being planned; nothing if somebody else has it, or the day is planned by now."""
    spreading.take(Actor.for_team(Team.objects.get(pk=team_id)), [piece_id])


@app.periodic(cron="17 * * * *")
@app.task(name="mobile.forget_drafts", queue="default", pass_context=False)
def forget_drafts(timestamp: int) -> None:
    """Every hour: what was typed behind a link and not sent for a day, pieces of plans nobody waits for."""
    with acting(Actor.nobody()), connection.cursor() as cursor:
        cursor.execute("SELECT app.forget_drafts()")
    for team in Team.objects.filter(kind=TeamKind.INTEGRAPSY).select_related("organisation"):
        with acting(Actor.for_team(team)):
            spreading.forget()


@app.periodic(cron="7,37 * * * *")
@app.task(name="mobile.fold_fact_totals", queue="default", pass_context=False)
def fold_fact_totals(timestamp: int) -> None:
    """Every half hour: what the signatures since then added to the sums becomes one row for each sum."""
    with acting(Actor.nobody()), connection.cursor() as cursor:
        cursor.execute("SELECT app.fold_fact_totals()")


@app.periodic(cron="* * * * *")
@app.task(name="mobile.lapse_offers", queue="default", pass_context=False)
def lapse_offers(timestamp: int) -> None:
    """Every minute: offers whose deadline has passed are released, each in its own transaction, under its team.

    A worker that dies leaves the rest to the next minute; one offer that cannot be released does not hold the others.
    """
    failed: DatabaseError | None = None
    for team in Team.objects.filter(kind=TeamKind.INTEGRAPSY).select_related("organisation"):
        with acting(Actor.for_team(team)):
            waiting = offers.due(team)
        for assignment_id in waiting:
            try:
                with acting(Actor.for_team(team)):
                    offers.lapse(assignment_id, team)
            except DatabaseError as exc:
                failed = failed or exc
    if failed is not None:
        raise failed
