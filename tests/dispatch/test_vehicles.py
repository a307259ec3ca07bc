"""Shared vehicles: at no instant more of a pool than there are, whoever plans, asks or mends."""

import random
from dataclasses import replace

import pytest

from tests.dispatch import worlds
from tests.dispatch.builders import person, plan, problem, visit
from versants_libs.dispatch import (
    Absence,
    Delay,
    InstanceError,
    MaxIterations,
    Mode,
    Plan,
    Rule,
    Shift,
    Slot,
    Span,
    Violation,
    Window,
    check,
    evaluate,
    explain,
    lower_bound,
    native,
    problem_from_json,
    problem_to_json,
    rank,
    repair,
    solve,
)

needs_core = pytest.mark.skipif(not native.available(), reason="the core is not built")


def driver(name, start=0, end=1000, overtime=0, **more):
    """Somebody who needs a vehicle of the pool "cars"."""
    return person(name, shifts=(Shift(start, end, 0, 0, overtime, vehicle="cars"),), **more)


def day(*things, cars=1, **more):
    return problem(*things, vehicles={"cars": cars}, **more)


def test_a_vehicle_is_taken_for_the_whole_shift():
    """Ana is back at 250; Bo would leave at 700. There is one car, and it is hers until 1000."""
    made = day(driver("ana"), driver("bo"), visit("v"), visit("w"))
    both = plan(v={"a": ("ana", 100)}, w={"a": ("bo", 750)})
    assert check(made, both) == [Violation(Rule.VEHICLE, "w", "a", "bo", 1, "vehicles")]
    assert check(replace(made, vehicles={"cars": 2}), both) == []
    assert check(made, plan(v={"a": ("ana", 100)}, w={"a": ("ana", 750)})) == []


@pytest.mark.parametrize(("overtime", "broken"), [(0, []), (1, ["vehicle"])])
def test_a_shift_that_ends_hands_its_vehicle_on_overtime_included(overtime, broken):
    """The afternoon begins when the morning ends: the car is back, unless the morning may end later."""
    made = day(driver("ana", 0, 500, overtime), driver("bo", 500, 1000), visit("v"), visit("w"))
    both = plan(v={"a": ("ana", 100)}, w={"a": ("bo", 750)})
    assert [one.rule.value for one in check(made, both)] == broken


def test_who_only_telephones_needs_no_vehicle():
    made = day(driver("ana"), driver("bo"), visit("v"), visit("w", mode=Mode.PHONE))
    assert check(made, plan(v={"a": ("ana", 100)}, w={"a": ("bo", 750)})) == []
    assert check(replace(made, vehicles={"cars": 0}), plan(w={"a": ("bo", 750)})) == []


def test_a_vehicle_that_is_away_is_missing_for_shifts_it_touches():
    """Two cars, one at the workshop from 600 to 700: Bo, who comes second, has none; after 700 it would be there."""
    made = day(driver("ana"), driver("bo"), visit("v"), visit("w"), cars=2)
    made = replace(made, vehicles_away={"cars": (Span(600, 700),)})
    both = plan(v={"a": ("ana", 100)}, w={"a": ("bo", 760)})
    assert [(one.rule, one.person, one.margin) for one in check(made, both)] == [(Rule.VEHICLE, "bo", 1)]
    later = replace(made, people=(made.people[0], driver("bo", 700, 1700)))
    assert check(later, both) == []


def test_margin_is_the_vehicles_that_are_missing():
    """Three are away at once, there is one: for one person more three would be needed."""
    made = day(driver("ana"), visit("v"))
    made = replace(made, vehicles_away={"cars": (Span(0, 10), Span(5, 900), Span(8, 20))})
    assert [one.margin for one in check(made, plan(v={"a": ("ana", 100)}))] == [3]
    answer = explain(made, Plan(), "v")
    assert [(one.rule, one.margin, one.unit) for one in answer.candidates] == [(Rule.VEHICLE, 3, "vehicles")]
    assert "vehicle" not in {change.kind for change in answer.relaxations}  # one more would not do


@pytest.mark.parametrize("engine", ["python", pytest.param("native", marks=needs_core)])
def test_both_searches_send_no_more_people_than_there_are_vehicles(engine):
    """Two visits at the same moment, two people, one car; a second one serves both."""
    now = (Window(300, 300),)
    made = day(driver("ana"), driver("bo"), visit("v", windows=now), visit("w", windows=now))
    one = solve(made, stop=MaxIterations(60), engine=engine)
    assert (len(one.plan.assignments), one.violations) == (1, ())
    two = solve(replace(made, vehicles={"cars": 2}), stop=MaxIterations(60), engine=engine)
    assert (len(two.plan.assignments), two.violations) == (2, ())


@pytest.mark.parametrize("engine", ["python", pytest.param("native", marks=needs_core)])
def test_a_team_of_two_needs_two_vehicles_or_one_who_has_their_own(engine):
    pair = (Slot(id="a", role="psy"), Slot(id="b", role="psy"))
    made = day(driver("ana"), driver("bo"), visit("v", slots=pair))
    assert solve(made, stop=MaxIterations(30), engine=engine).plan == Plan()
    own = replace(made, people=(*made.people, person("cy")))
    team = solve(own, stop=MaxIterations(30), engine=engine).plan.assignments["v"].people
    assert "cy" in team.values()
    assert {frozenset(option.people.values()) for option in rank(own, Plan(), "v")} == {
        frozenset({"ana", "cy"}),
        frozenset({"bo", "cy"}),
    }


def test_a_team_waits_for_the_shift_in_which_there_is_a_vehicle():
    """Both could start at 50, but there is one car until 500; Bo's second shift needs none: 550, when both are there."""
    pair = (Slot(id="a", role="psy"), Slot(id="b", role="psy"))
    bo = person("bo", shifts=(Shift(0, 400, 0, 0, vehicle="cars"), Shift(500, 1000, 0, 0)))
    made = day(driver("ana"), bo, visit("v", slots=pair))
    assert {option.start for option in rank(made, Plan(), "v")} == {550}
    assert explain(made, Plan(), "v").n_teams == 2


def test_explain_says_that_a_vehicle_is_missing_and_what_one_more_would_do():
    now = (Window(300, 300),)
    made = day(driver("ana"), driver("bo"), visit("v", windows=now), visit("w", windows=now))
    answer = explain(made, plan(v={"a": ("ana", 300)}), "w")
    assert {one.person: (one.rule, one.margin) for one in answer.candidates} == {
        "ana": (Rule.OVERLAP, 200),
        "bo": (Rule.VEHICLE, 1),
    }
    (more,) = [change for change in answer.relaxations if change.kind == "vehicle"]
    assert more.problem_patch == ({"op": "add", "path": "/vehicles/cars", "value": 2},)
    assert more.text == "one more vehicle of cars"
    assert more.services["a"].person == "bo"


def test_explain_names_the_vehicle_where_each_could_come_alone():
    pair = (Slot(id="a", role="psy"), Slot(id="b", role="psy"))
    made = day(driver("ana"), driver("bo"), visit("v", slots=pair))
    answer = explain(made, Plan(), "v")
    assert {one.rule for one in answer.candidates} == {Rule.VEHICLE}
    assert all(len(one.services) == 2 for one in answer.candidates)


def test_who_falls_ill_leaves_the_vehicle_to_somebody_else():
    made = day(driver("ana"), driver("bo"), visit("v"), visit("w", place=2))
    day_ = plan(v={"a": ("ana", 100)}, w={"a": ("ana", 300)})
    done = repair(made, day_, [Absence("ana", 0, 1000)], seconds=30, iterations=100)
    assert {one.people["a"] for one in done.plan.assignments.values()} == {"bo"}
    assert (done.violations, done.unassigned) == ((), ())


def test_another_gives_the_vehicle_up_for_a_visit_worth_it():
    """Ana is ill and her w needs a child psychologist: Bo, who has no car while Cy has it; Dee, with her own, takes v."""
    now = (Window(300, 300),)
    child = (Slot(id="a", role="psy", skills={"child"}),)
    made = day(
        person("ana", skills={"child"}),
        driver("bo", skills={"child"}),
        driver("cy"),
        person("dee"),
        visit("v", windows=now),
        visit("w", windows=now, slots=child),
    )
    before = plan(v={"a": ("cy", 300)}, w={"a": ("ana", 300)})
    assert check(made, before) == []
    none = repair(made, before, [Absence("ana", 0, 1000)], max_changes=0, seconds=30, iterations=100)
    assert none.unassigned == ("w",)
    done = repair(made, before, [Absence("ana", 0, 1000)], max_changes=1, seconds=30, iterations=100)
    assert {name: one.people["a"] for name, one in done.plan.assignments.items()} == {"v": "dee", "w": "bo"}
    assert done.violations == ()


def test_a_delay_into_a_shift_without_vehicle_takes_it_from_another():
    """v moves from Ana's first shift, with her own car, to her second, which needs the one Bo has: w waits."""
    ana = person("ana", shifts=(Shift(0, 500, 0, 0), Shift(500, 1000, 0, 0, vehicle="cars")))
    made = day(ana, driver("bo"), visit("v"), visit("w"))
    before = plan(v={"a": ("ana", 100)}, w={"a": ("bo", 700)})
    done = repair(made, before, [Delay("v", 500)], max_changes=0, seconds=30, iterations=100)
    assert done.plan.assignments["v"].start == 600
    assert check(done.problem, done.plan) == []


@needs_core
def test_a_repair_knows_who_outside_has_a_vehicle():
    """The last search sees a neighbourhood only: what the others have taken is away there."""
    for seed in range(60):
        rng = random.Random(seed)
        made = worlds.shared(rng, worlds.random_problem(rng, people=7, visits=8, slots=2))
        before = solve(made, stop=MaxIterations(30), seed=seed, engine="native").plan
        who = rng.choice(made.people).id
        done = repair(made, before, [Absence(who, 60, 240)], max_changes=3, seconds=30, iterations=60)
        assert done.violations == (), seed


@needs_core
@pytest.mark.parametrize("block", range(4))
def test_the_core_keeps_to_the_vehicles_in_every_world(block):
    """As a whole, from a wrong start, and in tiny parts by one thread or two: no rule broken, cost to the unit."""
    short = 0
    for seed in range(block * 50, block * 50 + 50):
        rng = random.Random(seed)
        made = worlds.random_problem(rng, people=rng.randint(2, 7), visits=rng.randint(2, 8), slots=3)
        if seed % 3 == 1:
            made = worlds.softened(rng, made)
        elif seed % 3 == 2:
            made = worlds.enriched(rng, made)
        made = worlds.shared(rng, made)
        bare = replace(made, links=(), weights=replace(made.weights, largest_idle=0))
        parts = (rng.randint(1, 6), rng.randint(2, 20), rng.randint(1, 30))
        whole = (0, 1, 1)
        for one, start, zoning in ((made, False, whole), (made, True, whole), (bare, False, parts)):
            compiled = native.Compiled(one)
            crew, nodes = range(len(one.people)), range(len(compiled.nodes))
            given = [(i, rng.choice(crew), rng.randrange(0, 240, 10)) for i in nodes] if start else []
            services, cost, _ = native._core.solve(
                compiled.arrays, given, seed, -1.0, 100, 1 + seed % 2, native.KNOBS, None, zoning, 0.0
            )
            found = compiled.plan(services)
            assert check(one, found) == [], seed
            assert evaluate(one, found).total == cost, seed
        free = replace(made, vehicles=dict.fromkeys(made.vehicles, 99))
        plenty = native.Compiled(free)
        services, _, _ = native._core.solve(plenty.arrays, [], seed, -1.0, 30, 1, native.KNOBS)
        short += bool(check(made, plenty.plan(services)))
    assert short > 4  # the rule matters in these worlds


@pytest.mark.parametrize("block", range(2))
def test_no_search_is_below_the_optimum_and_the_twin_is_mostly_on_it(block):
    hits = 0
    for seed in range(block * 20, block * 20 + 20):
        rng = random.Random(seed)
        made = worlds.shared(rng, worlds.random_problem(rng, people=4, visits=3, slots=2))
        visits = tuple(
            replace(one, slots=tuple(replace(slot, lag=(0, 0)) for slot in one.slots)) for one in made.visits
        )
        made = replace(made, visits=visits, step=20)
        best = worlds.optimum(made)
        found = solve(made, stop=MaxIterations(60), seed=seed, engine="python")
        assert found.violations == ()
        assert found.cost >= best >= lower_bound(made), seed
        hits += found.cost == best
    assert hits >= 17


def test_vehicles_survive_being_written_and_read():
    made = replace(
        day(driver("ana"), visit("v"), cars=2), vehicles_away={"cars": (Span(0, 10), Span(20, 30))}
    )
    assert problem_from_json(problem_to_json(made)) == made


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"vehicles": {}}, "unknown pool"),
        ({"vehicles": {"cars": -1}}, "less than no vehicle"),
        ({"vehicles_away": {"bikes": (Span(0, 1),)}}, "unknown pool are away"),
        ({"vehicles_away": {"cars": (Span(5, 5),)}}, "ends before it starts"),
    ],
)
def test_pools_that_contradict_are_named(more, message):
    with pytest.raises(InstanceError, match=message):
        replace(day(driver("ana")), **more)
