"""p-center: the smallest distance within which everybody has one of p sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from .branching import Search
from .covering import covering_core
from .equity import equity
from .pmedian import deadline
from .problem import Problem
from .results import Answer

__all__ = ["pcenter"]

Ints = NDArray[np.int64]


def pcenter(
    problem: Problem,
    p: int,
    *,
    seconds: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    groups: Sequence[str] | None = None,
) -> Answer:
    """At most ``p`` sites, the existing ones among them, that minimise the largest distance of a client with weight.

    The answer is one of the distances: each asks whether p sites cover all within it, which prices refuse or sites
    prove. First the range is halved with a share of the time for each question; what stayed open is asked again with
    all that is left. ``value`` and ``bound`` are distances. Raises InstanceError as :func:`pmedian` does.

    References
    ----------
    Minieka (1970), SIAM Review 12, 138-139: the p-center as a row of coverings.
    """
    over = deadline(seconds, stop)
    p = problem.check_p(p)
    there = problem.numbers(problem.existing)
    asked = problem.weight > 0
    count = asked.astype(np.float64)

    def largest(sites: Ints) -> float:
        return float(problem.reach(sites)[asked].max())

    sites = _spread(problem, p, there, asked)
    upper = largest(sites)
    # Distances an answer may have: of clients to sites, no more than what is known to do.
    client, _, far = problem.distances.near(np.full(len(count), upper), 0)
    least = np.full(len(count), np.inf)
    np.minimum.at(least, client, far)
    lower = float(least[asked].max())
    steps = np.unique(far[asked[client]])
    steps = steps[(steps >= lower) & (steps <= upper)]
    nodes = 0

    def ask(radius: float, share: float | None) -> bool | None:
        """Whether ``radius`` will do; None if that stayed open."""
        nonlocal sites, upper, nodes
        core = covering_core(problem, radius, count)
        end = deadline(share, over)
        search = Search(core, p - len(there), whole=True, decide=0.0, seed=seed, stop=end)
        found = search.run()
        nodes += found.nodes
        if found.value <= 0:
            best = np.concatenate([there, np.setdiff1d(found.sites, there)])[:p]
            if largest(best) < upper or len(steps) == 1:
                sites, upper = best, largest(best)
            return True
        return False if found.bound > 0 else None

    low, high = 0, len(steps) - 1  # steps[high] will do; all below steps[low] will not
    open_from = high
    share = None if seconds is None else seconds / 40
    while low < open_from and not over():
        middle = (low + open_from) // 2
        answer = ask(float(steps[middle]), share)
        if answer is False:
            low = middle + 1
        else:
            open_from = middle
            if answer:
                high = min(high, middle)
    # Between: from low on nothing is refused, below high nothing is found. Close in from both ends.
    while low < high and upper - float(steps[low]) > gap * upper and not over():
        answer = ask(float(steps[low]), None)
        if answer is False:
            low += 1
        elif answer:
            high = low
        else:
            break
        high = min(high, int(np.searchsorted(steps, upper)))
    bound = min(float(steps[low]), upper)
    return Answer(
        sites=problem.names(np.concatenate([there, np.setdiff1d(sites, there)])),
        value=upper,
        bound=bound,
        optimal=bound >= upper,
        nodes=nodes,
        equity=equity(problem.reach(sites), problem.weight, groups),
    )


def _spread(problem: Problem, p: int, there: Ints, asked: NDArray[np.bool_]) -> Ints:
    """Existing sites, then again and again the site nearest to who has it farthest (Gonzalez 1985)."""
    chosen = [int(site) for site in there]
    every = np.arange(len(problem.clients))
    sites = np.arange(len(problem.sites))
    far = problem.reach(there) if chosen else np.where(asked, np.inf, 0.0)
    far = np.where(asked, far, -1.0)
    while len(chosen) < p:
        worst = int(far.argmax())
        row = problem.distances.block(np.array([worst]), sites)[0].copy()
        row[chosen] = np.inf
        site = int(row.argmin())
        chosen.append(site)
        column = problem.distances.block(every, np.array([site]))[:, 0]
        far = np.where(asked, np.minimum(far, column), -1.0)
    return np.array(chosen, dtype=np.int64)
