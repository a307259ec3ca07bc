"""Loading the large world: one transaction, constraints away while the rows stream in, back and validated at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.apps import apps
from django.db import connection, transaction

from versants.core import clock
from versants.core.access.install import lifted
from versants.demo import loading
from versants.demo.large import crowd
from versants.demo.large.mass import Mass
from versants.demo.large.pages import COLUMNS
from versants.demo.making import make_world
from versants.demo.world import SEED, World
from versants.mobile.models import Visit
from versants.people.models import Organisation

LEAST, MOST = 100, 5_000_000
# Triggers of the field that ask for the record of each row: nothing is indexed while they would.
_TRIGGERS = ("mobile_record", "mobile_recordperson", "mobile_socialnote", "mobile_clinicalnote")
_CONSTRAINTS = """
SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid), c.contype
FROM pg_constraint c
WHERE c.conrelid = ANY(%s::regclass[]) AND c.contype IN ('f', 'u', 'x')
ORDER BY c.contype = 'f', c.conrelid, c.conname
"""
_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisprimary
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('u', 'x'))
ORDER BY 1
"""
Item = TypeVar("Item")
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """What was written: rows by table, seconds by step."""

    world: World
    visits: int
    rows: dict[str, int]
    seconds: dict[str, float]


def load(visits: int, tell: Tell = lambda text: None, seed: str = SEED) -> Loaded:
    """Write the demonstration world of today with ``visits`` visits more, as the owner of the tables.

    All or nothing: one transaction. Raises NotEmpty ``demo.not_empty``.
    """
    if Organisation.objects.exists():  # said before five seconds of making
        raise loading.NotEmpty(
            "demo.not_empty",
            "This database holds organisations already; a demonstration world needs an empty one.",
        )
    began = time.monotonic()
    steps: dict[str, float] = {}

    def done(step: str) -> None:
        steps[step] = round(time.monotonic() - began - sum(steps.values()), 1)
        tell(f"{step}: {steps[step]:.1f} s")

    world = make_world(clock.today(), clock.now(), seed)
    people = crowd.build(world, visits)
    done("people")
    with transaction.atomic():
        loading.load(world)
        done("the small world")
        first = {table: _highest(table) + 1 for table in COLUMNS}
        mass = Mass(world, people, visits, first, seed)
        with lifted(), connection.cursor() as cursor:
            for setting in ("maintenance_work_mem = '512MB'", "work_mem = '256MB'"):
                cursor.execute(f"SET LOCAL {setting}")
            away = _put_away(cursor)
            told = time.monotonic()
            for made, chunk in _ahead(mass.chunks()):
                for table, text in chunk.items():
                    _copy(cursor, table, text)
                if time.monotonic() - told > 2:
                    told = time.monotonic()
                    tell(f"{made:,} of {visits:,} visits")
            done("rows")
            _restore(cursor, away, tell)
            done("indexes and constraints")
            for table in COLUMNS:
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)",
                    [table, max(1, mass.pages.next[table] - 1)],
                )
            cursor.execute("SELECT app.fold_fact_totals()")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    done("statistics")
    rows = {table: mass.pages.n(table) for table in COLUMNS}
    return Loaded(world, visits, rows, steps)


def _highest(table: str) -> int:
    """The last number given so far in ``table``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        cursor.execute(f"SELECT last_value, is_called FROM {cursor.fetchone()[0]}")
        last, called = cursor.fetchone()
    return int(last) if called else 0


def _copy(cursor: Any, table: str, text: str) -> None:
    columns = ", ".join(f'"{column}"' for column in COLUMNS[table].split())
    with cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as copy:
        copy.write(text)


def _ahead(chunks: Iterator[Item]) -> Iterator[Item]:
    """The same, each made while the one before is being written."""
    with ThreadPoolExecutor(1) as maker:
        waiting = maker.submit(next, chunks, None)
        while (found := waiting.result()) is not None:
            waiting = maker.submit(next, chunks, None)
            yield found


def _put_away(cursor: Any) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Drop what a million rows would be checked against one by one. Returns how to make it again."""
    tables = list(COLUMNS)
    cursor.execute(_CONSTRAINTS, [tables])
    constraints = [(table, name, definition) for table, name, definition, _kind in cursor.fetchall()]
    cursor.execute(_INDEXES, [tables])
    indexes = cursor.fetchall()
    for table, name, _definition in reversed(constraints):
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    for table in _TRIGGERS:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    return constraints, [definition for _name, definition in indexes]


def _restore(cursor: Any, away: tuple[list[tuple[str, str, str]], list[str]], tell: Tell) -> None:
    """Indexes, then unique and exclusion constraints, then foreign keys: each is checked over all rows."""
    constraints, indexes = away
    for n, definition in enumerate(indexes):
        cursor.execute(definition)
        if n % 10 == 9:
            tell(f"{n + 1} of {len(indexes)} indexes")
    for n, (table, name, definition) in enumerate(constraints):
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        if n % 20 == 19:
            tell(f"{n + 1} of {len(constraints)} constraints")
    for table in _TRIGGERS:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def check(loaded: Loaded) -> dict[str, int]:
    """Rows found in the tables, counted by the database. Raises ValueError if one is not what was written."""
    found = {}
    with lifted(), connection.cursor() as cursor:
        for table, n in loaded.rows.items():
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            found[table] = int(cursor.fetchone()[0])
            model = next(m for m in apps.get_models() if m._meta.db_table == table)
            if found[table] != n + len(loaded.world.rows.get(model, [])):
                raise ValueError(f"{table}: {found[table]} rows, {n} were written")
        assert found[Visit._meta.db_table] >= loaded.visits
    return found
