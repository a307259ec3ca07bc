"""What people type, as values: days, months, whole and decimal numbers, yes or no, hours. Never a guess."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from versants.people.services.importing.reading import Cell
from versants.territory.folding import fold

YES = frozenset(["oui", "ja", "yes", "o", "j", "y", "x", "1", "true", "vrai", "waar", "v", "ok"])
NO = frozenset(["non", "nee", "neen", "no", "n", "0", "false", "faux", "onwaar"])
# Excel's own day 0; its 29 February 1900 never was, so the count starts two days before 1 January.
_EPOCH, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
FIRST_YEAR, LAST_YEAR = 1950, 2100
_NUMERIC = re.compile(r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})$")
_ISO = re.compile(r"^(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?)?$")
_WORDS = re.compile(r"^(?:[a-z]+ )?(\d{1,2})(?:er|e)? ([a-z]+) (\d{4})$")
_MONTHS = (
    "janvier januari january janv jan",
    "fevrier februari february fevr fev feb",
    "mars maart march mrt mar",
    "avril april avr apr",
    "mai mei may",
    "juin juni june jun",
    "juillet juli july juil jul",
    "aout augustus august aug",
    "septembre september sept sep",
    "octobre oktober october oct okt",
    "novembre november nov",
    "decembre december dec",
)
MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}


class Unclear(ValueError):
    """It may mean two things; ``args[0]`` says which ("3 April or 4 March")."""


def order_of(cells: Iterable[Cell], language: str) -> str:
    """How a column writes its days: ``day`` first, ``month`` first, or ``""`` when nothing decides it.

    A number over 12 decides; where none does, French and Dutch heads do: nobody writes the month first under them.
    Two that contradict each other decide nothing.
    """
    first = second = False
    for cell in cells:
        if isinstance(cell.value, str) and (found := _NUMERIC.match(cell.text)):
            first = first or int(found[1]) > 12
            second = second or int(found[2]) > 12
    if first != second:
        return "day" if first else "month"
    return "" if first else "day" if language in {"fr", "nl"} else ""


def day(cell: Cell, order: str, *, from_1904: bool = False) -> date:
    """A day. Raises Unclear when day and month could be taken for each other, ValueError for anything else."""
    value = cell.value
    if isinstance(value, datetime):
        if value.time() != time(0):
            raise ValueError(cell.text)
        return _sane(value.date())
    if isinstance(value, date):
        return _sane(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _serial(float(value), from_1904)
    text = cell.text
    if found := _ISO.match(text):
        return _sane(date(int(found[1]), int(found[2]), int(found[3])))
    if found := _NUMERIC.match(text):
        a, b, year = int(found[1]), int(found[2]), int(found[3])
        if a == b or a > 12:
            return _sane(date(year, b, a))
        if b > 12:
            return _sane(date(year, a, b))
        if not order:
            raise Unclear(f"{date(year, b, a).isoformat()} / {date(year, a, b).isoformat()}")
        return _sane(date(year, b, a) if order == "day" else date(year, a, b))
    if found := _WORDS.match(fold(text)):
        return _sane(date(int(found[3]), _month_word(found[2]), int(found[1])))
    if re.fullmatch(r"\d{5}", text):
        return _serial(float(text), from_1904)
    raise ValueError(text)


def _serial(number: float, from_1904: bool) -> date:
    if not number.is_integer() or not 0 < number < 80_000:
        raise ValueError(number)
    return _sane((_EPOCH_1904 if from_1904 else _EPOCH) + timedelta(days=int(number)))


def _sane(found: date) -> date:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(found)
    return found


def _month_word(word: str) -> int:
    if word not in MONTHS:
        raise ValueError(word)
    return MONTHS[word]


def month(cell: Cell, order: str, *, from_1904: bool = False) -> date:
    """The first day of a month: ``2026-03``, ``03/2026``, ``mars 2026``, or any day of it. Raises as ``day``."""
    text = cell.text
    if isinstance(cell.value, str):
        if found := re.fullmatch(r"(\d{4})[/.\-](\d{1,2})", text):
            return _sane(date(int(found[1]), int(found[2]), 1))
        if found := re.fullmatch(r"(\d{1,2})[/.\-](\d{4})", text):
            return _sane(date(int(found[2]), int(found[1]), 1))
        if found := re.fullmatch(r"([a-z]+) (\d{4})", fold(text)):
            return _sane(date(int(found[2]), _month_word(found[1]), 1))
    return day(cell, order, from_1904=from_1904).replace(day=1)


def amount(cell: Cell) -> Decimal:
    """An exact number, ``1 234,50`` or ``1234.50``. Raises ValueError, also where a sign may mean thousands."""
    value = cell.value
    if isinstance(value, bool) or value is None:
        raise ValueError(cell.text)
    if isinstance(value, int):
        return Decimal(value)
    # repr gives the shortest text that is this float: 30.4 stays 30.4.
    text = repr(value) if isinstance(value, float) else re.sub(r"[\s\u00a0\u202f']", "", cell.text)
    text = text.replace("€", "")
    if isinstance(value, str):
        if not re.fullmatch(r"[+-]?(\d{1,3}(\.\d{3})+,\d+|\d+([.,]\d+)?)", text):
            raise ValueError(text)
        if "," in text:
            text = text.replace(".", "").replace(",", ".")
        elif re.fullmatch(r"[+-]?\d{1,3}\.\d{3}", text):
            raise ValueError(text)  # 1.234: one thousand, or one and a bit
    try:
        found = Decimal(text)
    except InvalidOperation as exc:
        raise ValueError(text) from exc
    if not found.is_finite():
        raise ValueError(text)
    return found


def whole(cell: Cell) -> int:
    """A whole number, ``12`` or ``1 200``. Raises ValueError."""
    found = amount(cell)
    if found != found.to_integral_value():
        raise ValueError(cell.text)
    return int(found)


def yes(cell: Cell) -> bool:
    """Oui, ja, yes, x, 1; non, nee, no, 0. Raises ValueError."""
    if isinstance(cell.value, bool):
        return cell.value
    word = fold(cell.text)
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(cell.text)


def hour(cell: Cell) -> time:
    """A time of the day: 08:30, 8h30, 8u30, 8.30, 8h. Raises ValueError."""
    value = cell.value
    if isinstance(value, datetime):
        return value.time().replace(second=0, microsecond=0)
    if isinstance(value, time):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, float) and 0 <= value < 1:
        minutes = min(1439, round(value * 1440))
        return time(minutes // 60, minutes % 60)
    return hour_of(cell.text)


def hour_of(text: str) -> time:
    """The same, from a text. Raises ValueError."""
    found = re.fullmatch(
        r"(\d{1,2})\s*(?:[:hu.]\s*(\d{2})?)?\s*(?:uur|heures?)?(?::00)?", text.strip().lower()
    )
    if not found:
        raise ValueError(text)
    return time(int(found[1]), int(found[2] or 0))


# -- a working week ---------------------------------------------------------------------------------------------------

_DAYS = (
    "lundi lun lu maandag maa monday mon",
    "mardi mar dinsdag din tuesday tue tues",
    "mercredi mer me woensdag woe wo wednesday wed",
    "jeudi jeu je donderdag don do thursday thu thur thurs",
    "vendredi ven ve vrijdag vrij vr vri friday fri",
    "samedi sam sa zaterdag zat za saturday sat",
    "dimanche dim zondag zon zo sunday sun",
)
DAYS = {word: number for number, words in enumerate(_DAYS) for word in words.split()}
# Two letters that are one day in French and another in Dutch.
_TWO = {"fr": {"ma": 1, "di": 6}, "nl": {"ma": 0, "di": 1}}
_PART = re.compile(r"^([^\d]+?)[\s:]*(\d.*)$")


def weekday(text: str, language: str = "") -> int:
    """Monday 0. Raises Unclear for "ma" and "di" where no language decides, ValueError otherwise."""
    word = fold(text)
    if word in DAYS:
        return DAYS[word]
    if word in ("ma", "di"):
        if language in _TWO:
            return _TWO[language][word]
        raise Unclear("mardi / maandag" if word == "ma" else "dimanche / dinsdag")
    raise ValueError(text)


def week(text: str, language: str = "") -> list[tuple[int, time, time]]:
    """(weekday, start, end) of "lun-ven 8:30-12:00 et 13:00-17:00; sam 9h-12h", in order. Raises as ``weekday``."""
    found: list[tuple[int, time, time]] = []
    for part in re.split(r"[;\n]", text):
        if not part.strip():
            continue
        cut = _PART.match(part.strip())
        if not cut:
            raise ValueError(part)
        days: list[int] = []
        for group in re.split(r",|\bet\b|\ben\b|\band\b", cut[1]):
            if not group.strip(" :"):
                continue
            ends = [weekday(one, language) for one in re.split(r"[-–]| a | à | tot | to ", group.strip(" :"))]
            if len(ends) > 2 or ends[-1] < ends[0]:
                raise ValueError(group)
            days += range(ends[0], ends[-1] + 1)
        for stretch in re.split(r",|\bet\b|\ben\b|\band\b|\+", cut[2]):
            hours = [hour_of(one) for one in re.split(r"[-–]|\bà\b|\btot\b|\bto\b", stretch)]
            if len(hours) != 2 or hours[0] >= hours[1]:
                raise ValueError(stretch)
            found += [(one, hours[0], hours[1]) for one in days]
    found.sort()
    if any(a[0] == b[0] and a[2] > b[1] for a, b in pairwise(found)):
        raise ValueError(text)
    return found
