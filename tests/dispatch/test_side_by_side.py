"""The bench against OR-Tools: what it hands over is the whole sub-problem, and what comes back is the same plan.

OR-Tools itself is not needed here.
"""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from versants_libs.dispatch import (
    Break,
    Limits,
    MaxIterations,
    Plan,
    Shift,
    Slot,
    Span,
    Window,
    check,
    evaluate,
    plan_to_json,
    problem_to_json,
    solve,
)
from versants_libs.dispatch.benchmarks import hhcrsp
from versants_libs.dispatch.io import dumps, read_text

from .builders import person, problem, visit

SIDE = Path(__file__).resolve().parents[2] / "bench" / "dispatch" / "side"
DATA = Path(__file__).with_name("data")


@pytest.fixture
def side(monkeypatch):
    """A script of the bench by its name."""
    monkeypatch.setattr(sys, "path", [str(SIDE), *sys.path])

    def load(name):
        monkeypatch.delitem(sys.modules, name, raising=False)
        return importlib.import_module(name)

    return load


def benchmark_day(number="25_1"):
    made = hhcrsp(json.loads(read_text(DATA / f"InstanzCPLEX_HCSRP_{number}.json.gz"))).problem
    return replace(made, weights=replace(made.weights, largest_lateness=0))


def test_a_plan_comes_back_from_its_routes_at_the_same_cost(side, tmp_path):
    common = side("common")
    made = benchmark_day()
    (tmp_path / "problem.json").write_text(dumps(problem_to_json(made)))
    it = common.read(tmp_path / "problem.json")
    assert sum(len(visit.slots) for visit in made.visits) == len(it.tasks)
    for seed in range(3):
        found = solve(made, stop=MaxIterations(30), seed=seed).plan
        (tmp_path / "plan.json").write_text(dumps(plan_to_json(found)))
        back = common.plan_of(it, common.routes_of(it, tmp_path / "plan.json"))
        assert check(made, back) == []
        assert evaluate(made, back).total == evaluate(made, found).total
        assert {v: a.people for v, a in back.assignments.items()} == {
            v: a.people for v, a in found.assignments.items()
        }


def test_routes_are_timed_as_early_as_they_allow_and_halves_left_out(side):
    # Ana: v at 1, then w at 2 with Ben, who is there long before; x needs Ben and somebody who does not come.
    pair = (Slot(id="a", role="psy"), Slot(id="b", role="psy", lag=(0, 30)))
    soft = (Window(0, 10, hard=False),)
    made = problem(
        person(),
        person("ben"),
        visit(windows=soft),
        visit("w", place=2, windows=soft, slots=pair),
        visit("x", windows=soft, slots=pair),
    )
    common = side("common")
    it = common.common(made)
    assert [(task.visit, task.slot) for task in it.tasks] == [
        (0, "a"),
        (1, "a"),
        (1, "b"),
        (2, "a"),
        (2, "b"),
    ]
    assert it.pairs == ((1, 2, 0, 30), (3, 4, 0, 30))
    back = common.plan_of(it, [[0, 1], [2, 3]])
    starts = {(v, slot): one.start for v, a in back.assignments.items() for slot, one in a.services.items()}
    # Out at 0, 50 s of road, 100 s at v, 50 s of road: at w at 200. Ben, who could be there at 50, starts with her.
    assert starts == {("v", "a"): 50, ("w", "a"): 200, ("w", "b"): 200}


def test_only_people_with_skill_and_mandate_are_handed_over(side):
    mandate = {"BE": (Span(0, 1000),)}
    made = problem(
        person(mandates=mandate, limits=Limits(driving_day_s=120)),
        person("ben"),
        person("cem", mandates={"BE": (Span(0, 850),)}),
        person("dua", roles=("pilot",), mandates=mandate),
        visit(country="BE"),
    )
    it = side("common").common(made)
    assert it.tasks[0].people == (0,)
    assert [one.driving for one in it.crew] == [120, None, None, None]
    assert it.optional


@pytest.mark.parametrize(
    "made",
    [
        problem(person(shifts=(Shift(0, 1000, 0, 0, breaks=(Break(10, 0, 50),)),)), visit()),
        problem(person(shifts=(Shift(0, 400, 0, 0), Shift(500, 900, 0, 0))), visit()),
        problem(person(limits=Limits(work_day_s=10)), visit()),
        problem(person(gender="m"), visit(slots=(Slot(id="a", role="psy", gender="f"),))),
        problem(person(), visit(windows=(Window(0, 10), Window(50, 60)))),
        problem(person(), visit(slots=tuple(Slot(id=s, role="psy") for s in "abc"))),
        problem(person(), visit(fixed_start=60)),
    ],
    ids=["break", "shifts", "limit", "wish", "windows", "slots", "fixed"],
)
def test_what_the_other_side_cannot_be_given_is_refused(side, made):
    common = side("common")
    with pytest.raises(common.NotCommon):
        common.common(made)


def test_gaps_are_to_the_best_feasible_plan_and_a_missing_plan_shows(side):
    picture = side("picture")

    def row(method, instance, at, objective, feasible="1"):
        return {
            "method": method,
            "instance": instance,
            "at_s": at,
            "objective": objective,
            "feasible": feasible,
        }

    rows = [
        row("versants", "A1", "1", "110"),
        row("versants", "A1", "10", "100"),
        row("versants", "A2", "1", "50"),
        row("versants", "A2", "10", "50"),
        row("routing", "A1", "1", "90", "0"),
        row("routing", "A1", "10", "120"),
        row("routing", "A2", "1", "", "0"),
        row("routing", "A2", "10", "60"),
    ]
    means = picture.gaps(rows)["A"]
    assert means["versants"] == {"1": pytest.approx(5), "10": 0}
    assert means["routing"] == {"1": None, "10": pytest.approx(20)}
    assert picture.drawing({"A": means}).count("<circle") == 1 + 2


def test_an_empty_plan_has_no_routes(side, tmp_path):
    common = side("common")
    it = common.common(benchmark_day("10_1"))
    (tmp_path / "plan.json").write_text(dumps(plan_to_json(Plan())))
    assert common.plan_of(it, common.routes_of(it, tmp_path / "plan.json")) == Plan()
