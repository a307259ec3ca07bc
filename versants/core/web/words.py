"""Dates, ages and delays as a reader says them. Babel knows the names of days; whole sentences go through gettext."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from django.utils.translation import get_language, npgettext
from django.utils.translation import gettext as _

from versants.core import clock

NNBSP, NBSP = "\u202f", "\u00a0"
# Babel has no Eastern Dari of its own: Afghan Persian is its nearest.
BABEL_OF = {"prs": "fa_AF", "en": "en_GB", "fr": "fr_BE", "nl": "nl_BE"}
_BEFORE_HIGH = re.compile(r"(?<=[^\s\u202f\u00a0?!;])[ \u00a0\u202f]*([?!;]+)(?=\s|$|[»”\"')\].,])")
_BEFORE_COLON = re.compile(r"(?<=\S)[ \u00a0\u202f]+:(?=\s|$)")
_INSIDE_QUOTES = re.compile(r"«[ \u00a0\u202f]*|[ \u00a0\u202f]*»")


def locale() -> str:
    """The Babel locale of the reader."""
    code = (get_language() or "fr").split("-")[0]
    return BABEL_OF.get(code, code)


def french_spaces(text: str) -> str:
    """French spacing: a narrow no-break space before ? ! ; and a no-break one before : and inside « ».

    Leaves times (10:30), addresses (https://) and entities alone: a sign counts only at the end of a word.
    """
    text = _BEFORE_HIGH.sub(lambda m: NNBSP + m[1], text)
    text = _BEFORE_COLON.sub(NBSP + ":", text)
    return _INSIDE_QUOTES.sub(lambda m: "«" + NBSP if m[0].startswith("«") else NBSP + "»", text)


def typography(text: Any) -> str:
    """``text`` spaced as its reader's language asks; only French asks."""
    return french_spaces(str(text)) if (get_language() or "fr").startswith("fr") else str(text)


def spaced(sign: str) -> str:
    """A colon or a semicolon after a word, with the space that French keeps before it."""
    if not (get_language() or "fr").startswith("fr"):
        return sign
    return (NBSP if sign == ":" else NNBSP) + sign


def tongue(name: str) -> str:
    """The name of a language inside a sentence: French writes it small, Dutch and English do not."""
    return name.lower() if (get_language() or "fr").startswith("fr") else name


def one_stop(text: str) -> str:
    """A sentence that ends with a shortened month has one full stop: Demandé 25 nov."""
    return re.sub(r"(?<!\.)\.\.(?!\.)", ".", text)


def as_date(value: date | datetime) -> date:
    """The local day of an instant, or the day itself."""
    return clock.local(value).date() if isinstance(value, datetime) else value


def _said(day: date, pattern: str) -> str:
    return _in_words(day, pattern, locale())


@lru_cache(maxsize=4096)
def _in_words(day: date, pattern: str, name: str) -> str:
    """``day`` by a pattern of Babel. French counts the first of a month: 1er décembre."""
    if day.day == 1 and name.startswith("fr"):
        pattern = re.sub(r"\bd\b", "d'er'", pattern)
    return format_date(day, pattern, locale=name)


def day_long(value: date | datetime) -> str:
    """mardi 24 novembre; with the year when it is not this one."""
    day = as_date(value)
    return _said(day, "EEEE d MMMM" if day.year == clock.today().year else "EEEE d MMMM y")


def day_short(value: date | datetime) -> str:
    """24 nov.; with the year when it is not this one."""
    day = as_date(value)
    return _said(day, "d MMM" if day.year == clock.today().year else "d MMM y")


def day_plain(value: date | datetime) -> str:
    """1 avril 2018, without the day of the week: for what holds since a date."""
    return _said(as_date(value), "d MMMM y")


def clock_time(value: datetime) -> str:
    """09:30, local."""
    return f"{clock.local(value):%H:%M}"


def hm(value: timedelta | int | float) -> str:
    """A length in hours and minutes, 31:10. Numbers are seconds; halves of a minute go up."""
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    minutes = int(abs(seconds) / 60 + 0.5)
    sign = "−" if seconds < 0 and minutes else ""
    return f"{sign}{minutes // 60}:{minutes % 60:02d}"


def span(length: timedelta) -> str:
    """A length in words, its two largest units: 40 min, 2 h 40, 1 d 6 h, 3 days. Minutes are cut, not rounded."""
    minutes = int(abs(length.total_seconds()) // 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days >= 2:
        return npgettext("length", "%(n)d day", "%(n)d days", days) % {"n": days}
    if days:
        return (_("%(d)d d %(h)d h") if hours else _("%(d)d d")) % {"d": days, "h": hours}
    if hours:
        return (_("%(h)d h %(m)02d") if minutes else _("%(h)d h")) % {"h": hours, "m": minutes}
    return _("%(m)d min") % {"m": minutes}


def ago(value: datetime) -> str:
    """Age of an instant: il y a 12 min, il y a 6 h, il y a 1 j 6 h, then its day (22 nov.)."""
    age = clock.now() - value
    if age < timedelta(minutes=1):
        return _("just now") if age > -timedelta(minutes=1) else day_short(value)
    if age >= timedelta(days=2):
        return day_short(value)
    if timedelta(hours=1) <= age < timedelta(days=1):
        age -= age % timedelta(hours=1)
    return _("%(span)s ago") % {"span": span(age)}


def until(value: datetime) -> str:
    """What is left of a delay, or by how much it is over: reste 2 h 40, retard 40 min."""
    left = value - clock.now()
    if left >= timedelta(0):
        return _("%(span)s left") % {"span": span(left)}
    return _("%(span)s late") % {"span": span(left)}


def delay_state(value: datetime, since: datetime | None = None) -> str:
    """late once over, soon in its last quarter (or its last three hours), else nothing."""
    now = clock.now()
    if now > value:
        return "late"
    last = max((value - since) / 4, timedelta()) if since else timedelta(hours=3)
    return "soon" if value - now <= last else ""
