"""A window on the territory, and outlines cut and simplified for it.

Projection: equirectangular with the cosine of the window's middle latitude, so x and y share one scale
there. The programme's land spans 2.5 degrees of latitude; shapes are 3 % too wide or too narrow at most,
at the far ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, radians

import numpy as np

from versants.territory.shapes import KEEP_ALWAYS, Shape, communes, of_kind

KM_PER_DEGREE = 111.1949  # of latitude, on the sphere of 6371.0 km
# What lies beyond the frame's edge is kept this far, so that a line's end never shows.
OVERLAP_PX = 14.0
# Vertices nearer than this to the line without them are dropped: half a pixel on a common screen.
TOLERANCE_PX = 0.6
# A map of one village would show nothing but a village: the frame covers this much at least.
LEAST_KM = 24.0


@dataclass(frozen=True, slots=True)
class Frame:
    """``west``, ``north``: degrees at the upper left corner. ``scale``: pixels per degree of latitude.

    ``width`` and ``height`` in pixels; x grows eastward, y southward.
    """

    west: float
    north: float
    scale: float
    width: int
    height: int

    @property
    def shrink(self) -> float:
        """The cosine of the middle latitude: a degree of longitude there, in degrees of latitude."""
        return cos(radians(self.north - self.height / self.scale / 2))

    @classmethod
    def around(
        cls, points: Sequence[tuple[float, float]], width: int, height: int, margin: float = 36
    ) -> Frame:
        """The closest frame that shows every (lat, lon) at least ``margin`` pixels inside.

        Never closer than LEAST_KM across; without points, the whole territory.
        """
        if not points:
            return cls.whole(width, height)
        lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
        return cls._box(min(lats), max(lats), min(lons), max(lons), width, height, margin, LEAST_KM)

    @classmethod
    def whole(cls, width: int, height: int, margin: float = 4) -> Frame:
        """The three versants."""
        rings = [ring for shape in of_kind("versant") for ring in shape.rings]
        low = np.min([ring.min(axis=0) for ring in rings], axis=0)
        high = np.max([ring.max(axis=0) for ring in rings], axis=0)
        return cls._box(
            float(low[1]), float(high[1]), float(low[0]), float(high[0]), width, height, margin, 1.0
        )

    @classmethod
    def _box(
        cls,
        south: float,
        north: float,
        west: float,
        east: float,
        width: int,
        height: int,
        margin: float,
        least_km: float,
    ) -> Frame:
        inner_w, inner_h = width - 2 * margin, height - 2 * margin
        if inner_w <= 0 or inner_h <= 0:
            raise ValueError("the margin leaves no room for a map")
        middle = (south + north) / 2
        shrink = cos(radians(middle))
        least = least_km / KM_PER_DEGREE
        tall = max(north - south, least * inner_h / max(inner_w, inner_h))
        wide = max((east - west) * shrink, least * inner_w / max(inner_w, inner_h))
        scale = min(inner_w / wide, inner_h / tall)
        return cls(
            west=(west + east) / 2 - width / 2 / scale / shrink,
            north=middle + height / 2 / scale,
            scale=scale,
            width=width,
            height=height,
        )

    @property
    def tolerance_m(self) -> float:
        """TOLERANCE_PX on the ground."""
        return TOLERANCE_PX / self.scale * KM_PER_DEGREE * 1000

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        """Where a place stands, in pixels."""
        return (lon - self.west) * self.scale * self.shrink, (self.north - lat) * self.scale

    def project(self, ring: np.ndarray) -> np.ndarray:
        """float (n, 2) of lon, lat to float (n, 2) of x, y."""
        return (ring - np.array([self.west, self.north])) * np.array([self.scale * self.shrink, -self.scale])

    def holds(self, x: float, y: float, inside: float = 0.0) -> bool:
        """Is a pixel within the frame, ``inside`` pixels from its edge?"""
        return inside <= x <= self.width - inside and inside <= y <= self.height - inside


def clip(ring: np.ndarray, low: tuple[float, float], high: tuple[float, float]) -> np.ndarray:
    """A closed ring cut to a rectangle (Sutherland, Hodgman 1974, CACM 17(1)); empty when none is inside.

    Pieces joined along the rectangle's edge stay one ring: the edge lies outside the visible frame.
    """
    points = ring[:-1] if len(ring) > 1 and np.all(ring[0] == ring[-1]) else ring
    for axis in (0, 1):
        for bound, sign in ((low[axis], 1.0), (high[axis], -1.0)):
            if len(points) == 0:
                return points
            ahead = np.roll(points, -1, axis=0)
            here, there = sign * (points[:, axis] - bound), sign * (ahead[:, axis] - bound)
            crosses = (here >= 0) != (there >= 0)
            share = np.divide(here, here - there, out=np.zeros_like(here), where=crosses)
            cuts = points + share[:, None] * (ahead - points)
            # Each vertex inside, then the crossing that follows it.
            both = np.stack([points, cuts], axis=1).reshape(-1, 2)
            points = both[np.stack([here >= 0, crosses], axis=1).ravel()]
    return points


def path_of(shapes: Iterable[Shape], frame: Frame) -> str:
    """One SVG path of the shapes' rings within the frame; empty when none is near."""
    tolerance = frame.tolerance_m
    low = (-OVERLAP_PX, -OVERLAP_PX)
    high = (frame.width + OVERLAP_PX, frame.height + OVERLAP_PX)
    parts = []
    for shape in shapes:
        for ring, weight in zip(shape.rings, shape.importance, strict=True):
            kept = frame.project(ring[weight >= min(tolerance, KEEP_ALWAYS)])
            if len(kept) < 4 or (kept.max(axis=0) < low).any() or (kept.min(axis=0) > high).any():
                continue
            if np.ptp(kept, axis=0).max() < TOLERANCE_PX:
                continue
            cut = clip(kept, low, high)
            if len(cut) >= 3:
                parts.append(_d(cut))
    return "".join(parts)


def _d(points: np.ndarray) -> str:
    rounded = np.round(points, 1) + 0.0  # no "-0"
    keep = np.r_[True, np.any(np.diff(rounded, axis=0) != 0, axis=1)]
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in rounded[keep]) + "Z"


@dataclass(frozen=True, slots=True)
class Outlines:
    """SVG paths in drawing order: countries around, departments and provinces, versants' borders."""

    land: tuple[str, ...]
    areas: tuple[str, ...]
    edges: tuple[str, ...]


@lru_cache(maxsize=128)
def outline_paths(frame: Frame, *, provinces: bool = True) -> Outlines:
    """Context countries and versants (with departments and provinces) as seen through ``frame``."""

    def paths(kind: str) -> tuple[str, ...]:
        return tuple(path for shape in of_kind(kind) if (path := path_of([shape], frame)))

    edges = paths("versant")
    return Outlines(paths("country"), paths("admin2") if provinces else edges, edges)


@lru_cache(maxsize=32)
def commune_paths(frame: Frame, versant: str | None = None) -> dict[str, str]:
    """uid -> SVG path of each commune seen through ``frame``, of one versant or of all.

    Neighbours share their simplified border: shapes are simplified arc by arc.
    """
    return {
        shape.id: path
        for shape in communes()
        if (versant is None or shape.versant == versant) and (path := path_of([shape], frame))
    }
