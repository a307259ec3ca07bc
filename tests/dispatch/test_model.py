"""What the model refuses, with the ids it names."""

from __future__ import annotations

import pickle

import pytest

from versants_libs.dispatch import (
    Assignment,
    Break,
    Busy,
    InstanceError,
    LanguageNeed,
    Limits,
    Plan,
    SecondLanguage,
    Service,
    Shift,
    Slot,
    Span,
    Weights,
    Window,
)

from .builders import person, problem, visit

A, B = Slot(id="a"), Slot(id="b")


@pytest.mark.parametrize(
    ("make", "ids"),
    [
        (lambda: person(""), ()),
        (lambda: person(languages={"fr": 7}), ("ana",)),
        (lambda: person(pairs={("ti", "fr"): -1}), ("ana",)),
        (lambda: person(mandates={"FR": (Span(5, 5),)}), ("ana",)),
        (lambda: person(shifts=(Shift(9, 3),)), ("ana",)),
        (lambda: person(shifts=(Shift(0, 9, overtime_s=2), Shift(10, 20))), ("ana",)),
        (lambda: person(shifts=(Shift(0, 99, overtime_s=-1),)), ("ana",)),
        (lambda: person(shifts=(Shift(0, 99, breaks=(Break(20, 0, 10),)),)), ("ana",)),
        (lambda: person(shifts=(Shift(0, 99, breaks=(Break(5, 0, 20), Break(5, 10, 30))),)), ("ana",)),
        (lambda: person(busy=(Busy(0, 20, 1), Busy(10, 30, 2))), ("ana",)),
        (lambda: person(limits=Limits(work_day_s=-1)), ("ana",)),
        (lambda: person(worked_s=-1), ("ana",)),
        (lambda: person(fee_hour=-1), ("ana",)),
        (lambda: person(fee_visit=-1), ("ana",)),
        (lambda: Slot(id=""), ()),
        (lambda: Slot(id="a", lag=(5, 4)), ("a",)),
        (lambda: Slot(id="a", duration=0), ("a",)),
        (lambda: Slot(id="a", languages=(LanguageNeed("fr", 9),)), ("a",)),
        (lambda: Slot(id="a", languages=(LanguageNeed("fr", 1, second=(SecondLanguage("ar", 9),)),)), ("a",)),
        (lambda: visit(""), ()),
        (lambda: visit(slots=()), ("v",)),
        (lambda: visit(windows=()), ("v",)),
        (lambda: visit(windows=(Window(9, 8),)), ("v",)),
        (lambda: visit(duration=0), ("v",)),
        (lambda: visit(unserved=-1), ("v",)),
        (lambda: visit(slots=(A, A)), ("v",)),
        (lambda: visit(slots=(Slot(id="a", lag=(1, 2)),)), ("v",)),
        (lambda: visit(place=None), ("v",)),
        (lambda: visit(pins={"z": "ana"}), ("v", "z")),
        (lambda: visit(pins={"a": "ana"}, excluded={"ana"}), ("v", "ana")),
        (lambda: visit(slots=(A, B), pins={"a": "ana", "b": "ana"}), ("v", "ana", "ana")),
        (lambda: visit(fixed_start=900), ("v",)),
        (lambda: visit(fixed_start=100, day=Span(200, 300)), ("v",)),
        (lambda: visit(day=Span(801, 900)), ("v",)),
        (lambda: problem(visit(day=Span(5, 10))), ("v",)),
        (lambda: problem(person(travel_mode="train")), ("ana",)),
        (lambda: problem(person(), travel_by={"train": ((0, 1), (1, 0))}), ()),
        (lambda: problem(person(), travel_by={"train": ((0, 1, -1),) * 3}), ()),
        (lambda: problem(person(), person()), ("ana",)),
        (lambda: problem(visit(), visit()), ("v",)),
        (lambda: problem(visit(place=3)), ("v",)),
        (lambda: problem(person(busy=(Busy(0, 1, 9),))), ("ana",)),
        (lambda: problem(visit(windows=(Window(0, 2000),))), ("v",)),
        (lambda: problem(visit(pins={"a": "bo"})), ("v", "bo")),
        (lambda: problem(travel=((0, 1),)), ()),
        (lambda: problem(travel=((0.5,),)), ()),
        (lambda: problem(travel=((-1,),)), ()),
        (lambda: problem(epoch="tomorrow"), ()),
        (lambda: problem(epoch="2026-11-23T00:00:00"), ()),
        (lambda: problem(step=0), ()),
        (lambda: problem(places=("home",)), ()),
        (lambda: problem(days=(Span(0, 10), Span(5, 20))), ()),
        (lambda: Weights(travel=-1), ("travel",)),
        (lambda: Plan({"v": Assignment("w", {})}), ("v", "w")),
        (
            lambda: problem(
                person(),
                visit("v", pins={"a": "ana"}, fixed_start=100),
                visit("w", pins={"a": "ana"}, fixed_start=150),
            ),
            ("ana", "v", "w"),
        ),
    ],
)
def test_contradiction_names_its_ids(make, ids):
    with pytest.raises(InstanceError) as caught:
        make()
    assert caught.value.ids == ids


def test_overlapping_busy_times_become_one():
    who = person(busy=(Busy(50, 70), Busy(0, 20), Busy(10, 30, 2), Busy(30, 40)))
    assert who.busy == (Busy(0, 30, 2), Busy(30, 40), Busy(50, 70))


def test_lateness_of_a_start():
    what = visit(windows=(Window(10, 20), Window(30, 40, hard=False)))
    assert [what.lateness(start) for start in (9, 10, 20, 21, 30, 40, 45)] == [None, 0, 0, None, 0, 0, 5]


def test_problem_survives_pickling():
    made = problem(person(pairs={("ti", "fr"): 3}), visit())
    assert pickle.loads(pickle.dumps(made)) == made


def test_plan_changes_leave_the_old_one():
    old = Plan()
    new = old.with_team("v", {"a": Service("ana", 5)})
    assert (old.assignments, new.without("v")) == ({}, Plan())
    assert (new.assignments["v"].start, new.assignments["v"].people) == (5, {"a": "ana"})
