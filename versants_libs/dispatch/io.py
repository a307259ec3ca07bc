"""Problems and plans as plain JSON. The schemas are ``docs/schema/dispatch-problem.json`` and ``-plan.json``.

People and visits are objects keyed by id, so that a patch can name them; their order is kept. Fields at their
default are left out, except those that a relaxation may change inside.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from .errors import FormatError, InstanceError
from .layout import Coordinates
from .model import (
    Break,
    Busy,
    LanguageNeed,
    Limits,
    Link,
    LinkKind,
    Mode,
    Person,
    SecondLanguage,
    Shift,
    Slot,
    Span,
    Visit,
    Window,
)
from .problem import TERMS, Assignment, Plan, Problem, Service, Weights
from .roads import TravelBand

__all__ = [
    "dumps",
    "plan_from_json",
    "plan_to_json",
    "problem_from_json",
    "problem_to_json",
    "read_text",
    "visit_from_json",
]

T = TypeVar("T")
FORMAT_PROBLEM = "versants-dispatch-problem-1"
FORMAT_PLAN = "versants-dispatch-plan-1"


def dumps(value: Any) -> str:
    """JSON text, the same for the same value, ending with a newline; lists of numbers on one line."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    return re.sub(r"\[\n([-+.eE\d,\s]+)\]", lambda found: "[" + " ".join(found[1].split()) + "]", text) + "\n"


def read_text(path: Path) -> str:
    """A UTF-8 file, unpacked when its name ends in .gz. Raises OSError, UnicodeDecodeError."""
    data = path.read_bytes()
    return (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")


# Writing


def problem_to_json(problem: Problem, *, person: Callable[[Person], Any] | None = None) -> dict[str, Any]:
    """The JSON form of a problem; ``person`` stands for :func:`person_to_json` where the forms of people are kept."""
    person = person or person_to_json
    value: dict[str, Any] = {"format": FORMAT_PROBLEM, "epoch": problem.epoch, "horizon": problem.horizon}
    value["step"] = problem.step
    value["days"] = [list(day) for day in problem.days]
    value["weeks"] = [list(week) for week in problem.weeks]
    value["weights"] = {term: getattr(problem.weights, term) for term in TERMS}
    if problem.weights.levels:
        value["weights"]["levels"] = [list(level) for level in problem.weights.levels]
    value["places"] = list(problem.places)
    if problem.coordinates is not None:
        points = [list(point) for point in problem.coordinates.points]
        value["coordinates"] = {"points": points, "degrees": problem.coordinates.degrees}
    value["travel"] = [list(row) for row in problem.travel]
    if problem.vehicles:
        value["vehicles"] = dict(problem.vehicles)
    if problem.vehicles_away:
        value["vehicles_away"] = {
            pool: [list(span) for span in spans] for pool, spans in problem.vehicles_away.items()
        }
    if problem.travel_by:
        value["travel_by"] = {mode: [list(row) for row in rows] for mode, rows in problem.travel_by.items()}
    if problem.travel_at:
        value["travel_at"] = [_band_to_json(band) for band in problem.travel_at]
    value["people"] = {one.id: person(one) for one in problem.people}
    value["visits"] = {visit.id: _visit_to_json(visit) for visit in problem.visits}
    if problem.links:
        value["links"] = [
            {**_plain(link, ("kind", "visits")), "kind": link.kind.value, "visits": list(link.visits)}
            for link in problem.links
        ]
    if problem.published is not None:
        value["published"] = plan_to_json(problem.published)
    return value


def _band_to_json(band: TravelBand) -> dict[str, Any]:
    out = _plain(band, ("spans", "travel", "travel_by"))
    out["spans"] = [list(span) for span in band.spans]
    if band.travel is not None:
        out["travel"] = [list(row) for row in band.travel]
    if band.travel_by:
        out["travel_by"] = {mode: [list(row) for row in rows] for mode, rows in band.travel_by.items()}
    return out


def plan_to_json(plan: Plan) -> dict[str, Any]:
    """The JSON form of a plan."""
    visits = {visit: assignment_to_json(a.services) for visit, a in plan.assignments.items()}
    return {"format": FORMAT_PLAN, "visits": visits}


def assignment_to_json(services: Mapping[str, Service]) -> dict[str, Any]:
    """One visit of a plan."""
    return {"slots": {slot: {"person": s.person, "start": s.start} for slot, s in services.items()}}


def _plain(thing: Any, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    """Fields of a dataclass that are not at their default, sets sorted."""
    out: dict[str, Any] = {}
    for one in fields(thing):
        value = getattr(thing, one.name)
        default = one.default_factory() if one.default_factory is not MISSING else one.default
        if one.name not in skip and value != default:
            if isinstance(value, frozenset):
                value = sorted(value)
            out[one.name] = dict(value) if isinstance(value, Mapping) else value
    return out


def _tuple_to_json(value: Any) -> dict[str, Any]:
    """A NamedTuple as an object, fields at their default left out."""
    defaults = type(value)._field_defaults
    return {
        name: item for name, item in value._asdict().items() if name not in defaults or item != defaults[name]
    }


def person_to_json(person: Person) -> dict[str, Any]:
    """The JSON form of somebody, without their id."""
    out = _plain(person, ("id", "pairs", "mandates", "shifts", "busy", "limits"))
    if person.pairs:
        out["pairs"] = [{"from": a, "to": b, "level": level} for (a, b), level in person.pairs.items()]
    out["mandates"] = {country: [list(span) for span in spans] for country, spans in person.mandates.items()}
    out["shifts"] = [
        {
            **_tuple_to_json(shift),
            **({"breaks": [_tuple_to_json(b) for b in shift.breaks]} if shift.breaks else {}),
        }
        for shift in person.shifts
    ]
    if person.busy:
        out["busy"] = [_tuple_to_json(busy) for busy in person.busy]
    if any(limit is not None for limit in person.limits):
        out["limits"] = _tuple_to_json(person.limits)
    return out


def _visit_to_json(visit: Visit) -> dict[str, Any]:
    out = _plain(visit, ("id", "windows", "slots", "mode", "day"))
    if visit.day is not None:
        out["day"] = list(visit.day)
    out["mode"] = visit.mode.value
    out["windows"] = [_tuple_to_json(window) for window in visit.windows]
    out["slots"] = [_slot_to_json(slot) for slot in visit.slots]
    return out


def _slot_to_json(slot: Slot) -> dict[str, Any]:
    out = _plain(slot, ("languages", "mode", "lag"))
    if slot.lag != (0, 0):
        out["lag"] = list(slot.lag)
    if slot.mode is not None:
        out["mode"] = slot.mode.value
    if slot.languages:
        out["languages"] = [need_to_json(need) for need in slot.languages]
    return out


def need_to_json(need: LanguageNeed) -> dict[str, Any]:
    """One language asked for."""
    out = _tuple_to_json(need)
    if need.second:
        out["second"] = [_tuple_to_json(second) for second in need.second]
    return out


# Reading


class _Reader:
    """A JSON value with the path that leads to it; every getter says what it expected."""

    def __init__(self, value: Any, path: tuple[str | int, ...] = ()) -> None:
        self.value, self.path = value, path

    def fail(self, expected: str) -> FormatError:
        shown = json.dumps(self.value, ensure_ascii=False)
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        return FormatError(self.path, f"{shown} found, {expected} expected")

    def object(
        self, known: tuple[str, ...] | None = None, needed: tuple[str, ...] = ()
    ) -> dict[str, _Reader]:
        """Members by name. Other names than ``known`` are refused: a slip must not pass for a default."""
        if not isinstance(self.value, dict):
            raise self.fail("an object")
        for name in self.value:
            if known is not None and name not in known:
                raise FormatError((*self.path, name), f"unknown field, one of {', '.join(known)} expected")
        for name in needed:
            if name not in self.value:
                raise FormatError(self.path, f"field {name} is missing")
        return {name: _Reader(item, (*self.path, name)) for name, item in self.value.items()}

    def items(self) -> Iterator[_Reader]:
        if not isinstance(self.value, list):
            raise self.fail("a list")
        for i, item in enumerate(self.value):
            yield _Reader(item, (*self.path, i))

    def whole(self) -> int:
        if type(self.value) is not int:
            raise self.fail("a whole number")
        return self.value

    def point(self) -> tuple[float, float]:
        if not isinstance(self.value, list) or [type(one) in (int, float) for one in self.value] != [
            True,
            True,
        ]:
            raise self.fail("two numbers")
        return self.value[0], self.value[1]

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.fail("a text")
        return self.value

    def truth(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.fail("true or false")
        return self.value

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def pair(self) -> tuple[int, int]:
        numbers = [item.whole() for item in self.items()]
        if len(numbers) != 2:
            raise self.fail("two whole numbers")
        return numbers[0], numbers[1]

    def maybe(self, read: Callable[[_Reader], T]) -> T | None:
        return None if self.value is None else read(self)

    def build(self, make: Callable[..., T], **values: Any) -> T:
        try:
            return make(**values)
        except InstanceError as exc:
            raise FormatError(self.path, str(exc)) from exc


def _names(kind: Any) -> tuple[str, ...]:
    return tuple(kind._fields) if hasattr(kind, "_fields") else tuple(one.name for one in fields(kind))


def _read(reader: _Reader, kind: type[T], how: Mapping[str, Callable[[_Reader], Any]], **extra: Any) -> T:
    """Build ``kind`` from an object whose members are read by ``how``."""
    members = reader.object(tuple(how), tuple(_needed(kind, how)))
    return reader.build(kind, **extra, **{name: how[name](member) for name, member in members.items()})


def _needed(kind: Any, how: Mapping[str, Any]) -> Iterator[str]:
    for name in _names(kind):
        if hasattr(kind, "_fields"):
            optional = name in kind._field_defaults
        else:
            one = next(f for f in fields(kind) if f.name == name)
            optional = one.default is not MISSING or one.default_factory is not MISSING
        if name in how and not optional:
            yield name


def _whole(r: _Reader) -> int:
    return r.whole()


def _text(r: _Reader) -> str:
    return r.text()


def _truth(r: _Reader) -> bool:
    return r.truth()


def _maybe_whole(r: _Reader) -> int | None:
    return r.maybe(_whole)


def _maybe_text(r: _Reader) -> str | None:
    return r.maybe(_text)


def _texts(r: _Reader) -> frozenset[str]:
    return frozenset(r.texts())


def _many(read: Callable[[_Reader], T]) -> Callable[[_Reader], tuple[T, ...]]:
    return lambda r: tuple(read(item) for item in r.items())


def _mode(r: _Reader) -> Mode:
    if r.text() not in [mode.value for mode in Mode]:
        raise r.fail("on_site, phone or video")
    return Mode(r.text())


def _kind(r: _Reader) -> LinkKind:
    if r.text() not in [kind.value for kind in LinkKind]:
        raise r.fail("all_or_none, same_people or after")
    return LinkKind(r.text())


def _span(r: _Reader) -> Span:
    return Span(*r.pair())


def _levels(r: _Reader) -> dict[str, int]:
    return {language: level.whole() for language, level in r.object().items()}


def _pairs(r: _Reader) -> dict[tuple[str, str], int]:
    found = {}
    for item in r.items():
        pair = item.object(("from", "to", "level"), ("from", "to", "level"))
        found[(pair["from"].text(), pair["to"].text())] = pair["level"].whole()
    return found


def _mandates(r: _Reader) -> dict[str, tuple[Span, ...]]:
    return {country: tuple(_span(span) for span in spans.items()) for country, spans in r.object().items()}


def _break(r: _Reader) -> Break:
    return _read(r, Break, {**dict.fromkeys(Break._fields, _whole), "missed": _maybe_whole})


def _shift(r: _Reader) -> Shift:
    return _read(
        r,
        Shift,
        {
            "start": _whole,
            "end": _whole,
            "start_place": _maybe_whole,
            "end_place": _maybe_whole,
            "overtime_s": _whole,
            "breaks": _many(_break),
            "vehicle": _maybe_text,
        },
    )


def _busy(r: _Reader) -> Busy:
    return _read(r, Busy, {"start": _whole, "end": _whole, "place": _maybe_whole})


def _limits(r: _Reader) -> Limits:
    return _read(r, Limits, dict.fromkeys(Limits._fields, _maybe_whole))


def _second(r: _Reader) -> SecondLanguage:
    return _read(r, SecondLanguage, {"language": _text, "level": _whole, "penalty": _whole})


def _need(r: _Reader) -> LanguageNeed:
    return _read(
        r,
        LanguageNeed,
        {
            "language": _text,
            "level": _whole,
            "into": _maybe_text,
            "both_ways": _truth,
            "second": _many(_second),
            "possible": lambda r: r.texts(),
        },
    )


def _window(r: _Reader) -> Window:
    return _read(r, Window, {"earliest": _whole, "latest": _whole, "hard": _truth})


_PERSON: dict[str, Callable[[_Reader], Any]] = {
    "roles": _texts,
    "skills": _texts,
    "languages": _levels,
    "pairs": _pairs,
    "mandates": _mandates,
    "shifts": _many(_shift),
    "busy": _many(_busy),
    "limits": _limits,
    "gender": _maybe_text,
    "team": _maybe_text,
    "complexity_ceiling": _maybe_whole,
    "worked_s": _whole,
    "travel_mode": _maybe_text,
    "fee_hour": _whole,
    "fee_visit": _whole,
}
_SLOT: dict[str, Callable[[_Reader], Any]] = {
    "id": _text,
    "role": _maybe_text,
    "skills": _texts,
    "languages": _many(_need),
    "gender": _maybe_text,
    "gender_hard": _truth,
    "teams": _texts,
    "needs_mandate": _truth,
    "duration": _maybe_whole,
    "lag": lambda r: r.pair(),
    "mode": lambda r: r.maybe(_mode),
    "preferred": _texts,
    "counts_late": _truth,
}
_VISIT: dict[str, Callable[[_Reader], Any]] = {
    "windows": _many(_window),
    "duration": _whole,
    "slots": _many(lambda r: _read(r, Slot, _SLOT)),
    "place": _maybe_whole,
    "country": _maybe_text,
    "mode": _mode,
    "unserved": _whole,
    "crisis": _truth,
    "complexity": _whole,
    "excluded": _texts,
    "pins": lambda r: {slot: person.text() for slot, person in r.object().items()},
    "fixed_start": _maybe_whole,
    "day": lambda r: r.maybe(_span),
    "phone_ok": _truth,
    "until_end": _truth,
}
_LINK: dict[str, Callable[[_Reader], Any]] = {
    "kind": lambda r: _kind(r),
    "visits": lambda r: r.texts(),
    "least": _whole,
    "most": _maybe_whole,
}
_BAND: dict[str, Callable[[_Reader], Any]] = {
    "spans": _many(_span),
    "percent": _whole,
    "percent_by": _levels,
    "travel": lambda r: r.maybe(_many(_many(_whole))),
    "travel_by": lambda r: {mode: _many(_many(_whole))(rows) for mode, rows in r.object().items()},
}
_WEIGHTS: dict[str, Callable[[_Reader], Any]] = {
    **dict.fromkeys(TERMS, _whole),
    "levels": _many(lambda r: r.texts()),
}
_PROBLEM: dict[str, Callable[[_Reader], Any]] = {
    "epoch": _text,
    "horizon": _whole,
    "step": _whole,
    "days": _many(_span),
    "weeks": _many(_span),
    "weights": lambda r: _read(r, Weights, _WEIGHTS),
    "places": lambda r: r.texts(),
    "coordinates": lambda r: _read(r, Coordinates, {"points": _many(lambda p: p.point()), "degrees": _truth}),
    "travel": _many(_many(_whole)),
    "travel_by": lambda r: {mode: _many(_many(_whole))(rows) for mode, rows in r.object().items()},
    "travel_at": _many(lambda r: _read(r, TravelBand, _BAND)),
    "vehicles": _levels,
    "vehicles_away": _mandates,
    "people": lambda r: tuple(_read(p, Person, _PERSON, id=name) for name, p in r.object().items()),
    "visits": lambda r: tuple(_read(v, Visit, _VISIT, id=name) for name, v in r.object().items()),
    "links": _many(lambda r: _read(r, Link, _LINK)),
    "published": lambda r: _plan(r),
}


def problem_from_json(value: Any) -> Problem:
    """The problem of a JSON value. Raises FormatError (wrong form) or InstanceError (contradictory)."""
    reader = _Reader(value)
    members = reader.object(("format", *_PROBLEM), ("format", "travel", "people", "visits"))
    if members.pop("format").value != FORMAT_PROBLEM:
        raise FormatError(("format",), f"unknown format, {FORMAT_PROBLEM} expected")
    return Problem(**{name: _PROBLEM[name](member) for name, member in members.items()})


def visit_from_json(name: str, value: Any) -> Visit:
    """One visit of a JSON value. Raises FormatError or InstanceError."""
    return _read(_Reader(value), Visit, _VISIT, id=name)


def plan_from_json(value: Any) -> Plan:
    """The plan of a JSON value. Raises FormatError."""
    return _plan(_Reader(value))


def _plan(reader: _Reader) -> Plan:
    members = reader.object(("format", "visits"), ("format", "visits"))
    if members["format"].value != FORMAT_PLAN:
        raise members["format"].fail(FORMAT_PLAN)
    assignments = {}
    for visit, assignment in members["visits"].object().items():
        slots = assignment.object(("slots",), ("slots",))["slots"].object()
        services = {}
        for slot, service in slots.items():
            pair = service.object(("person", "start"), ("person", "start"))
            services[slot] = Service(pair["person"].text(), pair["start"].whole())
        assignments[visit] = Assignment(visit, services)
    return Plan(assignments)
