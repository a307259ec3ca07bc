"""The dates of a series: the same weekday at the same wall time, public holidays skipped and made up for.

Days and wall times only; nothing is read from the database and nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.errors import BadInput
from versants.core.periods import span
from versants.territory import calendars

LONGEST = timedelta(days=3 * 366)


@dataclass(frozen=True)
class Series:
    """The same visit on the same weekday at the same wall time: ``times`` in all, every ``every_weeks``."""

    times: int
    every_weeks: int = 1
    skip_holidays: bool = True


def days_of(first: date, series: Series, country: str) -> tuple[list[date], list[date]]:
    """The days of a series that begins on ``first``, and the public holidays of ``country`` it passes over.

    Those passed over are made up for at the end. Raises BadInput ``need.series`` if it takes more than three years.
    """
    days: list[date] = []
    skipped: list[date] = []
    day = first
    while len(days) < series.times:
        if series.skip_holidays and calendars.is_holiday(day, country):
            skipped.append(day)
        else:
            days.append(day)
        day += timedelta(weeks=series.every_weeks)
        if day - first > LONGEST:
            raise BadInput("need.series", _("A series ends within three years."))
    return days, skipped


def shifted(
    days: Sequence[date], by: int, *, every_weeks: int = 1, country: str = "", taken: Sequence[date] = ()
) -> list[date]:
    """Each day moved by ``by`` days. With a ``country``, one that would fall on its public holiday is made up for
    after the last, in the rhythm of the series. ``taken``: days of the series that stay; nothing is put on them."""
    moved = [day + timedelta(days=by) for day in days]
    if not country:
        return moved
    used = {*moved, *taken}
    last = max(moved, default=date.min)
    found: list[date] = []
    for day in moved:
        if calendars.is_holiday(day, country):
            while last in used or calendars.is_holiday(last, country):
                last += timedelta(weeks=every_weeks)
            used.add(last)
            found.append(last)
        else:
            found.append(day)
    return found


def window_on(day: date, start: time, end: time, days_across: int = 0) -> DateTimeTZRange:
    """The window from ``start`` on ``day`` to ``end``, ``days_across`` days later, in wall time.

    On the night clocks go forward a skipped hour moves one on; the window keeps its length if nothing else is left.
    Raises ValueError if the wall times are backwards.
    """
    last = day + timedelta(days=days_across)
    length = datetime.combine(last, end) - datetime.combine(day, start)
    opens, closes = clock.at(day, start.hour, start.minute), clock.at(last, end.hour, end.minute)
    if length > timedelta(0) and closes <= opens:
        closes = opens + length
    return span(opens, closes)


def wall_of(window: DateTimeTZRange) -> tuple[time, time, int]:
    """Start and end of a window as the clock on the wall reads them, and how many days lie between."""
    start, end = clock.local(window.lower), clock.local(window.upper)
    return start.time(), end.time(), (end.date() - start.date()).days
