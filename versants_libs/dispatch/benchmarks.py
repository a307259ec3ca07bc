"""Two public benchmarks of home health care as problems of this library, and plans as their checkers read them.

``hhcrsp``: Mankowska, Meisel, Bierwirth (2014), doi 10.1007/s10729-013-9243-1, in the JSON form of the University of
Udine: travel + lateness + the largest lateness, divided by three. Minutes with decimals become whole thousandths.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from .errors import FormatError
from .layout import Coordinates
from .model import Person, Shift, Slot, Visit, Window
from .problem import Plan, Problem, Weights

__all__ = ["FORMATS", "Benchmark", "hhcrsp"]

MILLI = 1000
LONG = 60_000_000  # no shift ends in this benchmark: a day of a thousand hours
NOTHING_ELSE = {
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


#: Benchmark formats of ``versants plan --format``.
FORMATS: Mapping[str, Callable[[Mapping[str, Any]], Benchmark]] = {"hhcrsp": hhcrsp}
