"""The search, the ranking and the explanations against plain enumeration on small random problems."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from versants_libs.dispatch import (
    MaxIterations,
    Rule,
    Window,
    apply_patch,
    check,
    evaluate,
    explain,
    plan_from_json,
    plan_to_json,
    problem_from_json,
    problem_to_json,
    rank,
    solve,
    suggest_times,
)

from .worlds import enriched, every_team, optimum, random_problem, shared, timed


def small(seed, **more):
    rng = random.Random(seed)
    problem = random_problem(rng, people=5, visits=4, slots=3 if seed % 3 == 0 else 2, **more)
    if seed % 4 > 1:
        problem = shared(rng, problem)
    return timed(rng, problem) if seed % 4 in (1, 2) else problem


@pytest.mark.parametrize("block", range(8))
def test_rank_is_exactly_the_teams_the_checker_accepts(block):
    n_teams = 0
    for seed in range(block * 10, block * 10 + 10):
        problem = small(seed)
        if seed % 2:
            problem = enriched(random.Random(seed), problem)
        plan = solve(problem, stop=MaxIterations(20), seed=seed).plan
        base = evaluate(problem, plan).total
        for visit in problem.visits:
            expected = sorted(
                (cost - base, [service.person for service in team.values()], sorted(team.items()))
                for cost, team in every_team(problem, plan, visit)
            )
            options = rank(problem, plan, visit.id)
            found = [(o.delta.total, [*o.people.values()], sorted(o.services.items())) for o in options]
            assert found == expected, (seed, visit.id)
            assert rank(problem, plan, visit.id, limit=2) == options[:2]
            n_teams += len(found)
    assert n_teams > 20  # the block has something to compare


@pytest.mark.parametrize("block", range(4))
def test_terms_of_a_ranked_team_are_those_of_the_evaluation(block):
    for seed in range(block * 10, block * 10 + 10):
        problem = enriched(random.Random(seed), small(seed))
        plan = solve(problem, stop=MaxIterations(5), seed=seed).plan
        problem = replace(problem, published=plan)
        before = evaluate(problem, plan)
        for visit in problem.visits:
            for option in rank(problem, plan, visit.id, limit=3):
                after = evaluate(problem, option.apply(plan))
                assert option.delta.total == after.total - before.total
                for term, value in option.delta.terms.items():
                    assert value == after.terms[term] - before.terms[term], (seed, term)


def simultaneous(seed):
    """Three visits, coarse starts, no lags: what the exhaustive search can do."""
    problem = random_problem(random.Random(seed), people=4, visits=3, slots=2)
    visits = tuple(
        replace(visit, slots=tuple(replace(slot, lag=(0, 0)) for slot in visit.slots))
        for visit in problem.visits
    )
    return replace(problem, visits=visits, step=20)


def test_solve_finds_the_optimum_nearly_always():
    """Never below the exhaustive optimum, on it in at least 55 of 60: a later start is not always tried."""
    hits = 0
    for seed in range(60):
        problem = simultaneous(seed)
        best = optimum(problem)
        outcome = solve(problem, stop=MaxIterations(60), seed=seed)
        assert outcome.cost >= best, seed
        assert outcome.lower_bound is not None
        assert outcome.lower_bound <= best, seed
        hits += outcome.cost == best
    assert hits >= 55


def test_one_more_person_never_worsens_the_optimum():
    for seed in range(12):
        problem = simultaneous(seed)
        assert optimum(problem) <= optimum(replace(problem, people=problem.people[:3])), seed


@pytest.mark.parametrize("block", range(4))
def test_explain_is_proved_by_the_checker(block):
    """Each named rule is reported when that person is forced in; each relaxation holds and opens teams."""
    order = list(Rule)
    seen = set()
    kinds = set()
    for seed in range(block * 12, block * 12 + 12):
        problem = enriched(random.Random(seed), small(seed))
        # A changed problem scales its levels anew: what a change is worth is told in the prices of the one asked about.
        problem = replace(problem, weights=replace(problem.weights, levels=()))
        plan = solve(problem, stop=MaxIterations(5), seed=seed).plan
        for visit in problem.visits:
            answer = explain(problem, plan, visit.id)
            teams = rank(problem, plan, visit.id)
            assert answer.n_teams == len(teams)
            in_team = {(who, slot) for option in teams for slot, who in option.people.items()}
            assert in_team <= set(answer.free)
            assert len(answer.free) + len(answer.candidates) == len(problem.people) * len(visit.slots)
            for one in answer.candidates:
                forced = check(problem, plan.without(visit.id).with_team(visit.id, one.services))
                margin = sum(v.margin for v in forced if v.rule is one.rule)
                assert margin >= one.margin > 0, (seed, one)
                if order.index(one.rule) < order.index(Rule.SIMULTANEOUS):
                    earlier = [v for v in forced if order.index(v.rule) < order.index(one.rule)]
                    assert earlier == [], (seed, one)
                seen.add(one.rule)
            for change in answer.relaxations:
                wider = through_json(problem_to_json(problem), change.problem_patch, problem_from_json)
                placed = through_json(plan_to_json(plan), change.plan_patch, plan_from_json)
                assert check(wider, placed) == [], (seed, change)
                assert len(rank(wider, plan, visit.id)) == change.n_teams > answer.n_teams
                after, before = evaluate(wider, placed).total, evaluate(wider, plan).total
                assert after - before == change.delta
                kinds.add(change.kind)
    assert {Rule.ROLE, Rule.TRAVEL, Rule.MANDATE, Rule.SHIFT, Rule.OVERLAP} <= seen
    assert len(kinds) >= 5


def through_json(value, patch, read):
    """Apply a patch the way somebody outside would: as text."""
    return read(apply_patch(json.loads(json.dumps(value)), json.loads(json.dumps(list(patch)))))


def test_suggested_times_hold_and_are_the_next_ones():
    found = 0
    for seed in range(40):
        problem = enriched(random.Random(seed), small(seed))
        plan = solve(problem, stop=MaxIterations(5), seed=seed).plan
        base = evaluate(problem, plan).total
        for visit in problem.visits:
            times = suggest_times(problem, plan, visit.id, spacing=20)
            for one in times:
                placed = plan.with_team(visit.id, one.services)
                rules = {violation.rule for violation in check(problem, placed)}
                assert rules == set() if one.in_window else rules <= {Rule.WINDOW, Rule.PIN}, (seed, visit.id)
                assert one.n_teams >= 1
                if one.in_window:
                    assert evaluate(problem, placed).total - base == one.delta
            inside = [one.start for one in times if one.in_window]
            assert inside == sorted(inside)
            starts = [option.start for option in rank(problem, plan, visit.id)]
            assert inside[:1] == ([min(starts)] if starts else [])
            found += len(times)
    assert found > 100


def test_fewer_suggestions_than_asked_means_there_are_no_more():
    short = 0
    for seed in range(25):
        problem = enriched(random.Random(seed), small(seed))
        plan = solve(problem, stop=MaxIterations(5), seed=seed).plan
        for visit in problem.visits[:2]:
            starts = [one.start for one in suggest_times(problem, plan, visit.id, spacing=40)]
            if len(starts) == 3:
                continue
            short += 1
            for start in range(0, problem.horizon, problem.step):
                at = replace(visit, windows=(Window(start, start),), fixed_start=None, day=None)
                visits = tuple(at if one.id == visit.id else one for one in problem.visits)
                if rank(replace(problem, visits=visits), plan, visit.id, limit=1):
                    assert any(abs(start - one) < 40 for one in starts), (seed, visit.id, start)
    assert short > 10
