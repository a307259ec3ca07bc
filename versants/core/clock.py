"""What time it is. One function, so that a demonstration can stand still and a test can travel."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

LOCAL = ZoneInfo("Europe/Brussels")
# Days that somebody may type. Beyond them a week more, or another zone, leaves the calendar of Python or PostgreSQL.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)


# A scene of the demonstration world writes its instant here, in the data folder; every process reads it.
SCENE_FILE = "demo-clock"
_ignored: list[str] = []


def now() -> datetime:
    """The current instant, aware, in UTC. ``VERSANTS_NOW`` or a scene freezes it, in the demonstration world only."""
    text = frozen_text()
    if text and text not in _ignored:
        frozen = parse_datetime(text)
        if frozen is not None:
            return frozen if frozen.tzinfo else frozen.replace(tzinfo=LOCAL)
    return timezone.now()


def is_frozen() -> bool:
    """Does the clock stand still?"""
    text = frozen_text()
    return bool(text) and text not in _ignored


def frozen_text() -> str:
    """The instant asked for, as it was written; empty if the clock runs."""
    if settings.FROZEN_NOW:
        return str(settings.FROZEN_NOW)
    path = os.path.join(settings.DATA, SCENE_FILE)  # asked hundreds of times a page: text, not a Path
    try:
        return _read(path, os.stat(path).st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=4)
def _read(path: str, _changed_ns: int) -> str:
    return Path(path).read_text().strip()


def ignore_frozen(text: str) -> None:
    """The database is no demonstration world: that instant does not count in this process."""
    if text not in _ignored:
        _ignored.append(text)


def today() -> date:
    """The current day on the programme's territory."""
    return now().astimezone(LOCAL).date()


def read_day(text: str) -> date:
    """The day of ``2026-11-24``. Raises ValueError if it is none, or before 1900 or after 2199."""
    day = date.fromisoformat(text)
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("day out of reach")
    return day


def local(at: datetime) -> datetime:
    """``at`` in the programme's wall time."""
    return at.astimezone(LOCAL)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """The instant of a wall time on ``day``; a wall time that a spring change skips moves one hour on."""
    aware = datetime(day.year, day.month, day.day, hour, minute, tzinfo=LOCAL)
    # A skipped wall time does not survive the round trip through UTC.
    back = aware.astimezone(UTC).astimezone(LOCAL)
    return back if back.replace(tzinfo=None) != aware.replace(tzinfo=None) else aware


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The half-open instants of a local day: 23, 24 or 25 hours."""
    return at(day, 0), at(day + timedelta(days=1), 0)
