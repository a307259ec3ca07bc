"""``STUDY.json`` in and out. A mistake is a :class:`PathError`: where in the file, what was found, what is expected."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from . import study as s
from .errors import FormatError, InstanceError
from .files import read_text
from .study import Study
from .study_slips import check_study

__all__ = [
    "FORMAT",
    "PathError",
    "fingerprint",
    "fingerprint_of",
    "load_study",
    "read_study",
    "study_json",
    "write_study",
]

FORMAT = "versants-mesh-study-1"
PROVIDERS = ("piecewise", "matrix", "osrm", "valhalla")
#: Minutes that the study holds itself.
_KEPT = ("origins", "destinations", "table")
T = TypeVar("T")
_DEMAND = frozenset(("commune", "language", "mode", "band", "requests", "minutes", "simple", "weight"))


class PathError(ValueError):
    """A field of a JSON file is wrong; ``path`` says which (``$.demand[3].language``)."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(f"{path}: {message}")


class Cursor:
    """A value of a JSON file and the way to it; every reading says what it expects."""

    def __init__(self, value: Any, path: str = "$") -> None:
        self.value, self.path = value, path

    def fail(self, expected: str, found: Any = None) -> PathError:
        """The error for this value, or for ``found`` in its place."""
        shown = json.dumps(self.value if found is None else found, ensure_ascii=False)
        shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
        return PathError(self.path, f"{shown} found, {expected} expected")

    def fields(self, needed: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Cursor]:
        """An object's fields; others than these are a mistake."""
        if not isinstance(self.value, Mapping):
            raise self.fail("an object")
        known = (*needed, *optional)
        for name in needed:
            if name not in self.value:
                raise PathError(self.path, f"no field {name!r}, {', '.join(needed)} expected")
        for name in self.value:
            if name not in known:
                raise PathError(f"{self.path}.{name}", f"an unknown field, {', '.join(known)} expected")
        return {name: Cursor(one, f"{self.path}.{name}") for name, one in self.value.items()}

    def items(self) -> list[Cursor]:
        """A list's."""
        if not isinstance(self.value, list):
            raise self.fail("a list")
        return [Cursor(one, f"{self.path}[{i}]") for i, one in enumerate(self.value)]

    def entries(self) -> dict[str, Cursor]:
        """An object's, whatever their names."""
        if not isinstance(self.value, Mapping):
            raise self.fail("an object")
        return {name: Cursor(one, f"{self.path}.{name}") for name, one in self.value.items()}

    def text(self, empty: bool = False) -> str:
        """A string."""
        if not isinstance(self.value, str) or not (self.value or empty):
            raise self.fail("a text")
        return self.value

    def choice(self, among: Sequence[str]) -> str:
        """One of a few words."""
        if self.value not in among:
            raise self.fail(f"one of {', '.join(among)}")
        return str(self.value)

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.fail("true or false")
        return self.value

    def number(self, low: float = 0.0, high: float = math.inf, expected: str = "") -> float:
        """A number between two limits, both included."""
        value = self.value
        right = isinstance(value, int | float) and not isinstance(value, bool)
        if not right or not (math.isfinite(value) and low <= value <= high):
            span = (
                f"a number of {low:g} or more" if high == math.inf else f"a number from {low:g} to {high:g}"
            )
            raise self.fail(expected or span)
        return float(value)

    def whole(self, low: int = 0, high: float = math.inf) -> int:
        """A whole number."""
        value = self.number(low, high, f"a whole number of {low} or more")
        if value != int(value):
            raise self.fail(f"a whole number of {low} or more")
        return int(value)

    def maybe(self, read: Callable[[Cursor], T]) -> T | None:
        """None for null."""
        return None if self.value is None else read(self)


class _Twice(dict[str, Any]):
    """An object in which ``name`` stands more than once."""

    name = ""


def _parsed(text: str) -> Any:
    """The value of a JSON text in which no object names a field twice."""
    twice = False

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal twice
        value = dict(pairs)
        if len(value) != len(pairs):
            names = [name for name, _ in pairs]
            value, twice = _Twice(value), True
            value.name = next(name for name in names if names.count(name) > 1)
        return value

    try:
        value = json.loads(text, object_pairs_hook=made)
    except json.JSONDecodeError as exc:
        raise FormatError(exc.lineno, exc.colno, f"not JSON: {exc.msg}") from exc
    if twice:
        _find_twice(value, "$")
    return value


def _find_twice(value: Any, path: str) -> None:
    if isinstance(value, _Twice):
        raise PathError(f"{path}.{value.name}", "a field given twice, once expected")
    if isinstance(value, dict):
        for name, one in value.items():
            _find_twice(one, f"{path}.{name}")
    elif isinstance(value, list):
        for i, one in enumerate(value):
            _find_twice(one, f"{path}[{i}]")


def load_study(path: Path, today: date | None = None) -> Study:
    """The study in a file (``.gz`` too). Raises FormatError (not JSON), PathError, InstanceError, OSError."""
    return read_study(read_text(path), today)


def read_study(text: str, today: date | None = None) -> Study:
    """The study a JSON text holds. ``today``: dates after it are refused (None: no date is too late)."""
    value = _parsed(text)
    at = Cursor(value).fields(
        ("format", "name", "communes", "bands", "demand", "people", "candidates", "limits"),
        (
            "standard",
            "rules",
            "alpha",
            "fairness",
            "peak",
            "travel",
            "behaviour",
            "assumptions",
        ),
    )
    at["format"].choice((FORMAT,))
    bands = tuple(map(_band, _filled(at["bands"])))
    communes = tuple(map(_commune, _filled(at["communes"])))
    places = {one.uid for one in communes}
    known = {one.id: one for one in bands}
    optional: dict[str, Any] = {}
    for name, read in _SECTIONS.items():
        if name in at:
            optional[name] = read(at[name])
    try:
        study = Study(
            name=at["name"].text(),
            communes=communes,
            bands=bands,
            demand=_demands(at["demand"], places, known),
            people=tuple(_person(one, places, known) for one in at["people"].items()),
            candidates=tuple(_candidate(one, places, known) for one in at["candidates"].items()),
            limits=_limits(at["limits"]),
            **optional,
        )
    except InstanceError as exc:
        raise PathError("$", str(exc)) from exc
    check_study(at, communes, bands, optional.get("fairness"), today)
    return study


def _filled(at: Cursor) -> list[Cursor]:
    items = at.items()
    if not items:
        raise at.fail("one entry at least")
    return items


def _commune(at: Cursor) -> s.Commune:
    one = at.fields(("uid", "lat", "lon", "population", "versant", "country"), ("name",))
    return s.Commune(
        uid=one["uid"].text(),
        lat=one["lat"].number(-90, 90),
        lon=one["lon"].number(-180, 180),
        population=one["population"].number(),
        versant=one["versant"].text(),
        country=one["country"].text(),
        name=one["name"].text(empty=True) if "name" in one else "",
    )


def _band(at: Cursor) -> s.Band:
    one = at.fields(("id", "weekdays", "start", "end"))
    days = tuple(day.whole(1, 7) for day in _filled(one["weekdays"]))
    if len(set(days)) != len(days):
        raise one["weekdays"].fail("each weekday once")
    start = one["start"].number(0, 24)
    end = one["end"].number(0, 24)
    if end <= start:
        raise one["end"].fail(f"an hour after {start:g}")
    return s.Band(one["id"].text(), days, start, end)


def _place(at: Cursor, places: set[str]) -> str:
    uid = at.text()
    if uid not in places:
        alike = sorted(one for one in places if one.partition("-")[2] == uid)
        raise at.fail(" or ".join(alike) if alike else "the uid of one of the study's communes")
    return uid


def _demand(at: Cursor, places: set[str], bands: Mapping[str, s.Band]) -> s.Demand:
    one = at.fields(("commune", "language", "mode", "band", "requests", "minutes"), ("simple", "weight"))
    simple = (0.0, 0.0)
    if "simple" in one:
        ends = [end.number(0, 1) for end in one["simple"].items()]
        if len(ends) != 2 or ends[0] > ends[1]:
            raise one["simple"].fail("two shares from 0 to 1, the lower one first")
        simple = (ends[0], ends[1])
    return s.Demand(
        commune=_place(one["commune"], places),
        language=one["language"].text(),
        mode=one["mode"].choice(s.MODES),
        band=one["band"].choice(tuple(bands)),
        requests=one["requests"].number(),
        minutes=one["minutes"].number(1e-9, expected="minutes above 0"),
        simple=simple,
        weight=one["weight"].number() if "weight" in one else 1.0,
    )


def _demands(at: Cursor, places: set[str], bands: Mapping[str, s.Band]) -> tuple[s.Demand, ...]:
    """All rows. A territory has a million: what is plainly right is taken as it is, the rest read with care."""
    found = []
    number = (int, float)
    if not isinstance(at.value, list):
        raise at.fail("a list")
    for i, row in enumerate(at.value):
        try:
            low, high = row.get("simple", (0.0, 0.0))
            many, minutes, weight = row["requests"], row["minutes"], row.get("weight", 1.0)
            right = (
                row.keys() <= _DEMAND
                and row["commune"] in places
                and row["mode"] in s.MODES
                and row["band"] in bands
                and type(row["language"]) is str
                and row["language"] != ""
                and all(type(x) in number for x in (low, high, many, minutes, weight))
                and 0 <= low <= high <= 1
                and 0 <= many < math.inf
                and 1e-9 <= minutes < math.inf
                and 0 <= weight < math.inf
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            right = False
        if right:
            made = s.Demand(
                row["commune"],
                sys.intern(row["language"]),
                row["mode"],
                row["band"],
                float(many),
                float(minutes),
                (float(low), float(high)),
                float(weight),
            )
        else:
            made = _demand(Cursor(row, f"{at.path}[{i}]"), places, bands)
        found.append(made)
    return tuple(found)


def _languages(at: Cursor) -> dict[str, str]:
    spoken = {name: level.choice(s.LEVELS) for name, level in at.entries().items()}
    if not 1 <= len(spoken) <= s.MOST_LANGUAGES:
        raise at.fail("one to four languages, each with its level")
    return spoken


def _hours(at: Mapping[str, Cursor], path: str, bands: Mapping[str, s.Band]) -> dict[str, float]:
    """``hours`` by band, or ``hours_week`` spread over the bands by their length."""
    if ("hours" in at) == ("hours_week" in at):
        raise PathError(path, "hours (by band) or hours_week expected, one of them")
    if "hours_week" in at:
        whole = sum(band.hours_week for band in bands.values())
        total = at["hours_week"].number(0, whole)
        return {name: total * band.hours_week / whole for name, band in bands.items()}
    hours = {}
    for name, value in at["hours"].entries().items():
        if name not in bands:
            raise PathError(value.path, f"an unknown band, one of {', '.join(bands)} expected")
        hours[name] = value.number(0, bands[name].hours_week)
    return hours


def _sides(at: Mapping[str, Cursor]) -> tuple[str, ...]:
    return tuple(side.text() for side in at["sides"].items()) if "sides" in at else ()


def _person(at: Cursor, places: set[str], bands: Mapping[str, s.Band]) -> s.Person:
    one = at.fields(("id", "home", "languages", "kind"), ("hours", "hours_week", "sides", "cost"))
    return s.Person(
        id=one["id"].text(),
        home=_place(one["home"], places),
        languages=_languages(one["languages"]),
        hours=_hours(one, at.path, bands),
        kind=one["kind"].choice(s.KINDS),
        sides=_sides(one),
        cost=one["cost"].number() if "cost" in one else 0.0,
    )


def _candidate(at: Cursor, places: set[str], bands: Mapping[str, s.Band]) -> s.Candidate:
    one = at.fields(
        ("id", "commune", "languages", "kind", "most", "speakers"),
        ("hours", "hours_week", "cost", "cost_hour", "lead_months", "sides"),
    )
    return s.Candidate(
        id=one["id"].text(),
        commune=_place(one["commune"], places),
        languages=_languages(one["languages"]),
        hours=_hours(one, at.path, bands),
        kind=one["kind"].choice(s.KINDS),
        most=one["most"].whole(),
        speakers=one["speakers"].number(),
        cost=one["cost"].number() if "cost" in one else 0.0,
        cost_hour=one["cost_hour"].number() if "cost_hour" in one else 0.0,
        lead_months=one["lead_months"].number() if "lead_months" in one else 0.0,
        sides=_sides(one),
    )


def _limits(at: Cursor) -> s.Limits:
    one = at.fields((), ("number", "budget"))
    limits = s.Limits(
        number=one["number"].maybe(Cursor.whole) if "number" in one else None,
        budget=one["budget"].maybe(Cursor.number) if "budget" in one else None,
    )
    if limits.number is None and limits.budget is None:
        raise at.fail("a number or a budget")
    return limits


Reading = Callable[[Cursor], Any]


def _section(made: Callable[..., Any], reads: Mapping[str, Reading]) -> Reading:
    def read(at: Cursor) -> Any:
        fields = at.fields((), tuple(reads))
        return made(**{name: reads[name](one) for name, one in fields.items()})

    return read


def _share(at: Cursor) -> float:
    return at.number(0, 1)


def _text(at: Cursor) -> str:
    return at.text(empty=True)


def _numbers(at: Cursor) -> tuple[float, ...]:
    return tuple(one.number() for one in at.items())


def _season(at: Cursor) -> tuple[float, ...]:
    months = _numbers(at)
    if len(months) != 12 or abs(sum(months) / 12 - 1) > 1e-6:
        raise at.fail("twelve factors with a mean of 1")
    return months


def _travel(at: Cursor) -> s.TravelSource:
    named = ("profile", "knots_km", "minutes", "file", "url", *_KEPT)
    one = at.fields(("provider", "date"), named)
    provider = one["provider"].choice(PROVIDERS)
    expected = {"piecewise": ("knots_km", "minutes"), "matrix": ("file",)}.get(provider, ("url",))
    for name in _KEPT if provider != "piecewise" and any(name in one for name in _KEPT) else expected:
        if name not in one:
            raise PathError(at.path, f"no field {name!r}, expected with the provider {provider}")
    knots, minutes = (_numbers(one[name]) if name in one else () for name in ("knots_km", "minutes"))
    rising = all(list(x) == sorted(set(x)) for x in (knots, minutes))
    if provider == "piecewise" and not (len(knots) == len(minutes) >= 2 and rising):
        raise one["knots_km"].fail("two knots or more, as many minutes, both rising")
    words: dict[str, Any] = {
        name: one[name].text(empty=True) for name in ("profile", "file", "url") if name in one
    }
    source = s.TravelSource(provider, one["date"].text(empty=True), knots_km=knots, minutes=minutes, **words)
    return source if provider == "piecewise" or "table" not in one else _kept(source, one)


def _kept(source: s.TravelSource, one: Mapping[str, Cursor]) -> s.TravelSource:
    """The minutes a study holds itself: as many rows as origins, as many columns as destinations."""
    ends = []
    for name in _KEPT[:2]:
        uids = tuple(place.text() for place in one[name].items())
        if not uids or len(set(uids)) < len(uids):
            raise one[name].fail("the uids of communes, each once")
        ends.append(uids)
    rows = tuple(tuple(cell.maybe(Cursor.number) for cell in row.items()) for row in one["table"].items())
    if len(rows) != len(ends[0]):
        raise one["table"].fail(f"{len(ends[0])} rows, one for each origin,", len(rows))
    for row, cells in zip(one["table"].items(), rows, strict=True):
        if len(cells) != len(ends[1]):
            raise row.fail(f"{len(ends[1])} numbers or nulls, one for each destination,", len(cells))
    return replace(source, origins=ends[0], destinations=ends[1], table=rows)


_SECTIONS: dict[str, Reading] = {
    "standard": _section(
        s.Standard,
        {
            "minutes_on_site": Cursor.number,
            "phone_answer_minutes": Cursor.number,
            "fill": _share,
        },
    ),
    "rules": _section(
        s.Rules,
        {
            "helpers": Cursor.flag,
            "border": lambda at: at.choice(s.BORDERS),
            "simple": lambda at: at.choice(s.SIMPLE),
            "helper_hours_year": lambda at: at.maybe(Cursor.number),
            "fallback_weight": lambda at: at.maybe(_share),
            "least_speakers": Cursor.number,
        },
    ),
    "alpha": Cursor.number,
    "fairness": _section(
        s.Fairness,
        {
            "meaning": lambda at: at.choice(s.MEANINGS),
            "weight": Cursor.number,
            "chosen_by": _text,
            "chosen_on": _text,
        },
    ),
    "peak": lambda at: {name: one.number(1e-9) for name, one in at.entries().items()},
    "travel": _travel,
    "behaviour": _section(
        s.Behaviour,
        {
            "answer_yes": _share,
            "answer_minutes": Cursor.number,
            "absence": _share,
            "cancelled": _share,
            "retries": Cursor.whole,
            "retry_minutes": Cursor.number,
            "season": _season,
            "bursts": Cursor.number,
            "burst_days": Cursor.number,
            "burst_factor": Cursor.number,
            "cancelled_late": _share,
            "absence_unforeseen": _share,
        },
    ),
    "assumptions": lambda at: tuple(one.text() for one in at.items()),
}


def study_json(study: Study) -> dict[str, Any]:
    """What ``STUDY.json`` holds, every default written out but those that came later and change nothing."""
    value: dict[str, Any] = {
        "format": FORMAT,
        **_written(replace(study, demand=(), travel=replace(study.travel, table=()))),
    }
    for name in ("cancelled_late", "absence_unforeseen"):  # a study from before keeps its fingerprint
        if not value["behaviour"][name]:
            value["behaviour"].pop(name)
    value["demand"] = [
        {
            "commune": row.commune,
            "language": row.language,
            "mode": row.mode,
            "band": row.band,
            "requests": float(row.requests),
            "minutes": float(row.minutes),
            "simple": [float(end) for end in row.simple],
            "weight": float(row.weight),
        }
        for row in study.demand
    ]
    if study.travel.kept:
        value["travel"]["table"] = [list(row) for row in study.travel.table]
    else:  # left out, so that a study without them keeps its fingerprint
        for name in _KEPT:
            value["travel"].pop(name)
    if study.travel.provider != "piecewise":
        for name in ("knots_km", "minutes"):
            value["travel"].pop(name)
    elif not study.travel.knots_km:  # none was named: reading asks for one
        value.pop("travel")
    return value


def _written(one: Any) -> dict[str, Any]:
    """A part of a study as an object, each number of the kind its field is of: a study that is read again has no other,
    so 50000 and 50000.0 are one budget, and one fingerprint."""
    return {field.name: _value(getattr(one, field.name), str(field.type)) for field in fields(one)}


def _value(value: Any, kind: str) -> Any:
    if is_dataclass(value):
        return _written(value)
    if isinstance(value, Mapping):
        return {name: _value(one, kind) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_value(one, kind) for one in value]
    if value is None or isinstance(value, str | bool):
        return value
    if "float" in kind:
        return float(value)
    return int(value) if value == int(value) else value


def write_study(study: Study) -> str:
    """The text of ``STUDY.json``; reading it gives an equal study."""
    return json.dumps(study_json(study), ensure_ascii=False, indent=1) + "\n"


def fingerprint(study: Study) -> str:
    """SHA-256 of the study's content: a result names the study it answers."""
    return fingerprint_of(study_json(study))


def fingerprint_of(value: Mapping[str, Any]) -> str:
    """The same of what :func:`study_json` gave, as it was kept."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
