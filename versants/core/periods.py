"""Half-open periods of instants, as PostgreSQL's ranges."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange


def span(start: datetime, end: datetime | None) -> DateTimeTZRange:
    """[start, end); ``end`` None: open. Raises ValueError if it would be empty or backwards."""
    if end is not None and end <= start:
        raise ValueError("a period ends after it begins")
    return DateTimeTZRange(start, end, "[)")


def lasting(start: datetime, minutes: int) -> DateTimeTZRange:
    """[start, start + minutes)."""
    return span(start, start + timedelta(minutes=minutes))
