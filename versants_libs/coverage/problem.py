"""The question: clients with weights, candidate sites, distances, and the sites one already has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .errors import InstanceError
from .metric import Distances

__all__ = ["MOST", "Problem"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: No weight is larger: up to here whole numbers are exact, and sums of weights times distances far from overflowing.
MOST = 1e15


@dataclass(frozen=True, eq=False)
class Problem:
    """Checked when made; does not change after.

    Parameters
    ----------
    clients, sites : ids, each once in its own list. A place may be both.
    weight : float64 (n,), 0 to :data:`MOST`, one of them above 0: how many people or requests a client stands for.
    distances : (n, m), from clients to sites, in any unit.
    existing : ids of sites that are open already and stay so; they count among the p.

    Raises InstanceError with the ids concerned.
    """

    clients: tuple[str, ...]
    sites: tuple[str, ...]
    weight: Floats
    distances: Distances
    existing: tuple[str, ...] = ()
    total: float = field(init=False)

    def __post_init__(self) -> None:
        for name in ("clients", "sites", "existing"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
            repeated = [one for one, times in Counter(getattr(self, name)).items() if times > 1]
            if repeated:
                raise InstanceError(f"named more than once among {name}", repeated)
        if not self.clients or not self.sites:
            raise InstanceError("there are no clients or no sites")
        weight = np.array(self.weight, dtype=np.float64)
        if weight.shape != (len(self.clients),):
            raise InstanceError(f"{len(self.clients)} clients, but weights of shape {weight.shape}")
        wrong = ~(np.isfinite(weight) & (weight >= 0) & (weight <= MOST))
        if wrong.any():
            raise InstanceError(f"weights are numbers from 0 to {MOST:g}", self._names(self.clients, wrong))
        weight.setflags(write=False)
        object.__setattr__(self, "weight", weight)
        object.__setattr__(self, "total", float(weight.sum()))
        if not self.total > 0:
            raise InstanceError("no client has a weight")
        if self.distances.shape != (len(self.clients), len(self.sites)):
            raise InstanceError(
                f"{len(self.clients)} clients and {len(self.sites)} sites, but distances of shape"
                f" {self.distances.shape}"
            )
        known = set(self.sites)
        unknown = [one for one in self.existing if one not in known]
        if unknown:
            raise InstanceError("existing sites that are no candidates", unknown)

    @staticmethod
    def _names(ids: Sequence[str], which: NDArray[np.bool_]) -> list[str]:
        return [ids[int(i)] for i in np.flatnonzero(which)]

    def numbers(self, sites: Iterable[str]) -> Ints:
        """The positions of sites. Raises InstanceError for one that is none."""
        position = {one: i for i, one in enumerate(self.sites)}
        wanted = list(sites)
        unknown = [one for one in wanted if one not in position]
        if unknown:
            raise InstanceError("no such sites", unknown)
        return np.array([position[one] for one in wanted], dtype=np.int64)

    def names(self, sites: Iterable[int]) -> tuple[str, ...]:
        """Ids of sites by position."""
        return tuple(self.sites[int(i)] for i in sites)

    def check_p(self, p: int) -> int:
        """``p``, or all sites if there are fewer. Raises InstanceError below 1 or below the existing ones."""
        if p < 1:
            raise InstanceError(f"p is {p}, 1 or more expected")
        if len(self.existing) > p:
            raise InstanceError(f"{len(self.existing)} sites exist already and stay, p is {p}", self.existing)
        return min(p, len(self.sites))

    def reach(self, sites: Ints) -> Floats:
        """float64 (n,): each client's distance to the nearest of these sites (one at least)."""
        out = np.empty(len(self.clients))
        for first in range(0, len(out), 1024):
            rows = np.arange(first, min(first + 1024, len(out)))
            out[rows] = self.distances.block(rows, sites).min(axis=1)
        return out

    def second(self, sites: Ints) -> Floats:
        """float64 (n,): each client's distance to the second nearest of these sites; infinite where there is one only."""
        out = np.full(len(self.clients), np.inf)
        if len(sites) > 1:
            for first in range(0, len(out), 1024):
                rows = np.arange(first, min(first + 1024, len(out)))
                out[rows] = np.partition(self.distances.block(rows, sites), 1, axis=1)[:, 1]
        return out
