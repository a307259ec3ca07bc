"""A bound of the covering from its parts: each client is in one region, and each region is solved by itself.

A site that reaches into several regions is bought in each for a share of its price mu, the price of the limit of p sites;
the shares of a site add up to no more than mu. For any p sites, what they leave uncovered and p * mu is then at least
the sum of the regions' optima. With the shares in the ratio of the clients' prices lam, the sum of the regions'
relaxations is the whole relaxation's value, so whatever whole numbers cost a region comes on top of it.

Guignard, Kim (1987), Mathematical Programming 39, 215-228: splitting a variable into copies.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .core import Core
from .linear import INFEASIBLE
from .problem import Problem
from .windows import covering_model

__all__ = ["below", "parts", "regional_bound", "shares"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SAFE = 1e-9  # of all weights, for the rounding of sums
_GAP = 1e-6
_FIRST = 1 / 16  # of the price of a site: the first target of a region above what its prices prove


def parts(problem: Problem, core: Core, work: Floats, k: int) -> list[Ints]:
    """The clients that are asked for in ``k`` regions of about the same ``work`` (m,), cut where few sites reach across."""
    return _cut(problem, core, work, np.flatnonzero(core.cap > 0), k)


def _cut(problem: Problem, core: Core, work: Floats, clients: Ints, k: int) -> list[Ints]:
    if k <= 1 or len(clients) < 2 * k:
        return [clients]
    first = k // 2
    cut, order = min(
        (
            _cut_along(core, work, clients[np.argsort(along, kind="stable")], first / k, 0.1 / k)
            for along in _axes(problem, core, clients)
        ),
        key=lambda found: found[0],
    )[1:]
    return _cut(problem, core, work, order[:cut], first) + _cut(problem, core, work, order[cut:], k - first)


def _axes(problem: Problem, core: Core, clients: Ints) -> list[Floats]:
    """Where clients lie along the axes between three sites far from each other, and from two of them to the third."""
    every = np.arange(core.n_sites)

    def distances(client: int, take: str) -> Floats:
        """Of all clients from the site that is the nearest or the farthest to one of them."""
        here = problem.distances.block(np.array([client]), every)[0]
        site = int(here.argmin() if take == "nearest" else here.argmax())
        return np.asarray(problem.distances.block(clients, np.array([site]))[:, 0])

    one = distances(int(clients[0]), "farthest")
    two = distances(int(clients[int(one.argmax())]), "nearest")
    three = distances(int(clients[int(np.minimum(one, two).argmax())]), "nearest")
    return [one - two, one - three, two - three, one + two - 2 * three]


def _cut_along(core: Core, work: Floats, order: Ints, share: float, off: float) -> tuple[float, int, Ints]:
    """Work of the sites that reach across, where to cut ``order`` about that ``share`` of the work, and the order."""
    place = np.full(len(core.cap), -1)
    place[order] = np.arange(len(order))
    pairs = np.flatnonzero(place[core.client] >= 0)
    site, at = core.site[pairs], place[core.client[pairs]]
    low, high = np.full(core.n_sites, len(order)), np.full(core.n_sites, -1)
    np.minimum.at(low, site, at)
    np.maximum.at(high, site, at)
    there = np.flatnonzero(high >= 0)
    middle = (low[there] + high[there] + 1) // 2
    done = np.cumsum(np.bincount(middle, work[there], minlength=len(order) + 1))
    across = np.bincount(low[there] + 1, work[there], minlength=len(order) + 2)
    across -= np.bincount(high[there] + 1, work[there], minlength=len(order) + 2)
    across = np.cumsum(across)[: len(order)]
    wanted = np.abs(done[: len(order)] / done[-1] - share)
    cost = np.where(wanted <= max(off, float(wanted[1:].min())), across, np.inf)
    cost[0] = np.inf
    cut = int(cost.argmin())
    return float(cost[cut]), cut, order


def shares(core: Core, lam: Floats, mu: float, region: Ints, k: int) -> Floats:
    """float64 (k, m): what a site costs in each region; of one site at most ``mu`` in all. ``region`` (n,): -1 is none."""
    price = lam + 1e-9 * core.cap  # a site that nobody pays for is not free
    asked = region[core.client] >= 0
    client, site = core.client[asked], core.site[asked]
    out = np.bincount(region[client] * core.n_sites + site, price[client], minlength=k * core.n_sites)
    out = out.reshape(k, core.n_sites)
    return np.asarray(out * (mu / np.maximum(out.sum(axis=0), 1e-300)))


def below(
    core: Core,
    p: int | None,
    lam: Floats,
    above: Floats,
    base: float,
    target: float,
    *,
    stop: Callable[[], bool],
    cost: Floats | None = None,
    clients: Ints | None = None,
) -> float:
    """Is there anything below ``target``? A bound: the target where the answer is no, less where it is yes or not known.

    ``base`` is the bound of the prices ``lam``, ``above`` (m,) what each site adds to it where it is opened. Sites that add
    more than the target is above the base are no part of the question, nor are clients who would if they stayed
    uncovered, and HiGHS drops whatever comes to cost as much: for a near target the answer is soon there.

    HiGHS' own tolerance is still in it. ``cost`` and ``clients``: as in :func:`covering_model`.
    """
    chosen = np.flatnonzero(above < target - base)
    sure = core.cap - lam >= target - base
    model, _ = covering_model(core, p, chosen, whole=True, cost=cost, clients=clients, sure=sure)
    done = model.solve(stop, gap=_GAP, search=False, cutoff=target)
    if done.status == INFEASIBLE:
        return target
    return max(base, min(done.bound, target))


def regional_bound(
    core: Core,
    p: int,
    lam: Floats,
    mu: float,
    regions: list[Ints],
    kept: Ints,
    *,
    seconds: Callable[[int], float],
    stop: Callable[[], bool],
) -> float:
    """Below what any p of the ``kept`` sites leave uncovered.

    Targets of regions rise in turn, the lowest first. ``mu``: 0 or more. ``seconds`` (regions left) -> of processor for the
    next target.
    """
    region = np.full(len(core.cap), -1)
    for number, clients in enumerate(regions):
        region[clients] = number
    cost = shares(core, lam, mu, region, len(regions))
    k = len(regions)
    least, bounds, steps = np.zeros(k), np.zeros(k), np.zeros(k)
    above = np.full((k, core.n_sites), np.inf)
    for number, clients in enumerate(regions):
        # By prices alone: lam less what sites would gain beyond their share.
        near = region[core.client] == number
        gain = np.bincount(core.site[near], lam[core.client[near]], minlength=core.n_sites) - cost[number]
        chosen = np.intersect1d(kept, core.site[near])
        above[number, chosen] = np.maximum(-gain[chosen], 0.0)
        least[number] = lam[clients].sum() - np.maximum(gain[chosen], 0.0).sum()
        steps[number] = max(_FIRST * mu, 1e-3 * float(core.cap[clients].sum()))
    bounds[:] = least
    open_ = [number for number in range(k) if np.isfinite(above[number]).any()]
    while open_ and not stop():
        number = min(open_, key=lambda one: float(bounds[one] - least[one]))
        base = float(least[number])
        target = base + max(steps[number], 2 * (bounds[number] - base))
        began, limit = time.process_time(), seconds(len(open_))
        bound = below(
            core,
            None,
            lam,
            above[number],
            base,
            target,
            stop=lambda began=began, limit=limit: stop() or time.process_time() - began > limit,  # type: ignore[misc]
            cost=cost[number],
            clients=regions[number],
        )
        bounds[number] = max(bounds[number], bound)
        if bound < target:
            open_.remove(number)
    # HiGHS' own tolerance is taken off what it proved.
    bounds = np.maximum(least, bounds - 1e-6 * np.maximum(1.0, np.abs(bounds)))
    return float(bounds.sum()) - mu * p - _SAFE * float(core.cap.sum())
