"""A large day planned by all workers there are, on however many hosts: pieces in the database, a task for each.

The job that plans the day cuts it, asks, works on pieces itself while others do, and puts together what came back. A
worker that dies loses its piece and nothing else: after its time the job goes on without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from django.utils import timezone

from versants.core.access.scope import Actor, acting
from versants.core.pieces import packed, take_first, unpacked, workers
from versants.mobile.models.pieces import PieceState, PlanPiece
from versants.mobile.services import apart
from versants_libs import dispatch
from versants_libs.dispatch.spreading import Order, Pool, solve_spread

#: Visits to be placed from which more than one worker is asked.
FROM_VISITS = 150
#: Rounds of a planning, and visits that a piece is worth.
ROUNDS, PER_PIECE = 4, 60
#: Who took a piece has so long beyond its time, to read and to write.
LATE_S = 12.0
LOOK_S = 0.1


def is_worth_it(visits: int) -> bool:
    """Whether a day of so many visits to place is planned in pieces here."""
    return visits >= FROM_VISITS and workers() > 1


def solve(
    problem: dispatch.Problem,
    start: dispatch.Plan,
    *,
    actor: Actor,
    seconds: float,
    seed: int,
    tell: Callable[[float], None] = lambda done: None,
) -> dispatch.Outcome:
    """Plan with every worker that has time, under ``actor``'s team.

    ``tell`` hears the share done and may raise to stop it. Pieces that are lost stay as they were.
    """
    n = max(2, min(workers(), len(problem.visits) // PER_PIECE))
    began = time.monotonic()

    def share() -> float:
        return min(1.0, (time.monotonic() - began) / max(seconds, 0.001))

    return solve_spread(
        problem,
        pool=over_workers(actor, tell=lambda: tell(share())),
        pieces=n,
        seconds=max(0.5, seconds / ROUNDS),
        stop=lambda progress: progress.iteration >= ROUNDS or share() >= 1.0,
        seed=seed,
        start=start,
    )


def over_workers(actor: Actor, *, tell: Callable[[], None] = lambda: None) -> Pool:
    """A pool of all workers that listen to this database, this process among them. ``tell`` may raise to stop it."""

    def pool(orders: Sequence[Order]) -> Iterator[tuple[int, dispatch.Plan]]:
        number = ask(actor, orders)
        everything = list(number)
        try:
            while number:
                tell()
                for pk, plan in _ended(actor, list(number)):
                    if plan is not None:
                        yield number[pk], plan
                    del number[pk]
                if number and not take(actor, list(number), tell):
                    time.sleep(LOOK_S)
        finally:
            with acting(actor):
                PlanPiece.objects.filter(pk__in=everything).delete()

    return pool


def ask(actor: Actor, orders: Sequence[Order]) -> dict[int, int]:
    """Write the pieces and queue a task for each, in one transaction: primary key -> number of the order.

    They come after everything else that waits: a message of a crisis is not to stand behind a plan.
    """
    from versants.core.queueing import defer
    from versants.mobile.tasks import solve_piece

    assert actor.team is not None
    with acting(actor):
        rows = PlanPiece.objects.bulk_create(
            PlanPiece(team_id=actor.team, order=packed(order.to_json()), seconds=order.seconds)
            for order in orders
        )
        for row in rows:
            defer(solve_piece, priority=-1, piece_id=row.pk, team_id=actor.team)
    return {row.pk: order.number for row, order in zip(rows, orders, strict=True)}


def forget() -> None:
    """Pieces of the acting team whose job died with them an hour ago."""
    PlanPiece.objects.filter(asked_at__lt=timezone.now() - timedelta(hours=1)).delete()


def take(actor: Actor, among: Sequence[int], tell: Callable[[], None] = lambda: None) -> bool:
    """Solve the first of these pieces that nobody has taken; False if there is none."""
    with acting(actor):
        row = take_first(PlanPiece.objects.filter(pk__in=among))
    if row is None:
        return False
    order = unpacked(row.order)
    try:
        found = apart.solve(
            order["problem"],
            order["start"],
            seconds=order["seconds"],
            iterations=order["iterations"],
            seed=order["seed"],
            tell=lambda done: tell(),
        )
    except apart.NoAnswer:
        state, answer = PieceState.FAILED, None
    else:
        state, answer = PieceState.DONE, packed(found["plan"])
    with acting(actor):
        # Gone if the job went on without it.
        PlanPiece.objects.filter(pk=row.pk).update(state=state, answer=answer)
    return True


def _ended(actor: Actor, among: Sequence[int]) -> Iterator[tuple[int, dispatch.Plan | None]]:
    """Pieces that are over: with a plan, or None where nobody will answer any more."""
    now = timezone.now()
    with acting(actor):
        rows = list(
            PlanPiece.objects.filter(pk__in=among)
            .exclude(state=PieceState.WAITING)
            .values_list("pk", "state", "answer", "taken_at", "seconds")
        )
    for pk, state, answer, taken_at, seconds in rows:
        late = timedelta(seconds=seconds + LATE_S)
        if state == PieceState.DONE and answer is not None:
            yield pk, dispatch.plan_from_json(unpacked(answer))
        elif state == PieceState.FAILED or taken_at is None or now - taken_at > late:
            yield pk, None
