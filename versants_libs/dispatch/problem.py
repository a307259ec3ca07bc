"""The whole planning problem, and a plan for it."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from .errors import InstanceError
from .layout import Coordinates
from .levels import scaled
from .matrix import Matrix, Rows
from .model import Link, Person, Span, Visit
from .roads import Roads, Steady, Timed, TravelBand, checked, tables

__all__ = ["TERMS", "Assignment", "Plan", "Problem", "Service", "Weights"]

#: Names of the objective's terms, in the order in which they are reported.
TERMS = (
    "unserved",
    "lateness",
    "largest_lateness",
    "travel",
    "waiting",
    "overtime",
    "missed_break",
    "largest_idle",
    "gender_wish",
    "second_choice_language",
    "broken_continuity",
    "imbalance",
    "changes",
    "fees",
)

DAY_S = 86_400


class Service(NamedTuple):
    """One person at work in one slot, from ``start`` for the slot's duration."""

    person: str
    start: int


def _rows(rows: Rows) -> Rows:
    return rows if isinstance(rows, Matrix) else tuple(tuple(row) for row in rows)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The team of one visit: slot id -> who and from when."""

    visit: str
    services: Mapping[str, Service]

    def __post_init__(self) -> None:
        object.__setattr__(self, "services", {slot: Service(*s) for slot, s in self.services.items()})

    @property
    def start(self) -> int:
        """The earliest start of its slots. Raises ValueError on an empty team."""
        return min(service.start for service in self.services.values())

    @property
    def people(self) -> dict[str, str]:
        """Slot id -> person id."""
        return {slot: service.person for slot, service in self.services.items()}


@dataclass(frozen=True, slots=True)
class Plan:
    """Who goes where and when. A visit that is not in it is not served."""

    assignments: Mapping[str, Assignment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "assignments", dict(self.assignments))
        for visit, assignment in self.assignments.items():
            if visit != assignment.visit:
                raise InstanceError("an assignment is filed under another visit", [visit, assignment.visit])

    def with_team(self, visit: str, services: Mapping[str, Service]) -> Plan:
        """The same plan with this team for this visit."""
        return Plan({**self.assignments, visit: Assignment(visit, services)})

    def without(self, *visits: str) -> Plan:
        """The same plan with these visits not served."""
        return Plan({v: a for v, a in self.assignments.items() if v not in visits})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Price of one unit of each term; the cost is the sum of price times amount.

    Units: points of unserved visits; seconds of lateness, of the largest lateness there is, of travel, of waiting
    (neither at work nor travelling between two things of one shift, breaks that have to be included) and of overtime;
    points of missed breaks; seconds of the largest idle time (of a shift, whoever has it: neither work, travel nor a
    break that may be missed); slots whose gender wish is not met; points of second languages; slots taken by somebody
    else than the preferred people; imbalance in minutes times hours (grows with the square of a person's visit time,
    so that sharing costs less); slots that differ from the published plan; units of what people cost (cents, say).

    ``levels`` puts terms above each other: one unit of a level outweighs all of the levels after it, the weights count
    within a level. Terms that are not named come last, together. Empty: one sum. See :mod:`levels` for how.
    """

    unserved: int = 200_000
    lateness: int = 10
    largest_lateness: int = 0
    travel: int = 1
    waiting: int = 0
    overtime: int = 3
    missed_break: int = 1
    largest_idle: int = 0
    gender_wish: int = 1_800
    second_choice_language: int = 1_800
    broken_continuity: int = 1_800
    imbalance: int = 0
    changes: int = 900
    fees: int = 1
    levels: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(tuple(level) for level in self.levels))
        named = list(itertools.chain.from_iterable(self.levels))
        if any(not level for level in self.levels):
            raise InstanceError("a level of the objective has no term")
        wrong = sorted({term for term in named if term not in TERMS or named.count(term) > 1})
        if wrong:
            raise InstanceError("a level names an unknown term, or one is named twice", wrong)
        negative = [term for term in TERMS if getattr(self, term) < 0]
        if negative:
            raise InstanceError("a weight is negative, 0 or more expected", negative)

    @property
    def ranked(self) -> tuple[tuple[str, ...], ...]:
        """All terms by level, highest first; those that no level names are the last."""
        named = set(itertools.chain.from_iterable(self.levels))
        rest = tuple(term for term in TERMS if term not in named)
        return (*self.levels, rest) if rest else self.levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Everything needed to plan.

    Attributes
    ----------
    travel : square, seconds, row = from, column = to; need not be symmetric. Rows of whole numbers, or a
        :class:`~versants_libs.dispatch.Matrix` for many places.
    travel_by : the same by other means (public transport, on foot): name -> as many rows, for people whose
        ``travel_mode`` it is.
    travel_at : bands of time in which ways take longer or less long; none: always the same. See
        :mod:`~versants_libs.dispatch.roads` for when people leave.
    epoch : the UTC instant of second 0, as ISO 8601 with zone.
    horizon : seconds planned for; windows lie inside ``[0, horizon)``.
    step : the engine proposes starts that are multiples of this many seconds, or fixed.
    days, weeks : spans over which limits are counted; by default 24 hours each from the epoch, and one week
        that is the whole horizon. Give them when clocks change.
    published : the plan people know already; leaving it costs ``changes``.
    places : labels of the places, for people to read; empty or one per row of ``travel``.
    links : what joins visits; of linked visits that are served.
    coordinates : where the places are, for the drawing of a map only.
    vehicles : pools of vehicles that people share: name -> how many there are. At no instant are more of a pool taken
        than there are; see :class:`~versants_libs.dispatch.Shift` for who takes one, and when.
    vehicles_away : pool -> spans during which one of its vehicles is not there (at the workshop, lent); a span for each.
    prices : the weights with their levels made one sum; worked out here, and kept by :meth:`part`. So are the ``roads``
        of each way to move.
    """

    people: tuple[Person, ...]
    visits: tuple[Visit, ...]
    travel: Rows
    epoch: str = "1970-01-01T00:00:00+00:00"
    horizon: int = DAY_S
    weights: Weights = Weights()
    step: int = 60
    days: tuple[Span, ...] = ()
    weeks: tuple[Span, ...] = ()
    published: Plan | None = None
    places: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    coordinates: Coordinates | None = None
    travel_by: Mapping[str, Rows] = field(default_factory=dict)
    vehicles: Mapping[str, int] = field(default_factory=dict)
    vehicles_away: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    travel_at: tuple[TravelBand, ...] = ()
    prices: Weights = field(init=False, repr=False, compare=False)
    roads: Mapping[str | None, Roads] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "people", tuple(self.people))
        put(self, "visits", tuple(self.visits))
        put(self, "travel", _rows(self.travel))
        put(self, "travel_by", {mode: _rows(rows) for mode, rows in self.travel_by.items()})
        put(self, "places", tuple(self.places))
        put(self, "links", tuple(self.links))
        put(self, "vehicles", dict(self.vehicles))
        away = {pool: tuple(Span(*span) for span in spans) for pool, spans in self.vehicles_away.items()}
        put(self, "vehicles_away", away)
        if self.horizon <= 0 or self.step <= 0:
            raise InstanceError("horizon and step must be positive")
        days = self.days or [Span(at, min(at + DAY_S, self.horizon)) for at in range(0, self.horizon, DAY_S)]
        put(self, "days", tuple(Span(*d) for d in days))
        put(self, "weeks", tuple(Span(*w) for w in self.weeks) or (Span(0, self.horizon),))
        self._check_calendar()
        for mode, rows in [("travel", self.travel), *self.travel_by.items()]:
            self._check_travel(mode, rows)
        self._check_bands()
        self._check_ids()
        self._check_vehicles()
        for person in self.people:
            self._check_person_places(person)
        known = {person.id for person in self.people}
        for visit in self.visits:
            self._check_visit(visit, known)
        self._check_pins_apart()
        for link in self.links:
            unknown = sorted(set(link.visits) - {visit.id for visit in self.visits})
            if unknown:
                raise InstanceError("a link names an unknown visit", unknown)
        put(self, "prices", scaled(self))

    def _check_calendar(self) -> None:
        try:
            epoch = datetime.fromisoformat(self.epoch)
        except ValueError:
            raise InstanceError(f"epoch {self.epoch!r} is not an ISO 8601 instant") from None
        if epoch.tzinfo is None:
            raise InstanceError(f"epoch {self.epoch!r} has no zone")
        for spans in (self.days, self.weeks):
            if any(s.end <= s.start for s in spans) or any(
                b.start < a.end for a, b in itertools.pairwise(spans)
            ):
                raise InstanceError("days and weeks must be in order and apart")

    def _check_travel(self, name: str, rows: Rows) -> None:
        n = len(self.travel)
        if len(rows) != n:
            raise InstanceError(f"{name} has {len(rows)} rows, expected {n}")
        for i, row in enumerate(() if isinstance(rows, Matrix) else rows):
            if len(row) != n:
                raise InstanceError(f"row {i} of {name} has {len(row)} columns, expected {n}")
            if any(type(cell) is not int or cell < 0 for cell in row):
                raise InstanceError(
                    f"row {i} of {name} has a cell that is not a whole number of seconds >= 0"
                )
        if self.places and len(self.places) != n:
            raise InstanceError(f"{len(self.places)} place labels for {n} places")
        if self.coordinates is not None:
            object.__setattr__(self, "coordinates", self.coordinates.checked(n))

    def _check_bands(self) -> None:
        object.__setattr__(self, "travel_at", tuple(self.travel_at))
        checked(self.travel_at, self.travel_by)
        for band in self.travel_at:
            for mode, rows in [("travel", band.travel), *band.travel_by.items()]:
                if rows is not None:
                    self._check_travel(f"{mode} of a band", rows)
        self._pave()

    def _pave(self) -> None:
        """Work the roads out of the matrices."""
        roads: dict[str | None, Roads] = {}
        for name, base in [(None, self.travel), *self.travel_by.items()]:
            roads[name] = Timed(tables(self.travel_at, name, base)) if self.travel_at else Steady(base)
        object.__setattr__(self, "roads", roads)

    def _check_ids(self) -> None:
        for things in (self.people, self.visits):
            seen: set[str] = set()
            for thing in things:
                if thing.id in seen:
                    raise InstanceError("an id is used twice", [thing.id])
                seen.add(thing.id)

    def _check_vehicles(self) -> None:
        short = sorted(pool for pool, count in self.vehicles.items() if count < 0)
        if short:
            raise InstanceError("a pool has less than no vehicle", short)
        unknown = sorted({*self.vehicles_away} - {*self.vehicles})
        if unknown:
            raise InstanceError("vehicles of an unknown pool are away", unknown)
        for pool, spans in self.vehicles_away.items():
            if any(span.end <= span.start for span in spans):
                raise InstanceError("a vehicle is away for a span that ends before it starts", [pool])
        for person in self.people:
            for shift in person.shifts:
                if shift.vehicle is not None and shift.vehicle not in self.vehicles:
                    raise InstanceError(
                        "a shift names an unknown pool of vehicles", [person.id, shift.vehicle]
                    )

    def _check_place(self, place: int | None, owner: str) -> None:
        if place is not None and not 0 <= place < len(self.travel):
            raise InstanceError(f"place {place} is not in the travel matrix", [owner])

    def _check_person_places(self, person: Person) -> None:
        if person.travel_mode is not None and person.travel_mode not in self.travel_by:
            raise InstanceError(f"travel by {person.travel_mode} is not known", [person.id])
        for shift in person.shifts:
            self._check_place(shift.start_place, person.id)
            self._check_place(shift.end_place, person.id)
        for busy in person.busy:
            self._check_place(busy.place, person.id)

    def _check_visit(self, visit: Visit, known: set[str]) -> None:
        self._check_place(visit.place, visit.id)
        if any(w.earliest < 0 or w.latest >= self.horizon for w in visit.windows):
            raise InstanceError("a window is outside the horizon", [visit.id])
        if visit.day is not None and visit.day not in self.days:
            raise InstanceError("a visit is pinned to a span that is not one of the days", [visit.id])
        # Preferred and excluded people may have left since: only a pin must name somebody who is here.
        for person in visit.pins.values():
            if person not in known:
                raise InstanceError("a pin names an unknown person", [visit.id, person])

    def _check_pins_apart(self) -> None:
        """Two visits with fixed starts cannot pin the same person at the same time."""
        held: dict[str, list[tuple[int, int, str]]] = {}
        for visit in self.visits:
            if visit.fixed_start is None:
                continue
            for slot in visit.slots:
                person = visit.pins.get(slot.id)
                if person is not None and slot.lag[0] == slot.lag[1]:
                    start = visit.fixed_start + slot.lag[0]
                    held.setdefault(person, []).append((start, start + visit.duration_of(slot), visit.id))
        for person, spans in held.items():
            for one, two in itertools.pairwise(sorted(spans)):
                if two[0] < one[1]:
                    raise InstanceError("two pins hold one person at once", [person, one[2], two[2]])

    def part(self, people: Iterable[Person], visits: Iterable[Visit], **others: object) -> Problem:
        """The same problem with only these people and visits, taken as they are: nothing is checked again.

        ``others`` are attributes to set besides, in the form in which a problem holds them. Links keep the visits that
        are in the part, if there are two of them.
        """
        part = copy.copy(self)
        for name, value in {"people": tuple(people), "visits": tuple(visits), **others}.items():
            object.__setattr__(part, name, value)
        if not others.keys().isdisjoint({"travel", "travel_by", "travel_at"}):
            part._pave()
        if self.links:
            known = {visit.id for visit in part.visits}
            links = (
                replace(link, visits=names) for link in self.links if len(names := link.within(known)) > 1
            )
            object.__setattr__(part, "links", tuple(links))
        return part

    def travel_of(self, person: Person) -> Rows:
        """Seconds between places the way this person moves."""
        return self.travel if person.travel_mode is None else self.travel_by[person.travel_mode]

    def roads_of(self, person: Person) -> Roads:
        """How this person moves, by when they leave."""
        return self.roads[person.travel_mode]

    def person(self, person_id: str) -> Person:
        """The person of that id. Raises KeyError."""
        for person in self.people:
            if person.id == person_id:
                return person
        raise KeyError(person_id)

    def visit(self, visit_id: str) -> Visit:
        """The visit of that id. Raises KeyError."""
        for visit in self.visits:
            if visit.id == visit_id:
                return visit
        raise KeyError(visit_id)
