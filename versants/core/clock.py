"""What time it is. One function, so that a demonstration can stand still and a test can travel."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

LOCAL = ZoneInfo("Europe/Brussels")


def now() -> datetime:
    """The current instant, aware, in UTC. ``VERSANTS_NOW`` freezes it."""
    if settings.FROZEN_NOW:
        frozen = parse_datetime(settings.FROZEN_NOW)
        if frozen is not None:
            return frozen if frozen.tzinfo else frozen.replace(tzinfo=LOCAL)
    return timezone.now()


def today() -> date:
    """The current day on the programme's territory."""
    return now().astimezone(LOCAL).date()


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
