"""Wall time to seconds: the days planned for, weekly hours and watches as spans of instants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from versants.core import clock
from versants_libs.dispatch import Break, Shift, Span

STEP_S = 300  # the board's columns: starts are proposed on whole five minutes
MAX_DAYS = 7
# A pause of half an hour at midday once somebody works more than six hours, as both labour laws ask for at
# least a short one (FR: Code du travail L3121-16, 20 min; BE: loi du 16 mars 1971, art. 38quater, 15 min).
LUNCH_S = 1800
LUNCH_FROM, LUNCH_TO = time(11, 30), time(14, 30)
LUNCH_IF_OVER_S = 6 * 3600


@dataclass(frozen=True)
class Horizon:
    """Whole local days, half-open ``[start, end)``; seconds are counted from ``start``."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        # Two instants of one zone subtract as wall clocks do; in UTC they subtract as time does.
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    @property
    def length(self) -> int:
        return self.s(self.end)

    def s(self, at: datetime) -> int:
        """Seconds from the beginning of the horizon; negative before it."""
        return int((at - self.start).total_seconds())

    def at(self, seconds: int) -> datetime:
        return self.start + timedelta(seconds=seconds)

    def span(self, start: datetime | None, end: datetime | None) -> Span | None:
        """A stretch of time cut at the horizon; None if nothing is left. None is open."""
        low = 0 if start is None else max(0, self.s(start))
        high = self.length if end is None else min(self.length, self.s(end))
        return Span(low, high) if high > low else None

    @property
    def dates(self) -> list[date]:
        first, last = clock.local(self.start).date(), clock.local(self.end - timedelta(seconds=1)).date()
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]

    @property
    def days(self) -> tuple[Span, ...]:
        """Local days, 23, 24 or 25 hours long."""
        spans = (self.span(*clock.day_bounds(day)) for day in self.dates)
        return tuple(span for span in spans if span)

    @property
    def weeks(self) -> tuple[Span, ...]:
        """Calendar weeks from Monday, cut at the horizon."""
        mondays = sorted({day - timedelta(days=day.weekday()) for day in self.dates})
        spans = (self.span(*week_bounds(monday)) for monday in mondays)
        return tuple(span for span in spans if span)


def week_bounds(day: date) -> tuple[datetime, datetime]:
    """The half-open instants of the calendar week of ``day``."""
    monday = day - timedelta(days=day.weekday())
    return clock.at(monday, 0), clock.at(monday + timedelta(days=7), 0)


def horizon_of_day(day: date) -> Horizon:
    """One local day."""
    return Horizon(*clock.day_bounds(day))


def horizon_for(opens: datetime, closes: datetime, *, spare_days: int = 1) -> Horizon:
    """The days of a window and ``spare_days`` after it, for later possibilities; a week at the most."""
    first = clock.local(opens).date()
    last = min(clock.local(closes).date() + timedelta(days=spare_days), first + timedelta(days=MAX_DAYS - 1))
    return Horizon(clock.day_bounds(first)[0], clock.day_bounds(max(first, last))[1])


def ceil_step(at: datetime) -> datetime:
    """``at`` or the next whole five minutes."""
    over = int(at.timestamp()) % STEP_S
    whole = at.astimezone(UTC).replace(microsecond=0)
    return at if over == 0 and whole == at else whole + timedelta(seconds=STEP_S - over)


def _wall(day: date, at: time) -> datetime:
    return clock.at(day, at.hour, at.minute)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Overlapping or touching spans made one, in order."""
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def shifts(
    horizon: Horizon,
    pattern: Iterable[tuple[int, time, time]],
    watches: Iterable[tuple[datetime | None, datetime | None]],
    place: int | None,
) -> tuple[Shift, ...]:
    """Weekly hours (weekday from Monday 0, from, to) in wall time, and watches, as shifts from and to ``place``."""
    return _shifts(horizon, tuple(pattern), tuple(watches), place)


# Most of a team keep the same hours, and a page asks for them more than once.
@lru_cache(maxsize=2048)
def _shifts(
    horizon: Horizon,
    pattern: tuple[tuple[int, time, time], ...],
    watches: tuple[tuple[datetime | None, datetime | None], ...],
    place: int | None,
) -> tuple[Shift, ...]:
    spans: list[Span] = []
    for day in horizon.dates:
        for weekday, start, end in pattern:
            if weekday == day.weekday():
                span = horizon.span(_wall(day, start), _wall(day, end))
                if span:
                    spans.append(span)
    spans += [span for span in (horizon.span(*watch) for watch in watches) if span]
    # A watch that goes on after these days does not send anybody home when they end.
    goes_on = any(end is None or end > horizon.end for _begin, end in watches)
    return tuple(
        Shift(
            span.start,
            span.end,
            place,
            None if goes_on and span.end == horizon.length else place,
            breaks=tuple(_lunches(horizon, span)),
        )
        for span in merged(spans)
    )


def _lunches(horizon: Horizon, shift: Span) -> Iterable[Break]:
    for day in horizon.dates:
        low = max(shift.start, horizon.s(_wall(day, LUNCH_FROM)))
        high = min(shift.end, horizon.s(_wall(day, LUNCH_TO)))
        if high - low >= LUNCH_S and high - low == horizon.s(_wall(day, LUNCH_TO)) - horizon.s(
            _wall(day, LUNCH_FROM)
        ):
            yield Break(LUNCH_S, low, high, LUNCH_IF_OVER_S)
