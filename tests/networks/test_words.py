"""Figures of a study as each language writes them."""

import pytest
from django.utils import translation

from versants.networks import words


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("fr", "42.31 €, 400 €", "42,31\u00a0€; 400\u00a0€"),
        ("nl", "42.31 €, 400 €", "€\u00a042,31; €\u00a0400"),
        ("en", "42.31 €, 400 €", "42.31 €; 400 €"),
        ("fr", "6.3, 0.82, 0.81", "6,3; 0,82; 0,81"),
        ("fr", "72% (58%-86%)", "72\u202f% (58\u202f%–86\u202f%)"),
        ("nl", "12 (West-Vlaanderen), 7.7 (Wallonie)", "12 (West-Vlaanderen); 7,7 (Wallonie)"),
        ("fr", "2026-11-27", "2026-11-27"),
        ("fr", "45, 20000", "45; 20\u202f000"),
        ("nl", "45, 20000", "45; 20.000"),
        ("en", "10000", "10,000"),
        ("nl", "12345.6", "12345,6"),
    ],
)
def test_the_value_of_an_assumption(language, text, said):
    with translation.override(language):
        assert words.value_word(text) == said
