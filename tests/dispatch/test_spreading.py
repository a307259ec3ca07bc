"""One problem in pieces: what the pieces may change, what they must not, and that what comes back still holds."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.dispatch.days import busy_day
from tests.dispatch.worlds import enriched, random_problem, shared, softened, timed
from versants_libs.dispatch import (
    FormatError,
    Link,
    LinkKind,
    MaxIterations,
    Plan,
    Problem,
    Service,
    Span,
    check,
    evaluate,
    solve,
)
from versants_libs.dispatch.spreading import Order, cut, on_cores, put_back, solve_spread, split, work

KINDS = {
    "plain": lambda rng, it: it,
    "soft": softened,
    "rich": enriched,
    "shared": shared,
    "timed": timed,
}


def posted(orders: Sequence[Order]) -> Iterator[tuple[int, Plan]]:
    """A pool far away: orders and plans travel as text."""
    for order in orders:
        yield order.number, work(Order.from_json(json.loads(json.dumps(order.to_json()))))


def world(kind: str, seed: int) -> Problem:
    rng = random.Random(seed)
    return KINDS[kind](rng, random_problem(rng, people=8, visits=10))


@pytest.mark.parametrize("kind", KINDS)
def test_rounds_of_pieces_break_no_rule_and_never_cost_more(kind: str) -> None:
    gained = 0
    for seed in range(25):
        problem = world(kind, seed)
        first = solve(problem, stop=MaxIterations(0), seed=seed)
        done = solve_spread(
            problem,
            pool=posted,
            pieces=1 + seed % 4,
            seeds=1 + seed % 2,
            seconds=20,
            iterations=60,
            seed=seed,
            stop=MaxIterations(2),
        )
        assert done.violations == ()
        assert done.cost == evaluate(problem, done.plan).total <= first.cost
        gained += done.cost < first.cost
    assert gained > 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_piece_starts_from_what_stands_and_breaks_nothing(kind: str) -> None:
    for seed in range(25):
        problem = world(kind, seed)
        plan = solve(problem, stop=MaxIterations(30), seed=seed).plan
        for piece in split(problem, plan, 3, seed=seed):
            assert check(piece.problem, piece.start) == []
            assert len(piece.problem.travel) <= len(problem.travel)
            # What its people do is all there: as free visits, or held one by one.
            people = {person.id for person in piece.problem.people}
            there = Counter(
                (service.person, service.start)
                for team in piece.start.assignments.values()
                for service in team.services.values()
            )
            assert there == Counter(
                (service.person, service.start)
                for team in plan.assignments.values()
                for service in team.services.values()
                if service.person in people
            )


def test_everybody_is_in_one_piece_and_every_visit_free_in_one() -> None:
    problem = busy_day(people=40, visits=60)
    plan = solve(problem, stop=MaxIterations(100)).plan
    pieces = split(problem, plan, 4, seed=3)
    assert len(pieces) == 4
    people = [person.id for piece in pieces for person in piece.problem.people]
    free = [name for piece in pieces for name in piece.free]
    assert len(people) == len(set(people)) == len(problem.people)
    assert len(free) == len(set(free))
    assert len(free) > len(problem.visits) // 3
    others = split(problem, plan, 4, seed=4)
    assert {piece.free for piece in others} != {piece.free for piece in pieces}
    assert [piece.free for piece in split(problem, plan, 4, seed=3)] == [piece.free for piece in pieces]


def test_days_are_pieces_of_their_own_and_a_week_s_limit_holds_over_them() -> None:
    one = busy_day(people=12, visits=10)
    two = [
        replace(
            visit,
            id=f"{visit.id}-2",
            windows=tuple(
                w._replace(earliest=w.earliest + 86_400, latest=w.latest + 86_400) for w in visit.windows
            ),
        )
        for visit in one.visits
    ]
    people = tuple(
        replace(
            person,
            shifts=(
                *person.shifts,
                *(
                    shift._replace(
                        start=shift.start + 86_400,
                        end=shift.end + 86_400,
                        breaks=tuple(
                            b._replace(earliest=b.earliest + 86_400, latest=b.latest + 86_400)
                            for b in shift.breaks
                        ),
                    )
                    for shift in person.shifts
                ),
            ),
            mandates={country: (Span(0, 2 * 86_400),) for country in person.mandates},
            limits=person.limits._replace(work_week_s=4 * 3600),
        )
        for person in one.people
    )
    problem = replace(one, people=people, visits=(*one.visits, *two), horizon=2 * 86_400, days=(), weeks=())
    plan = solve(problem, stop=MaxIterations(20)).plan
    pieces = split(problem, plan, 2, seed=1)
    days = [{name.endswith("-2") for name in piece.free} for piece in pieces]
    assert sorted(days, key=str) == [{False}, {True}]
    done = solve_spread(
        problem, pool=posted, pieces=2, seconds=20, iterations=100, stop=MaxIterations(3), start=plan
    )
    assert done.violations == ()
    assert done.cost <= evaluate(problem, plan).total


def test_an_answer_that_breaks_a_rule_is_left_out_and_the_others_are_taken() -> None:
    problem = busy_day(people=40, visits=60)
    plan = solve(problem, stop=MaxIterations(0)).plan
    pieces = split(problem, plan, 4, seed=1)
    good = [(piece, work(Order(0, piece, 1, 20, 200))) for piece in pieces]
    best, taken = put_back(problem, plan, good)
    assert taken > 1
    assert evaluate(problem, best).total < evaluate(problem, plan).total
    # Everybody of one piece is sent to its first visit at once, at an hour at which nobody can be there.
    piece, answer = good[0]
    name = min(piece.free & answer.assignments.keys())
    services = answer.assignments[name].services
    wrong = answer.with_team(
        name, {slot: Service(one.person, one.start + 40_000) for slot, one in services.items()}
    )
    then, others = put_back(problem, plan, [(piece, wrong), *good[1:]])
    assert check(problem, then) == []
    assert 0 < others <= taken
    assert all(then.assignments.get(name) == plan.assignments.get(name) for name in piece.free)


def test_a_dearer_answer_and_a_lost_one_change_nothing() -> None:
    problem = busy_day(people=40, visits=60)
    plan = solve(problem, stop=MaxIterations(50)).plan
    piece = split(problem, plan, 2, seed=1)[0]
    assert put_back(problem, plan, [(piece, Plan())]) == (plan, 0)
    done = solve_spread(
        problem, pool=lambda orders: [], pieces=2, seconds=1, stop=MaxIterations(2), start=plan
    )
    assert done.plan == plan
    assert done.iterations == 2


def test_linked_visits_are_free_together_or_not_at_all() -> None:
    problem = busy_day(people=40, visits=60)
    names = [visit.id for visit in problem.visits]
    linked = replace(
        problem,
        links=(
            Link(kind=LinkKind.ALL_OR_NONE, visits=(names[0], names[1])),
            Link(kind=LinkKind.AFTER, visits=(names[1], names[2])),
            Link(kind=LinkKind.SAME_PEOPLE, visits=(names[5], names[6])),
        ),
    )
    plan = solve(linked, stop=MaxIterations(50)).plan
    unions = [set(names[:3]), set(names[5:7])]
    for seed in range(20):
        for piece in split(linked, plan, 5, seed=seed):
            assert all(union <= piece.free or not union & piece.free for union in unions)
    done = solve_spread(
        linked, pool=posted, pieces=5, seconds=20, iterations=50, stop=MaxIterations(4), start=plan
    )
    assert done.violations == ()


def test_what_others_serve_too_is_never_free() -> None:
    problem = busy_day(people=40, visits=60)
    plan = solve(problem, stop=MaxIterations(50)).plan
    name, team = next((name, one) for name, one in plan.assignments.items() if len(one.services) == 2)
    a, b = (service.person for service in team.services.values())
    assert name not in cut(problem, plan, {a}, {name}).free
    assert name in cut(problem, plan, {a, b}, {name}).free


def test_same_seed_and_iterations_same_plan() -> None:
    problem = busy_day(people=40, visits=60)

    def once() -> Plan:
        return solve_spread(
            problem, pool=posted, pieces=3, seconds=60, iterations=40, seed=7, stop=MaxIterations(2)
        ).plan

    assert once() == once()


def test_processes_of_this_machine_do_the_work() -> None:
    problem = busy_day(people=20, visits=24)
    with on_cores(2) as pool:
        done = solve_spread(problem, pool=pool, pieces=2, seconds=20, iterations=30, stop=MaxIterations(2))
    assert done.violations == ()
    assert done.cost <= solve(problem, stop=MaxIterations(0)).cost


def test_an_order_of_another_format_is_refused() -> None:
    with pytest.raises(FormatError):
        Order.from_json({"format": "something else"})
    with pytest.raises(ValueError, match="pieces"):
        split(busy_day(people=4, visits=2), Plan(), 0)
