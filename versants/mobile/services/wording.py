"""What a request is called, and when it is wanted: sentences made from lists, never from the words of anybody."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext, pgettext

from versants.core import clock
from versants.core.web import words
from versants.mobile.enums import Audience, Mode, Urgency
from versants.mobile.models import Request
from versants.mobile.services import matters

# What looks like a name, a date or a number: to warn, never to refuse.
_NAME = re.compile(
    r"\b(?:M\.|Mr\.?|Mrs\.?|Mme|Mlle|Monsieur|Madame|Meneer|Mevrouw|Dhr\.?|Mevr\.?)\s+[A-ZÀ-Þ]"
    r"|(?:s['’]appelle|nomm[ée]e?|pr[ée]nomm[ée]e?|heet|genaamd|called|named|name is)\s+[A-ZÀ-Þ]"
    r"|(?<![.!?:\n]\s)(?<!^)\b[A-ZÀ-Þ][a-zà-ÿ]{2,}\s+(?:[A-ZÀ-Þ][a-zà-ÿ]{2,}|[A-ZÀ-Þ]{3,})\b",
    re.MULTILINE,
)
_MONTH = (
    "janvier|f[ée]vrier|mars|avril|mai|juin|juillet|ao[ûu]t|septembre|octobre|novembre|d[ée]cembre|"
    "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december|"
    "january|february|march|may|june|july|august|october"
)
_DATE = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-](?:19|20)?\d{2}\b|\b(?:19|20)\d{2}-\d{2}-\d{2}\b"
    rf"|\b\d{{1,2}}(?:er)?\s+(?:{_MONTH})\s+(?:19|20)\d{{2}}\b|\bn[ée]e?\s+(?:le|en)\b|\bgeboren\b|\bborn\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:\d[\s./-]?){6,}|[\w.+-]+@[\w-]+\.\w+")

LOOKS_LIKE = {
    "name": gettext_noop("This looks like a name."),
    "date": gettext_noop("This looks like a date of birth or another exact date."),
    "number": gettext_noop("This looks like a telephone or file number."),
}


def looks_identifying(text: str) -> list[str]:
    """Which of name, date, number the text seems to hold. A hint for the one who writes; it is often wrong."""
    found = []
    if _NAME.search(text):
        found.append("name")
    if _DATE.search(text):
        found.append("date")
    if _NUMBER.search(_DATE.sub(" ", text)):
        found.append("number")
    return found


def number_word(n: int) -> str:
    """Small numbers in words, as a title says them; figures above twenty."""
    spelled = pgettext(
        "numbers from zero to twenty, separated by commas",
        "zero,one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve,thirteen,fourteen,fifteen,sixteen,"
        "seventeen,eighteen,nineteen,twenty",
    ).split(",")
    return spelled[n].strip() if 0 <= n < len(spelled) else str(n)


def waiting_title(n: int) -> str:
    """Neuf demandes attendent une réponse."""
    if n == 0:
        return _("No request waits for an answer")
    text = ngettext("%(n)s request waits for an answer", "%(n)s requests wait for an answer", n) % {
        "n": number_word(n)
    }
    return text[:1].upper() + text[1:]


def title(request: Request) -> str:
    """What is asked, in one line: the roles or the matter, then when."""
    when_text = when(request)
    return f"{matter(request)}, {when_text}" if when_text else matter(request)


def matter(request: Request) -> str:
    """The matter by its categories; a crisis without any is named by who should come."""
    about = matters.of(request).categories
    labels = [str(label) for code, label in _category_labels() if code in about]
    if labels:
        text = (
            labels[0]
            if len(labels) == 1
            else _("%(one)s; %(other)s") % {"one": labels[0], "other": labels[1]}
        )
    elif request.audience == Audience.STAFF:
        text = _("support to professionals")
    elif request.channel == "public":
        text = _("wants to be rung")
    elif request.urgency == Urgency.CRISIS:
        text = _("psychologist and interpreter") if _has_language(request) else _("psychologist")
    else:
        text = _("listening and orientation")
    return text[:1].upper() + text[1:]


def _has_language(request: Request) -> bool:
    return bool(list(request.languages.all()))


def _category_labels() -> list[tuple[str, Any]]:
    from versants.mobile.enums import Category

    return list(Category.choices)


def when(request: Request) -> str:
    """Ce soir, 18:00 à 20:30; demain; mercredi 14:00; as soon as possible in a crisis."""
    if request.window is None:
        return _("as soon as possible") if request.urgency == Urgency.CRISIS else ""
    return window(request.window.lower, request.window.upper)


def when_short(request: Request) -> str:
    """The moment for a narrow column."""
    return when(request) or _("to be agreed")


def window(start: datetime, end: datetime | None) -> str:
    """A stretch of time as said: its day, then its hours when they matter. A night belongs to the day it begins on."""
    first, today = clock.local(start), clock.today()
    last = clock.local(end - timedelta(seconds=1)) if end is not None else first
    whole = end is not None and end - start >= timedelta(hours=9)
    if whole and last.date() != first.date():
        return _("%(from)s to %(to)s") % {"from": words.day_short(start), "to": words.day_short(last)}
    if first.date() == today:
        day = _("this evening") if first.hour >= 17 else _("today")
    elif first.date() == today + timedelta(days=1):
        day = _("tomorrow")
    else:
        day = words.day_long(start) if abs((first.date() - today).days) < 7 else words.day_short(start)
    if end is None or whole:  # the whole day
        return day
    return _("%(day)s, %(from)s to %(to)s") % {
        "day": day,
        "from": words.clock_time(start),
        "to": words.clock_time(end),
    }


def place(request: Request) -> str:
    """Le Refuge, Mouscron (BE)."""
    commune = request.commune
    if commune is None:
        return _("not said where")
    where = f"{commune.name} ({commune.country})"
    return f"{request.site.name}, {where}" if request.site is not None else where


def who_for(request: Request) -> str:
    """One person, a family of four, a group of six: never more than the logistics say."""
    if request.audience == Audience.PERSON or (request.audience != Audience.STAFF and request.n_people == 1):
        return _("one person")
    n = {"n": request.n_people}
    if request.audience == Audience.FAMILY:
        return _("a family of %(n)d") % n
    if request.audience == Audience.GROUP:
        return _("a group of %(n)d") % n
    if request.audience == Audience.STAFF:
        return (
            ngettext(
                "the team of the centre, %(n)d professional",
                "the team of the centre, %(n)d professionals",
                request.n_people,
            )
            % n
        )
    return ngettext("%(n)d person", "%(n)d persons", request.n_people) % n


def how(request: Request) -> str:
    """By telephone, by video; nothing on site, the usual case."""
    return "" if request.mode == Mode.ON_SITE else str(request.get_mode_display())


def language_of_team(versant: str) -> str:
    """The language a team's own messages are written in when nobody's account says another."""
    return "nl" if versant == "west-vlaanderen" else "fr"
