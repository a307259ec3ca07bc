"""Tags and filters of every page, loaded as built-ins: states, signs, ages, days, masks, links that keep a filter."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from versants.core.svg import blocks
from versants.core.svg.signs import ICONS, MARKS
from versants.core.web import drawing, words

register = template.Library()

# The word of a state when the page has none of its own.
MARK_WORDS = {
    "crisis": gettext_lazy("crisis"),
    "urgent": gettext_lazy("urgent"),
    "plan": gettext_lazy("planned"),
    "new": gettext_lazy("new"),
    "wait": gettext_lazy("awaits an answer"),
    "ok": gettext_lazy("confirmed"),
    "no": gettext_lazy("refused"),
    "fixed": gettext_lazy("does not move"),
    "move": gettext_lazy("can move"),
    "warn": gettext_lazy("to watch"),
}
MASK = "•••"
VERSANT_LETTERS = {"hauts-de-france": "HDF", "wallonie": "WAL", "west-vlaanderen": "WVL"}


def _sign(name: str) -> SafeString:
    if name not in MARKS:
        raise ValueError(f"no mark is called {name!r}; known: {', '.join(MARKS)}")
    return mark_safe(f'<svg viewBox="0 0 16 16" aria-hidden="true">{MARKS[name]}</svg>')


@register.simple_tag
def mark(state: str, word: Any = None) -> SafeString:
    """A state: shape, then word, then colour. ``state`` is a key of MARKS; raises ValueError otherwise."""
    text = MARK_WORDS.get(state, "") if word is None or word == "" else word
    return format_html('<span class="mark {}">{}{}</span>', state, _sign(state), text)


@register.simple_tag
def sign(state: str) -> SafeString:
    """The bare shape of a state, where its word stands beside it already."""
    return _sign(state)


@register.simple_tag
def options(groups: Any) -> SafeString:
    """The options of a select, from its widget's ``optgroups``: a page asks for a language among two hundred, and a
    template for each of them, with another for its attributes, costs more than all the rest of the form.
    """
    return drawing.options(groups)


@register.simple_tag
def choices(pairs: Any, chosen: Any) -> SafeString:
    """The options of a filter."""
    return drawing.choices(pairs, chosen)


@register.simple_tag
def day_lines(grid: Any) -> SafeString:
    """The rows of a timeline's table."""
    return blocks.day_lines(grid)


@register.simple_tag
def day_list(grid: Any) -> SafeString:
    """The same rows as lists."""
    return blocks.day_list(grid)


@register.simple_tag
def week_lines(lines: Any) -> SafeString:
    """The rows of a week's table."""
    return blocks.week_lines(lines)


@register.simple_tag
def week_list(lines: Any, days: Any) -> SafeString:
    """The same rows as lists."""
    return blocks.week_list(lines, {day: date_format(day, "D j") for day in days})


@register.simple_tag
def placed(items: Any, *, dated: bool) -> SafeString:
    """Visits in words, as items of a list."""
    return blocks.placed(items, dated=dated)


@register.simple_tag
def icon(name: str, *, big: bool = False, flips: bool = False) -> SafeString:
    """A 24 px sign, hidden from screen readers: a word stands beside it. ``flips`` in right-to-left pages."""
    if name not in ICONS:
        raise ValueError(f"no icon is called {name!r}; known: {', '.join(ICONS)}")
    classes = "i" + (" i-big" if big else "") + (" i-dir" if flips else "")
    return mark_safe(f'<svg class="{classes}" viewBox="0 0 24 24" aria-hidden="true">{ICONS[name]}</svg>')


@register.simple_tag
def logo() -> SafeString:
    """The mark of the house: two slopes that meet."""
    return mark_safe(
        '<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2">'
        '<path d="M2 20.5 10.5 5 15 13"/><path d="M15 13l2.2-3.5 5.3 11"/>'
        '<path d="M10.5 5v6.5l-3 9M15 13v7.5" stroke-width="1.2"/></svg>'
    )


@register.simple_tag
def versant(code: str, name: Any = "") -> SafeString:
    """A versant by hatching and three letters; the name, when given, stands beside them."""
    letters = VERSANT_LETTERS.get(code, "")
    if not letters:
        return SafeString("")
    swatch = format_html('<span class="hatch h-{}" aria-hidden="true"></span>', letters.lower())
    return format_html(
        '<span class="versant">{}<b>{}</b>{}</span>', swatch, letters, f" {name}" if name else ""
    )


@register.simple_tag
def promise(since: datetime, due: datetime, *, kept: bool = False) -> SafeString:
    """The rule that shows how much of a promised delay has run; the words stand beside it."""
    from versants.core import clock

    whole = (due - since).total_seconds()
    run = 1.0 if kept or whole <= 0 else (clock.now() - since).total_seconds() / whole
    state = "" if kept else words.delay_state(due, since)
    return format_html(
        '<svg class="promise{}" viewBox="0 0 140 8" preserveAspectRatio="none" aria-hidden="true">'
        '<path class="all" d="M0 4H140"/><path class="run" d="M0 4H{}"/><path class="end" d="M139 0V8"/></svg>',
        f" {state}" if state else "",
        f"{140 * min(max(run, 0), 1):.1f}",
    )


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The address of this page with GET parameters changed; None or '' removes one. ``{% query page=2 %}``."""
    request = context.get("request")
    params: QueryDict = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name, value in changes.items():
        if value is None or value == "":
            params.pop(name, None)
        else:
            params[name] = str(value)
    encoded = params.urlencode()
    # A bare "?" and not "": an empty href would keep the old parameters.
    return f"?{encoded}"


@register.filter
def ago(value: datetime | None) -> str:
    """Age: il y a 6 h; the day after two days."""
    return words.ago(value) if value else ""


@register.filter
def until(value: datetime | None) -> str:
    """Reste 2 h 40, retard 40 min."""
    return words.until(value) if value else ""


@register.filter
def delay_state(due: datetime | None, since: datetime | None = None) -> str:
    """``late``, ``soon`` or nothing."""
    return words.delay_state(due, since) if due else ""


@register.filter
def hm(value: timedelta | float | None) -> str:
    """31:10, from a timedelta or seconds."""
    return words.hm(value) if value is not None and value != "" else ""


@register.filter
def span(value: timedelta | float | None) -> str:
    """A length in words: 2 h 40, 38 min. Numbers are seconds."""
    if value is None or value == "":
        return ""
    return words.span(value if isinstance(value, timedelta) else timedelta(seconds=float(value)))


@register.filter
def day_long(value: date | None) -> str:
    """Mardi 24 novembre (lower case)."""
    return words.day_long(value) if value else ""


@register.filter
def day_plain(value: date | None) -> str:
    """24 novembre 2026."""
    return words.day_plain(value) if value else ""


@register.filter
def day_short(value: date | None) -> str:
    """24 nov."""
    return words.day_short(value) if value else ""


@register.filter
def clock_time(value: datetime | None) -> str:
    """09:30, local."""
    return words.clock_time(value) if value else ""


@register.filter
def typo(value: Any) -> Any:
    """French spacing of a sentence made at run time. Markup already marked safe is left alone."""
    return value if isinstance(value, SafeString) else words.typography(value)


@register.filter
def spaced(sign: str) -> str:
    """A colon or a semicolon with the space that French keeps before it."""
    return words.spaced(sign)


@register.filter
def masked(value: Any, may_see: Any) -> Any:
    """``value`` for those who may see it, three dots and their meaning for the others.

    The value is not turned into text when masked: an encrypted name stays closed.
    """
    if may_see:
        return value
    return format_html(
        '<span class="masked"><span aria-hidden="true">{}</span><span class="vh">{}</span></span>',
        MASK,
        _("not shown to you"),
    )


@register.filter
def rich(value: Any) -> SafeString:
    """A label that may carry its own markup (core.forms.Labelled); anything else is escaped as ever."""
    return conditional_escape(value)


@register.filter
def starts(value: Any) -> str:
    """A sentence's first letter in capital, the rest untouched."""
    text = str(value)
    return text[:1].upper() + text[1:]


@register.filter
def action_name(code: str) -> Any:
    """What an audit event says, in words; the code itself when no app named it."""
    from versants.core.web.audit import ACTIONS

    return ACTIONS.get(code, code)


@register.filter
def reason_name(event: Any) -> Any:
    """Why, as it was chosen when ``event`` was recorded, in words; the code itself when no app named it."""
    from versants.core.web.audit import REASONS

    code = event.facts.get("reason") or ""
    return REASONS.get(event.action, {}).get(code, code)


@register.filter
def role_name(code: str) -> Any:
    """A role in words; empty for an actor without one."""
    from versants.core.access.classes import Role

    return Role(code).label if code in Role.values else ""
