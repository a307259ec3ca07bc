"""Every kind of question against trying everything: bound <= optimum <= value, and both meet where it says so."""

import math
from importlib import import_module

import numpy as np
import pytest

from tests.coverage.worlds import best_cover, best_largest, best_mean, best_tilted, choices, random_problem
from versants_libs.coverage import Matrix, Problem, capacitated, cover, front, pcenter, pmedian
from versants_libs.coverage.capacitated import transport
from versants_libs.coverage.covering import covering_core
from versants_libs.coverage.dual import Dual
from versants_libs.coverage.regions import below, parts, regional_bound, shares
from versants_libs.coverage.windows import windows

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


def test_regions_bound_the_best_there_is_from_below(monkeypatch):
    """Any prices and any parts; and the way of the largest questions, through windows and regions, to the proof."""
    covering = import_module("versants_libs.coverage.covering")
    for seed in range(40):
        problem, p = random_problem(seed, existing=False)
        random = np.random.default_rng(seed)
        radius = float(random.integers(0, 10))
        core = covering_core(problem, radius, problem.weight)
        missed = problem.total - best_cover(problem, p, radius)
        lam, every = random.random(len(core.cap)) * core.cap, np.arange(core.n_sites)
        for k in (1, 2, 3):
            regions = parts(problem, core, np.ones(core.n_sites), k)
            assert sorted(np.concatenate(regions).tolist()) == np.flatnonzero(core.cap > 0).tolist()
            for stopped in (False, True):
                for mu in (0.0, 1.5, 6.0):
                    bound = regional_bound(
                        core, p, lam, mu, regions, every,
                        seconds=lambda left: 9.0, stop=lambda stopped=stopped: stopped,
                    )  # fmt: skip
                    assert bound <= missed + CLOSE, (seed, k, mu)
        assert windows_kept(problem, core, p, seed) >= missed
    for name, value in (("_RELAXED", (1, 1_000)), ("_FEW", -1), ("_DOUBTFUL", 1)):
        monkeypatch.setattr(covering, name, value)
    for seed in range(40):
        problem, p = random_problem(seed)
        radius = float(np.random.default_rng(seed).integers(0, 10))
        answer = cover(problem, p, radius, seed=seed)
        assert answer.value == best_cover(problem, p, radius), seed
        assert answer.optimal, seed


def test_a_target_is_proved_as_long_as_nothing_is_below_it():
    """Any prices, targets from below the prices' bound to beyond the optimum; sites that add too much are left out."""
    met, proved, left_out = 0, 0, 0
    for seed in range(60):
        problem, p = random_problem(seed, existing=False)
        random = np.random.default_rng(seed)
        radius = float(random.integers(0, 10))
        core = covering_core(problem, radius, problem.weight)
        if p >= core.n_sites:
            continue
        missed = problem.total - best_cover(problem, p, radius)
        lam = random.random(len(core.cap)) * core.cap
        base, rho, _ = Dual(core, p, lam).at(lam)
        above = np.maximum(rho - np.partition(rho, p - 1)[p - 1], 0.0)
        for target in (base + 0.5, (base + missed) / 2, missed - 0.5, missed, missed + 0.5, missed + 5.0):
            if not target > base:
                continue
            left_out += bool((above >= target - base).any())
            bound = below(core, p, lam, above, base, target, stop=lambda: False)
            assert bound <= missed + CLOSE, (seed, target)
            if target > missed + CLOSE:
                assert bound == pytest.approx(missed, abs=1e-4), (seed, target)
                met += 1
            else:
                assert bound == pytest.approx(target, abs=1e-4), (seed, target)
                proved += 1
    assert min(met, proved, left_out) > 20


def windows_kept(problem, core, p, seed):
    """What the windows leave uncovered: as many sites, no more uncovered than at first."""
    first = np.arange(min(p, core.n_sites))
    sites = windows(problem, core, first, np.zeros(core.n_sites), seed=seed, stop=lambda: False, least=0.0)
    assert len(set(sites.tolist())) == len(first)
    assert core.value(sites) <= core.value(first)
    return core.value(sites)


def test_regions_are_cut_where_no_site_reaches_across():
    """Two rows of towns side by side, each longer than they are apart: the longest way goes aslant through both."""
    towns = np.array([[x, y] for x in (0.0, 4.0) for y in range(7)])
    far = np.sqrt(((towns[:, None] - towns[None]) ** 2).sum(axis=2))
    names = tuple(str(n) for n in range(len(towns)))
    problem = Problem(names, names, np.ones(len(towns)), Matrix(far))
    core = covering_core(problem, 2.5, problem.weight)
    regions = parts(problem, core, np.ones(len(towns)), 2)
    assert sorted(sorted(one.tolist()) for one in regions) == [list(range(7)), list(range(7, 14))]


def test_shares_of_a_site_are_no_more_than_its_price():
    """A site that reaches two regions is bought in both, for a third and two thirds where the prices are 1 and 2."""
    far = np.array([[0.0, 5.0], [0.0, 0.0]])
    problem = Problem(("a", "b"), ("x", "y"), np.array([3.0, 3.0]), Matrix(far))
    core = covering_core(problem, 1.0, problem.weight)
    cost = shares(core, np.array([1.0, 2.0]), 6.0, np.array([0, 1]), 2)
    assert cost == pytest.approx(np.array([[2.0, 0.0], [4.0, 6.0]]), abs=1e-7)
    assert cost.sum(axis=0) == pytest.approx([6.0, 6.0])


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
