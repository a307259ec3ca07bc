"""Wall time and instants, on the two difficult days of the year too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from versants.core import clock
from versants.core.periods import lasting, span


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 24), 24)]
)
def test_a_day_has_its_own_length(day, hours):
    start, end = clock.day_bounds(day)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


def test_a_skipped_wall_time_moves_on():
    assert clock.at(date(2026, 3, 29), 2, 30).astimezone(UTC) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert clock.local(clock.at(date(2026, 3, 29), 2, 30)).hour == 3


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(3, 23), st.integers(0, 59))
def test_wall_time_comes_back(day, hour, minute):
    local = clock.local(clock.at(day, hour, minute))
    assert (local.date(), local.hour, local.minute) == (day, hour, minute)


def test_frozen_clock(settings):
    settings.FROZEN_NOW = "2026-11-24T17:40"
    assert clock.now() == datetime(2026, 11, 24, 16, 40, tzinfo=UTC)
    assert clock.today() == date(2026, 11, 24)


def test_periods_are_half_open_and_never_backwards():
    start = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert lasting(start, 90).upper == start + timedelta(minutes=90)
    assert start in lasting(start, 90)
    assert lasting(start, 90).upper not in lasting(start, 90)
    for end in (start, start - timedelta(seconds=1)):
        with pytest.raises(ValueError, match="ends after"):
            span(start, end)
