"""p-median in which a site serves no more than it can: people of one commune may go to several sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .core import Core, lists, spans
from .equity import equity
from .errors import InstanceError
from .interchange import Interchange, greedy
from .linear import INFEASIBLE, Linear
from .pmedian import deadline
from .problem import Problem
from .results import Answer

__all__ = ["capacitated", "transport"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SMALL = 20_000  # pairs: up to here HiGHS solves the whole model
_SAFE = 1e-9
_TRIES = 6  # transports solved for sites that prices chose


def capacitated(
    problem: Problem,
    p: int,
    capacity: ArrayLike,
    *,
    seconds: float | None = None,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    groups: Sequence[str] | None = None,
) -> Answer:
    """At most ``p`` sites, the existing ones among them, and who goes where, with the smallest mean distance.

    ``capacity`` float64 (m,): the weight a site can serve. Small questions are solved whole; for others the bound comes
    from prices (one knapsack a site), the sites from them and from the interchange without capacities, each judged by
    the transport that is best for it. Where no p sites can serve all, ``value`` and ``bound`` are infinite and
    ``sites`` empty. ``equity`` is of each client's mean distance. Raises InstanceError as :func:`pmedian` does, and for
    capacities that are no numbers of 0 or more.
    """
    over = deadline(seconds, stop)
    p = problem.check_p(p)
    room = np.array(capacity, dtype=np.float64)
    if room.shape != (len(problem.sites),):
        raise InstanceError(f"{len(problem.sites)} sites, but capacities of shape {room.shape}")
    wrong = ~(room >= 0)
    if wrong.any():
        raise InstanceError("capacities are numbers of 0 or more", problem.names(np.flatnonzero(wrong)))
    there = problem.numbers(problem.existing)
    most = np.sort(np.delete(room, there))[::-1][: p - len(there)].sum() + room[there].sum()
    if most < problem.total * (1 - 1e-12):
        return Answer((), float("inf"), float("inf"), True)
    n, m = problem.distances.shape
    if n * m <= _SMALL:
        sites, value, bound = _whole(problem, p, room, there, over)
    else:
        sites, value, bound = _priced(problem, p, room, there, over)
    if len(sites) == 0:
        return Answer((), float("inf"), bound / problem.total, False)
    served = transport(problem, sites, room)
    assert served is not None
    far = served[1]
    value = float((far * problem.weight).sum() / problem.total)
    bound = min(bound / problem.total, value)
    return Answer(
        sites=problem.names(np.concatenate([there, np.setdiff1d(sites, there)])),
        value=value,
        bound=bound,
        optimal=value - bound <= 1e-6 * max(value, 1e-12),
        equity=equity(far, problem.weight, groups),
    )


def transport(problem: Problem, sites: Ints, room: Floats) -> tuple[float, Floats] | None:
    """The cheapest way to serve all from these sites: its cost and each client's mean distance, float64 (n,).

    None where they cannot. Only the nearest dozen of sites are looked at first.
    """
    clients = np.flatnonzero(problem.weight > 0)
    if room[sites].sum() < problem.total * (1 - 1e-12):
        return None
    far = problem.distances.block(clients, sites)
    for nearest in (12, len(sites)):
        k = min(nearest, len(sites))
        choice = np.argpartition(far, k - 1, axis=1)[:, :k]
        row = np.repeat(np.arange(len(clients)), k)
        slot = choice.ravel()
        price = far[row, slot]
        weight = problem.weight[clients]
        model = Linear()
        part = model.columns(price * weight[row], 0.0, 1.0)
        model.rows(np.ones(len(clients)), np.ones(len(clients)), row, part, np.ones(len(row)))
        scale = 1 / np.maximum(room[sites], 1e-12)
        model.rows(np.full(len(sites), -np.inf), np.ones(len(sites)), slot, part, weight[row] * scale[slot])
        done = model.solve()
        if done.status != INFEASIBLE:
            mean = np.zeros(len(problem.clients))
            mean[clients] = np.bincount(row, price * done.values[part], minlength=len(clients))
            return float((mean * problem.weight).sum()), mean
        if k == len(sites):
            break
    return None


def _whole(
    problem: Problem, p: int, room: Floats, there: Ints, stop: Callable[[], bool]
) -> tuple[Ints, float, float]:
    """The model with a variable for each pair, solved by HiGHS."""
    n, m = problem.distances.shape
    far = problem.distances.block(np.arange(n), np.arange(m))
    client, site = np.repeat(np.arange(n), m), np.tile(np.arange(m), n)
    model = Linear()
    least = np.zeros(m)
    least[there] = 1.0
    open_ = model.columns(np.zeros(m), least, 1.0, whole=True)
    part = model.columns((far * problem.weight[:, None]).ravel(), 0.0, 1.0)
    model.rows(np.ones(n), np.ones(n), client, part, np.ones(n * m))
    model.rows(np.full(1, -np.inf), np.full(1, float(p)), np.zeros(m, dtype=np.int64), open_, np.ones(m))
    pair = np.arange(n * m)
    model.rows(
        np.full(n * m, -np.inf),
        np.zeros(n * m),
        np.concatenate([pair, pair]),
        np.concatenate([part, open_[site]]),
        np.concatenate([np.ones(n * m), -np.ones(n * m)]),
    )
    held = np.minimum(room, problem.total)
    model.rows(
        np.full(m, -np.inf),
        np.zeros(m),
        np.concatenate([site, np.arange(m)]),
        np.concatenate([part, open_]),
        np.concatenate([problem.weight[client], -held]),
    )
    done = model.solve(stop)
    if done.values is None or done.status == INFEASIBLE or not len(done.values):
        return np.zeros(0, dtype=np.int64), float("inf"), done.bound
    return np.flatnonzero(done.values[open_] > 0.5), done.value, done.bound


def _priced(
    problem: Problem, p: int, room: Floats, there: Ints, stop: Callable[[], bool]
) -> tuple[Ints, float, float]:
    """Prices a unit of weight, a knapsack a site: bound and sites."""
    weight = problem.weight
    core = lists(problem, max(1, p // 2), lambda far, i: far)
    easy = lists(problem, p, lambda far, i: far * weight[i])
    local = Interchange(easy, greedy(easy, p, there))
    local.descend(stop)
    best_sites, best_value = np.zeros(0, dtype=np.int64), np.inf
    fixed = np.zeros(core.n_sites, dtype=bool)
    fixed[there] = True

    def judge(sites: Ints) -> None:
        nonlocal best_sites, best_value
        sites = _roomy(sites, room, fixed, problem.total)
        served = transport(problem, sites, room)
        if served is not None and served[0] < best_value:
            best_sites, best_value = sites, served[0]

    judge(
        np.unique(np.concatenate([there, local.open]))[:p]
        if len(there) == 0
        else _merged(there, local.open, p)
    )
    upper = best_value if np.isfinite(best_value) else float((core.cap * weight).sum())
    u = np.minimum(problem.reach(local.open) * 1.3, core.cap)
    step, stale, best, tries = 0.3, 0, -np.inf, 0
    along: Floats | None = None
    scale = np.maximum(core.cap * weight, 1e-300)
    for number in range(1_500):
        bound, chosen, taken = _knapsacks(core, u, weight, room, p, fixed)
        stale = 0 if bound > best + 1e-5 * abs(best) or best == -np.inf else stale + 1
        best = max(best, bound)
        if number % 60 == 59 and tries < _TRIES:
            tries += 1
            judge(chosen)
            upper = min(upper, best_value)
        if stop() or best >= upper * (1 - 2 * _SAFE):
            break
        if stale > 12:
            step, stale = step * 0.7, 0
            if step < 5e-3:
                break
        slack = np.where(weight > 0, 1.0 - taken / np.maximum(weight, 1e-300), 0.0)
        slack[((u >= core.cap) & (slack > 0)) | (scale < 1e-200)] = 0.0
        along = slack if along is None else 0.3 * slack + 0.7 * along
        length = float((scale * along * along).sum())
        if length <= 0:
            break
        pace = step * max(upper - bound, 1e-9 * upper) / length
        u = np.clip(u + pace * core.cap * along, 0.0, core.cap)
    return best_sites, best_value, best


def _knapsacks(
    core: Core, u: Floats, weight: Floats, room: Floats, p: int, fixed: NDArray[np.bool_]
) -> tuple[float, Ints, Floats]:
    """Bound at these prices, the sites chosen, and how much of each client they take."""
    reduced = core.cost - u[core.client]
    live = np.flatnonzero(reduced < 0)
    order = live[np.lexsort((reduced[live], core.site[live]))]
    site, client = core.site[order], core.client[order]
    start = np.searchsorted(site, np.arange(core.n_sites + 1))
    amount = weight[client]
    before = np.cumsum(amount) - amount
    before -= before[np.minimum(start[site], max(len(before) - 1, 0))] if len(before) else before
    take = np.clip(room[site] - before, 0.0, amount)
    rho = np.bincount(site, reduced[order] * take, minlength=core.n_sites)
    ranked = np.where(fixed, -np.inf, rho)
    chosen = np.argpartition(ranked, p - 1)[:p] if p < core.n_sites else np.arange(core.n_sites)
    total = float((weight * u).sum())
    pairs = spans(start, chosen)
    taken = np.bincount(client[pairs], take[pairs], minlength=len(u)).astype(np.float64)
    return total + float(rho[chosen].sum()) - _SAFE * total, chosen.astype(np.int64), taken


def _merged(there: Ints, others: Ints, p: int) -> Ints:
    return np.concatenate([there, np.setdiff1d(others, there)])[:p]


def _roomy(sites: Ints, room: Floats, fixed: NDArray[np.bool_], total: float) -> Ints:
    """These sites with the smallest exchanged for the largest until together they can serve all."""
    sites = sites.copy()
    while room[sites].sum() < total:
        free = np.flatnonzero(~fixed[sites])
        closed = np.setdiff1d(np.arange(len(room)), sites)
        if not len(free) or not len(closed):
            break
        slot, site = free[room[sites[free]].argmin()], closed[room[closed].argmax()]
        if room[site] <= room[sites[slot]]:
            break
        sites[slot] = site
    return sites
