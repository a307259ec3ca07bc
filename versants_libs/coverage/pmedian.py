"""p-median: p sites so that people have it as near as possible on average, with the bound that proves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .branching import Found, Search
from .core import lists
from .equity import equity
from .interchange import Interchange, greedy
from .problem import Problem
from .results import Answer

__all__ = ["assignment", "deadline", "pmedian", "solve_priced"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Price = Callable[[Floats, Ints], Floats]

_REACH = 1.3  # of the distance to the second nearest site of a good answer: prices end there


def deadline(seconds: float | None, stop: Callable[[], bool] | None = None) -> Callable[[], bool]:
    """True once this process has used ``seconds`` of processor from now, or as soon as ``stop`` says so.

    Processor time, so that a busy machine does not make answers worse.
    """
    end = None if seconds is None else time.process_time() + seconds

    def over() -> bool:
        return (end is not None and time.process_time() >= end) or (stop is not None and stop())

    return over


def pmedian(
    problem: Problem,
    p: int,
    *,
    seconds: float | None = None,
    gap: float = 0.0,
    whole: bool = False,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    groups: Sequence[str] | None = None,
) -> Answer:
    """At most ``p`` sites, the existing ones among them, that minimise the weighted mean distance to the nearest.

    Parameters
    ----------
    seconds : of processor; without it and without ``stop`` the search goes on to the proof.
    gap : a proof of (value - bound) / value at most this is enough.
    whole : weights and distances are whole numbers, which proves the last unit.
    groups : of each client, for the measures of equity (a versant, say).

    Returns
    -------
    Answer : ``value`` and ``bound`` are weighted means. All existing sites and more than there are: every site.

    Raises
    ------
    InstanceError : p below 1 or below the number of existing sites.

    References
    ----------
    Cornuejols, Fisher, Nemhauser (1977), Management Science 23, 789-810: the relaxation.
    Resende, Werneck (2007), European Journal of Operational Research 174, 54-68: the interchange.
    """
    over = deadline(seconds, stop)
    weight = problem.weight

    def price(distance: Floats, clients: Ints) -> Floats:
        return distance * weight[clients]

    found = solve_priced(problem, p, price, stop=over, gap=gap, whole=whole, seed=seed)
    sites = _ordered(problem, found.sites)
    far = problem.reach(sites)
    value = float((far * weight).sum() / problem.total)
    bound = min(found.bound / problem.total, value)
    return Answer(
        sites=problem.names(sites),
        value=value,
        bound=bound,
        optimal=found.proven,
        nodes=found.nodes,
        equity=equity(far, weight, groups),
    )


def solve_priced(
    problem: Problem,
    p: int,
    price: Price,
    *,
    stop: Callable[[], bool],
    gap: float = 0.0,
    whole: bool = False,
    seed: int = 0,
    start: Ints | None = None,
) -> Found:
    """The p-median for any price that never falls with the distance; ``sites`` hold the existing ones too.

    The first lists hold each client's nearest sites. What interchange makes of them says how far prices can matter:
    the second lists end at 1.3 times the second nearest open site.
    """
    p = problem.check_p(p)
    there = problem.numbers(problem.existing)
    free = p - len(there)
    every = np.arange(len(problem.clients))

    def true_value(sites: Ints) -> float:
        return float(price(problem.reach(np.concatenate([there, sites])), every).sum())

    if free == 0:
        value = true_value(np.zeros(0, dtype=np.int64))
        return Found(there, value, value * (1 - 1e-9), 0, True, np.zeros(len(every)))
    limit = price(problem.reach(there), every) if len(there) else np.full(len(every), np.inf)
    core = lists(problem, p, price).beside(there, limit)
    local = Interchange(core, greedy(core, free) if start is None else start)
    local.descend(stop)
    second = problem.second(np.concatenate([there, local.open]))
    core = lists(problem, p, price, radius=second * _REACH, k=8).beside(there, limit)
    search = Search(
        core, free, start=local.open, whole=whole, gap=gap, seed=seed, stop=stop, true_value=true_value
    )
    found = search.run()
    sites = np.concatenate([there, found.sites])
    return Found(sites, found.value, found.bound, found.nodes, found.proven, found.prices)


def assignment(problem: Problem, sites: Sequence[str]) -> tuple[tuple[str, ...], Floats]:
    """Each client's nearest of these sites (the first named among equals) and the distance, float64 (n,)."""
    numbers = problem.numbers(sites)
    nearest = np.empty(len(problem.clients), dtype=np.int64)
    far = np.empty(len(problem.clients))
    for first in range(0, len(far), 1024):
        rows = np.arange(first, min(first + 1024, len(far)))
        block = problem.distances.block(rows, numbers)
        nearest[rows] = block.argmin(axis=1)
        far[rows] = block.min(axis=1)
    return tuple(sites[int(i)] for i in nearest), far


def _ordered(problem: Problem, sites: Ints) -> Ints:
    """Existing sites first, then by position."""
    there = problem.numbers(problem.existing)
    return np.concatenate([there, np.setdiff1d(sites, there)])
