"""Annealing of a covering: the compiled module and its twin, and what it finds where everything can be tried."""

from __future__ import annotations

import numpy as np
import pytest

from versants_libs.coverage import Matrix, Problem
from versants_libs.coverage.annealing import anneal, available, heats
from versants_libs.coverage.covering import covering_core
from versants_libs.coverage.interchange import greedy

from .worlds import best_cover

native = pytest.mark.skipif(not available(), reason="the compiled module was not built")


def world(seed, n=40, m=25):
    """A covering of points in a square, some of them of no weight, some out of everybody's reach."""
    rng = np.random.default_rng(seed)
    clients, sites = rng.random((n, 2)), rng.random((m, 2))
    clients[0] = 9.0
    far = np.hypot(*(clients[:, None] - sites[None]).transpose(2, 0, 1))
    problem = Problem(
        tuple(f"c{i}" for i in range(n)),
        tuple(f"s{j}" for j in range(m)),
        rng.integers(0, 9, n).astype(float),
        Matrix(far),
    )
    return problem, covering_core(problem, 0.2, problem.weight)


@native
@pytest.mark.parametrize("seed", range(8))
def test_the_compiled_module_and_its_twin_come_to_the_same_sites(seed):
    _, core = world(seed)
    first = np.random.default_rng(seed).choice(core.n_sites, 5, replace=False)
    found = [anneal(core, first, seed=seed, steps=3_000, compiled=one) for one in (True, False)]
    assert found[0].tolist() == found[1].tolist()
    assert core.value(found[0]) < core.value(first)


@pytest.mark.parametrize("seed", range(60))
def test_what_it_finds_is_the_best_of_all(seed):
    problem, core = world(seed, n=14, m=8)
    first = greedy(core, 3)
    found = anneal(core, first, seed=seed, steps=2_000)
    assert len(set(found.tolist())) == 3
    assert problem.total - core.value(found) == pytest.approx(best_cover(problem, 3, 0.2))


def test_no_step_and_no_time_leave_the_sites_as_they_are():
    _, core = world(1)
    first = greedy(core, 3)[::-1]
    assert anneal(core, first, seed=1, steps=0).tolist() == first.tolist()
    asked = []

    def used():
        asked.append(1)
        return 1.0

    assert anneal(core, first, seed=1, steps=5_000, used=used).tolist() == first.tolist()
    assert asked == [1]


def test_heat_is_of_what_open_sites_are_worth():
    _, core = world(2)
    hot, cold = heats(core, np.array([0, 1]))
    assert hot > cold > 0
    nothing = covering_core(world(2)[0], 0.0, np.zeros(40))
    assert heats(nothing, np.array([0, 1])) == (0.0, 0.0)


@native
def test_lists_that_do_not_fit_are_refused():
    from versants_libs.coverage import _native

    good = [
        np.array([0, 1]),
        np.array([0]),
        np.array([0, 1]),
        np.array([0]),
        np.array([1.0]),
        np.array([0]),
    ]
    assert _native.anneal(*good, 1, 1.0, 0.1, 0.5, 2, 10) == [0]
    for at, wrong in ((1, [7]), (0, [0, 2]), (3, [5]), (5, [1]), (5, [0, 0])):
        bad = [*good]
        bad[at] = np.array(wrong)
        with pytest.raises(ValueError):
            _native.anneal(*bad, 1, 1.0, 0.1, 0.5, 2, 10)
    with pytest.raises(ValueError):
        _native.anneal(*good, 1, 0.0, 0.1, 0.5, 2, 10)
