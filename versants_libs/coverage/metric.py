"""How far places lie from each other: on the sphere, by a fitted model of roads, or by a matrix of one's own.

A source of distances is asked for three things only: blocks, what lies within a radius, and the k nearest. So 4,105
communes and more are never held as one dense matrix unless that is what was given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InstanceError

__all__ = ["EARTH_KM", "Distances", "Matrix", "RoadMinutes", "Sphere", "great_circle_km"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EARTH_KM = 6371.0  # mean radius
_BLOCK = 256  # clients at a time: a block of 256 x 4,105 doubles is 8 MB
_DIGITS = 9  # micrometres: the same pair is the same number in every block
_ANGLE = 1e-7  # radians: a cosine near 1 is rounded by 2e-16, an angle by the root of twice that


def great_circle_km(lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike) -> Floats:
    """Kilometres on a sphere of 6371.0 km (haversine), degrees in; shapes are broadcast."""
    a, b = np.radians(lat_a), np.radians(lat_b)
    across = np.radians(np.subtract(lon_b, lon_a))
    half = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(across / 2) ** 2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


class RoadMinutes:
    """Minutes by car from kilometres as the crow flies: straight pieces between knots, the last slope beyond.

    Within one place it is what the first knot says (the way from door to door), not zero.
    """

    def __init__(self, knots_km: Sequence[float], knots_min: Sequence[float]) -> None:
        self.knots_km = np.asarray(knots_km, dtype=np.float64)
        self.knots_min = np.asarray(knots_min, dtype=np.float64)
        same = len(self.knots_km) == len(self.knots_min) >= 2
        if not same or not (np.all(np.diff(self.knots_km) > 0) and np.all(np.diff(self.knots_min) > 0)):
            raise InstanceError("a model of travel times needs two knots or more, both columns rising")

    def __call__(self, km: Floats) -> Floats:
        """Minutes, any shape."""
        last = (self.knots_min[-1] - self.knots_min[-2]) / (self.knots_km[-1] - self.knots_km[-2])
        beyond = np.maximum(km - self.knots_km[-1], 0.0) * last
        return np.asarray(np.interp(km, self.knots_km, self.knots_min) + beyond)


class Distances(Protocol):
    """From n clients to m sites; need not be symmetric."""

    @property
    def shape(self) -> tuple[int, int]:
        """n, m."""
        ...

    def block(self, clients: Ints, sites: Ints) -> Floats:
        """float64 (len(clients), len(sites))."""
        ...

    def near(self, radius: Floats, k: int) -> tuple[Ints, Ints, Floats]:
        """Pairs (client, site, distance) with distance <= ``radius[client]``, and each client's ``k`` nearest.

        The clients rise; a client's sites are by rising distance, then by number, and for ``k`` = 0 in any order.
        """
        ...


class Matrix:
    """Distances that are given: float64 (n, m), finite, 0 or more."""

    def __init__(self, values: ArrayLike) -> None:
        self.values = np.array(values, dtype=np.float64)  # a copy: what was checked stays as it is
        if self.values.ndim != 2:
            raise InstanceError("a matrix of distances has two dimensions, clients and sites")
        if not np.all(np.isfinite(self.values)) or np.any(self.values < 0):
            row, column = np.argwhere(~np.isfinite(self.values) | (self.values < 0))[0]
            raise InstanceError(f"the distance in row {row}, column {column} is no number of 0 or more")
        self.values.setflags(write=False)

    @property
    def shape(self) -> tuple[int, int]:
        """n, m."""
        return self.values.shape[0], self.values.shape[1]

    def block(self, clients: Ints, sites: Ints) -> Floats:
        """float64 (len(clients), len(sites))."""
        return self.values[np.ix_(clients, sites)]

    def near(self, radius: Floats, k: int) -> tuple[Ints, Ints, Floats]:
        """See :class:`Distances`."""
        return _near(self.shape, radius, k, lambda rows: self.values[rows], lambda values, rows: values)


class Sphere:
    """Places by latitude and longitude in degrees, and what a number of kilometres means (``rule``, never falling).

    ``site_lat`` and ``site_lon`` are left out where every client is a candidate site too.
    """

    def __init__(
        self,
        lat: ArrayLike,
        lon: ArrayLike,
        site_lat: ArrayLike | None = None,
        site_lon: ArrayLike | None = None,
        rule: Callable[[Floats], Floats] | None = None,
    ) -> None:
        self.lat, self.lon = np.array(lat, dtype=np.float64), np.array(lon, dtype=np.float64)
        self.site_lat = self.lat if site_lat is None else np.array(site_lat, dtype=np.float64)
        self.site_lon = self.lon if site_lon is None else np.array(site_lon, dtype=np.float64)
        self.rule = rule
        for name, one, other in (("lat", self.lat, self.site_lat), ("lon", self.lon, self.site_lon)):
            limit = 90.0 if name == "lat" else 360.0
            if not all(np.all(np.isfinite(v)) and np.all(np.abs(v) <= limit) for v in (one, other)):
                raise InstanceError(f"a {name} is outside -{limit:.0f} to {limit:.0f} degrees")
        if self.lat.shape != self.lon.shape or self.site_lat.shape != self.site_lon.shape:
            raise InstanceError("every latitude needs a longitude")
        self._client = _on_ball(self.lat, self.lon)
        self._site = _on_ball(self.site_lat, self.site_lon)

    @property
    def shape(self) -> tuple[int, int]:
        """n, m."""
        return len(self.lat), len(self.site_lat)

    def _apply(self, km: Floats) -> Floats:
        return np.round(km if self.rule is None else self.rule(km), _DIGITS)

    def block(self, clients: Ints, sites: Ints) -> Floats:
        """float64 (len(clients), len(sites))."""
        return self._apply(
            great_circle_km(
                self.lat[clients][:, None],
                self.lon[clients][:, None],
                self.site_lat[sites][None, :],
                self.site_lon[sites][None, :],
            )
        )

    def near(self, radius: Floats, k: int) -> tuple[Ints, Ints, Floats]:
        """See :class:`Distances`. Cosines choose; only what may be near is measured on the sphere."""
        far = self._reach(radius)
        parts = []
        for first in range(0, len(far), _BLOCK):
            rows = slice(first, min(first + _BLOCK, len(far)))
            cosine = self._client[rows] @ self._site.T
            least = np.where(far[rows] < 0, 2.0, np.cos(np.minimum(far[rows] / EARTH_KM + _ANGLE, np.pi)))
            if k > 0:
                nearest = -_kth(-cosine, k)
                least = np.minimum(least, np.cos(np.arccos(np.clip(nearest, -1.0, 1.0)) + 2 * _ANGLE))
            client, site = np.nonzero(cosine >= (least - 1e-15)[:, None])
            client += first
            km = great_circle_km(self.lat[client], self.lon[client], self.site_lat[site], self.site_lon[site])
            parts.append((client, site, self._apply(km)))
        return _sorted(parts, k, radius)

    def _reach(self, radius: Floats) -> Floats:
        """The kilometres at which the rule reaches these values, from above; -1 where it never is so little."""
        low, high = np.zeros(len(radius)), np.full(len(radius), EARTH_KM * np.pi)
        if self.rule is None:
            return np.where(radius < 0, -1.0, np.minimum(radius, high))
        for _ in range(50):
            middle = (low + high) / 2
            within = self._apply(middle) <= radius
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        return np.where(self._apply(np.zeros(len(radius))) <= radius, high, -1.0)


def _on_ball(lat: Floats, lon: Floats) -> Floats:
    a, b = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)], axis=1)


def _near(
    shape: tuple[int, int],
    radius: Floats,
    k: int,
    rows_of: Callable[[slice], Floats],
    apply: Callable[[Floats, slice], Floats],
) -> tuple[Ints, Ints, Floats]:
    parts = []
    n = shape[0]
    for first in range(0, n, _BLOCK):
        rows = slice(first, min(first + _BLOCK, n))
        values = apply(rows_of(rows), rows)
        limit = np.maximum(radius[rows], _kth(values, k))
        client, site = np.nonzero(values <= limit[:, None])
        parts.append((client + first, site, values[client, site]))
    return _sorted(parts, k, radius)


def _kth(values: Floats, k: int) -> Floats:
    """What the k-th smallest of each row is; -inf for k = 0."""
    if k <= 0:
        return np.full(len(values), -np.inf)
    if k >= values.shape[1]:
        return np.full(len(values), np.inf)
    return np.asarray(np.partition(values, k - 1, axis=1)[:, k - 1])


def _sorted(parts: list[tuple[Ints, Ints, Floats]], k: int, radius: Floats) -> tuple[Ints, Ints, Floats]:
    """One list of all parts; each holds whole clients, rising, and a client's sites rising."""
    done = []
    for client, site, far in parts:
        if k <= 0:  # within a radius only: a covering asks for no order
            keep = far <= radius[client]
            done.append((client[keep], site[keep], far[keep]))
            continue
        order = np.lexsort((far, client))  # stable: equal distances stay in the order of sites
        client, site, far = client[order], site[order], far[order]
        first = np.searchsorted(client, client)
        keep = (np.arange(len(client)) - first < k) | (far <= radius[client])
        done.append((client[keep], site[keep], far[keep]))
    client, site, far = (np.concatenate([part[i] for part in done]) for i in range(3))
    return client.astype(np.int64), site.astype(np.int64), far
