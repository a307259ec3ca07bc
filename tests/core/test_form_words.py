"""A form that comes back is told in the words it was asked in."""

from __future__ import annotations

from django.utils.translation import override

import versants.config.urls  # noqa: F401 - every form of every page
from versants.core.web.form_words import in_words

VISIT = "/visits/7f6dfb5a-8c36-4c7b-9e3b-2c6b9a0f7d11/"


def test_words_and_how_many_have_none():
    sent = [
        ("version", "3"),
        ("kind", "crisis"),
        ("mode", "on_site"),
        ("persons", "V7K4-2M9X"),
        ("duration_min", "45"),
        ("social_note", "Une nuit calme."),
        ("clinical_note", " "),
    ]
    with override("en"):
        told, untold = in_words(sent, VISIT + "record/")
    words = dict(told)
    assert words["Minutes"] == "45"
    assert words["Social note"] == "Une nuit calme."
    assert words["What kind of visit"] == "crisis intervention"
    assert words["How"] == "on site"
    assert untold == 2  # the version and a person, whose choices are made for one visit


def test_a_form_nobody_knows_still_tells_what_was_written():
    with override("en"):
        assert in_words([("zz", "two words"), ("zy", "abc"), ("zx", "")], "/nowhere/at/all") == (
            [("Text", "two words")],
            1,
        )


def test_nothing_sent():
    assert in_words([], "/") == ([], 0)


def test_two_forms_with_the_same_names_are_told_apart_by_their_page():
    with override("en"):
        opened = in_words([("reason", "call")], "/people/V7K4-2M/open/?next=/")
        attempted = in_words([("reason", "refused")], VISIT + "attempt/")
    assert opened == ([("Why", "to ring the person")], 0)
    assert attempted == ([("Why it did not take place", "the person refused")], 0)
