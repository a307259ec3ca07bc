"""What people type: days, numbers, weeks. Worked by hand, then as properties."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from versants.people.services.importing import professionals, values
from versants.people.services.importing.reading import Cell
from versants.people.services.importing.rows import Row
from versants.people.services.importing.values import Unclear


@pytest.mark.parametrize(
    "typed",
    ["31/12/2026", "31.12.2026", "31-12-2026", "2026-12-31", "31 décembre 2026", "31 december 2026",
     "jeudi 31 décembre 2026", "31 DEC 2026", "46387", 46387, 46387.0,
     datetime.fromisoformat("2026-12-31"), date(2026, 12, 31),
     "2026-12-31 00:00:00"],
)  # fmt: skip
def test_a_day_is_read_in_every_manner(typed):
    assert values.day(Cell(typed), "day") == date(2026, 12, 31)


@pytest.mark.parametrize(
    "typed", ["31/12/26", "32/12/2026", "31/13/2026", "demain", "12", 12.5, True, "31/12/1026", ""]
)
def test_what_is_no_day_is_refused(typed):
    with pytest.raises(ValueError):
        values.day(Cell(typed), "day")


def test_day_and_month_are_never_guessed():
    with pytest.raises(Unclear) as caught:
        values.day(Cell("03/04/2026"), "")
    assert caught.value.args[0] == "2026-04-03 / 2026-03-04"
    assert values.day(Cell("03/04/2026"), "day") == date(2026, 4, 3)
    assert values.day(Cell("03/04/2026"), "month") == date(2026, 3, 4)
    assert values.day(Cell("04/04/2026"), "") == date(2026, 4, 4)


def test_a_column_says_which_comes_first():
    def column(*typed):
        return [Cell(one) for one in typed]

    assert values.order_of(column("03/04/2026", "25/04/2026"), "en") == "day"
    assert values.order_of(column("03/04/2026", "04/25/2026"), "fr") == "month"
    assert values.order_of(column("25/04/2026", "04/25/2026"), "fr") == ""
    assert values.order_of(column("03/04/2026"), "en") == ""
    assert values.order_of(column("03/04/2026"), "nl") == "day"


def test_serials_of_1904_are_four_years_later():
    assert values.day(Cell(44925), "", from_1904=True) == date(2026, 12, 31)


@pytest.mark.parametrize(
    "typed", ["03/2026", "2026-03", "mars 2026", "maart 2026", "March 2026", date(2026, 3, 17)]
)
def test_a_month_is_its_first_day(typed):
    assert values.month(Cell(typed), "day") == date(2026, 3, 1)


def test_numbers_are_exact_or_refused():
    assert values.amount(Cell("1 234,50")) == Decimal("1234.50")
    assert values.amount(Cell("1.234,50 €")) == Decimal("1234.50")
    assert values.amount(Cell("30.4")) == values.amount(Cell(30.4)) == Decimal("30.4")
    assert values.amount(Cell(0.1)) + values.amount(Cell(0.2)) == Decimal("0.3")
    for typed in ("1.234", "1,2,3", "douze", "", None, True, "1e3", "--1"):
        with pytest.raises(ValueError):
            values.amount(Cell(typed))


@given(st.decimals(min_value=-(10**7), max_value=10**7, places=2))
def test_money_comes_out_as_it_went_in(amount):
    text = f"{amount:.2f}"
    assert values.amount(Cell(text)) == amount
    assert values.amount(Cell(text.replace(".", ","))) == amount
    assert values.amount(Cell(float(amount))) == amount


@given(st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_days_come_out_as_they_went_in(day):
    serial = (day - date(1899, 12, 30)).days
    for typed in (day, day.isoformat(), f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}", serial, float(serial)):
        assert values.day(Cell(typed), "day") == day


def test_yes_and_no_in_three_languages():
    assert [values.yes(Cell(word)) for word in ("Oui", "JA", "yes", "x", 1, True)] == [True] * 6
    assert [values.yes(Cell(word)) for word in ("non", "Nee", "no", 0, False)] == [False] * 5
    with pytest.raises(ValueError):
        values.yes(Cell("peut-être"))


def test_a_week_is_read_as_people_write_it():
    office = [(day, time(8, 30), time(17)) for day in range(5)]
    for typed in (
        "lun-ven 08:30-17:00",
        "lundi à vendredi 8h30-17h",
        "maa-vrij 8u30-17u",
        "Mon-Fri 8.30 - 17:00",
    ):
        assert values.week(typed, "fr") == office, typed
    assert values.week("ma 9:00-12:00", "fr") == [(1, time(9), time(12))]
    assert values.week("ma 9:00-12:00", "nl") == [(0, time(9), time(12))]
    with pytest.raises(Unclear):
        values.week("ma 9:00-12:00", "en")
    assert values.week("lun, mer 9h-12h + 13h-17h; sam 9h-10h", "fr") == [
        (0, time(9), time(12)),
        (0, time(13), time(17)),
        (2, time(9), time(12)),
        (2, time(13), time(17)),
        (5, time(9), time(10)),
    ]
    for typed in ("lun 17:00-8:00", "toujours", "lun 9h-12h; lun 11h-13h", "ven-lun 9h-10h"):
        with pytest.raises(ValueError):
            values.week(typed, "fr")


@given(st.text(max_size=40))
def test_no_text_breaks_a_reader(text):
    cell = Cell(text)
    for read in (
        lambda: values.day(cell, "day"),
        lambda: values.month(cell, ""),
        lambda: values.amount(cell),
        lambda: values.whole(cell),
        lambda: values.yes(cell),
        lambda: values.hour(cell),
        lambda: values.week(text, "fr"),
    ):
        try:
            read()
        except ValueError:
            continue


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_the_kinds_of_interpreter_that_a_refusal_names_are_understood(language):
    """What is said to be expected can be typed as it stands, in the language it is said in."""
    with translation.override(language):
        said = str(professionals._expected_kind())
    words = re.split(r", | ou | of | or ", said)
    column = professionals.PROFESSIONALS.column("interpreter_kind")
    assert [Row._code(None, column, word) for word in words] == ["sworn", "certified", "helper"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "word", ["aide linguistique", "Aidant linguistique", "taalhulp", "taalhelper", "language helper"]
)
def test_a_language_helper_is_known_by_each_of_its_names(word):
    column = professionals.PROFESSIONALS.column("interpreter_kind")
    assert Row._code(None, column, word) == "helper"  # type: ignore[arg-type]
