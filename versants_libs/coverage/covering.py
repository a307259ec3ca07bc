"""Maximal covering: p sites with as many people as can be within a distance of one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .branching import Search
from .core import Core
from .equity import equity
from .pmedian import deadline
from .problem import Problem
from .results import Answer

__all__ = ["cover", "covering_core"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def cover(
    problem: Problem,
    p: int,
    radius: float,
    *,
    seconds: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    groups: Sequence[str] | None = None,
) -> Answer:
    """At most ``p`` sites, the existing ones among them, with the most weight at a distance of at most ``radius``.

    It is a p-median in which a client costs its weight where it is not covered and nothing where it is. ``value`` and
    ``bound`` (here from above) are covered weight; ``gap`` is a share of it. ``details``: ``build_s``, processor seconds
    until the model stood, and ``pairs``, how many it has. Raises InstanceError as :func:`pmedian` does.

    References
    ----------
    Church, ReVelle (1974), Papers of the Regional Science Association 32, 101-118.
    """
    over = deadline(seconds, stop)
    p = problem.check_p(p)
    if not radius >= 0:
        raise ValueError(f"radius is {radius}, 0 or more expected")
    there = problem.numbers(problem.existing)
    began = time.process_time()
    core = covering_core(problem, radius, problem.weight)
    build = time.process_time() - began
    free = p - len(there)
    whole = bool(np.all(problem.weight == np.rint(problem.weight))) and problem.total < 2**50
    search = Search(core, free, whole=whole, seed=seed, stop=over)
    search.margin = gap * (problem.total - search.value)
    found = search.run()
    sites = np.concatenate([there, np.setdiff1d(found.sites, there)])[:p]
    far = problem.reach(sites) if len(sites) else np.full(len(problem.clients), np.inf)
    covered = float(problem.weight[far <= radius].sum())
    bound = max(problem.total - found.bound, covered)
    return Answer(
        sites=problem.names(sites),
        value=covered,
        bound=bound,
        optimal=found.proven,
        nodes=found.nodes,
        equity=equity(far, problem.weight, groups),
        details={"build_s": round(build, 3), "pairs": float(len(core.site))},
    )


def covering_core(problem: Problem, radius: float, weight: Floats) -> Core:
    """Sites within ``radius`` cost nothing, no site costs the weight; what existing sites cover is no longer asked."""
    n, m = len(problem.clients), len(problem.sites)
    client, site, _ = problem.distances.near(np.full(n, float(radius)), 0)
    core = Core.of(client, site, np.zeros(len(site)), weight, m)
    there = problem.numbers(problem.existing)
    if not len(there):
        return core
    return core.beside(there, np.where(problem.reach(there) <= radius, 0.0, weight))
