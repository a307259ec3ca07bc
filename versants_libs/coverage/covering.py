"""Maximal covering: p sites with as many people as can be within a distance of one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .branching import Found, Search
from .core import Core
from .dual import Dual
from .equity import equity
from .interchange import Interchange
from .linear import Linear
from .pmedian import deadline
from .problem import Problem
from .results import Answer

__all__ = ["cover", "covering_core"]

_RELAXED = (2_000, 250_000)  # pairs between which the relaxation is solved whole first
_WHOLE_S = 8.0  # of processor, for the model on the sites of the relaxation

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
    first = Search(core, free, whole=whole, seed=seed, stop=over)
    margin = gap * (problem.total - first.value)
    start, prices = None, None
    if _RELAXED[0] <= len(core.site) <= _RELAXED[1] and free and not over():
        start, prices = _relaxed(core, free, first.sites, over)
    search = Search(
        core,
        free,
        whole=whole,
        seed=seed,
        stop=over,
        start=start,
        prices=prices,
        margin=margin,
        most=None if prices is None else 1,
    )
    found = search.run()
    if prices is not None and not found.proven and found.value - found.bound > margin and not over():
        found = _finished(core, free, found, whole, margin, over)
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


def _relaxed(core: Core, p: int, sites: Ints, stop: Callable[[], bool]) -> tuple[Ints, Floats | None]:
    """Sites and prices from HiGHS: the relaxation, then the whole model on the sites it uses and those known.

    Prices of a covering are all alike, which makes them slow to climb to the last thousandth; the simplex gets there.
    """
    local = Interchange(core, sites)
    local.descend(stop)
    model, free = _model(core, p, np.arange(core.n_sites), whole=False)
    relaxed = model.solve(stop)
    if not len(relaxed.duals):
        return local.open, None
    prices = np.clip(relaxed.duals[1:], 0.0, core.cap)
    chosen = np.union1d(np.flatnonzero(relaxed.values[free] > 1e-7), local.open)
    small, columns = _model(core, p, chosen, whole=True)
    known = _start(core, chosen, local.open, small, columns)
    used = time.process_time()
    done = small.solve(lambda: stop() or time.process_time() - used > _WHOLE_S, start=known, gap=1e-5)
    if not len(done.values):
        return local.open, prices
    best = chosen[done.values[columns] > 0.5]
    best = np.concatenate([best, np.setdiff1d(np.arange(core.n_sites), best)])[:p]
    return (best if core.value(best) < local.value else local.open), prices


def _finished(
    core: Core, p: int, found: Found, whole: bool, margin: float, stop: Callable[[], bool]
) -> Found:
    """The whole model without the sites that prices rule out, by HiGHS, from what was found."""
    bound, rho, _ = Dual(core, p, found.prices).at(found.prices)
    last = np.partition(rho, p - 1)[p - 1]
    least = 1 - 1e-6 if whole else 1e-9 * found.value
    goal = found.value - least
    kept = np.union1d(np.flatnonzero(bound + rho - last < goal), found.sites)
    model, columns = _model(core, p, kept, whole=True)
    done = model.solve(stop, start=_start(core, kept, found.sites, model, columns), gap=margin / found.value)
    sites, value = found.sites, found.value
    if len(done.values):
        best = kept[done.values[columns] > 0.5]
        best = np.concatenate([best, np.setdiff1d(np.arange(core.n_sites), best)])[:p]
        if core.value(best) < value:
            sites, value = best, core.value(best)
    # What was ruled out costs at least the goal; HiGHS' own tolerance is taken off its bound.
    bound = max(
        found.bound, min(done.bound - 1e-6 * max(1.0, abs(done.bound)), found.value if whole else goal)
    )
    bound = min(bound, value)
    return Found(sites, value, bound, found.nodes, value - bound <= max(least, 3e-9 * value), found.prices)


def _start(core: Core, kept: Ints, sites: Ints, model: Linear, columns: Ints) -> Floats:
    """Values of all columns for these sites."""
    known = np.zeros(model.n_columns)
    known[columns[np.isin(kept, sites)]] = 1.0
    known[len(columns) :] = np.where(core.capped(sites) < core.cap, 0.0, 1.0)
    return known


def _model(core: Core, p: int, sites: Ints, whole: bool) -> tuple[Linear, Ints]:
    """The covering with these sites: a column a site, a column a client that stays uncovered."""
    place = np.full(core.n_sites, -1)
    place[sites] = np.arange(len(sites))
    pairs = np.flatnonzero(place[core.site] >= 0)
    n = len(core.cap)
    model = Linear()
    open_ = model.columns(np.zeros(len(sites)), 0.0, 1.0, whole=whole)
    left = model.columns(core.cap, 0.0, 1.0)
    model.rows(
        np.full(1, -np.inf),
        np.full(1, float(p)),
        np.zeros(len(sites), dtype=np.int64),
        open_,
        np.ones(len(sites)),
    )
    model.rows(
        np.ones(n),
        np.full(n, np.inf),
        np.concatenate([core.client[pairs], np.arange(n)]),
        np.concatenate([open_[place[core.site[pairs]]], left]),
        np.ones(len(pairs) + n),
    )
    return model, open_


def covering_core(problem: Problem, radius: float, weight: Floats) -> Core:
    """Sites within ``radius`` cost nothing, no site costs the weight; what existing sites cover is no longer asked."""
    n, m = len(problem.clients), len(problem.sites)
    client, site, _ = problem.distances.near(np.full(n, float(radius)), 0)
    core = Core.of(client, site, np.zeros(len(site)), weight, m)
    there = problem.numbers(problem.existing)
    if not len(there):
        return core
    return core.beside(there, np.where(problem.reach(there) <= radius, 0.0, weight))
