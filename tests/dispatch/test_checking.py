"""Every rule of the checker is broken once, by a known margin, and holds one step before."""

from __future__ import annotations

import pytest

from versants_libs.dispatch import (
    Break,
    Busy,
    InstanceError,
    LanguageNeed,
    Limits,
    Link,
    LinkKind,
    MaxIterations,
    Mode,
    Plan,
    Rule,
    SecondLanguage,
    Shift,
    Slot,
    Span,
    Window,
    check,
    in_order,
    native,
    rank,
    solve,
)

from .builders import person, plan, problem, visit

AT_100 = {"v": {"a": ("ana", 100)}}


def slot(**more):
    return Slot(id="a", role="psy", **more)


def broken(who, what, teams=None, **more):
    """(rule, margin) of each violation; by default ana does v from 100 to 200."""
    found = check(problem(who, what, **more), plan(**(teams or AT_100)))
    return [(violation.rule.value, violation.margin) for violation in found]


def test_check_plan_that_holds():
    assert broken(person(), visit()) == []


def test_check_empty_plan_holds():
    assert check(problem(person(), visit()), Plan()) == []


TI_FR = LanguageNeed("ti", 3, into="fr")


@pytest.mark.parametrize(
    ("who", "what", "expected"),
    [
        ({}, {"excluded": {"ana"}}, [("excluded", 1)]),
        ({"roles": {"social"}}, {}, [("role", 1)]),
        ({}, {"slots": (slot(skills={"child", "grief"}),)}, [("skill", 2)]),
        ({"team": "south"}, {"slots": (slot(teams={"north"}),)}, [("team", 1)]),
        ({"team": "north"}, {"slots": (slot(teams={"north"}),)}, []),
        ({}, {"slots": (slot(languages=(LanguageNeed("ti", 0),)),)}, [("language", 1)]),
        ({"languages": {"ti": 1}}, {"slots": (slot(languages=(LanguageNeed("ti", 3),)),)}, [("level", 2)]),
        ({"languages": {"ti": 3}}, {"slots": (slot(languages=(LanguageNeed("ti", 3),)),)}, []),
        # Speaking a language is not interpreting from it.
        ({"languages": {"ti": 6, "fr": 6}}, {"slots": (slot(languages=(TI_FR,)),)}, [("language", 1)]),
        # One direction is not a conversation, and the weaker direction counts.
        ({"pairs": {("ti", "fr"): 6}}, {"slots": (slot(languages=(TI_FR,)),)}, [("language", 1)]),
        (
            {"pairs": {("ti", "fr"): 6, ("fr", "ti"): 2}},
            {"slots": (slot(languages=(TI_FR,)),)},
            [("level", 1)],
        ),
        ({"pairs": {("ti", "fr"): 6, ("fr", "ti"): 3}}, {"slots": (slot(languages=(TI_FR,)),)}, []),
        ({"pairs": {("ti", "fr"): 6}}, {"slots": (slot(languages=(TI_FR._replace(both_ways=False),)),)}, []),
        (
            {"languages": {"ar": 2}},
            {"slots": (slot(languages=(LanguageNeed("ti", 3, second=(SecondLanguage("ar", 2),)),)),)},
            [],
        ),
        ({"gender": "m"}, {"slots": (slot(gender="f", gender_hard=True),)}, [("gender", 1)]),
        ({"gender": "m"}, {"slots": (slot(gender="f"),)}, []),
        ({"complexity_ceiling": 1}, {"complexity": 3}, [("complexity", 2)]),
        ({}, {"country": "BE"}, [("mandate", 100)]),
        ({"mandates": {"BE": (Span(0, 130),)}}, {"country": "BE"}, [("mandate", 70)]),
        # Two mandates end to end are one.
        ({"mandates": {"BE": (Span(0, 130), Span(130, 200))}}, {"country": "BE"}, []),
        ({}, {"country": "BE", "slots": (slot(needs_mandate=False),)}, []),
        ({}, {"windows": (Window(0, 90),)}, [("window", 10)]),
        ({}, {"windows": (Window(130, 140), Window(0, 80))}, [("window", 20)]),
        ({}, {"windows": (Window(0, 90, hard=False),)}, []),
        ({}, {"windows": (Window(120, 190, hard=False),)}, [("window", 20)]),
        ({}, {"fixed_start": 97}, [("pin", 3)]),
        ({"shifts": (Shift(0, 180),)}, {}, [("shift", 20)]),
        ({"shifts": (Shift(0, 180, overtime_s=20),)}, {}, []),
        ({"shifts": ()}, {}, [("shift", 100)]),
        ({"busy": (Busy(170, 400),)}, {}, [("overlap", 30)]),
        ({"busy": (Busy(200, 400),)}, {}, []),
        # 50 s from home: leaving at 60 arrives at 110, 10 s late.
        ({"shifts": (Shift(60, 1000, 0, 0),)}, {}, [("travel", 10)]),
        ({"shifts": (Shift(0, 240, 0, 0),)}, {}, [("travel", 10)]),
        ({"shifts": (Shift(0, 240, 0, 0, overtime_s=10),)}, {}, []),
        ({"busy": (Busy(220, 300, 2),)}, {}, [("travel", 30)]),
        # A call between two places takes the time of the road: 100 s until busy, 80 of them on the phone.
        ({"busy": (Busy(210, 290), Busy(300, 400, 2))}, {}, [("travel", 30)]),
        ({"busy": (Busy(210, 260), Busy(300, 400, 2))}, {}, []),
        # By telephone nobody travels.
        ({"shifts": (Shift(100, 200, 0, 0),)}, {"mode": Mode.PHONE}, []),
        # A break of 60 in 90..230 does not fit beside the visit 100..200 and the road home.
        ({"shifts": (Shift(0, 1000, 0, 0, breaks=(Break(60, 90, 230),)),)}, {}, [("break", 30)]),
        ({"shifts": (Shift(0, 1000, 0, 0, breaks=(Break(60, 90, 260),)),)}, {}, []),
        ({"shifts": (Shift(0, 1000, 0, 0, breaks=(Break(60, 90, 230, if_shift_over=1000),)),)}, {}, []),
        # Between home at 40 and the visit at 100 there are 60 s, 50 of them on the road: 10 free, 20 needed.
        ({"shifts": (Shift(40, 1000, 0, 0, breaks=(Break(20, 0, 100),)),)}, {}, [("break", 10)]),
        ({"shifts": (Shift(30, 1000, 0, 0, breaks=(Break(20, 0, 100),)),)}, {}, []),
        # 100 s of visit and 100 s of road.
        ({"limits": Limits(work_day_s=190)}, {}, [("work_day", 10)]),
        ({"limits": Limits(work_day_s=200)}, {}, []),
        ({"limits": Limits(work_week_s=290), "worked_s": 100}, {}, [("work_week", 10)]),
        ({"limits": Limits(driving_day_s=90)}, {}, [("driving_day", 10)]),
        ({"limits": Limits(crisis_visits=0)}, {"crisis": True}, [("crisis", 1)]),
    ],
)
def test_check_rule(who, what, expected):
    assert broken(person(**who), visit(**what)) == expected


def test_check_breaks_that_fit_alone_but_not_together():
    # 90 s until the visit at 100, 50 of them on the road: 40 free for two breaks of 25 in 10..100.
    breaks = (Break(25, 0, 50), Break(25, 50, 100))
    who = person(shifts=(Shift(10, 1000, 0, 0, breaks=breaks),))
    assert broken(who, visit()) == [("break", 10)]


def test_check_busy_that_makes_a_break_impossible_forgives_it():
    shift = Shift(0, 1000, 0, 0, breaks=(Break(60, 400, 500),))
    assert broken(person(shifts=(shift,), busy=(Busy(420, 480),)), visit()) == []


def test_check_names_who_has_no_shared_vehicle():
    """More of it in test_vehicles.py."""
    who = person(shifts=(Shift(0, 1000, 0, 0, vehicle="cars"),))
    where = problem(who, visit(), vehicles={"cars": 0})
    found = check(where, plan(v={"a": ("ana", 100)}))
    assert [(v.rule.value, v.visit, v.person, v.margin) for v in found] == [("vehicle", "v", "ana", 1)]


def test_check_overlap_of_two_visits_is_reported_on_both():
    where = problem(person(), visit("v"), visit("w"))
    found = check(where, plan(v={"a": ("ana", 100)}, w={"a": ("ana", 150)}))
    assert [(v.rule, v.visit, v.margin) for v in found] == [(Rule.OVERLAP, "v", 50), (Rule.OVERLAP, "w", 50)]


def test_check_unknown_ids():
    found = check(problem(person(), visit()), plan(v={"a": ("bo", 100), "z": ("ana", 100)}, w={}))
    assert [(v.rule, v.visit, v.slot, v.person) for v in found] == [
        (Rule.UNKNOWN, "w", None, None),
        (Rule.UNKNOWN, "v", "z", "ana"),
        (Rule.UNKNOWN, "v", "a", "bo"),
    ]


TWO = (Slot(id="a", role="psy"), Slot(id="b"))


@pytest.mark.parametrize(
    ("slots", "team", "expected"),
    [
        (TWO, {"a": ("ana", 100)}, [("incomplete", 1)]),
        (TWO, {"a": ("ana", 100), "b": ("bo", 115)}, [("simultaneous", 15)]),
        (
            TWO,
            {"a": ("ana", 100), "b": ("ana", 100)},
            [("same_person", 1), ("overlap", 100), ("overlap", 100)],
        ),
        ((TWO[0], Slot(id="b", lag=(10, 20))), {"a": ("ana", 100), "b": ("bo", 125)}, [("lag", 5)]),
        ((TWO[0], Slot(id="b", lag=(10, 20))), {"a": ("ana", 100), "b": ("bo", 115)}, []),
        ((TWO[0], Slot(id="b", lag=(10, 20))), {"b": ("bo", 830)}, [("incomplete", 1), ("window", 10)]),
    ],
)
def test_check_team(slots, team, expected):
    found = check(problem(person(), person("bo"), visit(slots=slots)), plan(v=team))
    assert [(violation.rule.value, violation.margin) for violation in found] == expected


def test_check_pin_to_somebody_else():
    found = check(problem(person(), person("bo"), visit(pins={"a": "bo"})), plan(**AT_100))
    assert [(v.rule, v.person) for v in found] == [(Rule.PIN, "ana")]


@pytest.mark.parametrize(
    ("link", "teams", "expected"),
    [
        (("all_or_none",), {"v": "ana"}, [("link_missing", "w", 1)]),
        (("same_people",), {"v": "ana", "w": "bo"}, [("link_people", "w", 1)]),
        (("same_people",), {"v": "ana"}, []),
        (("after", 60, None), {"v": "ana", "w": "bo"}, [("link_time", "w", 10)]),
        (("after", 0, 40), {"v": "ana", "w": "bo"}, [("link_time", "w", 10)]),
        (("after", 50, 50), {"v": "ana", "w": "bo"}, []),
    ],
)
def test_check_links(link, teams, expected):
    """v from 100 to 200, w from 250."""
    kind, *times = link
    made = problem(
        person(),
        person("bo"),
        visit(),
        visit("w"),
        links=(
            Link(kind=LinkKind(kind), visits=("v", "w"), **dict(zip(("least", "most"), times, strict=False))),
        ),
    )
    starts = {"v": 100, "w": 250}
    found = check(made, plan(**{name: {"a": (who, starts[name])} for name, who in teams.items()}))
    assert [(violation.rule.value, violation.visit, violation.margin) for violation in found] == expected


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"visits": ("v",)}, "two different visits"),
        ({"visits": ("v", "x")}, "unknown visit"),
        ({"visits": ("v", "w"), "least": 5, "most": 4}, "above the most"),
    ],
)
def test_a_contradictory_link_names_its_visits(link, said):
    with pytest.raises(InstanceError, match=said):
        problem(person(), visit(), visit("w"), links=(Link(kind=LinkKind.AFTER, **link),))


def test_check_every_rule_is_broken_somewhere():
    """The table above and the tests beside it name every rule."""
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    assert [
        rule for rule in Rule if f'"{rule.value}"' not in source and f"Rule.{rule.name}" not in source
    ] == []


DAYS = (Span(0, 300), Span(300, 600))
ENGINES = ["python", "native"] if native.available() else ["python"]


def rules(made, planned):
    return [(violation.rule.value, violation.margin) for violation in check(made, planned)]


def test_a_visit_is_held_to_its_day_even_by_a_soft_window():
    """Pinned to [300, 600): 250 is 50 s too early, 620 is 21 s after the last start of that day."""
    soft = (Window(0, 200, hard=False),)
    made = problem(person(), visit(windows=soft, day=DAYS[1]), days=DAYS)
    assert rules(made, plan(v={"a": ("ana", 250)})) == [("pin", 50)]
    assert rules(made, plan(v={"a": ("ana", 620)})) == [("pin", 21)]
    assert rules(made, plan(v={"a": ("ana", 599)})) == []
    for engine in ENGINES:
        found = solve(made, stop=MaxIterations(20), engine=engine)
        assert found.plan.assignments["v"].start == 300
    assert [option.start for option in rank(made, Plan(), "v")] == [300]


def test_order_is_pinned_whoever_is_sent():
    """w alone would start at 50, the first moment; after v, from 50 to 150, it starts when that has ended."""
    made = problem(person("ana"), person("bo"), visit("v"), visit("w", place=2), links=(in_order("v", "w"),))
    assert rules(made, plan(v={"a": ("ana", 50)}, w={"a": ("bo", 50)})) == [("link_time", 100)]
    for engine in ENGINES:
        found = solve(made, stop=MaxIterations(50), engine=engine).plan.assignments
        assert found["w"].start >= found["v"].start + 100
