"""Mending a day: what the event did not touch stays, a change elsewhere only buys a visit that has nobody."""

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dispatch import worlds
from tests.dispatch.builders import person, plan, problem, visit
from versants_libs.dispatch import (
    Absence,
    Cancellation,
    Delay,
    FormatError,
    InstanceError,
    MaxIterations,
    NewVisit,
    Slot,
    Window,
    check,
    events_from_json,
    plan_to_json,
    problem_to_json,
    repair,
    solve,
)
from versants_libs.dispatch.cli import main
from versants_libs.dispatch.io import dumps


def mend(made, day, *events, **more):
    return repair(made, day, list(events), seconds=30, iterations=300, **more)


def test_who_is_ill_is_replaced_and_nothing_else_moves():
    made = problem(person("ana"), person("bo"), visit("v"), visit("w", place=2))
    day = plan(v={"a": ("ana", 100)}, w={"a": ("ana", 300)})
    done = mend(made, day, Absence("ana", 250, 1000))
    assert done.plan.assignments["v"] == day.assignments["v"]
    assert done.plan.assignments["w"].people == {"a": "bo"}
    assert (done.changed_visits, done.others, done.unassigned) == (("w",), (), ())
    assert done.violations == ()


def test_without_anybody_the_visit_waits_and_the_rest_stays():
    made = problem(person("ana"), visit("v"), visit("w", place=2))
    day = plan(v={"a": ("ana", 100)}, w={"a": ("ana", 300)})
    done = mend(made, day, Absence("ana", 250, 1000))
    assert done.unassigned == ("w",)
    assert list(done.plan.assignments) == ["v"]


@pytest.mark.parametrize(("most", "unassigned", "others"), [(0, ("w",), ()), (1, (), ("v",))])
def test_another_visit_moves_only_within_the_budget(most, unassigned, others):
    """Bo is the only one left for w (a child psychologist) and holds v at the same time; Cy can take v."""
    made = problem(
        person("ana", skills={"child"}),
        person("bo", skills={"child"}),
        person("cy"),
        visit("v", windows=(Window(300, 300),)),
        visit("w", windows=(Window(300, 300),), slots=(Slot(id="a", role="psy", skills={"child"}),)),
    )
    day = plan(v={"a": ("bo", 300)}, w={"a": ("ana", 300)})
    done = mend(made, day, Absence("ana", 0, 1000), max_changes=most)
    assert (done.unassigned, done.others) == (unassigned, others)
    assert check(done.problem, done.plan) == []


def test_a_delay_keeps_its_team_and_what_collides_is_placed_anew():
    made = problem(person("ana"), person("bo"), visit("v"), visit("w", windows=(Window(300, 320),), place=2))
    day = plan(v={"a": ("ana", 100)}, w={"a": ("ana", 300)})
    done = mend(made, day, Delay("v", 100))
    assert done.plan.assignments["v"].services["a"] == ("ana", 200)
    assert done.plan.assignments["w"].people == {"a": "bo"}
    assert done.violations == ()


def test_what_falls_away_frees_and_what_comes_in_is_placed():
    made = problem(person("ana"), visit("v"))
    day = plan(v={"a": ("ana", 300)})
    done = mend(made, day, Cancellation("v"), NewVisit(visit("x", windows=(Window(250, 350),))))
    assert list(done.plan.assignments) == ["x"]
    assert [one.id for one in done.problem.visits] == ["x"]


@pytest.mark.parametrize("event", [Absence("nobody", 0, 1), Delay("v", 1), Cancellation("nothing")])
def test_unknown_names_are_refused(event):
    with pytest.raises(InstanceError):
        mend(problem(person("ana"), visit("v")), plan(), event)


@given(seed=st.integers(0, 2**32), most=st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_the_mended_day_holds_and_keeps_its_promises(seed, most):
    rng = random.Random(seed)
    made = worlds.random_problem(rng, people=5, visits=4)
    day = solve(made, stop=MaxIterations(30), seed=1).plan
    start = rng.randrange(0, 200)
    away = Absence(rng.choice(made.people).id, start, start + rng.randrange(10, 150))
    done = repair(made, day, [away], max_changes=most, seconds=30, iterations=60)
    assert done.violations == ()
    assert len(done.others) <= most
    for name, one in day.assignments.items():
        if name not in done.affected and name not in done.others:
            assert done.plan.assignments[name] == one


# Files


def test_events_are_read_and_wrong_ones_named():
    made = events_from_json(
        [
            {"absence": {"person": "ana", "start": 0, "end": 9}},
            {"delay": {"visit": "v", "seconds": 60}},
            {"cancellation": {"visit": "w"}},
        ]
    )
    assert made == [Absence("ana", 0, 9), Delay("v", 60), Cancellation("w")]
    for wrong in (
        {},
        [3],
        [{"illness": {}}],
        [{"delay": {"visit": "v"}}],
        [{"delay": {"visit": "v", "seconds": "1"}}],
    ):
        with pytest.raises(FormatError):
            events_from_json(wrong)


def test_the_command_mends_a_day(tmp_path, capsys):
    made = problem(person("ana"), person("bo"), visit("v"), visit("w", place=2))
    new = dict(problem_to_json(problem(visit("x")))["visits"]["x"])
    (tmp_path / "i.json").write_text(dumps(problem_to_json(made)))
    (tmp_path / "p.json").write_text(dumps(plan_to_json(plan(v={"a": ("ana", 100)}, w={"a": ("ana", 300)}))))
    events = [{"absence": {"person": "ana", "start": 250, "end": 1000}}, {"visit": {"id": "x", **new}}]
    (tmp_path / "e.json").write_text(json.dumps(events))
    files = [str(tmp_path / name) for name in ("i.json", "p.json", "e.json")]
    out = [str(tmp_path / "p2.json"), str(tmp_path / "i2.json")]
    words = ["repair", *files, "--max-changes", "1", "--out", out[0], "--out-instance", out[1], "--json"]
    assert main(words) == 0
    value = json.loads(capsys.readouterr().out)
    assert set(value["changed_visits"]) == {"w", "x"}
    assert (value["others"], value["unassigned"], value["feasible"]) == ([], [], True)
    assert main(["check", out[1], out[0]]) == 0
    (tmp_path / "e.json").write_text('[{"delay": {"visit": "nothing", "seconds": 5}}]')
    assert main(words) == 2
    (tmp_path / "e.json").write_text('[\n {"delay": 3}]')
    assert main(words) == 2
    assert "e.json:2:" in capsys.readouterr().err
