"""When something is, as a sentence; and the hours somebody typed, as a window."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import translation

from tests.requests.making import at
from versants.core import clock
from versants.mobile.forms.requests import DetailsForm
from versants.mobile.services import wording


@pytest.fixture(autouse=True)
def _now(settings):
    settings.FROZEN_NOW = "2026-11-24T09:00:00+01:00"


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-11-24 18:00", "2026-11-24 20:30", "this evening, 18:00 to 20:30"),
        # A visit of the night keeps its hours.
        ("2026-11-24 23:00", "2026-11-25 00:30", "this evening, 23:00 to 00:30"),
        ("2026-11-25 22:00", "2026-11-26 06:00", "tomorrow, 22:00 to 06:00"),
        ("2026-11-24 20:00", "2026-11-25 00:00", "this evening, 20:00 to 00:00"),
        # Days keep their days.
        ("2026-11-25 08:00", "2026-11-27 20:00", "25 Nov to 27 Nov"),
        ("2026-11-25 08:00", "2026-11-25 20:00", "tomorrow"),
        # The night the clocks go back has an hour more.
        ("2026-10-24 23:00", "2026-10-25 04:00", "24 Oct, 23:00 to 04:00"),
    ],
)
def test_a_stretch_of_time_as_said(start, end, said):
    with translation.override("en"):
        assert wording.window(at(start), at(end)) == said


@pytest.mark.parametrize(
    ("from_time", "to_time", "window"),
    [
        ("", "", ("08:00", "20:00")),
        ("10:00", "12:00", ("10:00", "12:00")),
        ("21:00", "", ("21:00", "23:59")),
        ("23:59", "", ("23:59", "00:00")),
        ("", "07:30", ("00:00", "07:30")),
        ("", "08:30", ("08:00", "08:30")),
    ],
)
def test_the_hours_typed_are_a_window(db, from_time, to_time, window):
    form = DetailsForm({"day": "2026-11-25", "from_time": from_time, "to_time": to_time})
    assert form.is_valid(), form.errors
    found = form.window()
    assert (f"{clock.local(found.lower):%H:%M}", f"{clock.local(found.upper):%H:%M}") == window
    assert clock.local(found.lower).date() == date(2026, 11, 25)
