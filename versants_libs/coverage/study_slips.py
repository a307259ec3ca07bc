"""Slips in ``STUDY.json`` that change an answer and break no reference: each is an error with its place, or a warning.

A code that names nothing (a versant, a country, a language nobody asks for) leaves a factor, a mandate or a person
without effect; hours counted in two bands are worked twice; a date that is none says nothing of when.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from .study import Band, Candidate, Commune, Fairness, Person, Study

if TYPE_CHECKING:
    from .study_files import Cursor

__all__ = ["check_study", "warnings"]

_CODE = re.compile(r"[A-Z]{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PART = re.compile(r"\d{4}(-\d{2})?")


def check_study(
    at: Mapping[str, Cursor],
    communes: Sequence[Commune],
    bands: Sequence[Band],
    fairness: Fairness | None,
    today: date | None,
) -> None:
    """``at``: the fields of a study, all read already. ``today``: dates after it are refused; None: any is taken.

    Raises PathError.
    """
    _check_countries(at, communes)
    _check_bands(at["bands"], bands)
    if "peak" in at:
        there = sorted({one.versant for one in communes})
        for name, one in at["peak"].entries().items():
            if name not in there:
                raise one.fail(f"a versant of the study's communes ({', '.join(there)}) as its name", name)
    if "fairness" in at and fairness is not None:
        inside = at["fairness"].entries()
        if fairness.meaning != "sum" and not fairness.weight:
            where = inside.get("weight", at["fairness"])
            raise where.fail(f"a weight above 0 with the meaning {fairness.meaning}")
        if "chosen_on" in inside:
            _check_date(inside["chosen_on"], today)
    if "travel" in at:
        inside = at["travel"].entries()
        _check_date(inside["date"], today, part=True)
        known = {one.uid for one in communes}
        for name in ("origins", "destinations"):
            for place in inside[name].items() if name in inside else ():
                if place.text() not in known:
                    raise place.fail("the uid of one of the study's communes")


def _check_countries(at: Mapping[str, Cursor], communes: Sequence[Commune]) -> None:
    """Two capital letters, those of the uid where it has some. A side: such a code; one of a list at least the study's."""
    for place, one in zip(at["communes"].items(), communes, strict=True):
        country = place.entries()["country"]
        prefix, dash, _ = one.uid.partition("-")
        if not _CODE.fullmatch(one.country):
            raise country.fail("a country's code in two capital letters (BE, FR)")
        if dash and _CODE.fullmatch(prefix) and prefix != one.country:
            raise country.fail(f"{prefix}, the country in the uid {one.uid},")
    there = sorted({one.country for one in communes})
    for name in ("people", "candidates"):
        for somebody in at[name].items():
            if "sides" not in somebody.value:
                continue
            sides = somebody.entries()["sides"].items()
            known = any(side.value in there for side in sides)
            for side in sides:
                # Somebody may be sent to a country without a commune here as well, but not only there.
                if side.value not in there and not (known and _CODE.fullmatch(side.text())):
                    raise side.fail(f"a country of the study's communes ({', '.join(there)})")


def _check_bands(at: Cursor, bands: Sequence[Band]) -> None:
    for i, here in enumerate(at.items()):
        for j in range(i):
            one, other = bands[i], bands[j]
            days = sorted(set(one.weekdays) & set(other.weekdays))
            start, end = max(one.start, other.start), min(one.end, other.end)
            if days and start < end:
                raise here.fail(
                    f"no hour of another band (weekday {days[0]} from {start:g} to {end:g} is {other.id}'s too)",
                    one.id,
                )


def _check_date(at: Cursor, today: date | None, part: bool = False) -> None:
    """An ISO day, or nothing; ``part``: a year or a month too."""
    expected = date_slip(at.text(empty=True), today, part)
    if expected:
        raise at.fail(expected)


def date_slip(text: str, today: date | None, part: bool = False) -> str:
    """What is expected where ``text`` is neither empty nor an ISO day (``part``: nor a month or a year); else nothing."""
    if not text:
        return ""
    whole = f"{text}-01-01"[:10] if part and _PART.fullmatch(text) else text
    expected = "a day as 2026-11-27" + (", a month as 2026-11 or a year" if part else "")
    try:
        day = date.fromisoformat(whole) if _DAY.fullmatch(whole) else None
    except ValueError:
        day = None
    if day is None:
        return expected
    return f"{expected}, not after today ({today.isoformat()})," if today is not None and day > today else ""


def warnings(study: Study) -> list[str]:
    """Languages of people and candidates that nobody asks for, each once, with its first place: who speaks it serves nobody
    in it."""
    asked = set(study.languages)
    found: dict[str, list[str]] = {}
    groups: dict[str, Sequence[Person | Candidate]] = {"people": study.people, "candidates": study.candidates}
    for name, group in groups.items():
        for i, one in enumerate(group):
            for language in one.languages:
                if language not in asked:
                    found.setdefault(language, []).append(f"$.{name}[{i}].languages.{language}")
    said = []
    for language, places in found.items():
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        alike = language.strip().lower()
        meant = f"; {alike} is asked for" if alike in asked else ""
        said.append(f"{places[0]}{more}: nobody asks for this language{meant}")
    return said
