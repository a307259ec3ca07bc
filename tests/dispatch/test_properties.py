"""What must not matter does not: a useless person, names, the numbering of places, where time begins, a rule less."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from versants_libs.dispatch import (
    Busy,
    Limits,
    MaxIterations,
    Person,
    Plan,
    Service,
    Shift,
    Span,
    Window,
    check,
    evaluate,
    native,
    solve,
)

from .test_against_brute_force import simultaneous
from .worlds import enriched, optimum, random_problem, softened

ENGINES = [
    "python",
    pytest.param("native", marks=pytest.mark.skipif(not native.available(), reason="no C++ compiler")),
]


def world(seed):
    """A small problem in which every rule may occur."""
    rng = random.Random(seed)
    return enriched(rng, softened(rng, random_problem(rng, people=4, visits=4)))


def solved(made, engine, seed, start=None):
    return solve(made, stop=MaxIterations(25), seed=seed, engine=engine, start=start)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_useless_person_changes_nothing(engine):
    """Somebody who fits no slot: the same plan at the same cost. Idle time is of every shift, so it has no price here."""
    for seed in range(40):
        made = world(seed)
        visits = tuple(
            replace(one, slots=tuple(replace(slot, role=slot.role or "psy") for slot in one.slots))
            for one in made.visits
        )
        # Levels are scaled by what could be at most, which one person more raises: not the plan but its figures.
        weights = replace(made.weights, largest_idle=0, levels=())
        made = replace(made, visits=visits, weights=weights)
        nobody = Person(id="nobody", shifts=(Shift(0, 240, 0, 0),), busy=(Busy(50, 60, 1),))
        more = replace(made, people=(*made.people, nobody))
        one, two = solved(made, engine, seed), solved(more, engine, seed)
        assert (one.plan, one.cost) == (two.plan, two.cost), seed


def test_a_useless_person_never_hurts_the_optimum():
    for seed in range(8):
        made = simultaneous(seed)
        nobody = Person(id="nobody", roles={"psy"}, shifts=(Shift(0, 1, 0, 0),))
        assert optimum(replace(made, people=(*made.people, nobody))) == optimum(made), seed


@pytest.mark.parametrize("engine", ENGINES)
def test_names_and_the_numbering_of_places_change_nothing(engine):
    for seed in range(40):
        made = world(seed)
        order = [2, 0, 3, 1]  # place i is now place order[i]
        one, two = solved(made, engine, seed), solved(relabelled(made, order), engine, seed)
        assert two.cost == one.cost, seed
        assert {name: a.services for name, a in two.plan.assignments.items()} == {
            f"x-{name}": {slot: Service(f"y-{s.person}", s.start) for slot, s in a.services.items()}
            for name, a in one.plan.assignments.items()
        }, seed


def relabelled(made, order):
    def at(place):
        return None if place is None else order[place]

    def matrix(rows):
        n = len(rows)
        back = [order.index(i) for i in range(n)]
        return tuple(tuple(rows[back[i]][back[j]] for j in range(n)) for i in range(n))

    people = tuple(
        replace(
            one,
            id=f"y-{one.id}",
            shifts=tuple(
                s._replace(start_place=at(s.start_place), end_place=at(s.end_place)) for s in one.shifts
            ),
            busy=tuple(b._replace(place=at(b.place)) for b in one.busy),
        )
        for one in made.people
    )
    visits = tuple(
        replace(
            one,
            id=f"x-{one.id}",
            place=at(one.place),
            excluded={f"y-{who}" for who in one.excluded},
            pins={slot: f"y-{who}" for slot, who in one.pins.items()},
            slots=tuple(replace(s, preferred={f"y-{who}" for who in s.preferred}) for s in one.slots),
        )
        for one in made.visits
    )
    return replace(
        made,
        people=people,
        visits=visits,
        links=tuple(replace(link, visits=tuple(f"x-{v}" for v in link.visits)) for link in made.links),
        travel=matrix(made.travel),
        travel_by={mode: matrix(rows) for mode, rows in made.travel_by.items()},
    )


def test_the_order_of_people_and_visits_does_not_change_the_optimum():
    for seed in range(8):
        made = simultaneous(seed)
        turned = replace(made, people=made.people[::-1], visits=made.visits[::-1])
        assert optimum(turned) == optimum(made), seed


@pytest.mark.parametrize("engine", ENGINES)
def test_where_time_begins_changes_nothing(engine):
    for seed in range(40):
        made = world(seed)
        one, two = solved(made, engine, seed), solved(later(made, 1000), engine, seed)
        assert two.cost == one.cost, seed
        assert {name: a.services for name, a in two.plan.assignments.items()} == {
            name: {slot: Service(s.person, s.start + 1000) for slot, s in a.services.items()}
            for name, a in one.plan.assignments.items()
        }, seed


def later(made, by):
    def moved(span):
        return Span(span.start + by, span.end + by)

    def pause(b):
        return b._replace(earliest=b.earliest + by, latest=b.latest + by)

    people = tuple(
        replace(
            one,
            mandates={c: tuple(map(moved, spans)) for c, spans in one.mandates.items()},
            shifts=tuple(
                s._replace(start=s.start + by, end=s.end + by, breaks=tuple(map(pause, s.breaks)))
                for s in one.shifts
            ),
            busy=tuple(b._replace(start=b.start + by, end=b.end + by) for b in one.busy),
        )
        for one in made.people
    )
    visits = tuple(
        replace(
            one,
            windows=tuple(w._replace(earliest=w.earliest + by, latest=w.latest + by) for w in one.windows),
            fixed_start=None if one.fixed_start is None else one.fixed_start + by,
            day=None if one.day is None else moved(one.day),
        )
        for one in made.visits
    )
    return replace(
        made,
        people=people,
        visits=visits,
        horizon=made.horizon + by,
        days=tuple(map(moved, made.days)),
        weeks=tuple(map(moved, made.weeks)),
    )


def loosened(made):
    """The same with one rule less, one after the other.

    Busy times stay: travel is what a plan adds to theirs, so without them it is counted otherwise.
    """

    def people(**changes):
        return replace(made, people=tuple(replace(one, **changes) for one in made.people))

    def visits(change):
        return replace(made, visits=tuple(change(one) for one in made.visits))

    always = (Span(-100, made.horizon + 100),)
    whole = Window(0, made.horizon - 1)
    yield "limits", people(limits=Limits())
    yield "mandates", people(mandates={"FR": always, "BE": always})
    yield "complexity", people(complexity_ceiling=None)
    yield "windows", visits(lambda one: replace(one, windows=(*one.windows, whole), until_end=False))
    yield "exclusions", visits(lambda one: replace(one, excluded=()))
    yield "fixed start", visits(lambda one: replace(one, fixed_start=None))
    yield (
        "roles",
        visits(
            lambda one: replace(one, slots=tuple(replace(slot, role=None, skills=()) for slot in one.slots))
        ),
    )
    yield (
        "breaks",
        replace(
            made,
            people=tuple(
                replace(one, shifts=tuple(s._replace(breaks=()) for s in one.shifts)) for one in made.people
            ),
        ),
    )


def test_a_rule_less_never_costs_more_at_the_optimum():
    gained = set()
    for seed in range(4):
        made = replace(simultaneous(seed), visits=simultaneous(seed).visits[:2])
        best = optimum(made)
        for rule, looser in loosened(made):
            found = optimum(looser)
            assert found <= best, (seed, rule)
            if found < best:
                gained.add(rule)
    assert gained  # the rules did matter


@pytest.mark.parametrize("engine", ENGINES)
def test_a_rule_less_never_costs_more_from_the_same_plan(engine):
    """From the plan under the rule, which holds without it: what comes out is no dearer than that plan is then."""
    for seed in range(12):
        # Fixed starts are multiples of 5: on the grid too when they are fixed no longer.
        made = replace(random_problem(random.Random(seed), people=4, visits=4), step=5)
        first = solved(made, engine, seed).plan
        for rule, looser in loosened(made):
            assert check(looser, first) == []
            found = solved(looser, engine, seed, start=first)
            assert found.cost <= evaluate(looser, first).total <= evaluate(made, first).total, (seed, rule)
            assert found.cost <= evaluate(looser, Plan()).total
