"""Objectives in levels: worked by hand, and against the exhaustive search level by level."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from versants_libs.dispatch import (
    Absence,
    InstanceError,
    MaxIterations,
    Plan,
    Service,
    Weights,
    Window,
    check,
    evaluate,
    native,
    problem_from_json,
    problem_to_json,
    repair,
    solve,
)
from versants_libs.dispatch.evaluation import compare
from versants_libs.dispatch.levels import ranges

from .builders import person, plan, problem, visit
from .test_against_brute_force import simultaneous
from .worlds import enriched, optimum, random_problem, softened

ENGINES = [
    "python",
    pytest.param("native", marks=pytest.mark.skipif(not native.available(), reason="no C++ compiler")),
]


def level_by_level(problem):
    """What an amount of each level costs in the weights as given, straight from the definition."""

    def key(cost):
        weights = problem.weights
        return tuple(sum(getattr(weights, t) * cost.amounts[t] for t in level) for level in weights.ranked)

    return key


def test_worked_example_of_levels():
    """Travel is 100 a visit at most: 50 there, 50 on. So a second of lateness costs 101, whatever its weight is beside."""
    soft = (Window(0, 50, hard=False),)
    weights = Weights(lateness=1, travel=1, unserved=1, levels=(("unserved",), ("lateness",), ("travel",)))
    made = problem(person(), visit(windows=soft), weights=weights)
    assert ranges(made)["travel"] == (-50, 100)
    assert ranges(made)["lateness"] == (0, 950)
    served = evaluate(made, plan(v={"a": ("ana", 60)}))
    assert served.levels == (0, 10, 100, 0)
    left = evaluate(made, Plan())
    assert left.levels == (1, 0, 0, 0)
    assert left.total > served.total
    assert served.terms["travel"] == 100
    assert served.terms["lateness"] == 10 * (1 + 150)
    assert compare(served, left).levels == (1, -10, -100, 0)
    assert evaluate(problem(person()), Plan()).levels == (0,)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_second_of_a_higher_level_outweighs_all_below(engine):
    """Who is near is dear: with fees above travel the other comes, with travel above fees this one does."""
    near, far = person("near", fee_visit=1), person("far")
    near = replace(near, shifts=(near.shifts[0]._replace(start_place=1, end_place=1),))
    for levels, who in (((("fees",), ("travel",)), "far"), ((("travel",), ("fees",)), "near")):
        weights = Weights(levels=(("unserved",), *levels))
        found = solve(problem(near, far, visit(), weights=weights), stop=MaxIterations(50), engine=engine)
        assert found.plan.assignments["v"].people == {"a": who}


def leveled(seed):
    rng = random.Random(seed)
    made = simultaneous(seed)
    levels = rng.choice(
        [
            (("unserved",), ("lateness", "overtime"), ("travel",)),
            (("unserved",), ("travel",), ("lateness",)),
            (("unserved", "broken_continuity"), ("overtime",), ("gender_wish", "travel")),
        ]
    )
    return replace(made, weights=replace(made.weights, levels=levels))


@pytest.mark.parametrize("engine", ENGINES)
def test_the_best_plan_is_the_best_level_by_level(engine):
    """Never below the exhaustive optimum of the levels, on it in at least 27 of 30: later starts are not all tried."""
    hits = 0
    for seed in range(30):
        made = leveled(seed)
        key = level_by_level(made)
        best = optimum(made, key)
        found = solve(made, stop=MaxIterations(80), seed=seed, engine=engine)
        cost = evaluate(made, found.plan)
        assert key(cost) == cost.levels >= best, seed
        hits += cost.levels == best
    assert hits >= 27


def test_totals_order_plans_as_their_levels_do():
    """Any two plans of a problem that break no rule, whatever its terms."""
    pairs = 0
    for seed in range(80):
        rng = random.Random(seed)
        made = enriched(rng, softened(rng, random_problem(rng, people=4, visits=4)))
        if not made.weights.levels:
            continue
        plans = [Plan()] if not made.links else []
        plans += [solve(made, stop=MaxIterations(n), seed=n).plan for n in (0, 1, 3, 20)]
        plans += [solve(replace(made, weights=Weights(travel=0, fees=50)), stop=MaxIterations(9)).plan]
        costs = [evaluate(made, one) for one in plans if not check(made, one)]
        known = ranges(made)
        for one in costs:
            assert one.levels == level_by_level(made)(one)
            assert all(known[t][0] <= amount <= known[t][1] for t, amount in one.amounts.items()), seed
            for two in costs:
                assert (one.total < two.total) == (one.levels < two.levels), seed
                pairs += one.total < two.total
    assert pairs > 30


def test_what_does_not_fit_is_said_with_its_level():
    """Four terms of long times above each other leave 64 bits; the twin counts on."""
    levels = (("unserved",), ("largest_lateness",), ("lateness",), ("waiting",), ("travel",))
    far = [person(f"p{i}", shifts=(person().shifts[0]._replace(end=1_000_000),)) for i in range(20)]
    late = [visit(f"v{i}", windows=(Window(0, 5, hard=False),)) for i in range(30)]
    made = problem(
        *far, *late, horizon=2_000_000, weights=Weights(levels=levels, waiting=1, largest_lateness=1)
    )
    if native.available():
        with pytest.raises(InstanceError, match="out of the range") as said:
            solve(made, stop=MaxIterations(1), engine="native")
        assert said.value.ids == ("lateness",)
    assert solve(made, stop=MaxIterations(1), engine="python").violations == ()


def test_levels_are_refused_where_they_contradict_themselves():
    for levels in ((("unserved",), ("speed",)), (("travel",), ("travel",)), ((),)):
        with pytest.raises(InstanceError):
            Weights(levels=levels)


def test_levels_travel_with_the_problem():
    made = problem(person(), visit(), weights=Weights(levels=(("unserved",), ("travel", "lateness"))))
    again = problem_from_json(problem_to_json(made))
    assert again == made
    assert again.prices == made.prices != made.weights


def test_repair_with_levels_finds_somebody_else():
    weights = Weights(levels=(("unserved",), ("changes",), ("travel",)))
    made = problem(person("ana"), person("bo"), visit(), weights=weights)
    day = Plan().with_team("v", {"a": Service("ana", 100)})
    mended = repair(made, day, [Absence("ana", 0, 900)], seconds=0.3)
    assert mended.plan.assignments["v"].people == {"a": "bo"}
    assert mended.cost.levels[0] == 0
