"""Fast interchange: from any p sites to p that no exchange of one open for one closed site improves.

What each exchange is worth is kept up to date, not computed anew: after a step only the clients whose nearest or second
nearest open site changed take their shares out of the tables and put them back (Whitaker 1983; Resende, Werneck 2007,
European Journal of Operational Research 174, 54-68).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .core import Core, spans

__all__ = ["Interchange", "greedy"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAST = 1e-12  # of the value: smaller gains are rounding


class Interchange:
    """p open sites of a core, and the worth of every exchange.

    ``gain`` (m,): what opening a site saves with all others as they are. ``loss`` (p,): what closing one costs.
    ``both`` (m, p): what of the loss of a slot the newcomer takes over.
    """

    def __init__(self, core: Core, sites: Ints) -> None:
        self.core = core
        self.open = np.array(sites, dtype=np.int64)
        n, p = len(core.cap), len(self.open)
        if p == 0:
            raise ValueError("an exchange needs an open site")
        self.costs = np.repeat(core.cap[:, None], p, axis=1)  # (n, p): of each slot, capped
        for slot, site in enumerate(self.open):
            self._fill(slot, int(site))
        self.gain = np.zeros(core.n_sites)
        self.loss = np.zeros(p)
        self.both = np.zeros((core.n_sites, p))
        self.first = np.zeros(n, dtype=np.int64)  # slot; p: nobody is below the cap
        self.second = np.zeros(n, dtype=np.int64)
        self.near = np.zeros(n)
        self.next = np.zeros(n)
        every = np.arange(n)
        self._look(every)
        self._account(every, 1.0)

    @property
    def value(self) -> float:
        """The cost of the open sites in the core."""
        return float(self.near.sum())

    def _fill(self, slot: int, site: int) -> None:
        core = self.core
        pairs = core.by_site[core.site_start[site] : core.site_start[site + 1]]
        self.costs[:, slot] = core.cap
        self.costs[core.client[pairs], slot] = core.cost[pairs]

    def _look(self, clients: Ints) -> None:
        """Nearest and second nearest slot of these clients."""
        costs, cap = self.costs[clients], self.core.cap[clients]
        row = np.arange(len(clients))
        first = costs.argmin(axis=1)
        near = costs[row, first]
        costs[row, first] = np.inf
        second = costs.argmin(axis=1)
        after = np.minimum(costs[row, second], cap)
        none = near >= cap
        self.first[clients] = np.where(none, -1, first)
        self.second[clients] = np.where(after >= cap, -1, second)
        self.near[clients] = near
        self.next[clients] = after

    def _account(self, clients: Ints, sign: float) -> None:
        """Put the shares of these clients into the tables, or take them out (sign -1)."""
        core, p = self.core, len(self.open)
        pairs = spans(core.start, clients)
        client = core.client[pairs]
        below = core.cost[pairs] < self.next[client]
        pairs, client = pairs[below], client[below]
        cost, site, near = core.cost[pairs], core.site[pairs], self.near[client]
        saved = near - cost
        better = saved > 0
        self.gain += sign * np.bincount(site[better], saved[better], minlength=core.n_sites)
        slot = self.first[client]
        served = slot >= 0
        share = self.next[client] - np.maximum(cost, near)
        np.add.at(self.both.reshape(-1), site[served] * p + slot[served], sign * share[served])
        slots = self.first[clients]
        there = slots >= 0
        lost = self.next[clients] - self.near[clients]
        self.loss += sign * np.bincount(slots[there], lost[there], minlength=p)

    def step(self) -> bool:
        """Make the best exchange if it improves; False if none does."""
        worth = self.both - self.loss
        worth += self.gain[:, None]
        best = int(worth.argmax())
        site, slot = divmod(best, len(self.open))
        if not worth[site, slot] > _LEAST * max(self.value, 1e-300):
            return False
        before = self.value
        was = int(self.open[slot])
        self.exchange(slot, site)
        if self.value >= before:  # rounding of the tables promised more than there is
            self.exchange(slot, was)
            return False
        return True

    def exchange(self, slot: int, site: int) -> None:
        """Close what ``slot`` holds and open ``site`` there."""
        old = self.costs[:, slot].copy()
        self._fill(slot, site)
        touched = (self.first == slot) | (self.second == slot) | (self.costs[:, slot] < self.next)
        clients = np.flatnonzero(touched)
        fresh = self.costs[:, slot].copy()
        self.costs[:, slot] = old
        self._account(clients, -1.0)
        self.costs[:, slot] = fresh
        self.open[slot] = site
        self._look(clients)
        self._account(clients, 1.0)

    def descend(self, stop: Callable[[], bool] = lambda: False) -> int:
        """Exchange until nothing improves or ``stop`` says so; how many were made."""
        made = 0
        while not stop() and self.step():
            made += 1
        return made


def greedy(core: Core, p: int, start: Ints | None = None) -> Ints:
    """``start`` and then, one by one, the site that saves most; int64 (p,), fewer if there are not so many sites.

    Where none saves anything the first sites not yet open fill up.
    """
    chosen = [int(site) for site in start] if start is not None else []
    near = core.capped(np.array(chosen, dtype=np.int64)) if chosen else core.cap.copy()
    gain = np.zeros(core.n_sites)
    saved = np.maximum(near[core.client] - core.cost, 0.0)
    gain += np.bincount(core.site, saved, minlength=core.n_sites)
    taken = np.zeros(core.n_sites, dtype=bool)
    taken[chosen] = True
    while len(chosen) < min(p, core.n_sites):
        site = int(np.where(taken, -np.inf, gain).argmax())
        chosen.append(site)
        taken[site] = True
        column = core.by_site[core.site_start[site] : core.site_start[site + 1]]
        column = column[core.cost[column] < near[core.client[column]]]
        clients = core.client[column]
        pairs = spans(core.start, clients)
        client, cost = core.client[pairs], core.cost[pairs]
        before = np.maximum(near[client] - cost, 0.0)
        near[clients] = core.cost[column]
        after = np.maximum(near[client] - cost, 0.0)
        gain -= np.bincount(core.site[pairs], before - after, minlength=core.n_sites)
    return np.array(chosen, dtype=np.int64)
