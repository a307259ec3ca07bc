"""The dates of a series, by properties: the hour on the wall, the holidays, and what a move may touch."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versants.core import clock
from versants.core.errors import BadInput
from versants.mobile.services.series import Series, days_of, shifted, wall_of, window_on
from versants.territory import calendars

BRUSSELS = ZoneInfo("Europe/Brussels")
DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))
COUNTRIES = st.sampled_from(["FR", "BE"])
SERIES = st.builds(Series, st.integers(2, 20), st.integers(1, 4))
# Wall times of a day on which a visit begins; the night of the clocks is in.
HOURS = st.times().map(lambda t: t.replace(second=0, microsecond=0, tzinfo=None))


@settings(deadline=None)
@given(DAYS, SERIES, COUNTRIES)
def test_every_visit_is_held_on_the_same_weekday_in_the_rhythm_and_on_no_holiday(first, series, country):
    days, skipped = days_of(first, series, country)
    assert len(days) == series.times
    assert not any(calendars.is_holiday(day, country) for day in days)
    assert all(calendars.is_holiday(day, country) for day in skipped)
    # Those held and those skipped are, together, the rhythm without a gap up to the last one held.
    both = sorted([*days, *skipped])
    assert both == [first + timedelta(weeks=series.every_weeks) * n for n in range(len(both))]
    assert not skipped or max(skipped) < max(days)


@settings(deadline=None)
@given(DAYS, st.integers(2, 20), COUNTRIES)
def test_without_skipping_the_days_are_the_bare_rhythm(first, times, country):
    days, skipped = days_of(first, Series(times, 1, skip_holidays=False), country)
    assert (days, skipped) == ([first + timedelta(weeks=n) for n in range(times)], [])


@settings(deadline=None)
@given(DAYS, SERIES, COUNTRIES, HOURS, st.integers(5, 600))
def test_the_hour_on_the_wall_stays_the_same_across_both_changes_of_the_clocks(
    first, series, country, start, minutes
):
    end = (datetime.combine(first, start) + timedelta(minutes=minutes)).time()
    across = int(end <= start)
    for day in days_of(first, series, country)[0]:
        window = window_on(day, start, end, across)
        assert window.lower.astimezone(ZoneInfo("UTC")) < window.upper.astimezone(ZoneInfo("UTC"))
        opens = clock.local(window.lower)
        if _exists(day, start):
            assert (opens.date(), opens.time()) == (day, start)
        else:
            # 02:30 on the spring night is 03:30: the next hour there is.
            assert opens.replace(tzinfo=None) == datetime.combine(day, start) + timedelta(hours=1)
        last = day + timedelta(days=across)
        if _exists(day, start) and _exists(last, end):
            assert wall_of(window) == (start, end, across)


def _exists(day: date, at: time) -> bool:
    there = datetime.combine(day, at, tzinfo=BRUSSELS)
    return there.astimezone(ZoneInfo("UTC")).astimezone(BRUSSELS).time() == at


def test_eight_tuesdays_over_the_autumn_change_are_utc_one_hour_later_after_it():
    # 25 October 2026: from 20 to 27 October, 14:00 on the wall moves from 12:00 to 13:00 UTC.
    days, _skipped = days_of(date(2026, 10, 20), Series(2), "BE")
    hours = [window_on(day, time(14), time(15)).lower.astimezone(ZoneInfo("UTC")).hour for day in days]
    assert hours == [12, 13]


def test_a_window_in_the_hour_that_the_spring_night_skips_keeps_its_length():
    window = window_on(date(2026, 3, 29), time(2, 30), time(3, 0))
    assert (clock.local(window.lower).time(), clock.local(window.upper).time()) == (time(3, 30), time(4, 0))


@pytest.mark.parametrize(("country", "held"), [("BE", "11-18"), ("FR", "11-18")])
def test_armistice_day_is_a_holiday_on_both_sides(country, held):
    days, skipped = days_of(date(2026, 11, 4), Series(2), country)
    assert ([f"{day:%m-%d}" for day in days], skipped) == (["11-04", held], [date(2026, 11, 11)])


def test_each_side_has_its_own_holidays():
    # 21 July is Belgium's, 14 July is France's; both are Tuesdays in 2026.
    assert days_of(date(2026, 7, 14), Series(2), "BE")[0] == [date(2026, 7, 14), date(2026, 7, 28)]
    assert days_of(date(2026, 7, 14), Series(2), "FR")[0] == [date(2026, 7, 21), date(2026, 7, 28)]


def test_a_series_ends_within_three_years():
    with pytest.raises(BadInput) as refusal:
        days_of(date(2026, 1, 5), Series(60, 4), "BE")
    assert refusal.value.code == "need.series"


@settings(deadline=None)
@given(DAYS, SERIES, COUNTRIES, st.integers(-30, 30), st.data())
def test_a_shifted_series_keeps_its_number_falls_on_no_holiday_and_never_twice_on_a_day(
    first, series, country, by, data
):
    days, _skipped = days_of(first, series, country)
    cut = data.draw(st.integers(0, series.times - 1))
    staying, moving = days[:cut], days[cut:]
    moved = shifted(moving, by, every_weeks=series.every_weeks, country=country, taken=staying)
    assert len(moved) == len(set(moved)) == len(moving)
    assert not any(calendars.is_holiday(day, country) for day in moved)
    for before, after in zip(moving, moved, strict=True):
        wanted = before + timedelta(days=by)
        if calendars.is_holiday(wanted, country):
            # Made up for after the last, in the rhythm, on a day that nothing else of the series has.
            assert after > max(day + timedelta(days=by) for day in moving)
            assert (after - wanted).days % (7 * series.every_weeks) == 0
            assert after not in staying
        else:
            assert after == wanted


@settings(deadline=None)
@given(st.lists(DAYS, min_size=1, max_size=10, unique=True), st.integers(-30, 30))
def test_what_skips_no_holidays_is_shifted_as_it_is(days, by):
    assert shifted(days, by) == [day + timedelta(days=by) for day in days]


def test_nothing_shifted_is_nothing():
    assert shifted([], 3, country="BE") == []
