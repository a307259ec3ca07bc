"""Tiny questions and their answers by trying everything: slow, short, and written apart from the library."""

from __future__ import annotations

import itertools

import numpy as np

from versants_libs.coverage import Matrix, Problem, worst_share_mean


def random_problem(seed, *, existing=True, capacities=False):
    """A question small enough to try everything, with ties, zeros, weights of nothing and lopsided matrices."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 8)), int(rng.integers(1, 8))
    far = rng.integers(0, 12, (n, m)).astype(float)
    if seed % 3 == 0:
        far = rng.random((n, m)) * 10
    weight = rng.integers(0, 5, n).astype(float)
    weight[int(rng.integers(n))] += 1
    p = int(rng.integers(1, m + 1))
    sites = tuple(f"s{j}" for j in range(m))
    stay = ()
    if existing and rng.random() < 0.4:
        stay = tuple(rng.choice(sites, int(rng.integers(1, p + 1)), replace=False).tolist())
    return Problem(tuple(f"c{i}" for i in range(n)), sites, weight, Matrix(far), stay), p


def choices(problem, p):
    """All sets of p sites that hold the existing ones, as positions."""
    there = {problem.sites.index(one) for one in problem.existing}
    for chosen in itertools.combinations(range(len(problem.sites)), p):
        if there <= set(chosen):
            yield list(chosen)


def best_mean(problem, p):
    """The smallest weighted mean."""
    far = problem.distances.values
    return min((far[:, s].min(axis=1) * problem.weight).sum() for s in choices(problem, p)) / problem.total


def best_cover(problem, p, radius):
    """The largest weight within the radius."""
    far = problem.distances.values
    return max(problem.weight[far[:, s].min(axis=1) <= radius].sum() for s in choices(problem, p))


def best_largest(problem, p):
    """The smallest largest distance of who has a weight."""
    far = problem.distances.values[problem.weight > 0]
    return min(far[:, s].min(axis=1).max() for s in choices(problem, p))


def best_tilted(problem, p, tilt, share):
    """The smallest (1 - tilt) * mean + tilt * worst."""
    far = problem.distances.values
    found = []
    for s in choices(problem, p):
        near = far[:, s].min(axis=1)
        mean = (near * problem.weight).sum() / problem.total
        found.append((1 - tilt) * mean + tilt * worst_share_mean(near, problem.weight, share))
    return min(found)
