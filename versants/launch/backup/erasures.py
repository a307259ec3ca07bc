"""Erased stays erased: data keys destroyed after a backup was taken are destroyed again in what it restores."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg

from versants.launch.backup import ledger

NAME = "erasures.jsonl"


def known(folder: Path) -> dict[UUID, datetime]:
    """Data keys that the files in ``folder`` say are destroyed, with the instant. A half line is passed over.

    A line is ``{"key": UID, "at": INSTANT}``, or ``{"keys": [UID, ...], "at": INSTANT}`` for several at once.
    """
    found: dict[UUID, datetime] = {}
    for line in ledger.lines(folder, NAME):
        try:
            at = datetime.fromisoformat(str(line["at"]))
            keys = [UUID(str(one)) for one in (line["keys"] if "keys" in line else [line["key"]])]
        except (KeyError, ValueError, TypeError):
            continue
        for key in keys:
            found.setdefault(key, at if at.tzinfo else at.replace(tzinfo=UTC))
    return found


def replay(connection: psycopg.Connection, folder: Path) -> int:
    """Destroy the known keys that live again in this database. Returns how many; safe to run at any time."""
    destroyed = known(folder)
    there = connection.execute(
        "select exists(select 1 from information_schema.columns where table_schema = 'public'"
        " and table_name = 'core_datakey')"
    ).fetchone()
    if not destroyed or there is None or not there[0]:
        return 0
    # Who wrapped a destroyed key is forgotten too, where the column allows it.
    forget = connection.execute(
        "select is_nullable = 'YES' from information_schema.columns where table_schema = 'public'"
        " and table_name = 'core_datakey' and column_name = 'wrapped_by'"
    ).fetchone()
    also = ", wrapped_by = null" if forget and forget[0] else ""
    done = connection.execute(
        f"update public.core_datakey k set wrapped = null, destroyed_at = e.at{also}"
        " from unnest(%s::uuid[], %s::timestamptz[]) as e(uid, at) where k.uid = e.uid and k.wrapped is not null",
        [list(destroyed), list(destroyed.values())],
    )
    return done.rowcount
