"""A desk asked one thing after the other answers as one asked for the first time, and as the checker says."""

from __future__ import annotations

import gc
import random
from dataclasses import replace

import pytest

from versants_libs.dispatch import (
    Desk,
    MaxIterations,
    Plan,
    Rule,
    Service,
    Weights,
    check,
    evaluate,
    explain,
    rank,
    solve,
    suggest_times,
)
from versants_libs.dispatch.checking import person_violations, slot_violations, visit_violations, work_of
from versants_libs.dispatch.problem import Assignment

from .builders import person, plan, problem, visit
from .worlds import random_problem

ORDER = {rule: i for i, rule in enumerate(Rule)}


def small(seed, **more):
    made = random_problem(random.Random(seed), people=5, visits=4, slots=3 if seed % 3 == 0 else 2, **more)
    return made, solve(made, stop=MaxIterations(5), seed=seed, engine="python").plan


def hand_made(made, rng):
    """A plan nobody checked: anybody anywhere at any time."""
    day = Plan()
    for one in made.visits:
        team = {
            slot.id: Service(rng.choice(made.people).id, rng.randrange(0, 220))
            for slot in one.slots
            if rng.random() < 0.9
        }
        day = day.with_team(one.id, team)
    return day


@pytest.mark.parametrize("block", range(4))
def test_questions_leave_no_trace(block):
    """The same answers in any order, and a second time, as from a desk that was asked nothing before."""
    for seed in range(block * 10, block * 10 + 10):
        made, day = small(seed)
        rng = random.Random(seed)
        if seed % 2:
            day = hand_made(made, rng)
        desk = Desk(made, day)
        names = [one.id for one in made.visits] * 2
        rng.shuffle(names)
        for name in names:
            answers = {
                "rank": (desk.rank, rank, {}),
                "the two best": (desk.rank, rank, {"limit": 2}),
                "why not": (desk.explain, explain, {}),
                "when": (desk.suggest_times, suggest_times, {"spacing": 20}),
            }
            for question in rng.sample(sorted(answers), len(answers)):
                asked, afresh, more = answers[question]
                assert asked(name, **more) == afresh(made, day, name, **more), (seed, name, question)


def test_an_unknown_visit_is_named_and_the_desk_goes_on():
    made = problem(person("ana"), visit("v"))
    desk = Desk(made, plan(v={"a": ("ana", 100)}))
    for ask in (desk.rank, desk.explain, desk.suggest_times):
        with pytest.raises(KeyError):
            ask("nothing")
    assert desk.rank("v")[0].people == {"a": "ana"}


def furthest(made, day, asked, slot, who, starts):
    """By brute force: at each start what the checker says of this person alone, and the best of it."""
    works = [
        work_of(one, held, day.assignments[one.id].services[held.id])
        for one in made.visits
        if one.id in day.assignments and one.id != asked.id
        for held in one.slots
        if day.assignments[one.id].services[held.id].person == who.id
    ]
    before = set(person_violations(made, who, works))
    best = None
    for start in (start for low, high in starts for start in range(low, high + 1)):
        service = Service(who.id, start)
        found = [*slot_violations(asked, slot, who, start)]
        found += visit_violations(asked, Assignment(asked.id, {slot.id: service}))
        after = person_violations(made, who, [*works, work_of(asked, slot, service)])
        found += [one for one in after if one not in before]
        found = [one for one in found if one.rule is not Rule.INCOMPLETE]
        if not found:
            return None
        first = min(ORDER[one.rule] for one in found)
        margin = sum(one.margin for one in found if ORDER[one.rule] == first)
        best = min(best or (1, 0, 0), (-first, margin, start))
    return best


@pytest.mark.parametrize("block", range(10))
def test_the_rule_margin_and_start_named_are_the_checkers_best(block):
    """Every start of every slot is tried for everybody who is named as blocked by something of their own."""
    seen = set()
    for seed in range(block * 15, block * 15 + 15):
        made, day = small(seed)
        desk = Desk(made, day)
        for asked in made.visits:
            answer = desk.explain(asked.id)
            free = {*answer.free}
            for slot in asked.slots:
                last = made.horizon - 1
                spans = [(w.earliest, w.latest if w.hard else last) for w in asked.windows]
                if asked.fixed_start is not None:
                    spans = [(asked.fixed_start, asked.fixed_start)]
                starts = [(low + slot.lag[0], high + slot.lag[1]) for low, high in spans]
                for one in answer.candidates:
                    if one.slot == slot.id and ORDER[one.rule] < ORDER[Rule.SIMULTANEOUS]:
                        who = made.person(one.person)
                        best = furthest(made, day, asked, slot, who, starts)
                        assert best is not None, (seed, one)
                        if ORDER[one.rule] < ORDER[Rule.CRISIS]:
                            assert best[:2] == (-ORDER[one.rule], one.margin), (seed, one)
                        elif one.rule is Rule.BREAK:
                            # Where two breaks share a leg, the starts tried may miss the least margin.
                            assert best[0] == -ORDER[one.rule], (seed, one)
                            assert best[1] <= one.margin, (seed, one)
                        else:
                            assert best == (-ORDER[one.rule], one.margin, one.start), (seed, one)
                        assert (one.person, slot.id) not in free
                        seen.add(one.rule)
    assert {Rule.MANDATE, Rule.SHIFT, Rule.OVERLAP, Rule.TRAVEL, Rule.BREAK} <= seen


def test_the_delta_of_a_late_day_counts_the_largest_lateness_that_goes():
    """v is 50 s late and the latest; without it w is, by 20 s. Taken over at its present time v gains nothing else."""
    made = problem(
        person("ana"),
        person("bo"),
        visit("v", windows=((100, 100, False),)),
        visit("w", windows=((100, 100, False),)),
        weights=Weights(largest_lateness=7, lateness=0),
    )
    day = plan(v={"a": ("ana", 150)}, w={"a": ("bo", 120)})
    gone = evaluate(made, day.without("v")).terms["largest_lateness"]
    assert gone - evaluate(made, day).terms["largest_lateness"] == -7 * 30
    assert Desk(made, day).rank("v")[0].delta.terms["largest_lateness"] == -7 * 30
    assert Desk(made, day).rank("w")[0].delta.terms["largest_lateness"] == 0


@pytest.mark.parametrize("block", range(3))
def test_what_leaving_a_visit_out_is_worth_is_what_the_evaluation_says(block):
    """The present team of a planned visit, at its present time, changes nothing: its delta is 0 in every term."""
    n = 0
    for seed in range(block * 20, block * 20 + 20):
        made, day = small(seed)
        made = replace(made, published=day, weights=replace(made.weights, largest_lateness=0))
        desk = Desk(made, day)
        for name, held in day.assignments.items():
            for option in desk.rank(name):
                if option.services == held.services:
                    assert set(option.delta.terms.values()) == {0}, (seed, name)
                    n += 1
            assert check(made, day) == []
    assert n > 10


@pytest.mark.parametrize("running", [True, False])
def test_a_question_leaves_the_collection_of_cycles_as_it_was(running):
    made, day = small(1)
    before = gc.isenabled()
    (gc.enable if running else gc.disable)()
    try:
        desk = Desk(made, day)
        desk.explain(made.visits[0].id)
        assert gc.isenabled() is running
        with pytest.raises(KeyError):
            desk.explain("nobody knows it")
        assert gc.isenabled() is running
    finally:
        (gc.enable if before else gc.disable)()
