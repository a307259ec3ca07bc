"""A study's cases and simulated years over all workers there are: pieces in the database, a task for each.

The job of the study asks, works on pieces itself while others do, and puts together what came back in the order it was
asked for, so that the answer is the same whoever worked on what. Every piece is needed: one whose worker has gone silent
is taken again, by whichever worker is free.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, connection
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from versants.core import apart, jobs
from versants.core.access.scope import Actor, acting
from versants.core.errors import VersantsError
from versants.core.pieces import PieceState, packed, take_first, unpacked, workers
from versants.networks import working
from versants.networks.models import StudyPiece

CHILD = "versants.networks.working"
#: Who works on a piece says so every so many seconds; silent for so long, it is free again; looked after so often.
TOLD_S, SILENT_S, LOOK_S = 10.0, 45.0, 0.5
#: A child that says nothing of its progress for so long is ended.
CHILD_SILENT_S = 900.0
#: A piece that ended so many who took it ends the study.
MOST_TRIES = 3


class PieceLost(VersantsError):
    """A piece nobody could work on."""


class _Gone(Exception):
    """Nobody waits for this piece any more."""


class Pool:
    """The pieces of one run of a study."""

    def __init__(self, actor: Actor, run: str) -> None:
        self.actor, self.run = actor, run
        self.asked: list[int] = []

    def ask(self, orders: Sequence[dict[str, Any]]) -> None:
        """Write pieces and queue a task for each, in one transaction.

        At a time one piece for each worker beside the job's own, after everything else that waits: each worker has a
        second place, and messages of a crisis must find one free. A worker alone leaves all of them to the job.
        """
        from versants.core.queueing import defer
        from versants.networks.tasks import study_piece

        assert self.actor.organisation is not None
        others = workers() - 1
        with acting(self.actor):
            rows = StudyPiece.objects.bulk_create(
                StudyPiece(run=self.run, organisation_id=self.actor.organisation, order=packed(order))
                for order in orders
            )
            for i, row in enumerate(rows if others > 0 else ()):
                defer(
                    study_piece,
                    lock=f"networks.study_piece.{i % others}",
                    priority=-1,
                    piece_id=row.pk,
                    actor=jobs.actor_params(self.actor),
                )
        self.asked += [row.pk for row in rows]

    def gather(self, tell: Callable[[float], None] = lambda done: None) -> Iterator[Any]:
        """The answers, in the order they were asked for; meanwhile pieces are worked on here. ``tell`` hears the share
        that is done and may raise to stop it. Raises PieceLost.
        """
        while True:
            with acting(self.actor):
                rows = StudyPiece.objects.filter(pk__in=self.asked)
                over = rows.filter(state=PieceState.DONE).count()
                if rows.filter(_free(), tries__gte=MOST_TRIES).exists():
                    raise PieceLost("study.piece_lost", _("A part of the study could not be worked out."))
            tell(over / max(1, len(self.asked)))
            if over == len(self.asked):
                break
            if not take(self.actor, self.asked, partial(_still, tell, over / len(self.asked))):
                time.sleep(LOOK_S)
        for pk in self.asked:
            with acting(self.actor):
                answer = StudyPiece.objects.values_list("answer", flat=True).get(pk=pk)
            assert answer is not None, "a piece that is done has its answer"
            yield unpacked(answer)


def _still(tell: Callable[[float], None], share: float, _done: float) -> None:
    """While a piece is worked on here, the share of all is what it was."""
    tell(share)


@contextmanager
def pool(actor: Actor, run: str) -> Iterator[Pool]:
    """Pieces of a run: what an earlier attempt at it left goes first, and nothing is left after."""
    forget(actor, run)
    try:
        yield Pool(actor, run)
    finally:
        forget(actor, run)


def forget(actor: Actor, run: str) -> None:
    """The pieces of a run, and those a day old whose job never came back."""
    with acting(actor):
        old = timezone.now() - timedelta(days=1)
        StudyPiece.objects.filter(Q(run=run) | Q(asked_at__lt=old)).delete()


def _free() -> Q:
    """Waiting, failed, or taken by somebody who has gone silent."""
    silent = timezone.now() - timedelta(seconds=SILENT_S)
    return Q(state__in=[PieceState.WAITING, PieceState.FAILED]) | Q(
        state=PieceState.TAKEN, taken_at__lt=silent
    )


def take(actor: Actor, among: Sequence[int], tell: Callable[[float], None] | None = None) -> bool:
    """Work on the first of these pieces that is free; False if there is none.

    With ``tell`` here, in this process; without, in one of its own, as a worker does that has other tasks beside it.
    """
    with acting(actor):
        # What was lost waits again, for whoever comes first.
        StudyPiece.objects.filter(_free(), pk__in=among, tries__lt=MOST_TRIES).exclude(
            state=PieceState.WAITING
        ).update(state=PieceState.WAITING)
        row = take_first(StudyPiece.objects.filter(pk__in=among))
        if row is None:
            return False
        StudyPiece.objects.filter(pk=row.pk).update(tries=F("tries") + 1)
    order = unpacked(row.order)
    try:
        with _heard(actor, row.pk) as ask:

            def told(done: float) -> None:
                ask()
                if tell is not None:
                    tell(done)

            if tell is not None:
                found = working.work(order, told)
            else:
                found = apart.answer(CHILD, order, silence_s=CHILD_SILENT_S, tell=told)
    except _Gone:
        return True
    except apart.NoAnswer:
        state, answer = PieceState.FAILED, None
    else:
        state, answer = PieceState.DONE, packed(found)
    with acting(actor):
        # Gone if the study was stopped; done already if we were silent for too long and somebody else took it.
        StudyPiece.objects.filter(pk=row.pk).exclude(state=PieceState.DONE).update(state=state, answer=answer)
    return True


@contextmanager
def _heard(actor: Actor, pk: int) -> Iterator[Callable[[], None]]:
    """Say now and then that the piece is worked on, from a thread with a connection of its own; what is given raises
    _Gone once nobody waits for it."""
    over, gone = threading.Event(), threading.Event()

    def say() -> None:
        while not over.wait(TOLD_S):
            try:
                with acting(actor):
                    waited_for = StudyPiece.objects.filter(pk=pk).exclude(state=PieceState.DONE)
                    if not waited_for.update(taken_at=timezone.now()):
                        gone.set()
                        return
            except DatabaseError:
                continue  # silence for a while; the piece may be taken again, and is then done twice
            finally:
                connection.close()

    def ask() -> None:
        if gone.is_set():
            raise _Gone

    teller = threading.Thread(target=say, name=f"piece-{pk}", daemon=True)
    teller.start()
    try:
        yield ask
    finally:
        over.set()
        teller.join()
