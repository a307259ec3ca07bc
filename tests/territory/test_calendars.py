"""Holidays and opening hours, on ordinary days and on those when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from versants.core.errors import BadInput
from versants.territory.calendars import (
    WEEKDAYS,
    WeeklyHours,
    add_open_time,
    holiday_name,
    holidays_between,
    instant,
    is_holiday,
    is_open,
    open_seconds_between,
)

BRUSSELS = ZoneInfo("Europe/Brussels")
OFFICE = WeeklyHours.parse({day: [["08:30", "12:00"], ["13:00", "17:00"]] for day in WEEKDAYS[:5]})
ALWAYS = WeeklyHours.always()
HOUR = timedelta(hours=1)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BRUSSELS)


# Fixed in law: FR Code du travail L3133-1; BE arrêté royal of 18 April 1974, article 1.
@pytest.mark.parametrize(
    ("day", "france", "belgium"),
    [
        (date(2026, 1, 1), True, True),
        (date(2026, 4, 3), False, False),  # Good Friday: Alsace-Moselle only
        (date(2026, 4, 6), True, True),  # Easter Monday
        (date(2026, 5, 1), True, True),
        (date(2026, 5, 8), True, False),
        (date(2026, 5, 14), True, True),  # Ascension
        (date(2026, 5, 25), True, True),  # Whit Monday
        (date(2026, 7, 14), True, False),
        (date(2026, 7, 21), False, True),
        (date(2026, 8, 15), True, True),
        (date(2026, 11, 1), True, True),
        (date(2026, 11, 11), True, True),
        (date(2026, 12, 25), True, True),
        (date(2026, 12, 26), False, False),  # Alsace-Moselle only
        (date(2026, 11, 24), False, False),
    ],
)
def test_holidays_differ_by_country(day, france, belgium):
    assert (is_holiday(day, "FR"), is_holiday(day, "BE")) == (france, belgium)


def test_a_year_has_eleven_holidays_in_france_and_ten_in_belgium():
    year = date(2027, 1, 1), date(2028, 1, 1)
    assert len(holidays_between(*year, "FR")) == 11
    # The ten of the law; the calendar also names the Sundays of Easter and Whitsun.
    sundays = [date(2027, 3, 28), date(2027, 5, 16)]
    belgian = holidays_between(*year, "BE")
    assert [day for day in belgian if day in sundays] == sundays
    assert len(belgian) == 10 + len(sundays)


def test_a_holiday_has_its_name_in_the_readers_language():
    assert holiday_name(date(2026, 7, 21), "BE", "nl") == "Nationale feestdag"
    assert holiday_name(date(2026, 7, 14), "FR", "fr") == "Fête nationale"
    assert holiday_name(date(2026, 7, 15), "FR", "fr") == ""


def test_an_unknown_country_is_refused():
    with pytest.raises(BadInput) as refused:
        is_holiday(date(2026, 1, 1), "NL")
    assert refused.value.code == "calendar.country"


def test_a_promise_of_four_hours_made_on_friday_afternoon_falls_on_monday():
    # Friday 15:30 leaves 1.5 h; Monday 08:30 + 2.5 h = 11:00.
    promised = add_open_time(local("2026-11-20T15:30"), 4 * HOUR, OFFICE, "FR")
    assert promised == local("2026-11-23T11:00")


def test_the_lunch_break_does_not_count():
    promised = add_open_time(local("2026-11-24T11:00"), 2 * HOUR, OFFICE, "FR")
    assert promised == local("2026-11-24T14:00")
    assert open_seconds_between(local("2026-11-24T11:00"), local("2026-11-24T14:00"), OFFICE, "FR") == 7200


def test_a_holiday_is_closed_on_its_side_of_the_border_only():
    # Tuesday 21 July 2026 is Belgium's national day.
    asked = local("2026-07-20T16:30")
    assert add_open_time(asked, HOUR, OFFICE, "FR") == local("2026-07-21T09:00")
    assert add_open_time(asked, HOUR, OFFICE, "BE") == local("2026-07-22T09:00")
    assert not is_open(local("2026-07-21T10:00"), OFFICE, "BE")
    assert is_open(local("2026-07-21T10:00"), OFFICE, "FR")


def test_the_spring_day_has_23_open_hours_and_the_autumn_day_25():
    for day, expected in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)):
        start, end = instant(day, 0), instant(day + timedelta(days=1), 0)
        assert open_seconds_between(start, end, ALWAYS, "FR") == expected * 3600


def test_a_skipped_wall_time_is_the_moment_of_the_change():
    # 29 March 2026: 02:00 becomes 03:00, which is 01:00 UTC.
    assert instant(date(2026, 3, 29), 2 * 60 + 30) == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    night = WeeklyHours.parse({"sun": [["02:30", "03:30"]]})
    start, end = instant(date(2026, 3, 29), 0), instant(date(2026, 3, 30), 0)
    assert open_seconds_between(start, end, night, "FR") == 1800  # 03:00 to 03:30 on the clock


def test_a_repeated_wall_time_is_its_first_occurrence():
    # 25 October 2026: 03:00 becomes 02:00; the first 02:30 is 00:30 UTC.
    assert instant(date(2026, 10, 25), 2 * 60 + 30) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_two_wall_times_of_the_repeated_hour_are_compared_as_instants():
    first = datetime(2026, 10, 25, 2, 45, tzinfo=BRUSSELS, fold=0)
    second = datetime(2026, 10, 25, 2, 15, tzinfo=BRUSSELS, fold=1)
    assert open_seconds_between(first, second, ALWAYS, "BE") == 1800


def test_backwards_is_negative():
    a, b = local("2026-11-24T09:00"), local("2026-11-24T10:00")
    assert open_seconds_between(b, a, OFFICE, "BE") == -3600


@pytest.mark.parametrize(
    ("week", "code"),
    [
        ({"lun": [["08:00", "12:00"]]}, "hours.day"),
        ({"mon": [["8h", "12:00"]]}, "hours.time"),
        ({"mon": [["08:00", "24:01"]]}, "hours.time"),
        ({"mon": [["08:00"]]}, "hours.time"),
        ({"mon": [["22:00", "06:00"]]}, "hours.order"),
        ({"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}, "hours.overlap"),
    ],
)
def test_hours_that_cannot_be_are_refused(week, code):
    with pytest.raises(BadInput) as refused:
        WeeklyHours.parse(week)
    assert refused.value.code == code


def test_hours_that_never_open_are_refused_instead_of_searched_for_ever():
    with pytest.raises(BadInput) as refused:
        add_open_time(local("2026-11-24T09:00"), HOUR, WeeklyHours.parse({}), "FR")
    assert refused.value.code == "hours.never"


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        open_seconds_between(datetime(2026, 1, 1), datetime(2026, 1, 2), OFFICE, "FR")  # noqa: DTZ001


def test_hours_written_and_read_again_are_the_same():
    assert WeeklyHours.parse(OFFICE.as_json()) == OFFICE


minutes = st.integers(0, 1440)
intervals = st.lists(minutes, max_size=6, unique=True).map(
    lambda found: tuple(zip(sorted(found)[::2], sorted(found)[1::2], strict=False))
)
weeks = st.lists(intervals, min_size=7, max_size=7).map(lambda days: WeeklyHours(tuple(days)))
# Instants crowd around the two changes of 2026, where arithmetic goes wrong if it can.
instants = st.one_of(
    st.datetimes(datetime(2026, 3, 27), datetime(2026, 4, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 10, 23), datetime(2026, 10, 28), timezones=st.just(UTC)),  # noqa: DTZ001
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
).map(lambda at: at.replace(second=0, microsecond=0))
countries = st.sampled_from(["FR", "BE"])


def open_by_minute(a: datetime, b: datetime, hours: WeeklyHours, country: str) -> int:
    """The slow way: look at the clock on the wall every minute."""
    open_minutes = 0
    while a < b:
        wall = a.astimezone(BRUSSELS)
        minute = wall.hour * 60 + wall.minute
        spans = () if is_holiday(wall.date(), country) else hours.days[wall.weekday()]
        if wall.fold:
            # The second 02:00 to 03:00: open where a span that began by then goes on to 03:00 or later.
            open_minutes += any(start < 180 <= end for start, end in spans)
        else:
            open_minutes += any(start <= minute < end for start, end in spans)
        a += timedelta(minutes=1)
    return open_minutes


@settings(max_examples=60, deadline=None)
@given(weeks, instants, st.integers(0, 3000), countries)
def test_opening_time_equals_looking_at_the_clock_every_minute(hours, a, length, country):
    b = a + timedelta(minutes=length)
    assert open_seconds_between(a, b, hours, country) == 60 * open_by_minute(a, b, hours, country)


@settings(max_examples=150, deadline=None)
@given(weeks, instants, instants, instants, countries)
def test_opening_time_adds_up(hours, a, b, c, country):
    a, b, c = sorted([a, b, c])
    parts = open_seconds_between(a, b, hours, country) + open_seconds_between(b, c, hours, country)
    assert parts == open_seconds_between(a, c, hours, country)


@settings(max_examples=150, deadline=None)
@given(weeks, instants, st.integers(1, 3000), countries)
def test_added_opening_time_has_passed_and_not_a_second_earlier(hours, start, length, country):
    duration = timedelta(minutes=length)
    # Weeks with an opening hour on every day: some time passes even in a week of holidays.
    hours = WeeklyHours(tuple(day or ((600, 660),) for day in hours.days))
    end = add_open_time(start, duration, hours, country)
    assert open_seconds_between(start, end, hours, country) == duration.total_seconds()
    before = end - timedelta(seconds=1)
    assert open_seconds_between(start, before, hours, country) == duration.total_seconds() - 1
