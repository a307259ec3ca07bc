"""The sparse form all methods work on: for each client the sites worth naming, by rising cost, and a cap.

A client costs what its cheapest open site costs, and never more than its cap. Sites that exist already are such a cap
(:meth:`Core.narrowed`), and so is not being covered. Where a list was cut at a radius, the cap is what the first site
left out costs at least: values of the core are then never above the true ones, so its lower bounds hold for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .metric import Distances
from .problem import Problem

__all__ = ["Core", "lists"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Core:
    """Pairs of a client and a site, in two orders; every pair costs less than its client's cap.

    ``start`` int64 (n + 1,), ``site`` int64, ``cost`` float64: by client, then by rising cost. ``by_site`` int64: the
    pairs by site. ``site_start`` int64 (m + 1,). ``cap`` float64 (n,). ``client`` int64: of each pair.
    """

    start: Ints
    client: Ints
    site: Ints
    cost: Floats
    cap: Floats
    n_sites: int
    by_site: Ints
    site_start: Ints

    @classmethod
    def of(cls, client: Ints, site: Ints, cost: Floats, cap: Floats, n_sites: int) -> Core:
        """From pairs that are sorted by client and rising cost; those at or above the cap are dropped."""
        keep = cost < cap[client]
        client, site, cost = client[keep], site[keep], cost[keep]
        start = np.searchsorted(client, np.arange(len(cap) + 1))
        # Short numbers are sorted by their digits, ten times faster.
        by_site = np.argsort(site.astype(np.uint16) if n_sites < 2**16 else site, kind="stable")
        site_start = np.searchsorted(site[by_site], np.arange(n_sites + 1))
        return cls(start, client, site, cost, cap, n_sites, by_site, site_start)

    def narrowed(self, opened: Ints, closed: Flags) -> Core:
        """With the ``opened`` sites open for good, as caps, and neither them nor the ``closed`` (bool (m,)) to choose."""
        gone = closed.copy()
        gone[opened] = True
        keep = ~gone[self.site]
        return Core.of(self.client[keep], self.site[keep], self.cost[keep], self.capped(opened), self.n_sites)

    def beside(self, existing: Ints, limit: Floats) -> Core:
        """With sites that exist already no longer to choose, and nobody costing more than ``limit`` (n,), their cost."""
        if not len(existing):
            return self
        gone = np.zeros(self.n_sites, dtype=bool)
        gone[existing] = True
        keep = ~gone[self.site]
        cap = np.minimum(self.cap, limit)
        return Core.of(self.client[keep], self.site[keep], self.cost[keep], cap, self.n_sites)

    def capped(self, sites: Ints) -> Floats:
        """float64 (n,): what each client costs with these sites open."""
        cap = self.cap.copy()
        pairs = self.by_site[spans(self.site_start, sites)]
        np.minimum.at(cap, self.client[pairs], self.cost[pairs])
        return cap

    def value(self, sites: Ints) -> float:
        """The sum of :meth:`capped`."""
        return float(self.capped(sites).sum())


def spans(start: Ints, rows: Ints) -> Ints:
    """The positions start[row] to start[row + 1] of each row, one after the other."""
    first = start[rows]
    length = start[rows + 1] - first
    ends = np.cumsum(length)
    return np.repeat(first - ends + length, length) + np.arange(ends[-1] if len(ends) else 0)


def lists(
    problem: Problem,
    p: int,
    price: Callable[[Floats, Ints], Floats],
    radius: Floats | None = None,
    k: int | None = None,
    distances: Distances | None = None,
) -> Core:
    """The core of a problem.

    Parameters
    ----------
    price : (distance, client) -> cost, never falling in the distance.
    radius : float64 (n,): sites beyond are left out, whatever k says of them.
    k : each client keeps its k nearest, so that none is left without a site where the radius holds none.
        By default enough for about four of the p sites to be among them.
    """
    n, m = len(problem.clients), len(problem.sites)
    k = min(m, max(24, -(-4 * m // p)) if k is None else k)
    reach = np.full(n, -1.0) if radius is None else radius
    client, site, far = (distances or problem.distances).near(reach, k)
    last = np.searchsorted(client, np.arange(n), side="right") - 1
    every = np.arange(n)
    # The first site left out is no nearer than the last one kept, and none within the radius was left out.
    beyond = np.maximum(far[last], reach)
    full = np.bincount(client, minlength=n) == m
    top = price(far[last], every)
    cap = np.where(full, np.nextafter(top, np.inf), price(np.where(full, far[last], beyond), every))
    cost = price(far, client)
    return Core.of(client, site, cost, cap, m)
