"""Names of languages inside a sentence."""

from __future__ import annotations

import pytest
from django.utils import translation

from versants.core.web import words


@pytest.mark.parametrize(
    ("language", "name", "said"),
    [("fr", "Tigrinya", "tigrinya"), ("nl", "Pasjtoe", "Pasjtoe"), ("en", "Tigrinya", "Tigrinya")],
)
def test_only_french_writes_a_language_small(language, name, said):
    with translation.override(language):
        assert words.tongue(name) == said
