"""What the public page says, in each language: data files beside this module, one per language.

A file says its own name, direction, script, where its dates come from, and whether a native speaker has read it. A
text that nobody has read yet is shown, marked as such; what somebody agrees to, and what to do in danger, is never
shown in such a text alone (``companions``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.dates import format_date

from versants.core.web import words
from versants.people.models import Team
from versants.territory import calendars

FOLDER = Path(__file__).with_name("texts")
# As the chooser shows them: the territory's own first, then in the order they are asked for there.
CODES = ("fr", "nl", "en", "ar", "prs", "ps", "ti", "so", "tr", "ru", "uk", "kmr", "ln", "sq", "pt")
COMPANIONS = ("fr", "nl")
# What browsers call the same language.
ALIASES = {
    "fa": "prs",
    "fa-af": "prs",
    "dari": "prs",
    "pus": "ps",
    "ku": "kmr",
    "ku-latn": "kmr",
    "sqi": "sq",
}
_DIGITS = {
    "latn": str.maketrans({}),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True)
class PublicText:
    """The page in one language. In a template ``{{ t.title }}`` is its string ``title``."""

    code: str
    autonym: str
    iso639_3: str
    direction: str
    script: str
    babel: str
    digits: str
    day_pattern: str
    checked_by_native: bool
    strings: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.strings[key]

    @property
    def interface(self) -> str:
        """The language of what the frame says around the page: one of the product's own."""
        return self.code if self.code in {"fr", "nl", "en"} else "fr"

    @property
    def companions(self) -> list[PublicText]:
        """Checked texts to stand beside this one; none if it was checked itself."""
        return [] if self.checked_by_native else [load(code) for code in COMPANIONS]

    @property
    def beside(self) -> Beside:
        """``beside[key]``: the sentence again in each companion, as (text, sentence)."""
        return Beside(self)

    def figures(self, text: str) -> str:
        """``text`` with its digits as this language writes them."""
        return text.translate(_DIGITS[self.digits])

    def day(self, value: date | datetime) -> str:
        """tuesday 24 november, in the words of the language."""
        day = words.as_date(value)
        return self.figures(format_date(day, self.day_pattern, locale=self.babel))

    def clock_time(self, value: datetime) -> str:
        """09:30, local."""
        return self.figures(words.clock_time(value))

    def weekday(self, number: int) -> str:
        """The name of a day, 0 for Monday."""
        return format_date(_MONDAY + timedelta(days=number), "EEEE", locale=self.babel)

    def hours(self, team: Team) -> list[tuple[str, list[tuple[str, str]]]]:
        """Opening hours as days and times: [("lundi – vendredi", [("08:30", "17:00")])].
        Empty if the team gave none."""
        week = calendars.WeeklyHours.parse(team.opening_hours or {}).days
        lines: list[tuple[str, list[tuple[str, str]]]] = []
        start = 0
        while start < len(week):
            end = start
            while end + 1 < len(week) and week[end + 1] == week[start]:
                end += 1
            if week[start]:
                days = self.weekday(start) if end == start else f"{self.weekday(start)} – {self.weekday(end)}"
                lines.append((days, [self._span(*span) for span in week[start]]))
            start = end + 1
        return lines

    def _span(self, opens: int, closes: int) -> tuple[str, str]:
        """Minutes of the day as 08:30 and 17:00, apart: the page sets them in the direction of its language."""
        return self.figures(_clock(opens)), self.figures(_clock(closes))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


class Beside:
    """Sentences of the companions of a text, by key; a template reads ``t.beside.danger``."""

    def __init__(self, text: PublicText) -> None:
        self._companions = text.companions

    def __getitem__(self, key: str) -> list[tuple[PublicText, str]]:
        return [(one, one[key]) for one in self._companions]


@cache
def load(code: str) -> PublicText:
    """The text of one of CODES. Raises KeyError for another one."""
    if code not in CODES:
        raise KeyError(code)
    given = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    strings = given.pop("strings")
    if code == "fr":
        strings = {key: words.french_spaces(value) for key, value in strings.items()}
    return PublicText(strings=MappingProxyType(strings), **given)


def everyone() -> list[PublicText]:
    """Each language of the chooser."""
    return [load(code) for code in CODES]


def pick(asked: str, kept: str, accepted: str) -> PublicText:
    """The language to answer in: the one asked for in the address, the one kept by the browser for the product, the
    first of ``accepted`` (an Accept-Language header) that exists, else French.
    """
    for code in (asked.casefold(), kept):
        if code in CODES:
            return load(code)
    for code in _accepted(accepted):
        if code in CODES:
            return load(code)
    return load("fr")


def _accepted(header: str) -> list[str]:
    """Codes of an Accept-Language header, wanted most first: ``fa-AF,en;q=0.8`` is prs, en."""
    wanted: list[tuple[float, str]] = []
    for part in header.split(",")[:20]:
        name, _, weight = part.strip().partition(";q=")
        name = name.strip().casefold()
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            quality = 0.0
        base = name.partition("-")[0]
        code = ALIASES.get(name) or ALIASES.get(base) or base
        if quality > 0:
            wanted.append((-quality, code))
    return [code for _, code in sorted(wanted, key=lambda pair: pair[0])]
