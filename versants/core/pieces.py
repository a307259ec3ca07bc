"""Pieces of long work in the database, for whichever worker of whichever host takes them.

An app has a model of its own (who sees a piece is the app's word) made from :class:`Piece`, queues a task for each piece
and says how one is worked on; what is the same for all stands here.
"""

from __future__ import annotations

import json
import os
import socket
import zlib
from datetime import timedelta
from typing import Any

from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

#: A worker that was not heard of for so long is not counted.
HEARD_S = 40.0


class PieceState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    TAKEN = "taken", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Piece(models.Model):
    """What a worker is to do and what it found, packed. Gone when the work it is part of is over."""

    state = models.CharField(max_length=8, choices=PieceState, default=PieceState.WAITING)
    order = models.BinaryField()
    answer = models.BinaryField(null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, blank=True)  # host and process, for the operator

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"


def take_first(waiting: models.QuerySet[Any]) -> Any | None:
    """The first of these pieces that nobody has taken, taken now by this process; None if there is none.

    Within a transaction of the acting one.
    """
    row = waiting.select_for_update(skip_locked=True).filter(state=PieceState.WAITING).order_by("pk").first()
    if row is not None:
        row.state, row.taken_at = PieceState.TAKEN, timezone.now()
        row.taken_by = f"{socket.gethostname()}/{os.getpid()}"[:80]
        row.save(update_fields=["state", "taken_at", "taken_by"])
    return row


def workers() -> int:
    """How many workers are alive, on all hosts. By the real clock: a demonstration's stands still."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > %s",
            [timezone.now() - timedelta(seconds=HEARD_S)],
        )
        return int(cursor.fetchone()[0])


def packed(value: Any) -> bytes:
    """Plain JSON as it stands in the database."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def unpacked(value: bytes | memoryview) -> Any:
    """What :func:`packed` packed."""
    return json.loads(zlib.decompress(bytes(value)))
