"""Short ways to write small problems in tests. Times are seconds; place 0 is everybody's home."""

from __future__ import annotations

from typing import Any

from versants_libs.dispatch import Person, Plan, Problem, Service, Shift, Slot, Visit, Window


def person(name: str = "ana", **more: Any) -> Person:
    """Somebody with one shift 0..1000 from home to home, unless told otherwise."""
    return Person(id=name, **{"roles": {"psy"}, "shifts": (Shift(0, 1000, 0, 0),), **more})


def visit(name: str = "v", **more: Any) -> Visit:
    """A visit of 100 s at place 1 for one psychologist, start 0..800."""
    plain = {"windows": (Window(0, 800),), "duration": 100, "place": 1, "slots": (Slot(id="a", role="psy"),)}
    return Visit(id=name, **{**plain, **more})


def problem(*things: Person | Visit, **more: Any) -> Problem:
    """Places 0, 1, 2 with 50 s between any two; starts to the second."""
    travel = ((0, 50, 50), (50, 0, 50), (50, 50, 0))
    plain = {"travel": travel, "horizon": 2000, "step": 1}
    people = tuple(one for one in things if isinstance(one, Person))
    visits = tuple(one for one in things if isinstance(one, Visit))
    return Problem(people=people, visits=visits, **{**plain, **more})


def plan(**teams: dict[str, tuple[str, int]]) -> Plan:
    """plan(v={"a": ("ana", 100)})"""
    made = Plan()
    for name, team in teams.items():
        made = made.with_team(name, {slot: Service(*service) for slot, service in team.items()})
    return made
