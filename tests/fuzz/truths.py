"""What must hold in the database whatever was sent: its own constraints, the race's counts, and every field's rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models

from bench.race import DOUBLE, TWICE

_WRITTEN = re.compile(r'^\s*(?:INSERT INTO|UPDATE) "([a-z_0-9]+)"')
# A visit that is called planned and yet has a place nobody holds. (The race's own count asks for the converse too,
# which the small world, made by hand, does not keep.)
HOLLOW = """
SELECT v.id FROM mobile_visit v WHERE v.state = 'planned' AND EXISTS (
  SELECT 1 FROM mobile_slot s WHERE s.visit_id = v.id AND NOT EXISTS (
    SELECT 1 FROM mobile_assignment a WHERE a.slot_id = s.id AND a.state IN ('offered', 'accepted', 'done')))
"""


@contextmanager
def watching() -> Iterator[set[type[models.Model]]]:
    """Models of which the block wrote rows."""
    tables = {model._meta.db_table: model for model in apps.get_models() if _ours(model)}
    touched: set[type[models.Model]] = set()

    def see(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        found = _WRITTEN.match(sql if isinstance(sql, str) else "")
        if found and found[1] in tables:
            touched.add(tables[found[1]])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(see):
        yield touched


def _ours(model: type[models.Model]) -> bool:
    return model.__module__.startswith("versants.")


def broken(only: set[type[models.Model]] | None = None) -> set[str]:
    """Each rule that does not hold, named. ``only``: fields of these models, else of all."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for name, sql in (("booked twice", DOUBLE), ("place held twice", TWICE)):
            cursor.execute(sql)
            if cursor.fetchone()[0]:
                found.add(name)
        cursor.execute(HOLLOW)
        found |= {f"planned with a free place: {pk}" for (pk,) in cursor.fetchall()}
    for model in only if only is not None else {m for m in apps.get_models() if _ours(m)}:
        for row in model._base_manager.order_by("-pk")[:200]:
            found |= _of_row(row)
    return found


def _of_row(row: models.Model) -> set[str]:
    # Blank is a form's question; what a column may hold is its type, its choices and its validators.
    empty = [f.name for f in row._meta.fields if getattr(row, f.attname) in (None, "", [], {}, b"")]
    try:
        row.clean_fields(exclude=empty)
    except ValidationError as exc:
        return {
            f"{row._meta.label}.{name}: {error.code}"
            for name, errors in exc.error_dict.items()
            for error in errors
        }
    return set()
