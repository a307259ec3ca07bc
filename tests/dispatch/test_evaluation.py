"""The objective, worked by hand."""

from __future__ import annotations

from versants_libs.dispatch import (
    TERMS,
    Break,
    Busy,
    LanguageNeed,
    MaxIterations,
    Mode,
    Plan,
    SecondLanguage,
    Shift,
    Slot,
    Weights,
    Window,
    check,
    evaluate,
    native,
    rank,
    solve,
)
from versants_libs.dispatch.evaluation import rests

from .builders import person, plan, problem, visit


def amounts(who, what, teams, **more):
    found = evaluate(problem(*who, *what, **more), plan(**teams)).amounts
    return {term: found[term] for term in TERMS if found[term]}


def test_worked_example_of_a_day():
    """Ana: home, v at place 1 from 100 to 200, a call from 210 to 260, w at place 2 from 300 to 400, home.

    Travel 50 + 50 + 50 = 150. Waiting: 100 s lie between the two places, 50 of call and 50 of road: none.
    v may start until 80 (soft): 20 s late. Home at 450, shift to 440 with overtime: 10 s.
    Visit time 250 s = 4 min; nothing worked before: 4 * 4 // 60 = 0.
    """
    shift = Shift(0, 440, 0, 0, overtime_s=60)
    found = amounts(
        [person(shifts=(shift,))],
        [
            visit("v", windows=(Window(0, 80, hard=False),)),
            visit("c", mode=Mode.PHONE, duration=50),
            visit("w", place=2),
        ],
        {"v": {"a": ("ana", 100)}, "c": {"a": ("ana", 210)}, "w": {"a": ("ana", 300)}},
    )
    assert found == {"lateness": 20, "largest_lateness": 20, "travel": 150, "overtime": 10}


def test_cost_is_the_weighted_sum():
    made = problem(person(), visit(), weights=Weights(travel=7, unserved=3))
    cost = evaluate(made, plan(v={"a": ("ana", 100)}))
    assert (cost.total, cost.terms["travel"], cost.amounts["travel"]) == (700, 700, 100)
    empty = evaluate(made, Plan())
    assert (empty.total, empty.terms["unserved"]) == (3, 3)


def test_travel_counts_only_what_the_plan_adds():
    # Ana goes to place 1 anyway at 300; v at place 1 before that costs no way.
    who = person(busy=(Busy(300, 400, 1),))
    assert amounts([who], [visit()], {"v": {"a": ("ana", 100)}}) == {}


def test_waiting_is_between_the_visits():
    teams = {"v": {"a": ("ana", 100)}, "w": {"a": ("ana", 300)}}
    assert amounts([person()], [visit("v"), visit("w", place=2)], teams) == {"travel": 150, "waiting": 50}


def test_imbalance_grows_with_the_square():
    # 100 min of visits after 60 worked: (2*60*100 + 100*100) // 60 = 366; two people of 50 min share better.
    long = {"duration": 6000, "windows": (Window(0, 50),), "mode": Mode.PHONE}
    who = person(worked_s=3600, shifts=(Shift(0, 9000),))
    assert amounts([who], [visit(**long)], {"v": {"a": ("ana", 0)}}) == {"imbalance": 366}


def test_wishes_second_language_and_continuity():
    need = LanguageNeed("ti", 2, second=(SecondLanguage("ar", 1, 5), SecondLanguage("fr", 0, 3)))
    slot = Slot(id="a", gender="f", preferred={"bo"}, languages=(need,))
    who = person(gender="m", languages={"ar": 4, "fr": 0}, shifts=(Shift(0, 1000),))
    found = amounts([who], [visit(slots=(slot,))], {"v": {"a": ("ana", 100)}})
    assert found == {"gender_wish": 1, "second_choice_language": 3, "broken_continuity": 1}


def test_changes_against_the_published_plan():
    told = plan(v={"a": ("ana", 100)}, w={"a": ("bo", 100)}, gone={"a": ("bo", 500)})
    who = [person(shifts=(Shift(0, 1000),)), person("bo", shifts=(Shift(0, 1000),))]
    what = [visit("v"), visit("w"), visit("x")]
    for teams, expected in [
        ({"v": {"a": ("ana", 100)}, "w": {"a": ("bo", 100)}, "x": {"a": ("bo", 400)}}, 0),
        ({"v": {"a": ("ana", 101)}, "w": {"a": ("bo", 100)}}, 1),
        ({"v": {"a": ("bo", 300)}}, 2),
    ]:
        made = problem(*who, *what, published=told)
        assert evaluate(made, plan(**teams)).amounts["changes"] == expected


def test_incomplete_team_counts_as_unserved():
    slots = (Slot(id="a"), Slot(id="b"))
    made = problem(person(), visit(slots=slots, unserved=4))
    assert evaluate(made, plan(v={"a": ("ana", 100)})).amounts["unserved"] == 4


def test_call_on_the_way_home_delays_it():
    """v until 200, 10 s on the road, a call from 210 to 260, the other 40 s: home at 300, 70 s after 230."""
    who = person(shifts=(Shift(0, 230, 0, 0, overtime_s=100),))
    what = [visit("v"), visit("c", mode=Mode.PHONE, duration=50)]
    made = problem(who, *what)
    before, after = plan(v={"a": ("ana", 100)}), plan(v={"a": ("ana", 100)}, c={"a": ("ana", 210)})
    assert evaluate(made, before).amounts["overtime"] == 20
    assert evaluate(made, after).amounts["overtime"] == 70
    assert check(made, after) == []
    pinned = problem(who, what[0], visit("c", mode=Mode.PHONE, duration=50, fixed_start=210))
    assert rank(pinned, before, "c")[0].delta.terms["overtime"] == 50 * pinned.weights.overtime


def lunch(**more):
    return Break(60, 300, 400, **more)


def test_a_break_that_may_be_missed_fills_idle_time():
    """Home to place 1 (v 100 to 200), the break there from 300 to 360, w at place 2 at 450: 250 s between them.

    50 s of road and 60 of break: 140 s idle. Of 1,000 s of shift: 200 s of visits, 150 of road, 60 of break.
    """
    who = person(shifts=(Shift(0, 1000, 0, 0, breaks=(lunch(missed=5),)),))
    teams = {"v": {"a": ("ana", 100)}, "w": {"a": ("ana", 450)}}
    weights = Weights(waiting=1, largest_idle=1)
    found = amounts([who], [visit("v"), visit("w", place=2)], teams, weights=weights)
    assert found == {"travel": 150, "waiting": 140, "largest_idle": 1000 - 200 - 150 - 60}
    assert rests(problem(who, visit("v"), visit("w", place=2), weights=weights), plan(**teams)) == {
        "ana": [(300, 60)]
    }


def test_a_break_without_room_is_missed_at_its_price():
    """From 250 to 350 at v, then 50 s of road to w at 400 until 500: no 60 s between 300 and 400."""
    who = person(shifts=(Shift(0, 1000, 0, 0, breaks=(lunch(missed=5),)),))
    made = problem(who, visit("v"), visit("w", place=2), weights=Weights(missed_break=7))
    cost = evaluate(made, plan(v={"a": ("ana", 250)}, w={"a": ("ana", 400)}))
    assert (cost.amounts["missed_break"], cost.terms["missed_break"]) == (5, 35)
    assert check(made, plan(v={"a": ("ana", 250)}, w={"a": ("ana", 400)})) == []


def test_a_break_after_the_last_visit_delays_the_way_home():
    """v from 150 to 250, home at 300; at the place the break would end at 360 and the way at 410, at home at 360."""
    who = person(shifts=(Shift(0, 350, 0, 0, 100, (lunch(missed=50),)),))
    assert amounts([who], [visit()], {"v": {"a": ("ana", 150)}}) == {"travel": 100, "overtime": 10}


def test_an_unused_shift_is_idle_all_of_it():
    weights = Weights(largest_idle=1)
    who = [person(), person("bo", shifts=(Shift(0, 400),))]
    assert amounts(who, [visit()], {"v": {"a": ("ana", 100)}}, weights=weights)["largest_idle"] == 800


def test_a_window_may_bound_the_end():
    late = visit(windows=(Window(0, 180, hard=False),), until_end=True)
    assert amounts([person()], [late], {"v": {"a": ("ana", 100)}})["lateness"] == 20
    hard = visit(windows=(Window(0, 180),), until_end=True)
    assert [v.margin for v in check(problem(person(), hard), plan(v={"a": ("ana", 100)}))] == [20]


def test_people_cost_by_the_hour_and_by_the_visit():
    """100 s at 36 an hour are 1; at 3000 an hour 83 and a third, of which the third is left off. Each visit 500 more."""
    cheap, dear = person("ana", fee_hour=36), person("bo", fee_hour=3000, fee_visit=500)
    made = problem(cheap, dear, visit("v"), visit("w"), weights=Weights(fees=2, travel=0, unserved=10_000))
    teams = {"v": {"a": ("ana", 100)}, "w": {"a": ("bo", 100)}}
    cost = evaluate(made, plan(**teams))
    assert (cost.amounts["fees"], cost.terms["fees"]) == (1 + 583, 2 * 584)
    assert [(o.people["a"], o.delta.terms["fees"]) for o in rank(made, Plan(), "v")] == [
        ("ana", 2),
        ("bo", 1166),
    ]
    assert solve(made, stop=MaxIterations(50)).terms["fees"] == 4  # Ana takes both


def test_each_travels_their_own_way():
    """By car 50 there and 50 back; on foot 400 and 300: at place 1 at 400 at the earliest, home 300 after the end."""
    foot = ((0, 400, 500), (300, 0, 500), (500, 500, 0))
    ana, bo = person("ana"), person("bo", travel_mode="foot")
    made = problem(ana, bo, visit("v"), travel_by={"foot": foot})
    assert evaluate(made, plan(v={"a": ("ana", 50)})).amounts["travel"] == 100
    assert evaluate(made, plan(v={"a": ("bo", 400)})).amounts["travel"] == 700
    assert [v.margin for v in check(made, plan(v={"a": ("bo", 390)}))] == [10]
    assert [(o.people["a"], o.start) for o in rank(made, Plan(), "v")] == [("ana", 50), ("bo", 400)]
    for engine in ["python", "native"] if native.available() else ["python"]:
        alone = solve(
            problem(bo, visit("v"), travel_by={"foot": foot}), stop=MaxIterations(20), engine=engine
        )
        assert alone.plan.assignments["v"].start == 400
