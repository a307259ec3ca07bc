"""Tags and filters, rendered as pages do."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, engines
from django.test import RequestFactory
from django.utils import translation

from versants.core.svg.signs import MARKS
from versants.core.templatetags.versants import MARK_WORDS

NOW = datetime(2026, 11, 24, 7, 10, tzinfo=UTC)


def draw(source, language="fr", **context):
    with translation.override(language):
        return engines["django"].engine.from_string(source).render(Context(context))


def test_every_mark_has_a_word_in_every_language():
    assert set(MARK_WORDS) == set(MARKS)
    for language in ("fr", "nl"):
        with translation.override(language):
            translated = {str(word) for word in MARK_WORDS.values()}
        with translation.override("en"):
            assert len(translated) == len(MARKS)
            # "urgent" is the same word in French
            assert len(translated & {str(word) for word in MARK_WORDS.values()}) <= 1


def test_mark_is_shape_then_word():
    drawn = draw('{% mark "wait" %}')
    assert drawn.startswith('<span class="mark wait"><svg viewBox="0 0 16 16" aria-hidden="true">')
    assert drawn.endswith("</svg>attend une réponse</span>")


def test_mark_escapes_its_word():
    assert "<b>" not in draw('{% mark "ok" word %}', word="<b>oui</b>")


def test_unknown_signs_are_refused():
    with pytest.raises(ValueError, match="no mark is called"):
        draw('{% mark "purple" %}')
    with pytest.raises(ValueError, match="no icon is called"):
        draw('{% icon "unicorn" %}')


class Sealed:
    """Stands for an encrypted text: turning it into text is a reading."""

    def __str__(self):
        raise AssertionError("opened")


def test_masked_never_opens_what_it_hides():
    assert "pas visible pour vous" in draw("{{ name|masked:False }}", name=Sealed())
    assert draw("{{ name|masked:True }}", name="Selam") == "Selam"


def test_query_keeps_the_filters_and_changes_one():
    request = RequestFactory().get("/x/", {"team": "1", "page": "3"})
    assert draw("{% query page=4 %}", request=request) == "?team=1&amp;page=4"
    assert draw("{% query page=None %}", request=request) == "?team=1"
    assert draw("{% query team=None page='' %}", request=request) == "?"


def test_query_does_not_change_the_request():
    request = RequestFactory().get("/x/", {"page": "3"})
    draw("{% query page=4 %}", request=request)
    assert request.GET["page"] == "3"


def test_promise_is_drawn_to_scale(settings):
    settings.FROZEN_NOW = NOW.isoformat()
    half = draw("{% promise since due %}", since=NOW - timedelta(hours=1), due=NOW + timedelta(hours=1))
    assert 'class="promise"' in half
    assert "M0 4H70.0" in half
    late = draw("{% promise since due %}", since=NOW - timedelta(hours=2), due=NOW - timedelta(hours=1))
    assert 'class="promise late"' in late
    assert late.count("H140") == 2
    kept = draw(
        "{% promise since due kept=True %}", since=NOW - timedelta(hours=2), due=NOW - timedelta(hours=1)
    )
    assert 'class="promise"' in kept


def test_versant_has_letters_and_hatching():
    drawn = draw('{% versant "west-vlaanderen" "Flandre-Occidentale" %}')
    assert "h-wvl" in drawn
    assert "<b>WVL</b> Flandre-Occidentale" in drawn
    assert draw('{% versant "elsewhere" %}') == ""


def test_empty_values_stay_empty():
    assert (
        draw("{{ x|ago }}{{ x|until }}{{ x|hm }}{{ x|day_long }}{{ x|clock_time }}{{ x|span }}", x=None) == ""
    )
