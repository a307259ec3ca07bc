"""The mean against those who have it worst: a front of answers, each with a bound.

Point by point the tilt t goes from 0 to 1 in

    (1 - t) * mean + t * mean of the worst share of people

The worst share's mean is the largest of sum(q[i] * distance[i]) over 0 <= q[i] <= weight[i] / (share * total), sum(q) = 1
(Rockafellar, Uryasev 2000). So for any q the p-median with weights (1 - t) * weight / total + t * q is a lower bound of
the tilted objective, and prices and q climb together: both are concave in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .core import Core, lists, spans
from .equity import Equity, equity, quantile, worst_share_mean
from .errors import InstanceError
from .interchange import Interchange, greedy
from .pmedian import deadline
from .problem import Problem

__all__ = ["Point", "front"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SMOOTH = 0.3
_PATIENCE = 15
_SAFE = 1e-9


@dataclass(frozen=True, slots=True)
class Point:
    """One answer of the front: ``value`` = (1 - tilt) * mean + tilt * worst, and no sites have less than ``bound``."""

    tilt: float
    sites: tuple[str, ...]
    mean: float
    worst: float
    value: float
    bound: float
    equity: Equity = field(repr=False)

    @property
    def gap(self) -> float:
        """(value - bound) / value."""
        return (self.value - self.bound) / self.value if self.value else 0.0

    def to_json(self) -> dict[str, object]:
        """All of it, for a file."""
        return {
            "tilt": self.tilt,
            "mean": self.mean,
            "worst": self.worst,
            "value": self.value,
            "bound": self.bound,
            "gap": self.gap,
            "sites": list(self.sites),
            "equity": self.equity.to_json(),
        }


def front(
    problem: Problem,
    p: int,
    *,
    points: int = 10,
    worst_share: float = 0.1,
    seconds: float | None = None,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    groups: Sequence[str] | None = None,
) -> list[Point]:
    """``points`` answers from tilt 0 to tilt 1, in equal steps; ``seconds`` of processor are shared among them.

    Every answer is tried at every other tilt too, so that none is worse than another where it stands. Bounds are those
    of the relaxation: what they leave open is not branched on. Raises InstanceError as :func:`pmedian` does.
    """
    if points < 1:
        raise InstanceError(f"{points} points, 1 or more expected")
    if not 0 < worst_share <= 1:
        raise InstanceError(f"a share of {worst_share}, above 0 and at most 1 expected")
    p = problem.check_p(p)
    tilts = [0.0] if points == 1 else [i / (points - 1) for i in range(points)]
    over = deadline(seconds, stop)
    bench = _Bench(problem, p, worst_share, seed)
    found: list[tuple[Ints, float, float]] = []
    bounds: list[float] = []
    sites: Ints | None = None
    for tilt in tilts:
        share = None if seconds is None else seconds / points
        end = deadline(share, over)
        sites = bench.descend(tilt, sites, end)
        sites, bound = bench.climb(tilt, sites, end)
        found.append((sites, *bench.measure(sites)))
        bounds.append(bound)
    out = []
    for tilt, bound in zip(tilts, bounds, strict=True):
        best, mean, worst = min(found, key=lambda one: ((1 - tilt) * one[1] + tilt * one[2], one[1]))
        value = (1 - tilt) * mean + tilt * worst
        far = problem.reach(best)
        out.append(
            Point(
                tilt=tilt,
                sites=problem.names(bench.ordered(best)),
                mean=mean,
                worst=worst,
                value=value,
                bound=min(bound, value),
                equity=equity(far, problem.weight, groups, worst_share),
            )
        )
    return out


class _Bench:
    """What the points of one front share."""

    def __init__(self, problem: Problem, p: int, worst_share: float, seed: int) -> None:
        self.problem, self.p, self.share = problem, p, worst_share
        self.random = np.random.default_rng(seed)
        self.there = problem.numbers(problem.existing)
        self.free = p - len(self.there)
        self.weight = problem.weight / problem.total
        self.limit = problem.reach(self.there) if len(self.there) else None

    def measure(self, sites: Ints) -> tuple[float, float]:
        """Mean and mean of the worst share."""
        far = self.problem.reach(sites)
        mean = float((far * self.weight).sum())
        return mean, worst_share_mean(far, self.weight, self.share)

    def value(self, tilt: float, sites: Ints) -> float:
        """The tilted objective."""
        mean, worst = self.measure(sites)
        return (1 - tilt) * mean + tilt * worst

    def ordered(self, sites: Ints) -> Ints:
        """Existing sites first, then by position, each once."""
        return np.concatenate([self.there, np.setdiff1d(sites, self.there)])

    def core(self, price: Callable[[Floats, Ints], Floats], radius: Floats | None) -> Core:
        """Sorted lists; existing sites are caps."""
        core = lists(self.problem, self.p, price, radius, None if radius is None else 8)
        if self.limit is None:
            return core
        return core.beside(self.there, price(self.limit, np.arange(len(core.cap))))

    def second(self, sites: Ints) -> Floats:
        """1.5 times the distance to the second nearest site: the worst served may look farther."""
        return self.problem.second(sites) * 1.5

    def descend(self, tilt: float, start: Ints | None, stop: Callable[[], bool]) -> Ints:
        """Interchange for the price of a guessed threshold, then the threshold of what came out, until it stays."""
        if self.free == 0:
            return self.there
        best = start
        if best is None:
            core = self.core(lambda far, i: far * self.weight[i], None)
            best = np.concatenate([self.there, greedy(core, self.free)])
        value = self.value(tilt, best)
        reach = self.second(best)
        plain = self.core(lambda far, i: far, reach)
        for _ in range(8):
            sites = self.tilted(plain, tilt, best, stop)
            fresh = self.value(tilt, sites)
            if not fresh < value * (1 - 1e-9) or stop():
                break
            best, value = sites, fresh
        return best

    def tilted(self, plain: Core, tilt: float, start: Ints, stop: Callable[[], bool]) -> Ints:
        """Interchange from ``start`` with everything beyond the worst share's threshold priced higher."""
        threshold = quantile(self.problem.reach(start), self.weight, 1 - self.share)

        def price(far: Floats, client: Ints) -> Floats:
            above = np.maximum(far - threshold, 0.0) * (tilt / self.share)
            return np.asarray(self.weight[client] * ((1 - tilt) * far + above))

        every = np.arange(len(self.weight))
        core = Core.of(
            plain.client, plain.site, price(plain.cost, plain.client), price(plain.cap, every), plain.n_sites
        )
        new = start[~np.isin(start, self.there)]
        others = np.setdiff1d(np.arange(core.n_sites), start)[: self.free - len(new)]
        local = Interchange(core, np.concatenate([new, others]))
        local.descend(stop)
        return np.concatenate([self.there, local.open])

    def climb(self, tilt: float, sites: Ints, stop: Callable[[], bool]) -> tuple[Ints, float]:
        """Better sites if the prices show any, and the bound."""
        if self.free == 0:
            return sites, self.value(tilt, sites) * (1 - _SAFE)
        core = self.core(lambda far, i: far, self.second(sites))  # costs are plain distances here
        value = self.value(tilt, sites)
        weight, top = self.weight, self.weight / self.share
        far = np.minimum(core.cap, self.problem.reach(sites))
        edge = quantile(far, weight, 1 - self.share)
        q = _project(np.where(far >= edge, top, 0.3 * weight), top, weight)
        u = np.minimum(far * 1.2, core.cap)
        step, stale, best = 0.3, 0, -np.inf
        along_u = along_q = None
        order = core.by_site
        pair_client, pair_far, starts = core.client[order], core.cost[order], core.site_start
        filled = np.flatnonzero(np.diff(starts) > 0)
        pool: set[tuple[int, ...]] = set()
        for number in range(2_000):
            mixed = (1 - tilt) * weight + tilt * q
            lam = mixed * u
            reduced = np.minimum(pair_far - u[pair_client], 0.0) * mixed[pair_client]
            rho = np.zeros(core.n_sites)
            rho[filled] = np.add.reduceat(reduced, starts[filled])
            chosen = np.argpartition(rho, self.free - 1)[: self.free]
            bound = float(lam.sum() + rho[chosen].sum()) - _SAFE * float(lam.sum())
            stale = 0 if bound > best * (1 + 1e-5) else stale + 1
            best = max(best, bound)
            if number % 10 == 9:
                sites, value = self.look(tilt, core, chosen, sites, value, pool, stop)
            if stop() or best >= value * (1 - 2 * _SAFE):
                break
            if stale > _PATIENCE:
                step, stale = step * 0.7, 0
                if step < 2e-3:
                    break
            pairs = spans(starts, chosen)
            serving = pairs[pair_far[pairs] < u[pair_client[pairs]]]
            client = pair_client[serving]
            count = np.bincount(client, minlength=len(u))
            slack = 1.0 - count
            slack[((u >= core.cap) & (slack > 0)) | (core.cap < 1e-200)] = 0.0
            # What a change of q is worth, with the price lam kept: the distance of those who serve.
            served = np.bincount(client, pair_far[serving], minlength=len(u))
            along_u = slack if along_u is None else _SMOOTH * slack + (1 - _SMOOTH) * along_u
            along_q = tilt * served if along_q is None else _SMOOTH * tilt * served + (1 - _SMOOTH) * along_q
            pull = along_q - float((along_q * weight).sum())
            size = float((weight * core.cap).sum())
            scale_u = weight * np.maximum(core.cap, 1e-12)
            scale_q = weight / max(size, 1e-12)
            length = float((scale_u * along_u**2).sum() + (scale_q * pull**2).sum())
            if length <= 0:
                break
            pace = step * max(value - bound, 1e-9 * value) / length
            fresh_q = _project(q + pace * scale_q * pull, top, weight) if tilt > 0 else q
            lam = lam + pace * scale_u * along_u
            mixed = np.maximum((1 - tilt) * weight + tilt * fresh_q, 1e-9 * weight + 1e-300)
            u = np.clip(lam / mixed, 0.0, core.cap)
            q = fresh_q
        return sites, best

    def look(
        self,
        tilt: float,
        core: Core,
        chosen: Ints,
        sites: Ints,
        value: float,
        pool: set[tuple[int, ...]],
        stop: Callable[[], bool],
    ) -> tuple[Ints, float]:
        """What the chosen sites come to, after interchange if they look good."""
        taken = np.concatenate([self.there, chosen])
        key = tuple(sorted(taken.tolist()))
        if key in pool or len(pool) > 15:
            return sites, value
        fresh = self.value(tilt, taken)
        if fresh < value * 1.03:
            pool.add(key)
            better = self.tilted(core, tilt, taken, stop)
            for one in (taken, better):
                fresh = self.value(tilt, one)
                if fresh < value * (1 - 1e-12):
                    sites, value = one, fresh
        return sites, value


def _project(wanted: Floats, top: Floats, weight: Floats) -> Floats:
    """The q with 0 <= q <= top and sum 1 nearest to ``wanted``, each difference over its weight."""
    low = float(np.min(np.where(weight > 0, (wanted - top) / np.maximum(weight, 1e-300), np.inf)))
    high = float(np.max(np.where(weight > 0, wanted / np.maximum(weight, 1e-300), -np.inf)))
    for _ in range(60):
        middle = (low + high) / 2
        if float(np.clip(wanted - middle * weight, 0.0, top).sum()) > 1:
            low = middle
        else:
            high = middle
    q = np.clip(wanted - high * weight, 0.0, top)
    total = float(q.sum())
    return q if total >= 1 else q + (top - q) * ((1 - total) / max(float((top - q).sum()), 1e-300))
