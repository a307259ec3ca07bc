"""Lower bounds of the p-median by Lagrangean relaxation of "each client has one site".

For prices lam (n,), each at most the client's cap,

    L(lam) = sum(lam) + the p smallest of rho,   rho[j] = sum over i of min(0, cost[i, j] - lam[i])

is below the cost of any p sites, and its largest value is that of the linear relaxation (Cornuejols, Fisher, Nemhauser
1977, Management Science 23, 789-810). Prices climb along a smoothed subgradient, each in the scale of its client's
costs: without that scale the large towns decide the step of all and the climb takes ten times longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .core import Core, spans

__all__ = ["Dual", "Prices"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ROOM = 1.3  # pairs up to this times the price are looked at until prices leave that room
_SMOOTH = 0.3
_NOTHING = 1e-200  # a cap below that is a zero
_SAFE = 1e-9  # taken off every bound for the rounding of sums


@dataclass(frozen=True, eq=False, slots=True)
class Prices:
    """The best prices found: ``lam`` (n,), ``bound``, ``rho`` (m,) at them, ``share`` (m,): how often a site was chosen
    lately, 0 to 1."""

    lam: Floats
    bound: float
    rho: Floats
    share: Floats


class Dual:
    """Climbs from ``lam``; p sites of the core may be opened (0 is allowed: then the caps are the value)."""

    def __init__(self, core: Core, p: int, lam: Floats) -> None:
        self.core = core
        self.p = min(p, core.n_sites)
        self.lam = np.clip(lam, 0.0, core.cap)
        self._gather()

    def _gather(self) -> None:
        """The pairs that may have a negative reduced cost before prices leave their room."""
        core = self.core
        self.limit = np.minimum(core.cap, self.lam * _ROOM + 1e-12 * core.cap)
        order = core.by_site
        live = core.cost[order] < self.limit[core.client[order]]
        pairs = order[live]
        self.pair_client = core.client[pairs]
        self.pair_cost = core.cost[pairs]
        site = core.site[pairs]
        self.sites, self.first = np.unique(site, return_index=True)
        self.ends = np.append(self.first, len(pairs))

    def at(self, lam: Floats) -> tuple[float, Floats, Ints]:
        """Bound, rho and chosen sites at these prices."""
        self.lam = lam
        if np.any((lam > self.limit) & (self.limit < self.core.cap)):
            self._gather()
        rho = np.zeros(self.core.n_sites)
        if len(self.sites):
            reduced = self.pair_cost - lam[self.pair_client]
            np.minimum(reduced, 0.0, out=reduced)
            rho[self.sites] = np.add.reduceat(reduced, self.first)
        if self.p == 0:
            chosen = np.zeros(0, dtype=np.int64)
        elif self.p < self.core.n_sites:
            chosen = np.argpartition(rho, self.p - 1)[: self.p]
        else:
            chosen = np.arange(self.core.n_sites)
        total = float(lam.sum())
        return total + float(rho[chosen].sum()) - _SAFE * total, rho, chosen

    def slack(self, lam: Floats, chosen: Ints) -> Floats:
        """float64 (n,): 1 less the chosen sites that would serve a client at these prices."""
        place = np.searchsorted(self.sites, chosen)
        inside = place < len(self.sites)
        place, chosen = place[inside], chosen[inside]
        place = place[self.sites[place] == chosen]  # chosen sites without a pair serve nobody
        pairs = spans(self.ends, place)
        serving = self.pair_cost[pairs] < lam[self.pair_client[pairs]]
        return np.asarray(1.0 - np.bincount(self.pair_client[pairs][serving], minlength=len(lam)))

    def climb(
        self,
        upper: float,
        *,
        iterations: int,
        step: float = 1.0,
        least: float = 2e-3,
        patience: int = 12,
        goal: Callable[[], float] = lambda: np.inf,
        stop: Callable[[], bool] = lambda: False,
        visit: Callable[[int, Ints, float], float] | None = None,
    ) -> Prices:
        """Improve the prices until the bound reaches ``goal()``, or the step, halved or so when in vain, ``least``.

        ``upper``: the cost of known sites. ``visit`` (iteration, chosen sites, bound) may find better ones and says
        what the best now cost.
        """
        core = self.core
        lam = self.lam
        scale = np.maximum(core.cap, 1e-300)
        best = Prices(lam, -np.inf, np.zeros(core.n_sites), np.zeros(core.n_sites))
        share = np.zeros(core.n_sites)
        direction: Floats | None = None
        stale = 0
        for number in range(iterations):
            bound, rho, chosen = self.at(lam)
            share *= 0.95
            share[chosen] += 0.05
            if bound > best.bound:
                if bound > best.bound + 1e-5 * abs(bound):
                    stale = 0
                else:
                    stale += 1
                best = Prices(lam, bound, rho, share)
            else:
                stale += 1
            if visit is not None:
                upper = visit(number, chosen, best.bound)
            target = goal()  # it falls as better sites are found; no cost is below nothing
            if best.bound >= target or target <= 0 or stop():
                break
            if stale > patience:
                step, stale = step * 0.7, 0
                if step < least:
                    break
            slack = self.slack(lam, chosen)
            # Prices that would leave their range are not part of the way.
            slack[((lam >= core.cap) & (slack > 0)) | (core.cap < _NOTHING)] = 0.0
            direction = slack if direction is None else _SMOOTH * slack + (1 - _SMOOTH) * direction
            length = float((scale * direction * direction).sum())
            if length <= 0:
                break
            away = max(upper - bound, 1e-9 * abs(upper))
            lam = np.clip(lam + step * away / length * (scale * direction), 0.0, core.cap)
        return Prices(best.lam, best.bound, best.rho, share.copy())
