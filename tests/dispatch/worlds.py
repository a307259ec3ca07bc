"""Small random problems for the proofs: every rule occurs, times are coarse so that brute force is exact."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product
from typing import Any

from versants_libs.dispatch import (
    TERMS,
    Break,
    Busy,
    Cost,
    LanguageNeed,
    Limits,
    Link,
    LinkKind,
    Mode,
    Person,
    Plan,
    Problem,
    SecondLanguage,
    Service,
    Shift,
    Slot,
    Span,
    TravelBand,
    Visit,
    Weights,
    Window,
    check,
    evaluate,
)

STEP = 10
HORIZON = 240
LANGUAGES = ("fr", "ti", "ps")


def metric(rng: random.Random, n: int, longest: int = 40) -> tuple[tuple[int, ...], ...]:
    """Random asymmetric travel times that obey the triangle inequality."""
    t = [[0 if i == j else rng.randrange(5, longest) for j in range(n)] for i in range(n)]
    for k, i, j in product(range(n), repeat=3):
        t[i][j] = min(t[i][j], t[i][k] + t[k][j])
    return tuple(map(tuple, t))


def random_person(rng: random.Random, name: str, places: int) -> Person:
    def chance(p: float) -> bool:
        return rng.random() < p

    def place() -> int | None:
        return rng.randrange(places) if chance(0.8) else None

    shifts = []
    cuts = [(0, 120), (130, 240)] if chance(0.3) else [(rng.randrange(0, 40), rng.randrange(150, 240))]
    for low, high in cuts:
        breaks: list[Break] = []
        if chance(0.5):
            at = rng.randrange(low, high - 60)
            breaks.append(
                Break(rng.choice([10, 15, 25]), at, at + rng.randrange(30, 60), rng.choice([0, 130]))
            )
            if chance(0.4) and high - breaks[0].latest > 30:
                breaks.append(Break(12, breaks[0].latest, high))
        shifts.append(Shift(low, high, place(), place(), rng.choice([0, 0, 5]), tuple(breaks)))
    busy = []
    if chance(0.5):
        at = rng.randrange(-20, 220)
        busy.append(Busy(at, at + rng.randrange(5, 40), place()))
    return Person(
        id=name,
        roles=frozenset(r for r in ("psy", "int") if chance(0.8)),
        skills=frozenset(["child"] if chance(0.7) else []),
        languages={lang: rng.randrange(7) for lang in LANGUAGES if chance(0.7)},
        pairs={
            pair: rng.randrange(2, 7)
            for pair in [("ti", "fr"), ("fr", "ti"), ("ps", "fr"), ("fr", "ps")]
            if chance(0.7)
        },
        mandates={
            "FR": (Span(0, 240),) if chance(0.7) else (Span(30, 100), Span(100, 200)),
            **({"BE": (Span(0, 150),)} if chance(0.6) else {}),
        },
        shifts=tuple(shifts),
        busy=tuple(busy),
        limits=Limits(
            work_day_s=rng.choice([None, None, 120]),
            work_week_s=rng.choice([None, None, 150]),
            driving_day_s=rng.choice([None, None, 60]),
            crisis_visits=rng.choice([None, 1]),
        ),
        gender=rng.choice(["f", "m"]),
        team=rng.choice(["north", "south"]),
        complexity_ceiling=rng.choice([None, None, 1, 2]),
        worked_s=rng.choice([0, 30, 110]),
    )


def random_slot(rng: random.Random, name: str, people: Sequence[str], first: bool) -> Slot:
    def chance(p: float) -> bool:
        return rng.random() < p

    needs: list[LanguageNeed] = []
    if chance(0.4):
        needs.append(
            LanguageNeed(
                "ti",
                rng.randrange(4),
                into="fr" if chance(0.5) else None,
                both_ways=chance(0.5),
                second=(SecondLanguage("ps", rng.randrange(3), 2),) if chance(0.5) else (),
                possible=("ps",),
            )
        )
    lag = (0, 0)
    if not first and chance(0.4):
        least = rng.choice([0, 10, 20])
        lag = (least, least + rng.choice([0, 10, 30]))
    return Slot(
        id=name,
        role=rng.choice([None, "psy", "int"]),
        skills=frozenset(["child"] if chance(0.2) else []),
        languages=tuple(needs),
        gender=rng.choice([None, None, "f"]),
        gender_hard=chance(0.4),
        teams=frozenset(["north"] if chance(0.15) else []),
        needs_mandate=chance(0.8),
        duration=rng.choice([None, None, 15]),
        lag=lag,
        mode=rng.choice([None, None, None, Mode.PHONE]),
        preferred=frozenset(rng.sample(people, 1) if chance(0.4) else []),
    )


def random_visit(rng: random.Random, name: str, people: Sequence[str], places: int, slots: int) -> Visit:
    windows = []
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randrange(0, 180, 5)
        windows.append(Window(at, at + rng.randrange(0, 50), rng.random() < 0.8))
    fixed = windows[0].earliest if rng.random() < 0.1 else None
    return Visit(
        id=name,
        windows=tuple(windows),
        duration=rng.choice([10, 20, 35]),
        slots=tuple(random_slot(rng, f"s{i}", people, i == 0) for i in range(slots)),
        place=rng.randrange(places),
        country=rng.choice([None, "FR", "BE"]),
        mode=rng.choice([Mode.ON_SITE, Mode.ON_SITE, Mode.ON_SITE, Mode.VIDEO]),
        unserved=rng.choice([1, 1, 3]),
        crisis=rng.random() < 0.3,
        complexity=rng.randrange(3),
        excluded=frozenset(rng.sample(people, 1) if rng.random() < 0.1 else []),
        fixed_start=fixed,
    )


def random_problem(
    rng: random.Random, people: int = 4, visits: int = 3, slots: int = 2, weights: Weights | None = None
) -> Problem:
    """A problem of a few places, people and visits; a fixed number for a fixed generator."""
    places = 4
    names = [f"p{i}" for i in range(people)]
    if weights is None:
        weights = Weights(
            unserved=rng.choice([100, 5000]),
            lateness=rng.randrange(4),
            travel=rng.randrange(1, 3),
            waiting=rng.randrange(3),
            overtime=rng.randrange(3),
            gender_wish=rng.randrange(30),
            second_choice_language=rng.randrange(30),
            broken_continuity=rng.randrange(30),
            imbalance=rng.randrange(3),
            changes=rng.randrange(20),
        )
    problem = Problem(
        people=tuple(random_person(rng, name, places) for name in names),
        visits=tuple(random_visit(rng, f"v{i}", names, places, rng.randint(1, slots)) for i in range(visits)),
        travel=metric(rng, places),
        horizon=HORIZON,
        step=STEP,
        weights=weights,
    )
    return problem


def softened(rng: random.Random, problem: Problem) -> Problem:
    """The same with what a larger day has: breaks that may be missed, idle time at a price, ends in windows, links."""
    people = []
    for person in problem.people:
        soft = rng.random() < 0.7
        shifts = [
            shift._replace(
                breaks=tuple(b._replace(missed=rng.choice([0, 1, 3]) if soft else None) for b in shift.breaks)
            )
            for shift in person.shifts
        ]
        people.append(replace(person, shifts=tuple(shifts)))
    visits = []
    for visit in problem.visits:
        if visit.fixed_start is None and rng.random() < 0.4:
            windows = tuple(w._replace(latest=min(HORIZON - 1, w.latest + 35)) for w in visit.windows)
            visit = replace(visit, windows=windows, until_end=True)
        if rng.random() < 0.5:
            visit = replace(visit, slots=tuple(replace(slot, counts_late=True) for slot in visit.slots))
        visits.append(visit)
    links = []
    names = [visit.id for visit in visits]
    for kind in LinkKind:
        if len(names) > 1 and rng.random() < 0.4:
            least = rng.choice([-20, 0, 10])
            most = rng.choice([None, least + 30]) if kind is LinkKind.AFTER else None
            least = least if kind is LinkKind.AFTER else 0
            links.append(Link(kind=kind, visits=tuple(rng.sample(names, 2)), least=least, most=most))
    weights = replace(
        problem.weights,
        waiting=rng.randrange(4),
        missed_break=rng.randrange(20),
        largest_idle=rng.randrange(3),
        largest_lateness=rng.randrange(3),
    )
    return replace(problem, people=tuple(people), visits=tuple(visits), links=tuple(links), weights=weights)


def enriched(rng: random.Random, problem: Problem) -> Problem:
    """The same with what an organisation knows besides: what people cost, terms above others, days,
    and how they move.
    """
    people = tuple(
        replace(person, fee_hour=rng.choice([0, 3000, 7200]), fee_visit=rng.choice([0, 25]))
        for person in problem.people
    )
    weights = replace(problem.weights, fees=rng.randrange(3))
    if rng.random() < 0.4:
        terms = rng.sample(TERMS[1:], 4)
        weights = replace(weights, levels=(("unserved",), tuple(terms[:2]), tuple(terms[2:])))
    days = rng.choice([problem.days, (Span(0, 120), Span(120, 240))])
    visits = []
    for visit in problem.visits:
        possible = [
            day
            for day in days
            if any(w.earliest < day.end and (w.latest >= day.start or not w.hard) for w in visit.openings)
        ]
        pinned = visit.fixed_start is None and rng.random() < 0.4
        visits.append(replace(visit, day=rng.choice(possible) if pinned and possible else None))
    modes = {
        name: metric(rng, len(problem.travel)) for name in rng.choice([(), ("train",), ("foot", "train")])
    }
    people = tuple(replace(one, travel_mode=rng.choice([None, *modes])) for one in people)
    return replace(problem, people=people, visits=tuple(visits), weights=weights, days=days, travel_by=modes)


def shared(rng: random.Random, problem: Problem) -> Problem:
    """The same with few vehicles for many: most shifts need one of a pool, and at times one is away."""
    pools = {name: rng.choice([0, 1, 1, 2]) for name in rng.choice([("north",), ("north", "south")])}
    people = tuple(
        replace(
            person,
            shifts=tuple(
                shift._replace(vehicle=rng.choice([None, *pools, *pools])) for shift in person.shifts
            ),
        )
        for person in problem.people
    )
    away = {}
    for name in pools:
        if rng.random() < 0.3:
            at = rng.randrange(0, 200)
            away[name] = (Span(at, at + rng.randrange(10, 80)),)
    return replace(problem, people=people, vehicles=pools, vehicles_away=away)


def timed(rng: random.Random, problem: Problem) -> Problem:
    """The same with ways that take another time at some hours, for everybody or for some ways to move."""
    cuts = sorted(rng.sample(range(0, HORIZON, 5), 2 * rng.randint(1, 3)))
    spans = [Span(low, high) for low, high in zip(cuts[::2], cuts[1::2], strict=True)]
    bands = []
    n = len(problem.travel)
    for span in spans:
        modes = [mode for mode in problem.travel_by if rng.random() < 0.5]
        own = rng.random() < 0.4
        bands.append(
            TravelBand(
                spans=(span,),
                percent=rng.choice([30, 70, 150, 250]),
                percent_by={mode: rng.choice([100, 200]) for mode in modes if not own},
                travel=metric(rng, n, 80) if own else None,
                travel_by={mode: metric(rng, n, 60) for mode in modes if own},
            )
        )
    if len(bands) > 1 and rng.random() < 0.3:  # the same peak twice
        bands[:2] = [replace(bands[0], spans=bands[0].spans + bands[1].spans)]
    return replace(problem, travel_at=tuple(bands))


def every_team(problem: Problem, plan: Plan, visit: Visit) -> list[tuple[int, dict[str, Service]]]:
    """Brute force: all teams for a visit by trying everybody at every start, earliest start of each team.

    Returns (cost of the whole plan with that team, team), knowing nothing of how the search works.
    """
    found = []
    without = plan.without(visit.id)
    grid = range(0, problem.horizon, problem.step) if visit.fixed_start is None else [visit.fixed_start]
    alone: dict[tuple[str, str, int], bool] = {}

    def holds_alone(slot: Slot, person: str, start: int) -> bool:
        """Nothing but the emptiness of the other slots is wrong with this one service."""
        key = (slot.id, person, start)
        if key not in alone:
            single = without.with_team(visit.id, {slot.id: Service(person, start)})
            rules = {(v.rule.value, v.slot) for v in check(problem, single)}
            alone[key] = all(
                rule in ("incomplete", "pin") or (rule == "window" and name != visit.slots[0].id)
                for rule, name in rules
            )
        return alone[key]

    for people in product([p.id for p in problem.people], repeat=len(visit.slots)):
        if len(set(people)) < len(people):
            continue
        team = _earliest(problem, without, visit, people, grid, holds_alone)
        if team is not None:
            found.append((evaluate(problem, without.with_team(visit.id, team)).total, team))
    return found


def _earliest(
    problem: Problem,
    without: Plan,
    visit: Visit,
    people: Sequence[str],
    grid: Sequence[int],
    holds_alone: Callable[[Slot, str, int], bool],
) -> dict[str, Service] | None:
    """The first start at which these people can all be there, None if there is none."""
    for start in grid:
        if not holds_alone(visit.slots[0], people[0], start):
            continue
        team = {visit.slots[0].id: Service(people[0], start)}
        for slot, person in zip(visit.slots[1:], people[1:], strict=True):
            least, most = slot.lag
            for at in range(start + least, start + most + 1):
                if holds_alone(slot, person, at):
                    team[slot.id] = Service(person, at)
                    break
            else:
                break
        else:
            if not check(problem, without.with_team(visit.id, team)):
                return team
    return None


def total_of(cost: Cost) -> int:
    """What a plan is judged by, unless something else is asked."""
    return cost.total


def optimum(problem: Problem, key: Callable[[Cost], Any] = total_of) -> Any:
    """The cost of the best plan, by trying every team at every start on the grid for every visit.

    Exhaustive; only for a handful of visits and people, all slots simultaneous. A partial plan that breaks a
    rule is left: with travel times that obey the triangle inequality one visit more never mends it.
    """
    best = key(evaluate(problem, Plan()))

    def extend(n: int, plan: Plan) -> None:
        nonlocal best
        if n == len(problem.visits):
            best = min(best, key(evaluate(problem, plan)))
            return
        extend(n + 1, plan)
        visit = problem.visits[n]
        for team in choices[visit.id]:
            longer = plan.with_team(visit.id, team)
            if not check(problem, longer):
                extend(n + 1, longer)

    choices = {visit.id: list(_all_placements(problem, visit)) for visit in problem.visits}
    extend(0, Plan())
    return best


def _all_placements(problem: Problem, visit: Visit) -> Iterator[dict[str, Service]]:
    """Every team at every start that holds for a visit alone in the plan."""
    grid = range(0, problem.horizon, problem.step) if visit.fixed_start is None else [visit.fixed_start]
    names = [person.id for person in problem.people]
    for start in grid:
        if visit.lateness(start) is None:
            continue
        for people in permutations(names, len(visit.slots)):
            team = {slot.id: Service(who, start) for slot, who in zip(visit.slots, people, strict=True)}
            if not check(problem, Plan().with_team(visit.id, team)):
                yield team


__all__ = ["enriched", "every_team", "metric", "optimum", "random_problem", "shared", "softened", "timed"]
