"""Mending a day: what the event did not touch stays, a change elsewhere only buys a visit that has nobody."""

import json
import random
from dataclasses import replace

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
    Link,
    LinkKind,
    MaxIterations,
    NewVisit,
    Shift,
    Slot,
    Window,
    check,
    events_from_json,
    plan_to_json,
    problem_to_json,
    rank,
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


@pytest.mark.parametrize(("most", "unassigned"), [(1, ("w",)), (2, ())])
def test_a_third_visit_makes_room_for_the_one_that_moves(most, unassigned):
    """w needs Bo, who then leaves v to Cy, who then leaves x to Dee: the only one left with neither skill."""
    now = (Window(300, 300),)
    made = problem(
        person("ana", skills={"child", "trauma"}),
        person("bo", skills={"child", "trauma"}),
        person("cy", skills={"trauma"}),
        person("dee"),
        visit("x", windows=now),
        visit("v", windows=now, slots=(Slot(id="a", role="psy", skills={"trauma"}),)),
        visit("w", windows=now, slots=(Slot(id="a", role="psy", skills={"child"}),)),
    )
    day = plan(x={"a": ("cy", 300)}, v={"a": ("bo", 300)}, w={"a": ("ana", 300)})
    done = mend(made, day, Absence("ana", 0, 1000), max_changes=most)
    assert done.unassigned == unassigned
    assert set(done.others) == (set() if unassigned else {"v", "x"})
    assert check(done.problem, done.plan) == []


def test_whoever_comes_instead_comes_at_the_hour_people_know():
    """Bo could be there at 50. Sami, the other half of the team, has been told 400."""
    both = (Slot(id="a", role="psy"), Slot(id="b", role="int"))
    made = problem(
        person("ana"), person("bo"), person("sami", roles={"int"}), visit("v", slots=both), step=10
    )
    day = plan(v={"a": ("ana", 400), "b": ("sami", 400)})
    done = mend(made, day, Absence("ana", 0, 1000))
    assert dict(done.plan.assignments["v"].services) == {"a": ("bo", 400), "b": ("sami", 400)}


def test_two_who_want_the_same_person_are_tried_in_both_orders():
    """Cy is the nearest for v and for w, and the only one for w; Bo can take v."""
    now = (Window(300, 300),)
    child = (Slot(id="a", role="psy", skills={"child"}),)
    made = problem(
        person("ana", skills={"child"}, shifts=(Shift(0, 1000),)),
        person("bo", shifts=(Shift(0, 1000, 0, 0),)),
        person("cy", skills={"child"}, shifts=(Shift(0, 1000),)),
        person("dee", skills={"child"}, shifts=(Shift(0, 1000),)),
        visit("v", windows=now),
        visit("w", windows=now, slots=child),
    )
    day = plan(v={"a": ("dee", 300)}, w={"a": ("ana", 300)})
    done = mend(made, day, Absence("ana", 0, 1000), Absence("dee", 0, 1000), max_changes=0)
    assert {name: one.people["a"] for name, one in done.plan.assignments.items()} == {"v": "bo", "w": "cy"}


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


@pytest.mark.parametrize("block", range(4))
def test_one_visit_waits_only_if_nobody_at_all_can_come(block):
    """Nothing else may move: then the ranking says whether the visit broken by the absence can have a team."""
    n = 0
    for seed in range(block * 25, block * 25 + 25):
        rng = random.Random(seed)
        made = worlds.random_problem(rng, people=5, visits=4)
        day = solve(made, stop=MaxIterations(30), seed=1).plan
        away = Absence(rng.choice(made.people).id, 0, 240)
        done = repair(made, day, [away], max_changes=0, seconds=30, iterations=60)
        broken = [name for name in done.affected if name in day.assignments]
        if len(broken) == 1:
            n += 1
            standing = day.without(*broken)
            assert (broken[0] in done.unassigned) == (not rank(done.problem, standing, broken[0])), seed
        assert done == replace(
            repair(made, day, [away], max_changes=0, seconds=30, iterations=60), seconds=done.seconds
        )
    assert n > 3


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_everything_at_once_is_mended_the_same_way_each_time(seed):
    """An absence, a delay, a visit less, a visit more: no rule broken, nothing lost that stood, same seed same plan."""
    rng = random.Random(seed)
    made = worlds.random_problem(rng, people=5, visits=5)
    day = solve(made, stop=MaxIterations(30), seed=1).plan
    if len(day.assignments) < 2:
        return
    late, gone = rng.sample(sorted(day.assignments), 2)
    events = [
        Absence(rng.choice(made.people).id, rng.randrange(0, 200), 240),
        Delay(late, rng.choice([10, 30])),
        Cancellation(gone),
        NewVisit(replace(rng.choice(made.visits), id="new")),
    ]
    done = repair(made, day, events, max_changes=2, seconds=30, iterations=60, seed=seed)
    again = repair(made, day, events, max_changes=2, seconds=30, iterations=60, seed=seed)
    assert done == replace(again, seconds=done.seconds)
    assert done.violations == ()
    assert len(done.others) <= 2
    for name, one in day.assignments.items():
        if name not in (*done.affected, *done.others, gone):
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


def test_linked_visits_fall_with_the_one_that_is_lost():
    """Only ana can do w; v and w go together. Ana away: nobody for w, so v goes too. Cancelled w: v stands alone."""
    who = (person(), person("bo", roles={"psy", "other"}))
    pair = visit("w", slots=(Slot(id="a", role="other"),), place=2)
    made = problem(*who, visit(), pair, links=(Link(kind=LinkKind.ALL_OR_NONE, visits=("v", "w")),))
    day = plan(v={"a": ("ana", 100)}, w={"a": ("bo", 100)})
    assert check(made, day) == []
    found = repair(made, day, [Absence("bo", 0, 1000)])
    assert (found.violations, set(found.unassigned)) == ((), {"v", "w"})
    found = repair(made, day, [Cancellation("w")])
    assert (found.violations, found.unassigned) == ((), ())


def test_the_rest_of_a_series_keeps_its_person_or_goes():
    who = (person(), person("bo"))
    made = problem(
        *who, visit(), visit("w", place=2), links=(Link(kind=LinkKind.SAME_PEOPLE, visits=("v", "w")),)
    )
    day = plan(v={"a": ("ana", 100)}, w={"a": ("ana", 400)})
    found = repair(made, day, [Absence("ana", 350, 600)])
    assert found.violations == ()
    assert "v" in found.plan.assignments
