"""How things stand, as a number: what changed since is found without a clock and without a counter to fight over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from versants.core.access.scope import Actor
from versants.mobile.models import Visit

_MASK = 2**32


def data_version() -> str:
    """The oldest transaction that had not ended: whatever is written from now on is newer than this."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return str(cursor.fetchone()[0])


def stands(
    professionals: Iterable[int], visits: Iterable[int], asked: Iterable[int], low: datetime, high: datetime
) -> str:
    """What says who can go, as text that is another one after any change of it: of these ``professionals``, with what
    they do in [low, high), of these ``visits``, and of those ``asked`` who was there before. Nothing of it is read.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app.stands(%s::bigint[], %s::bigint[], %s::bigint[], %s, %s)",
            [list(professionals), list(visits), list(asked), low, high],
        )
        return str(cursor.fetchone()[0])


def changed_visits(actor: Actor, since: int) -> list[dict[str, Any]]:
    """Visits written since that version (every change of a place is a new version of its visit).

    Compares the rows' transaction numbers, modulo 2^32 as PostgreSQL does. What was being written at ``since`` may
    come twice, never not at all.
    """
    rows = (
        Visit.objects.visible_to(actor)
        .extra(  # a system column has no field; the parameter is a number
            where=["((mobile_visit.xmin::text::bigint - %s) & 4294967295) < 2147483648"],
            params=[since % _MASK],
        )
        .order_by("pk")
        .values("uid", "version", "state", "held", "window")[:500]
    )
    return [
        {
            "visit": str(row["uid"]),
            "version": row["version"],
            "state": row["state"],
            "start": (row["held"] or row["window"]).lower.isoformat(),
            "placed": row["held"] is not None,
        }
        for row in rows
    ]
