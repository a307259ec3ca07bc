"""Every kind of question against trying everything: bound <= optimum <= value, and both meet where it says so."""

import numpy as np
import pytest

from tests.coverage.tried import CLOSE, KINDS, radius_of, ways
from tests.coverage.worlds import best_cover, random_problem
from versants_libs.coverage import Matrix, Problem, cover
from versants_libs.coverage.covering import covering_core
from versants_libs.coverage.dual import Dual
from versants_libs.coverage.regions import below, parts, regional_bound, shares
from versants_libs.coverage.windows import windows


@pytest.mark.parametrize("block", range(10))
@pytest.mark.parametrize(("kind", "first"), [("pmedian", 0), ("cover", 10_000), ("pcenter", 20_000)])
def test_the_answer_is_the_best_there_is(kind, first, block):
    met = [tried(kind, first + seed) for seed in range(block * 100, block * 100 + 100)]
    assert 20 < sum(one["existing"] for one in met) < 60


@pytest.mark.parametrize("block", range(4))
def test_capacitated_is_the_best_there_is(block):
    seen = [tried("capacitated", seed) for seed in range(30_000 + block * 60, 30_060 + block * 60)]
    assert 0 < sum(one.get("infeasible", 0) for one in seen) < 60


@pytest.mark.parametrize("block", range(5))
def test_no_point_of_the_front_is_below_its_bound(block):
    seen = [tried("front", seed) for seed in range(block * 20, block * 20 + 20)]
    # a heuristic on questions of two or three sites; the bounds are what is proved
    assert max(one["worst"] for one in seen) < 2.5


def tried(kind, seed):
    """One tiny problem; a difference names its seed."""
    try:
        return KINDS[kind](seed)
    except AssertionError as exc:
        raise AssertionError(f"{kind}, seed {seed}: {exc}") from exc


def test_cover_begun_from_the_relaxation_is_the_best_there_is(capfd):
    """The way larger questions take, on small ones; HiGHS keeps standard output clean."""
    for seed in range(60):
        problem, p = random_problem(seed)
        radius = radius_of(seed)
        with ways("covering", _RELAXED=(1, 1_000)):
            answer = cover(problem, p, radius, seed=seed)
        assert answer.value == best_cover(problem, p, radius), seed
        assert answer.optimal, seed
    assert capfd.readouterr().out == ""


def test_regions_bound_the_best_there_is_from_below():
    """Any prices and any parts; and the way of the largest questions, through windows and regions, to the proof."""
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
    for seed in range(40_000, 40_300):
        tried("cover_regions", seed)


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
