"""Dates, ages and French spaces."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from versants.core.web import words

NOW = datetime(2026, 11, 24, 7, 10, tzinfo=UTC)  # 8:10 in Brussels
NNBSP, NBSP = "\u202f", "\u00a0"


@pytest.fixture(autouse=True)
def _frozen(settings):
    settings.FROZEN_NOW = NOW.isoformat()


def in_(language, call, *args):
    with translation.override(language):
        return call(*args)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fr", "mardi 24 novembre"), ("nl", "dinsdag 24 november"), ("en", "Tuesday 24 November")],
)
def test_day_long_is_said_in_the_readers_language(language, expected):
    assert in_(language, words.day_long, NOW) == expected


def test_day_long_names_the_year_of_another_year():
    assert in_("fr", words.day_long, date(2025, 1, 2)) == "jeudi 2 janvier 2025"


def test_day_of_an_instant_is_the_local_one():
    # 23:30 in UTC is already the next day here
    assert in_("fr", words.day_short, datetime(2026, 11, 24, 23, 30, tzinfo=UTC)) == "25 nov."


@pytest.mark.parametrize(
    ("age", "fr", "nl"),
    [
        (timedelta(seconds=20), "à l’instant", "zonet"),
        (timedelta(minutes=12), "il y a 12 min", "12 min geleden"),
        (timedelta(hours=6, minutes=40), "il y a 6 h", "6 u geleden"),
        (timedelta(hours=30), "il y a 1 j 6 h", "1 d 6 u geleden"),
        (timedelta(hours=24), "il y a 1 j", "1 d geleden"),
        (timedelta(days=2), "22 nov.", "22 nov"),
    ],
)
def test_ago_says_an_age_then_a_day(age, fr, nl):
    assert in_("fr", words.ago, NOW - age) == fr
    assert in_("nl", words.ago, NOW - age).removesuffix(".") == nl


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(hours=2, minutes=40), "reste 2 h 40"),
        (timedelta(days=3, hours=5), "reste 3 jours"),
        (timedelta(hours=5), "reste 5 h"),
        (timedelta(0), "reste 0 min"),
        (-timedelta(minutes=40), "retard 40 min"),
    ],
)
def test_until_says_what_is_left_or_how_late(left, expected):
    assert in_("fr", words.until, NOW + left) == expected


def test_delay_state_turns_in_the_last_quarter_then_late():
    since = NOW - timedelta(hours=6)
    assert words.delay_state(NOW + timedelta(hours=6), since) == ""
    assert words.delay_state(NOW + timedelta(hours=2), since) == "soon"
    assert words.delay_state(NOW - timedelta(seconds=1), since) == "late"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (timedelta(hours=31, minutes=10), "31:10"),
        (34 * 60, "0:34"),
        (89, "0:01"),
        (90, "0:02"),
        (-3600, "−1:00"),
        (0, "0:00"),
    ],
)
def test_hm_writes_hours_and_minutes(value, expected):
    assert words.hm(value) == expected


@pytest.mark.parametrize(
    ("typed", "spaced"),
    [
        ("Une vie est en danger ? Appelez.", f"Une vie est en danger{NNBSP}? Appelez."),
        ("Vraiment? Oui!", f"Vraiment{NNBSP}? Oui{NNBSP}!"),
        ("Rien n’est perdu : trois choix ; à vous", f"Rien n’est perdu{NBSP}: trois choix{NNBSP}; à vous"),
        ("« Elle dort »", f"«{NBSP}Elle dort{NBSP}»"),
        ("de 10:30 à 11:00", "de 10:30 à 11:00"),
        ("https://exemple.org/?a=1;b", "https://exemple.org/?a=1;b"),
        (f"déjà{NNBSP}? juste{NBSP}: oui", f"déjà{NNBSP}? juste{NBSP}: oui"),
    ],
)
def test_french_spaces_stand_before_high_signs_only(typed, spaced):
    assert words.french_spaces(typed) == spaced
    assert words.french_spaces(spaced) == spaced


def test_a_colon_after_a_label_has_its_space_in_french_alone():
    assert [in_(one, words.spaced, ":") for one in ("fr", "nl", "en")] == [f"{NBSP}:", ":", ":"]
    assert [in_(one, words.spaced, ";") for one in ("fr", "nl", "en")] == [f"{NNBSP};", ";", ";"]


def test_a_sentence_that_ends_with_a_shortened_month_has_one_full_stop():
    assert words.one_stop("Demandé 25 nov.. L’heure est passée.") == "Demandé 25 nov. L’heure est passée."
    assert words.one_stop("Et si... Rien.") == "Et si... Rien."


def test_only_french_is_respaced():
    assert in_("nl", words.typography, "Gaat het ?") == "Gaat het ?"


def test_french_catalogue_of_core_is_spaced_as_french():
    from pathlib import Path

    from babel.messages.pofile import read_po

    path = Path(words.__file__).parents[1] / "locale/fr/LC_MESSAGES/django.po"
    with path.open("rb") as file:
        strings = [
            text
            for m in read_po(file)
            if m.id
            for text in (m.string if isinstance(m.string, tuple) else (m.string,))
        ]
    assert len(strings) > 200
    assert [text for text in strings if words.french_spaces(text) != text] == []


@pytest.mark.parametrize(
    ("language", "short", "long", "plain"),
    [
        ("fr", "1er déc.", "mardi 1er décembre", "1er décembre 2026"),
        ("nl", "1 dec", "dinsdag 1 december", "1 december 2026"),
        ("en", "1 Dec", "Tuesday 1 December", "1 December 2026"),
    ],
)
def test_french_counts_the_first_of_a_month(language, short, long, plain):
    first = date(2026, 12, 1)
    assert in_(language, words.day_short, first).removesuffix(".") == short.removesuffix(".")
    assert in_(language, words.day_long, first) == long
    assert in_(language, words.day_plain, first) == plain
    assert in_("fr", words.day_short, date(2026, 12, 11)) == "11 déc."
