"""One tiny problem of each kind, answered by the library and by trying everything; AssertionError where they differ.

Each takes a seed and answers what was seen of it, to be counted. The suite runs the first seeds, ``bench/mesh/brute.py``
as many as one likes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from tests.coverage import tiny_studies as tiny
from tests.coverage.worlds import best_cover, best_largest, best_mean, best_tilted, choices, random_problem
from versants_libs.coverage import capacitated, cover, front, pcenter, pmedian
from versants_libs.coverage.capacitated import transport
from versants_libs.coverage.fairness import groups
from versants_libs.coverage.staffing import staffing
from versants_libs.coverage.staffing_check import check
from versants_libs.coverage.staffing_plan import plan

CLOSE = 1e-6  # the library gives away a billionth for rounding; costs here are of the order of ten
SPOKEN = ("tir", "prs", "ukr", "amh", "som")
Seen = dict[str, float]


@contextmanager
def ways(module: str, **constants: Any) -> Iterator[None]:
    """The ways that larger questions take, on small ones: other limits of a module while this lasts."""
    found = import_module(f"versants_libs.coverage.{module}")
    before = {name: getattr(found, name) for name in constants}
    try:
        for name, value in constants.items():
            setattr(found, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(found, name, value)


def mean_of(problem, sites):
    """The weighted mean distance to the nearest of these sites."""
    far = problem.distances.values[:, [problem.sites.index(one) for one in sites]].min(axis=1)
    return (far * problem.weight).sum() / problem.total


def stands(problem, p, answer):
    """What holds of every answer: sites once each, no more than p, existing ones first."""
    assert len(answer.sites) == len(set(answer.sites)) <= p
    assert answer.sites[: len(problem.existing)] == problem.existing


def radius_of(seed: int) -> float:
    """Of a covering."""
    return float(np.random.default_rng(seed).integers(0, 10))


def tried_pmedian(seed: int) -> Seen:
    """The smallest mean; and what is found without a second to prove it."""
    problem, p = random_problem(seed)
    answer = pmedian(problem, p, seed=seed, whole=seed % 3 != 0)
    optimum = best_mean(problem, p)
    stands(problem, p, answer)
    assert answer.optimal
    assert answer.value == pytest.approx(mean_of(problem, answer.sites), abs=1e-12)
    assert answer.bound <= optimum + CLOSE
    assert answer.value == pytest.approx(optimum, abs=CLOSE)
    quick = pmedian(problem, p, seed=seed, seconds=0.0)
    stands(problem, p, quick)
    assert quick.bound <= optimum + CLOSE
    assert quick.value >= optimum - CLOSE
    return {"existing": bool(problem.existing), "heuristic_met": quick.value <= optimum + CLOSE}


def tried_cover(seed: int) -> Seen:
    """The most within a radius; and what is found without a second to prove it."""
    problem, p = random_problem(seed)
    radius = radius_of(seed)
    answer = cover(problem, p, radius, seed=seed)
    optimum = best_cover(problem, p, radius)
    stands(problem, p, answer)
    assert answer.optimal
    assert answer.value <= optimum <= answer.bound + CLOSE
    assert answer.value == optimum
    quick = cover(problem, p, radius, seed=seed, seconds=0.0)
    stands(problem, p, quick)
    assert quick.value <= optimum <= quick.bound + CLOSE
    return {"existing": bool(problem.existing), "heuristic_met": quick.value == optimum}


def tried_cover_regions(seed: int) -> Seen:
    """The way of the largest coverings, through windows and regions, to the proof."""
    with ways("covering", _RELAXED=(1, 1_000), _FEW=-1, _DOUBTFUL=1):
        problem, p = random_problem(seed)
        answer = cover(problem, p, radius_of(seed), seed=seed)
    stands(problem, p, answer)
    assert answer.value == best_cover(problem, p, radius_of(seed))
    assert answer.optimal
    return {"existing": bool(problem.existing)}


def tried_pcenter(seed: int) -> Seen:
    """The smallest largest distance."""
    problem, p = random_problem(seed)
    answer = pcenter(problem, p, seed=seed)
    stands(problem, p, answer)
    assert answer.optimal
    assert answer.value == answer.bound == best_largest(problem, p)
    return {"existing": bool(problem.existing)}


def tried_capacitated(seed: int) -> Seen:
    """Sites that take so many only; the ways of small and of large questions in turn."""
    problem, p = random_problem(seed)
    low, high = ((0, 12), (3, 14))[seed % 2]
    room = np.random.default_rng(seed).integers(low, high, len(problem.sites)).astype(float)
    costs = [
        one[0] / problem.total
        for s in choices(problem, p)
        if (one := transport(problem, np.array(s), room)) is not None
    ]
    answer = capacitated(problem, p, room)
    with ways("capacitated", _SMALL=0):
        priced = capacitated(problem, p, room)
    if not costs:
        assert math.isinf(answer.value)
        assert math.isinf(priced.value)
        assert answer.sites == ()
        return {"infeasible": 1}
    optimum = min(costs)
    assert answer.value == pytest.approx(optimum, abs=1e-5)
    assert answer.bound <= optimum + CLOSE
    assert answer.optimal
    assert priced.bound <= optimum + CLOSE
    assert priced.value >= optimum - CLOSE
    return {"existing": bool(problem.existing), "heuristic_met": priced.value <= optimum + 1e-5}


def tried_front(seed: int) -> Seen:
    """Four points from the mean to the worst share, none below its bound; the values are a heuristic's."""
    problem, p = random_problem(seed)
    share = (0.1, 0.3, 1.0)[seed % 3]
    points, worst = front(problem, p, points=4, worst_share=share), 0.0
    for point in points:
        optimum = best_tilted(problem, p, point.tilt, share)
        assert point.bound <= optimum + CLOSE, point
        assert optimum <= point.value + CLOSE, point
        worst = max(worst, point.value - optimum)
    return {"existing": bool(problem.existing), "heuristic_met": worst <= CLOSE, "worst": worst}


def tried_language(seed: int, spoken: tuple[str, ...] = ()) -> Seen:
    """The language model: the objective recomputed, the bound against every choice of recruits, and the check."""
    study = tiny.random_study(seed, spoken)
    travel = tiny.travel(study)
    found = plan(study, travel)
    stated = found["after"]["worth"]
    many = {one["candidate"]: one["n"] for one in found["recruits"]}
    own = tiny.served(study, [many.get(one.id, 0) for one in study.candidates], stated)
    best = tiny.best(study, stated)
    assert found["objective"] == pytest.approx(own, rel=1e-5, abs=1e-4)
    assert found["bound"] == pytest.approx(best, rel=1e-5, abs=1e-4)
    assert found["optimal"] == (found["bound"] > found["objective"] * (1 - 1e-5) - 1e-4)
    assert check(study, found, travel) == []
    meaning = study.fairness.meaning if study.fairness.weight else "sum"
    return {
        meaning: 1,
        "budget": study.limits.budget is not None,
        "number": study.limits.number is not None,
        "helpers": study.rules.helpers
        and any(one.kind == "helper" for one in (*study.people, *study.candidates)),
        "border_closed": study.rules.border == "closed",
        "people": bool(study.people),
        "recruited": bool(found["recruits"]),
        "optimal": found["optimal"],
    }


def tried_worst_third(seed: int) -> Seen:
    """The language model with five languages of which the worst third counts."""
    seen = tried_language(seed, SPOKEN)
    study = tiny.random_study(seed, SPOKEN)
    _, names = groups(staffing(study, tiny.travel(study)))
    return {**seen, "several": len(names) > 3}


KINDS: dict[str, Callable[[int], Seen]] = {
    "pmedian": tried_pmedian,
    "cover": tried_cover,
    "cover_regions": tried_cover_regions,
    "pcenter": tried_pcenter,
    "capacitated": tried_capacitated,
    "front": tried_front,
    "language": tried_language,
    "worst_third": tried_worst_third,
}
