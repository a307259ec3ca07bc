"""Two public benchmarks of home health care as problems of this library, and plans as their checkers read them.

``uhhc``: Ceschia et al. (2026), doi 10.1111/itor.70140: shifts, lunch, optional patients, preferred caregivers, idle
time, several start points; whole minutes.

``hhcrsp``: Mankowska, Meisel, Bierwirth (2014), doi 10.1007/s10729-013-9243-1, in the JSON form of the University of
Udine: travel + lateness + the largest lateness, divided by three. Minutes with decimals become whole thousandths.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .errors import FormatError
from .evaluation import rests
from .layout import Coordinates
from .model import Break, Link, LinkKind, Person, Shift, Slot, Visit, Window
from .problem import Plan, Problem, Weights

__all__ = ["FORMATS", "Benchmark", "hhcrsp"]

MILLI = 1000
UHHC_DAY = 4_000  # minutes: shifts end long before
UHHC_MUST = 1_000_000  # price of a patient who has to be served
LONG = 60_000_000  # no shift ends in this benchmark: a day of a thousand hours
NOTHING_ELSE: dict[str, Any] = {
    "gender_wish": 0,
    "second_choice_language": 0,
    "broken_continuity": 0,
    "imbalance": 0,
    "changes": 0,
}


class Benchmark:
    """A problem with the way back to the benchmark's own form and objective. ``minute``: units of time in a minute."""

    def __init__(
        self,
        problem: Problem,
        write: Callable[[Plan], Any],
        objective: Callable[[Plan, int], float],
        minute: int = 60,
    ) -> None:
        self.problem, self._write, self._objective, self.minute = problem, write, objective, minute

    def solution(self, plan: Plan) -> str:
        """The plan as the benchmark's checker reads it."""
        return json.dumps(self._write(plan), indent=1) + "\n"

    def objective(self, plan: Plan, cost: int) -> float:
        """What the benchmark reports for a plan of this cost."""
        return self._objective(plan, cost)


def hhcrsp(value: Mapping[str, Any]) -> Benchmark:
    """One day of home care: one or two people a patient, together or one after the other, windows soft at their end.

    Raises
    ------
    FormatError : a member is missing or of another kind. InstanceError : contradictory.
    """
    try:
        return _hhcrsp(value)
    except (KeyError, TypeError, IndexError, AttributeError) as exc:
        raise FormatError((), f"not an instance of hhcrsp: {exc!r}") from exc


def _hhcrsp(value: Mapping[str, Any]) -> Benchmark:
    def milli(minutes: float) -> int:
        return round(minutes * MILLI)

    defaults = {service["id"]: service.get("default_duration") for service in value["services"]}
    visits = []
    for number, patient in enumerate(value["patients"], 1):
        opens, closes = patient["time_window"]
        slots = []
        for i, need in enumerate(patient["required_caregivers"]):
            lag = (0, 0)
            if i and patient["synchronization"]["type"] != "simultaneous":
                least, most = patient["synchronization"]["distance"]
                lag = (milli(least), milli(most))
            slots.append(
                Slot(
                    id=need["service"],
                    skills=frozenset([need["service"]]),
                    needs_mandate=False,
                    duration=milli(need.get("duration", defaults[need["service"]])),
                    lag=lag,
                    counts_late=True,
                )
            )
        visits.append(
            Visit(
                id=patient["id"],
                windows=(Window(milli(opens), milli(closes), hard=False),),
                duration=max(slot.duration or 1 for slot in slots),
                slots=tuple(slots),
                place=number,
                phone_ok=False,
            )
        )
    people = tuple(
        Person(id=one["id"], skills=frozenset(one["abilities"]), shifts=(Shift(0, LONG, 0, 0),))
        for one in value["caregivers"]
    )
    problem = Problem(
        people=people,
        visits=tuple(visits),
        travel=tuple(tuple(milli(cell) for cell in row) for row in value["distances"]),
        horizon=LONG,
        step=1,
        coordinates=_coordinates(value),
        weights=Weights(
            unserved=10**9, lateness=1, largest_lateness=1, travel=1, waiting=0, overtime=0, **NOTHING_ELSE
        ),
    )

    def write(plan: Plan) -> dict[str, Any]:
        stops: dict[str, list[tuple[int, str, str, int]]] = {}
        for visit in problem.visits:
            assignment = plan.assignments.get(visit.id)
            for slot_id, service in assignment.services.items() if assignment else ():
                end = service.start + visit.duration_of(visit.slot(slot_id))
                stops.setdefault(service.person, []).append((service.start, visit.id, slot_id, end))
        return {
            "routes": [
                {
                    "caregiver_id": person,
                    "locations": [
                        {
                            "patient_id": patient,
                            "service_id": service,
                            "arrival_time": start / MILLI,
                            "departure_time": end / MILLI,
                        }
                        for start, patient, service, end in sorted(day)
                    ],
                }
                for person, day in sorted(stops.items())
            ]
        }

    return Benchmark(problem, write, lambda plan, cost: cost / (3 * MILLI), MILLI)


def _coordinates(value: Mapping[str, Any]) -> Coordinates | None:
    """Where the office and the patients are: a plane if distances are its own, else latitude before longitude."""
    held = [one.get("location") for one in (value["central_offices"][0], *value["patients"])]
    if None in held:
        return None
    plane = abs(math.dist(held[0], held[1]) - value["distances"][0][1]) < 0.01
    points = tuple((one[0], one[1]) if plane else (one[1], one[0]) for one in held)
    return Coordinates(points, degrees=not plane)


def uhhc(value: Mapping[str, Any]) -> Benchmark:
    """One day of home care in the unified formulation, in its minutes.

    Caregivers a patient must not have are excluded. Lunch lasts its least duration; who has no visit takes it at the
    start point.

    Raises
    ------
    FormatError : a member is missing or of another kind. InstanceError : contradictory.
    """
    try:
        return _uhhc(value)
    except (KeyError, TypeError, IndexError, AttributeError, ValueError) as exc:
        raise FormatError((), f"not an instance of uhhc: {exc!r}") from exc


def _uhhc(value: Mapping[str, Any]) -> Benchmark:
    weights = {
        name: weight
        for name, weight in value["metadata"]["cost_components"].items()
        if weight not in (None, 0)
    }
    hard = sorted(name for name, weight in weights.items() if weight == "HARD")
    if set(hard) - {"caregiver_preferences", "incompatibilities"}:
        raise ValueError(f"{', '.join(hard)} as rules are not supported")
    at_end = value["metadata"].get("time_window_met") == "at_service_end"
    terminal = {one["id"]: one["distance_matrix_index"] for one in value["terminal_points"]}
    lunch = value.get("lunch_breaks")
    people = tuple(_uhhc_person(one, terminal, lunch, at_end) for one in value["caregivers"])
    crew = {person.id for person in people}
    visits: list[Visit] = []
    links: list[Link] = []
    parts: dict[str, tuple[str, str]] = {}
    for patient in value["patients"]:
        made = _uhhc_visits(patient, crew, at_end, weights)
        visits += made
        if len(made) > 1 and patient.get("optional"):
            links.append(Link(kind=LinkKind.ALL_OR_NONE, visits=tuple(visit.id for visit in made)))
        parts |= {visit.id: (patient["id"], visit.id) for visit in made}

    def price(name: str) -> int:
        return 0 if weights.get(name) == "HARD" else int(weights.get(name, 0))

    problem = Problem(
        people=people,
        visits=tuple(visits),
        travel=tuple(tuple(int(cell) for cell in row) for row in value["distances"]),
        horizon=UHHC_DAY,
        step=1,
        weights=Weights(
            unserved=1,
            lateness=price("total_tardiness"),
            largest_lateness=price("highest_tardiness"),
            travel=price("travel_time"),
            waiting=price("total_waiting_time"),
            overtime=price("total_extra_time"),
            missed_break=price("missed_lunch_break"),
            largest_idle=price("max_idle_time"),
            gender_wish=0,
            second_choice_language=0,
            broken_continuity=price("caregiver_preferences"),
            imbalance=0,
            changes=0,
        ),
        links=tuple(links),
    )
    starts = {person["id"]: person["departing_point"] for person in value["caregivers"]}

    def write(plan: Plan) -> dict[str, Any]:
        stops: dict[str, list[tuple[int, dict[str, Any]]]] = {person.id: [] for person in people}
        for visit in problem.visits:
            assignment = plan.assignments.get(visit.id)
            for slot_id, service in assignment.services.items() if assignment else ():
                end = service.start + visit.duration_of(visit.slot(slot_id))
                who = {"patient": parts[visit.id][0], "service": slot_id}
                stops[service.person].append(
                    (service.start, {**who, "arrival_time": service.start, "departure_time": end})
                )
        laid = rests(problem, plan)
        for person in people:
            pauses = laid.get(person.id, [])
            if not stops[person.id]:
                pauses = [(b.earliest, b.duration) for shift in person.shifts for b in shift.breaks]
            for start, length in pauses:
                where = _uhhc_where(problem, person, stops[person.id], start, length, starts[person.id])
                who = {"patient": where, "service": "lunch_break"}
                stops[person.id].append((start, {**who, "start_time": start, "end_time": start + length}))
        return {
            "routes": [
                {
                    "caregiver_id": person,
                    "locations": [stop for _, stop in sorted(day, key=lambda one: one[0])],
                }
                for person, day in stops.items()
                if day
            ]
        }

    return Benchmark(problem, write, lambda plan, cost: float(cost), 1)


def _uhhc_person(one: Mapping[str, Any], terminal: Mapping[str, int], lunch: Any, at_end: bool) -> Person:
    shift = one.get("working_shift") or {"start": 0, "end": UHHC_DAY // 2}
    breaks: tuple[Break, ...] = ()
    if one.get("lunch_break") and lunch:
        length = int(lunch["min_duration"])
        # The rule compares the end, or the start, with the end of the window.
        latest = int(lunch["end"]) + (0 if at_end else length)
        breaks = (Break(length, int(lunch["start"]), latest, missed=1),)
    return Person(
        id=one["id"],
        skills=frozenset(one["abilities"]),
        shifts=(
            Shift(
                int(shift["start"]),
                int(shift["end"]),
                terminal[one["departing_point"]],
                terminal[one["arrival_point"]],
                UHHC_DAY - int(shift["end"]),
                breaks,
            ),
        ),
    )


def _uhhc_visits(
    patient: Mapping[str, Any], crew: set[str], at_end: bool, weights: Mapping[str, Any]
) -> list[Visit]:
    """One visit, or one for each of two services that have nothing to do with each other."""
    sync = patient.get("synchronization") or {}
    preferred = patient.get("preferred_caregivers")
    excluded = set(patient.get("incompatible_caregivers") or ()) & crew
    if preferred is not None and weights.get("caregiver_preferences") == "HARD":
        excluded |= crew - set(preferred)
    slots = []
    for i, need in enumerate(patient["required_services"]):
        lag = (0, 0)
        if i and sync.get("type") == "sequential":
            lag = (int(sync["distance"]["min"]), int(sync["distance"]["max"]))
        slots.append(
            Slot(
                id=need["service"],
                skills=frozenset([need["service"]]),
                needs_mandate=False,
                duration=int(need["duration"]),
                lag=lag,
                # An empty list prefers nobody: whoever comes is not preferred.
                preferred=frozenset(preferred or ([] if preferred is None else ["nobody"])),
                counts_late=True,
            )
        )
    price = int(weights.get("optional_patients", 0)) if patient.get("optional") else UHHC_MUST
    windows = tuple(
        Window(int(w["start"]), int(w["end"]), hard=False)
        for w in sorted(patient["time_windows"], key=lambda w: w["start"])
    )

    def visit(name: str, chosen: Sequence[Slot], unserved: int) -> Visit:
        return Visit(
            id=name,
            windows=windows,
            duration=max(slot.duration or 1 for slot in chosen),
            slots=tuple(chosen),
            place=int(patient["distance_matrix_index"]),
            unserved=unserved,
            excluded=frozenset(excluded),
            phone_ok=False,
            until_end=at_end,
        )

    if len(slots) > 1 and sync.get("type") not in ("simultaneous", "sequential"):
        return [
            visit(
                f"{patient['id']} {slot.id}",
                [slot],
                price if i == 0 else 0 if patient.get("optional") else price,
            )
            for i, slot in enumerate(slots)
        ]
    return [visit(patient["id"], slots, price)]


def _uhhc_where(
    problem: Problem,
    person: Person,
    day: Sequence[tuple[int, Mapping[str, Any]]],
    start: int,
    length: int,
    home: str,
) -> str:
    """Where a pause is taken: at the place just left if there is time to travel after it, else at the next one."""
    shift = person.shifts[0]
    place = {visit.id.split(" ")[0]: visit.place for visit in problem.visits}
    before = [stop for _, stop in day if stop["departure_time"] <= start]
    after = [stop for _, stop in day if stop["arrival_time"] >= start + length]
    left = max(before, key=lambda stop: stop["departure_time"], default=None)
    right = min(after, key=lambda stop: stop["arrival_time"], default=None)
    at = shift.start_place if left is None else place[left["patient"]]
    then = shift.end_place if right is None else place[right["patient"]]
    assert at is not None
    assert then is not None
    here = home if left is None else str(left["patient"])
    there = home if right is None else str(right["patient"])
    if right is None and shift.end_place != shift.start_place:
        return here
    since = shift.start if left is None else int(left["departure_time"])
    return there if since + problem.travel[at][then] <= start else here


#: Benchmark formats of ``versants plan --format``.
FORMATS: Mapping[str, Callable[[Mapping[str, Any]], Benchmark]] = {"hhcrsp": hhcrsp, "uhhc": uhhc}
