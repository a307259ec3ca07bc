"""Which days a semester holds: the calendar kept as data, calendar halves where it says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import total_ordering

from versants.core import clock
from versants.programme.models import ReportingPeriod


@total_ordering
@dataclass(frozen=True)
class Semester:
    """A reporting period, half-open [start, end)."""

    key: str
    start: date
    end: date

    def __lt__(self, other: Semester) -> bool:
        return self.start < other.start

    @property
    def last_day(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def runs(self) -> bool:
        """Not over yet: its figures still grow."""
        return self.start <= clock.today() < self.end


def half(day: date) -> Semester:
    """The calendar half of ``day``: 2026-1 until 30 June, 2026-2 from 1 July."""
    if day.month <= 6:
        return Semester(f"{day.year}-1", date(day.year, 1, 1), date(day.year, 7, 1))
    return Semester(f"{day.year}-2", date(day.year, 7, 1), date(day.year + 1, 1, 1))


def semesters(first: date, last: date) -> list[Semester]:
    """Every semester from the one that holds ``first`` to the one that holds ``last``.

    Periods kept as data come first; days that none of them holds fall into calendar halves, cut so that no day is
    counted twice.
    """
    kept = [
        Semester(period.key, period.days.lower, period.days.upper)
        for period in ReportingPeriod.objects.order_by("days")
        if period.days.upper > first and period.days.lower <= last
    ]
    found: list[Semester] = []
    day = first
    while day <= last:
        known = next((s for s in kept if s.start <= day < s.end), None)
        if known is None:
            plain = half(day)
            begins = max([plain.start, *(s.end for s in kept if s.end <= day)])
            ends = min([plain.end, *(s.start for s in kept if s.start > day)])
            known = Semester(plain.key, begins, ends)
        found.append(known)
        day = known.end
    return found
