"""Days that do not count and hours that do: public holidays of FR and BE, and opening-hours arithmetic.

Opening hours are local wall time (Europe/Brussels, which Europe/Paris shares), expanded day by day, so the
days on which clocks change keep their wall-clock hours. A wall time means the first instant at which the
clock reads it or has passed it: 02:30 on the spring day is 03:00, on the autumn day the earlier 02:30.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise

import holidays
from django.utils.translation import gettext_lazy as _

from versants.core.clock import LOCAL
from versants.core.errors import BadInput

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MIN = 24 * 60
# A promise further away than this has no meaning; hours that never open end the search here.
_HORIZON_DAYS = 400


@cache
def _holidays(country: str, year: int, language: str) -> Mapping[date, str]:
    """Public holidays of one year, by day.

    France without the two days of Alsace-Moselle; Belgium's ten, and the Sundays of Easter and Whitsun.
    """
    if country not in ("FR", "BE"):
        raise BadInput(
            "calendar.country",
            _("“%(country)s” has no calendar here; FR or BE is expected.") % {"country": country},
        )
    return dict(holidays.country_holidays(country, years=year, language=language))


def is_holiday(day: date, country: str) -> bool:
    """Is ``day`` a public holiday in ``country`` (FR or BE)? Raises BadInput ``calendar.country``."""
    return day in _holidays(country, day.year, "fr")


def holiday_name(day: date, country: str, language: str = "fr") -> str:
    """The holiday's name in fr, nl or en; empty on other days. France has no Dutch names: then French."""
    known = {"FR": {"fr": "fr", "en": "en_US"}, "BE": {"fr": "fr", "nl": "nl", "en": "en_US"}}
    spoken = known.get(country, {}).get(language, "fr")
    return _holidays(country, day.year, spoken).get(day, "")


def holidays_between(first: date, last: date, country: str) -> list[date]:
    """The public holidays from ``first`` up to and without ``last``."""
    years = range(first.year, last.year + 1)
    return sorted(d for year in years for d in _holidays(country, year, "fr") if first <= d < last)


@dataclass(frozen=True)
class WeeklyHours:
    """Opening hours of a week: for each day, Monday first, half-open [start, end) minutes of the day.

    Intervals are sorted and apart; 1440 is the end of the day. Open overnight is two intervals.
    """

    days: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def parse(cls, week: Mapping[str, Sequence[Sequence[str]]]) -> WeeklyHours:
        """From {"mon": [["08:30", "12:00"], ["13:00", "17:00"]], …}; a missing day is closed.

        "24:00" is the end of a day.

        Raises BadInput ``hours.day``, ``hours.time``, ``hours.order`` or ``hours.overlap``.
        """
        unknown = [name for name in week if name not in WEEKDAYS]
        if unknown:
            raise BadInput(
                "hours.day",
                _("“%(day)s” is no day of the week; mon, tue, wed, thu, fri, sat or sun is expected.")
                % {"day": unknown[0]},
            )
        return cls(tuple(_intervals(week.get(name, ())) for name in WEEKDAYS))

    @classmethod
    def always(cls) -> WeeklyHours:
        """Day and night, all week (holidays close it all the same)."""
        return cls((((0, _DAY_MIN),),) * 7)

    def as_json(self) -> dict[str, list[list[str]]]:
        """The form ``parse`` reads, closed days left out."""
        return {
            name: [[_clock(start), _clock(end)] for start, end in day]
            for name, day in zip(WEEKDAYS, self.days, strict=True)
            if day
        }


def _intervals(given: Sequence[Sequence[str]]) -> tuple[tuple[int, int], ...]:
    found = []
    for pair in given:
        if len(pair) != 2:
            raise BadInput("hours.time", _("Opening hours need a start and an end, such as 08:30 and 17:00."))
        start, end = _minutes(pair[0]), _minutes(pair[1])
        if start >= end:
            raise BadInput(
                "hours.order",
                _("%(start)s to %(end)s ends before it starts; write hours after midnight on the next day.")
                % {"start": pair[0], "end": pair[1]},
            )
        found.append((start, end))
    found.sort()
    for (_start, end), (start, _end) in pairwise(found):
        if start < end:
            raise BadInput("hours.overlap", _("Two opening hours of the same day overlap."))
    return tuple(found)


def _minutes(text: str) -> int:
    hour, colon, minute = text.partition(":")
    if colon and hour.isdecimal() and minute.isdecimal() and len(minute) == 2 and len(hour) <= 2:
        value = int(hour) * 60 + int(minute)
        if int(minute) < 60 and value <= _DAY_MIN:
            return value
    raise BadInput(
        "hours.time",
        _("“%(text)s” is no time; 0:00 to 24:00 is expected.") % {"text": text},
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def instant(day: date, minute: int) -> datetime:
    """The first instant, in UTC, at which the wall clock of ``day`` reads ``minute`` or has passed it."""
    naive = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    first = naive.replace(tzinfo=LOCAL).astimezone(UTC)
    if first.astimezone(LOCAL).replace(tzinfo=None) == naive:
        return first
    # The spring change skipped this wall time: the clock passes it at the change itself, which lies
    # between the two readings (with the offset of after, and with that of before).
    low = naive.replace(tzinfo=LOCAL, fold=1).astimezone(UTC)
    high = first
    offset = low.astimezone(LOCAL).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(LOCAL).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


@lru_cache(maxsize=4096)
def open_on(day: date, hours: WeeklyHours, country: str) -> tuple[tuple[datetime, datetime], ...]:
    """The half-open UTC intervals open on a local day; none on a public holiday of ``country``."""
    if is_holiday(day, country):
        return ()
    spans = ((instant(day, start), instant(day, end)) for start, end in hours.days[day.weekday()])
    return tuple((start, end) for start, end in spans if start < end)


def open_between(
    a: datetime, b: datetime, hours: WeeklyHours, country: str
) -> Iterator[tuple[datetime, datetime]]:
    """The open intervals within [a, b), in UTC and in order."""
    # Compared in UTC: two instants of one zone would be compared by their wall time.
    a, b = _utc(a), _utc(b)
    day, last = a.astimezone(LOCAL).date(), b.astimezone(LOCAL).date()
    while day <= last:
        for start, end in open_on(day, hours, country):
            if max(start, a) < min(end, b):
                yield max(start, a), min(end, b)
        day += timedelta(days=1)


def open_seconds_between(a: datetime, b: datetime, hours: WeeklyHours, country: str) -> float:
    """Opening seconds that pass from ``a`` to ``b`` (aware instants); negative when ``b`` is earlier."""
    if _utc(b) < _utc(a):
        return -open_seconds_between(b, a, hours, country)
    return sum((end - start).total_seconds() for start, end in open_between(a, b, hours, country))


def is_open(at: datetime, hours: WeeklyHours, country: str) -> bool:
    """Is it open at this instant?"""
    at = _utc(at)
    return any(start <= at < end for start, end in open_on(at.astimezone(LOCAL).date(), hours, country))


def add_open_time(start: datetime, duration: timedelta, hours: WeeklyHours, country: str) -> datetime:
    """The first instant, in UTC, at which ``duration`` of opening hours has passed since ``start``.

    No duration gives ``start`` itself. Raises BadInput ``hours.negative`` for a negative duration and
    ``hours.never`` when that much opening time does not come within 400 days.
    """
    if duration < timedelta(0):
        raise BadInput("hours.negative", _("A delay cannot be negative."))
    start = _utc(start)
    if not duration:
        return start
    left = duration
    day = start.astimezone(LOCAL).date()
    for _number in range(_HORIZON_DAYS):
        for opens, closes in open_on(day, hours, country):
            begins = max(opens, start)
            if begins < closes:
                if closes - begins >= left:
                    return begins + left
                left -= closes - begins
        day += timedelta(days=1)
    raise BadInput("hours.never", _("These opening hours never leave that much time: open at least one day."))


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("an aware instant is expected, not a bare date and time")
    return at.astimezone(UTC)
