"""How things stand, as a number: what changed since is found without a clock and without a counter to fight over."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
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


@dataclass(frozen=True)
class Sums:
    """How rows stand: texts that are others after any write to them. Nothing of the rows is read.

    ``house``: teams, houses and what was loaded of places; ``everybody``: all professionals and what they speak;
    ``before``: who was with the same persons before. By id: ``people``, what each can and when they work; ``days``, what
    each does in the days asked for; ``visits``, all there is of each.
    """

    house: str = ""
    everybody: str = ""
    before: str = ""
    people: Mapping[int, str] = field(default_factory=dict)
    days: Mapping[int, str] = field(default_factory=dict)
    visits: Mapping[int, str] = field(default_factory=dict)

    def of(self, professionals: Iterable[int]) -> Sums:
        """The same of these professionals only."""
        asked = set(professionals)
        people = {pk: one for pk, one in self.people.items() if pk in asked}
        days = {pk: one for pk, one in self.days.items() if pk in asked}
        return replace(self, people=people, days=days)

    def key(self) -> tuple[Hashable, ...]:
        """All of it, to remember something under."""
        by_id = (tuple(sorted(part.items())) for part in (self.people, self.days, self.visits))
        return (self.house, self.everybody, self.before, *by_id)


def stands(
    professionals: Iterable[int], visits: Iterable[int], asked: Iterable[int], low: datetime, high: datetime
) -> Sums:
    """How everything stands that says who can go: of these ``professionals``, with what they do in [low, high), of these
    ``visits``, and of those ``asked`` who was there before. One query.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT part, sums FROM app.stands(%s::bigint[], %s::bigint[], %s::bigint[], tstzrange(%s, %s))",
            [list(professionals), list(visits), list(asked), low, high],
        )
        found = dict(cursor.fetchall())
    return Sums(
        house=found.get("house", ""),
        everybody=found.get("everybody", ""),
        before=found.get("before", ""),
        people=_by_id(found.get("people", "")),
        days=_by_id(found.get("days", "")),
        visits=_by_id(found.get("visits", "")),
    )


def _by_id(text: str) -> dict[int, str]:
    pairs = (one.split(":", 1) for one in text.split())
    return {int(pk): sums for pk, sums in pairs}


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
