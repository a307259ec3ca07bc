"""Every kind of question against trying everything: bound <= optimum <= value, and both meet where it says so."""

import math
from importlib import import_module

import numpy as np
import pytest

from tests.coverage.worlds import best_cover, best_largest, best_mean, best_tilted, choices, random_problem
from versants_libs.coverage import capacitated, cover, front, pcenter, pmedian
from versants_libs.coverage.capacitated import transport

CLOSE = 1e-6  # the library gives away a billionth for rounding; costs here are of the order of ten


def mean_of(problem, sites):
    far = problem.distances.values[:, [problem.sites.index(one) for one in sites]].min(axis=1)
    return (far * problem.weight).sum() / problem.total


def checked(problem, p, answer):
    """What holds of every answer: sites once each, no more than p, existing ones first."""
    assert len(answer.sites) == len(set(answer.sites)) <= p
    assert answer.sites[: len(problem.existing)] == problem.existing
    assert answer.optimal


@pytest.mark.parametrize("block", range(10))
def test_pmedian_is_the_best_there_is(block):
    for seed in range(block * 30, block * 30 + 30):
        problem, p = random_problem(seed)
        answer = pmedian(problem, p, seed=seed, whole=seed % 3 != 0)
        optimum = best_mean(problem, p)
        checked(problem, p, answer)
        assert answer.value == pytest.approx(mean_of(problem, answer.sites), abs=1e-12), seed
        assert answer.bound <= optimum + CLOSE, seed
        assert answer.value == pytest.approx(optimum, abs=CLOSE), seed


@pytest.mark.parametrize("block", range(10))
def test_cover_is_the_best_there_is(block):
    for seed in range(block * 30, block * 30 + 30):
        problem, p = random_problem(seed)
        radius = float(np.random.default_rng(seed).integers(0, 10))
        answer = cover(problem, p, radius, seed=seed)
        optimum = best_cover(problem, p, radius)
        checked(problem, p, answer)
        assert answer.value <= optimum <= answer.bound + CLOSE, seed
        assert answer.value == optimum, seed


def test_cover_begun_from_the_relaxation_is_the_best_there_is(monkeypatch, capfd):
    """The way larger questions take, on small ones; HiGHS keeps standard output clean."""
    monkeypatch.setattr(import_module("versants_libs.coverage.covering"), "_RELAXED", (1, 1_000))
    for seed in range(60):
        problem, p = random_problem(seed)
        radius = float(np.random.default_rng(seed).integers(0, 10))
        answer = cover(problem, p, radius, seed=seed)
        assert answer.value == best_cover(problem, p, radius), seed
        assert answer.optimal, seed
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("block", range(10))
def test_pcenter_is_the_best_there_is(block):
    for seed in range(block * 30, block * 30 + 30):
        problem, p = random_problem(seed)
        answer = pcenter(problem, p, seed=seed)
        checked(problem, p, answer)
        assert answer.value == answer.bound == best_largest(problem, p), seed


@pytest.mark.parametrize("block", range(5))
def test_no_point_of_the_front_is_below_its_bound(block):
    worst = 0.0
    for seed in range(block * 20, block * 20 + 20):
        problem, p = random_problem(seed)
        share = (0.1, 0.3, 1.0)[seed % 3]
        for point in front(problem, p, points=4, worst_share=share):
            optimum = best_tilted(problem, p, point.tilt, share)
            assert point.bound <= optimum + CLOSE, (seed, point)
            assert optimum <= point.value + CLOSE, (seed, point)
            worst = max(worst, point.value - optimum)
    assert worst < 2.5  # a heuristic on questions of two or three sites; the bounds are what is proved


@pytest.mark.parametrize("block", range(4))
def test_capacitated_is_the_best_there_is(block):
    seen = set()
    for seed in range(block * 15, block * 15 + 15):
        problem, p = random_problem(seed)
        room = np.random.default_rng(seed).integers(0, 12, len(problem.sites)).astype(float)
        answer = capacitated(problem, p, room)
        served = [transport(problem, np.array(s), room) for s in choices(problem, p)]
        costs = [one[0] / problem.total for one in served if one is not None]
        if not costs:
            assert math.isinf(answer.value), seed
            assert answer.sites == (), seed
        else:
            assert answer.value == pytest.approx(min(costs), abs=1e-5), seed
            assert answer.bound <= min(costs) + 1e-6, seed
            assert answer.optimal, seed
        seen.add(bool(costs))
    assert seen == {True, False}


@pytest.mark.parametrize("seed", range(12))
def test_prices_of_knapsacks_stay_below_the_best(seed, monkeypatch):
    """The way large questions take, on small ones."""
    monkeypatch.setattr(import_module("versants_libs.coverage.capacitated"), "_SMALL", 0)
    problem, p = random_problem(seed + 1000)
    room = np.random.default_rng(seed).integers(3, 14, len(problem.sites)).astype(float)
    answer = capacitated(problem, p, room)
    served = [transport(problem, np.array(s), room) for s in choices(problem, p)]
    costs = [one[0] / problem.total for one in served if one is not None]
    if costs:
        assert answer.bound <= min(costs) + 1e-6
        assert answer.value >= min(costs) - 1e-6
    else:
        assert math.isinf(answer.value)
