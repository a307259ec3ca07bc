"""Better sites for a covering, window by window: the open sites nearest to a client are chosen anew, all others stay.

An interchange of one site for another ends where several would have to move at once. A window lets a dozen move, and
its model is small enough for HiGHS to prove; windows grow when a pass with the smaller ones found nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .core import Core
from .linear import Linear
from .problem import Problem

__all__ = ["covering_model", "covering_start", "windows"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_FIRST, _LAST = 12, 27  # open sites of a window
_CANDIDATES = 30  # of each of them: closed sites of the least reduced cost
_AROUND = 1.1  # of the distance to the farthest open site of the window: no candidate is farther
_WINDOW_S = 1.5  # of processor
_LIKELY = 0.25  # of what may still be won: candidates of a larger reduced cost are left out
_PASS, _GROWS = (
    2.5,
    1.5,
)  # times all open sites in windows without a find, after which they grow that much, or end


def covering_model(
    core: Core,
    p: int | None,
    sites: Ints,
    *,
    whole: bool,
    cost: Floats | None = None,
    clients: Ints | None = None,
    sure: Flags | None = None,
) -> tuple[Linear, Ints]:
    """The covering with these sites: a column a site, a column a client that stays uncovered.

    ``p``: how many sites at most, None for any number. ``cost`` (m,): of each site, nothing if None. ``clients``: those
    asked for, all by default. ``sure`` (n,): those who may not stay uncovered. The numbers are those of the sites' columns.
    """
    asked = np.arange(len(core.cap)) if clients is None else clients
    place, row = np.full(core.n_sites, -1), np.full(len(core.cap), -1)
    place[sites], row[asked] = np.arange(len(sites)), np.arange(len(asked))
    pairs = np.flatnonzero((place[core.site] >= 0) & (row[core.client] >= 0))
    n = len(asked)
    model = Linear()
    open_ = model.columns(np.zeros(len(sites)) if cost is None else cost[sites], 0.0, 1.0, whole=whole)
    left = model.columns(core.cap[asked], 0.0, 1.0 if sure is None else np.where(sure[asked], 0.0, 1.0))
    if p is not None:
        nothing = np.zeros(len(sites), dtype=np.int64)
        model.rows(np.full(1, -np.inf), np.full(1, float(p)), nothing, open_, np.ones(len(sites)))
    model.rows(
        np.ones(n),
        np.full(n, np.inf),
        np.concatenate([row[core.client[pairs]], np.arange(n)]),
        np.concatenate([open_[place[core.site[pairs]]], left]),
        np.ones(len(pairs) + n),
    )
    return model, open_


def covering_start(core: Core, kept: Ints, sites: Ints, clients: Ints | None = None) -> Floats:
    """Values of all columns of :func:`covering_model` with ``sites`` open."""
    uncovered = np.where(core.capped(sites) < core.cap, 0.0, 1.0)
    return np.concatenate(
        [np.isin(kept, sites).astype(np.float64), uncovered if clients is None else uncovered[clients]]
    )


def windows(
    problem: Problem,
    core: Core,
    sites: Ints,
    reduced: Floats,
    *,
    seed: int,
    stop: Callable[[], bool],
    least: float,
) -> Ints:
    """Sites that leave no more uncovered than ``sites``.

    ``reduced`` (m,): how unlikely a site is (its reduced cost). ``least``: what is uncovered in any case, which ends it.
    """
    random = np.random.default_rng(seed)
    best, value = np.array(sites, dtype=np.int64), core.value(sites)
    live = np.flatnonzero(core.cap > 0)
    seen = np.zeros(len(live))
    size, idle = float(min(_FIRST, len(best))), 0.0  # idle: open sites looked at in vain, as a share of all
    every = np.arange(core.n_sites)
    while value > least and not stop():
        if idle > _PASS:
            if size >= min(_LAST, len(best)):
                break
            size, idle = min(size * _GROWS, _LAST, len(best)), 0.0
        few = np.flatnonzero(seen == seen.min())
        client = live[few[int(random.integers(len(few)))]]
        far = problem.distances.block(np.array([client]), every)[0]
        inside = best[np.argsort(far[best], kind="stable")[: round(size)]]
        rest = np.setdiff1d(best, inside)
        likely = reduced <= _LIKELY * (value - least)
        near = np.flatnonzero((far <= far[inside].max() * _AROUND) & likely)
        near = near[np.argsort(reduced[near], kind="stable")[: _CANDIDATES * len(inside)]]
        chosen = np.setdiff1d(np.union1d(near, inside), rest)
        open_ = core.capped(rest) < core.cap
        touched = np.zeros(len(core.cap), dtype=bool)
        touched[core.client[np.isin(core.site, chosen)]] = True
        clients = np.flatnonzero(touched & ~open_)
        covered = core.capped(inside) < core.cap
        seen[np.isin(live, core.client[np.isin(core.site, inside[: 1 + len(inside) // 2])])] += 1
        seen[np.searchsorted(live, client)] += 1
        if not len(clients) or covered[clients].all():
            idle += len(inside) / len(best)
            continue
        model, columns = covering_model(core, len(inside), chosen, whole=True, clients=clients)
        began = time.process_time()
        done = model.solve(
            lambda began=began: stop() or time.process_time() - began > _WINDOW_S,  # type: ignore[misc]
            start=covering_start(core, chosen, inside, clients),
            gap=1e-6,
        )
        idle += len(inside) / len(best)
        if len(done.values):
            new = np.concatenate([rest, chosen[done.values[columns] > 0.5]])
            new = np.concatenate([new, np.setdiff1d(every, new)[: len(best) - len(new)]])
            worth = core.value(new)
            if worth < value * (1 - 1e-13):
                best, value, idle = new, worth, 0.0
        if done.status != "optimal":
            size = max(min(4.0, len(best)), size * 0.85)
    return best
