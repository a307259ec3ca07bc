"""One day or week solved by many hosts: cut into pieces that need nothing of each other, put together again.

A piece is a problem of its own: some people, what they do on one day, and the visits without a team near them. What its
people do on other days, or together with people of other pieces, stays in it, held at its very time, so that limits,
travel and pauses of everybody are exact. Pieces can be solved at once, anywhere, by anything that reads their JSON; one
that is lost costs nothing but its own gain. In the next round other pieces are cut, across the borders of the last.

Sources: Taillard, Voss (2002), POPMUSIC, doi 10.1007/978-1-4615-1507-4_27. The core does the same inside one process.
"""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from multiprocessing import get_context
from typing import Any

from .checking import check, takers
from .errors import FormatError
from .evaluation import evaluate
from .holding import held
from .io import plan_from_json, plan_to_json, problem_from_json, problem_to_json
from .matrix import Matrix, Rows
from .model import Person, Visit
from .problem import Assignment, Plan, Problem
from .results import Outcome, Progress
from .search import lower_bound
from .solving import ENGINE, solve
from .stopping import AnyOf, MaxIterations, MaxSeconds, StopRule

__all__ = ["Order", "Piece", "Pool", "cut", "on_cores", "put_back", "solve_spread", "split", "work"]

FORMAT_ORDER = "versants-dispatch-order-1"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a problem that can be solved by itself. ``free`` are the visits it may change; all others are held."""

    problem: Problem
    start: Plan
    free: frozenset[str]


@dataclass(frozen=True, slots=True)
class Order:
    """A piece to be solved somewhere: ``number`` says which one of its round; for ``seconds`` or ``iterations``."""

    number: int
    piece: Piece
    seed: int
    seconds: float
    iterations: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; ids and numbers only, names of places are left out."""
        return {
            "format": FORMAT_ORDER,
            "number": self.number,
            "seed": self.seed,
            "seconds": self.seconds,
            "iterations": self.iterations,
            "free": sorted(self.piece.free),
            "problem": problem_to_json(self.piece.problem),
            "start": plan_to_json(self.piece.start),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Order:
        """The order of :meth:`to_json`. Raises FormatError, InstanceError."""
        if value.get("format") != FORMAT_ORDER:
            raise FormatError("format", f"{value.get('format')!r}, expected {FORMAT_ORDER!r}")
        iterations = value.get("iterations")
        return cls(
            int(value["number"]),
            Piece(
                problem_from_json(value["problem"]), plan_from_json(value["start"]), frozenset(value["free"])
            ),
            int(value["seed"]),
            float(value["seconds"]),
            None if iterations is None else int(iterations),
        )


#: Solves orders somewhere. Yields (number, plan of the piece) as they come; an order that is lost is not yielded.
Pool = Callable[[Sequence[Order]], Iterable[tuple[int, Plan]]]


def work(order: Order, *, engine: str = "auto") -> Plan:
    """Solve one order, here and now."""
    stop: StopRule = MaxSeconds(order.seconds)
    if order.iterations is not None:
        stop = AnyOf(stop, MaxIterations(order.iterations))
    piece = order.piece
    return solve(piece.problem, stop=stop, seed=order.seed, start=piece.start, engine=engine).plan


@contextmanager
def on_cores(n: int) -> Iterator[Pool]:
    """A pool of ``n`` processes on this machine."""
    with ProcessPoolExecutor(n, mp_context=get_context("spawn")) as processes:

        def pool(orders: Sequence[Order]) -> Iterator[tuple[int, Plan]]:
            asked = {processes.submit(work, order): order.number for order in orders}
            for done in as_completed(asked):
                yield asked[done], done.result()

        yield pool


# Cutting


def cut(problem: Problem, plan: Plan, people: Collection[str], free: Collection[str]) -> Piece:
    """The piece of these people in which the visits ``free`` may change.

    Visits that others serve too, or that a link joins to a visit outside, cannot be free and are held instead.
    """
    known = {visit.id: visit for visit in problem.visits}
    mine = frozenset(people)
    loose = _loose(problem, plan, mine, {name for name in free if name in known})
    visits: list[Visit] = []
    start: dict[str, Assignment] = {}
    for visit in problem.visits:
        standing = plan.assignments.get(visit.id)
        if visit.id in loose:
            visits.append(visit)
            if standing is not None:
                start[visit.id] = standing
            continue
        for slot in visit.slots if standing is not None else ():
            service = standing.services.get(slot.id) if standing is not None else None
            if service is not None and service.person in mine:
                one = held(visit, slot, service, visit.unserved)
                visits.append(one)
                start[one.id] = Assignment(one.id, {slot.id: service})
    away = {pool: [*spans] for pool, spans in problem.vehicles_away.items()}
    for taker in takers(problem, plan):  # what the others have
        if taker.person not in mine:
            away.setdefault(taker.pool, []).append(taker.span)
    told = problem.published
    part = problem.part(
        [person for person in problem.people if person.id in mine],
        visits,
        published=None if told is None else _only(told, loose),
        places=(),
        coordinates=None,
        vehicles_away={pool: tuple(spans) for pool, spans in away.items()},
        horizon=max(
            [problem.horizon, *(visit.fixed_start + 1 for visit in visits if visit.fixed_start is not None)]
        ),
    )
    return Piece(_with_its_places(part), Plan(start), frozenset(loose))


def split(problem: Problem, plan: Plan, pieces: int, *, seed: int = 0) -> list[Piece]:
    """About so many pieces: each day apart, each day's visits halved again and again along a line drawn by ``seed``.

    A person belongs to the piece in which they work most; who has nothing to do that day, to the one nearest to where
    they start. Everybody is in exactly one piece a day, each visit is free in at most one.
    """
    if pieces < 1:
        raise ValueError(f"pieces is {pieces}, expected 1 or more")
    draw = random.Random(seed)
    by_day = _by_day(problem, plan, draw)
    total = sum(len(names) for names in by_day.values())
    found = []
    for day, visits in sorted(by_day.items()):
        share = max(1, round(pieces * len(visits) / max(1, total)))
        for people, names in _zones(problem, plan, day, visits, share, draw):
            piece = cut(problem, plan, people, names)
            if piece.free:
                found.append(piece)
    return found


def put_back(problem: Problem, plan: Plan, found: Iterable[tuple[Piece, Plan]]) -> tuple[Plan, int]:
    """The plan with what was found for its pieces, and how many of them are in it.

    All at once if that breaks no rule and costs less; else one after the other, leaving out those that do not. What was
    broken before is not held against them.
    """
    changed = []
    for piece, one in found:
        now = {name: one.assignments.get(name) for name in piece.free}
        if any(now[name] != plan.assignments.get(name) for name in piece.free):
            changed.append(now)
    if not changed:
        return plan, 0
    allowed = set(check(problem, plan))
    cost = evaluate(problem, plan).total

    def better(then: Plan) -> int | None:
        total = evaluate(problem, then).total
        return total if total < cost and set(check(problem, then)) <= allowed else None

    whole = _with(plan, {name: team for now in changed for name, team in now.items()})
    if better(whole) is not None:
        return whole, len(changed)
    taken = 0
    for now in changed:
        then = _with(plan, now)
        total = better(then)
        if total is not None:
            plan, cost, taken = then, total, taken + 1
    return plan, taken


def solve_spread(
    problem: Problem,
    *,
    pool: Pool,
    pieces: int,
    seconds: float,
    stop: StopRule,
    seeds: int = 1,
    iterations: int | None = None,
    seed: int = 0,
    start: Plan | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> Outcome:
    """Rounds of pieces solved by ``pool``, until ``stop``; its ``iteration`` is the number of rounds done.

    Parameters
    ----------
    pieces : of a round; 1 leaves the problem whole, which is then worth it with several ``seeds``.
    seconds, iterations : for each piece; the iterations as well make the plan depend on the seed alone, as long as no
        piece is lost.
    seeds : each piece is solved so many times, the best is taken.
    start : where to begin; else the first plan of :func:`solve`, made here.
    """
    began = time.monotonic()
    first = solve(problem, stop=MaxIterations(0), seed=seed, start=start)
    plan, cost = first.plan, first.cost
    rounds = 0

    def progress() -> Progress:
        return Progress(rounds, time.monotonic() - began, cost, len(problem.visits) - len(plan.assignments))

    if on_progress is not None:
        on_progress(progress())
    while not stop(progress()):
        rounds += 1
        if pieces == 1:
            parts = [Piece(problem, plan, frozenset(visit.id for visit in problem.visits))]
        else:
            parts = split(problem, plan, pieces, seed=seed + rounds)
        orders = [
            Order(n * seeds + k, part, seed + rounds * seeds + k, seconds, iterations)
            for n, part in enumerate(parts)
            for k in range(seeds)
        ]
        best: dict[int, tuple[int, int, Plan]] = {}
        for number, answer in pool(orders):
            n = number // seeds
            worth = (evaluate(parts[n].problem, answer).total, number, answer)
            if n not in best or worth[:2] < best[n][:2]:
                best[n] = worth
        plan, taken = put_back(problem, plan, [(parts[n], best[n][2]) for n in sorted(best)])
        if taken:
            cost = evaluate(problem, plan).total
        if on_progress is not None:
            on_progress(progress())
    priced = evaluate(problem, plan)
    return Outcome(
        plan=plan,
        cost=priced.total,
        terms=priced.terms,
        lower_bound=lower_bound(problem),
        violations=tuple(check(problem, plan)),
        iterations=rounds,
        seconds=time.monotonic() - began,
        unassigned=tuple(visit.id for visit in problem.visits if visit.id not in plan.assignments),
        engine=ENGINE,
    )


# How pieces are drawn


def _only(plan: Plan, names: Collection[str]) -> Plan:
    return Plan({name: one for name, one in plan.assignments.items() if name in names})


def _with(plan: Plan, changed: Mapping[str, Assignment | None]) -> Plan:
    teams = {name: one for name, one in plan.assignments.items() if name not in changed}
    return Plan({**teams, **{name: team for name, team in changed.items() if team is not None}})


def _people(plan: Plan, visit: str) -> set[str]:
    standing = plan.assignments.get(visit)
    return set() if standing is None else {one.person for one in standing.services.values()}


def _loose(problem: Problem, plan: Plan, mine: frozenset[str], free: set[str]) -> set[str]:
    """Those of ``free`` that only these people serve or are pinned to, each with all it is linked to."""
    pins = {visit.id: set(visit.pins.values()) for visit in problem.visits if visit.pins}
    loose = {name for name in free if _people(plan, name) <= mine and pins.get(name, set()) <= mine}
    for union in _unions(problem):
        if not loose.issuperset(union):
            loose -= union
    return loose


def _unions(problem: Problem) -> list[set[str]]:
    """Visits that links join, directly or through others."""
    of: dict[str, set[str]] = {}
    for link in problem.links:
        joined = set(link.visits).union(*(of.get(name, set()) for name in link.visits))
        of |= dict.fromkeys(joined, joined)
    return list({id(union): union for union in of.values()}.values())


def _by_day(problem: Problem, plan: Plan, draw: random.Random) -> dict[int, list[Visit]]:
    """The visits of each day: by their start, and those without a team on one of the days they could be on."""
    found: dict[int, list[Visit]] = {}
    for visit in problem.visits:
        standing = plan.assignments.get(visit.id)
        if standing is not None and standing.services:
            possible = [d for d, day in enumerate(problem.days) if day.start <= standing.start < day.end]
        else:
            possible = [
                d
                for d, day in enumerate(problem.days)
                if any(w.earliest < day.end and (w.latest >= day.start or not w.hard) for w in visit.openings)
            ]
        found.setdefault(draw.choice(possible) if possible else 0, []).append(visit)
    return found


def _zones(
    problem: Problem, plan: Plan, day: int, visits: list[Visit], pieces: int, draw: random.Random
) -> Iterator[tuple[set[str], list[str]]]:
    """People and visits of each zone of a day."""
    travel = problem.travel
    zones = list(_halved(travel, visits, pieces, draw))
    zone_of = {visit.id: z for z, zone in enumerate(zones) for visit in zone}
    busy: dict[str, dict[int, int]] = {}
    for visit in visits:
        standing = plan.assignments.get(visit.id)
        for slot, service in standing.services.items() if standing is not None else ():
            spent = busy.setdefault(service.person, {})
            z = zone_of[visit.id]
            spent[z] = spent.get(z, 0) + visit.duration_of(visit.slot(slot))
    middles = [_middle(travel, zone, draw) for zone in zones]
    people: list[set[str]] = [set() for _ in zones]
    span = problem.days[day] if day < len(problem.days) else None
    for person in problem.people:
        spent = busy.get(person.id, {})
        if spent:
            people[max(spent, key=lambda z: (spent[z], -z))].add(person.id)
            continue
        shift = next(
            (one for one in person.shifts if span is None or span.start <= one.start < span.end), None
        )
        if shift is None:
            continue
        home = shift.start_place
        near = [
            (travel[home][middle], z)
            for z, middle in enumerate(middles)
            if home is not None and middle is not None
        ]
        people[min(near)[1] if near else draw.randrange(len(zones))].add(person.id)
    # A visit goes where its people are, if they are all in one zone; without a team it stays where it lies.
    at = {name: z for z, names in enumerate(people) for name in names}
    names: list[list[str]] = [[] for _ in zones]
    for visit in visits:
        where = {at.get(person, -1) for person in _people(plan, visit.id)} or {zone_of[visit.id]}
        if len(where) == 1 and -1 not in where:
            names[where.pop()].append(visit.id)
    yield from zip(people, names, strict=True)


def _halved(travel: Rows, visits: list[Visit], pieces: int, draw: random.Random) -> Iterator[list[Visit]]:
    """Zones of about the same number of visits, each cut off along a line between two far ends."""
    if pieces <= 1 or len(visits) < 2:
        yield visits
        return
    placed = [visit for visit in visits if visit.place is not None]
    ranks: dict[str, float] = {}
    if placed:
        some = draw.sample(placed, min(12, len(placed)))
        here = some[0].place
        a = max((one.place for one in some), key=lambda place: _way(travel, here, place))
        b = max((one.place for one in some), key=lambda place: _way(travel, a, place))
        ranks = {one.id: _way(travel, a, one.place) - _way(travel, b, one.place) for one in placed}
    wide = max(ranks.values(), default=0.0) - min(ranks.values(), default=0.0)
    # Visits by telephone lie nowhere: anywhere.
    order = sorted(
        visits, key=lambda one: ranks.get(one.id, draw.uniform(0, wide) + min(ranks.values(), default=0.0))
    )
    left = pieces // 2
    at = len(order) * left // pieces
    yield from _halved(travel, order[:at], left, draw)
    yield from _halved(travel, order[at:], pieces - left, draw)


def _middle(travel: Rows, visits: Sequence[Visit], draw: random.Random) -> int | None:
    """Of some places drawn, the one nearest to the others."""
    places = [visit.place for visit in visits if visit.place is not None]
    if not places:
        return None
    some = draw.sample(places, min(12, len(places)))
    return min(some, key=lambda a: sum(_way(travel, a, b) for b in some))


def _way(travel: Rows, a: int | None, b: int | None) -> float:
    return 0.0 if a is None or b is None else 0.5 * (travel[a][b] + travel[b][a])


# Places


def _with_its_places(problem: Problem) -> Problem:
    """The same problem with only the places it needs, numbered anew."""
    used = sorted(
        {visit.place for visit in problem.visits if visit.place is not None}
        | {
            place
            for person in problem.people
            for place in chain(
                (one.place for one in person.busy),
                chain.from_iterable((s.start_place, s.end_place) for s in person.shifts),
            )
            if place is not None
        }
    )
    if len(used) == len(problem.travel):
        return problem
    now: dict[int | None, int | None] = {None: None}
    now |= {place: n for n, place in enumerate(used)}

    def fewer(rows: Rows) -> Matrix:
        return Matrix(len(used), array("i", chain.from_iterable([rows[a][b] for b in used] for a in used)))

    def moved(person: Person) -> Person:
        shifts = tuple(
            s._replace(start_place=now[s.start_place], end_place=now[s.end_place]) for s in person.shifts
        )
        busy = tuple(one._replace(place=now[one.place]) for one in person.busy)
        return replace(person, shifts=shifts, busy=busy)

    return problem.part(
        map(moved, problem.people),
        (replace(visit, place=now[visit.place]) for visit in problem.visits),
        travel=fewer(problem.travel),
        travel_by={mode: fewer(rows) for mode, rows in problem.travel_by.items()},
        travel_at=tuple(
            replace(
                band,
                travel=None if band.travel is None else fewer(band.travel),
                travel_by={mode: fewer(rows) for mode, rows in band.travel_by.items()},
            )
            for band in problem.travel_at
        ),
    )
