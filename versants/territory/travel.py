"""How long the road takes. One interface, whatever stands behind it.

The built-in provider is a piecewise-linear model of car minutes from great-circle kilometres, fitted on
published OSRM durations (data/travel_time_model.json says which, and how wrong it is). A better source is
another class with the same two methods, put in ``use``.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol

import numpy as np
from django.conf import settings

from versants.core import clock
from versants.territory import sources
from versants.territory.shapes import DATA

EARTH_RADIUS_KM = 6371.0
_BLOCK = 512  # rows of a matrix computed at once: 512 x 4,105 float64 are 17 MB


@dataclass(frozen=True, slots=True)
class Point:
    """A place. ``lat``, ``lon`` in degrees WGS 84.

    Two points with the same non-empty ``key`` are one place and no time apart; two places at the same
    coordinates are still a parking and a door apart. ``versant`` picks the factor of busy hours.
    """

    lat: float
    lon: float
    key: str = ""
    versant: str = ""


class TravelProvider(Protocol):
    """What every source of travel times answers."""

    name: str
    date: str  # of the road data behind it
    source: str

    def minutes(self, origin: Point, destination: Point, at: datetime | None = None) -> float:
        """Minutes by car, leaving ``at`` (None: at a quiet hour)."""
        ...

    def matrix(self, points: Sequence[Point]) -> np.ndarray:
        """int32 (n, n), seconds at a quiet hour, from row to column. The diagonal is zero."""
        ...


def great_circle_km(lat1: object, lon1: object, lat2: object, lon2: object) -> np.ndarray:
    """Kilometres on the sphere of 6371.0 km (haversine); degrees in, numbers or arrays that broadcast."""
    a, b, c, d = (np.radians(np.asarray(x, dtype=np.float64)) for x in (lat1, lon1, lat2, lon2))
    h = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0))))


class CalibratedModel:
    """Car minutes as a piecewise-linear function of kilometres as the crow flies.

    ``knots_km`` rise from 0, ``knots_min`` are the minutes at each; the last slope goes on beyond.
    """

    name = "calibrated"

    def __init__(self, knots_km: Sequence[float], knots_min: Sequence[float], date: str, source: str) -> None:
        self.knots_km = np.asarray(knots_km, dtype=np.float64)
        self.knots_min = np.asarray(knots_min, dtype=np.float64)
        rising = np.all(np.diff(self.knots_km) > 0) and np.all(np.diff(self.knots_min) > 0)
        if len(self.knots_km) != len(self.knots_min) or len(self.knots_km) < 2 or not rising:
            raise ValueError("a travel-time model needs at least two knots, both columns rising")
        self.date = date
        self.source = source

    @classmethod
    def shipped(cls) -> CalibratedModel:
        """The model of data/travel_time_model.json."""
        model = json.loads((DATA / "travel_time_model.json").read_text())
        # "… commit 890cfda, 2022": the year of the road data ends the source.
        return cls(model["knots_km"], model["minutes"], model["source"].rsplit(", ", 1)[1], model["source"])

    def minutes_for(self, km: np.ndarray) -> np.ndarray:
        """Minutes for kilometres as the crow flies, any shape."""
        last = (self.knots_min[-1] - self.knots_min[-2]) / (self.knots_km[-1] - self.knots_km[-2])
        beyond = np.maximum(km - self.knots_km[-1], 0.0) * last
        return np.asarray(np.interp(km, self.knots_km, self.knots_min) + beyond)

    def minutes(self, origin: Point, destination: Point, at: datetime | None = None) -> float:
        """Minutes between two points; zero only within one and the same place."""
        if origin.key and origin.key == destination.key:
            return 0.0
        km = great_circle_km(origin.lat, origin.lon, destination.lat, destination.lon)
        factor = max(peak_factor(point.versant, at) for point in (origin, destination))
        return float(self.minutes_for(km)) * factor

    def matrix(self, points: Sequence[Point]) -> np.ndarray:
        """int32 (n, n), seconds at a quiet hour. See TravelProvider."""
        lat = np.array([point.lat for point in points], dtype=np.float64)
        lon = np.array([point.lon for point in points], dtype=np.float64)
        seconds = self.seconds(lat, lon).astype(np.int32)
        numbers: dict[str, int] = {}
        place = np.array(
            [numbers.setdefault(p.key, i) if p.key else i for i, p in enumerate(points)], dtype=int
        )
        seconds[place[:, None] == place[None, :]] = 0
        return seconds

    def seconds(self, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """uint16 (n, n), seconds rounded to the nearest; 18 hours fit, twenty times what the territory needs.

        The diagonal is what lies between two doors of one place, not zero.
        """
        n = len(lat)
        out = np.empty((n, n), dtype=np.uint16)
        for first in range(0, n, _BLOCK):
            rows = slice(first, first + _BLOCK)
            km = great_circle_km(lat[rows, None], lon[rows, None], lat[None, :], lon[None, :])
            out[rows] = np.rint(self.minutes_for(km) * 60)
        return out


@cache
def _shipped() -> CalibratedModel:
    return CalibratedModel.shipped()


_in_use: list[TravelProvider] = []


def provider() -> TravelProvider:
    """The source of travel times in use: the calibrated model unless ``use`` named another."""
    return _in_use[-1] if _in_use else _shipped()


def use(other: TravelProvider | None) -> None:
    """Answer from ``other`` from now on; None goes back to the calibrated model."""
    _in_use.clear()
    if other is not None:
        _in_use.append(other)


def minutes(origin: Point, destination: Point, at: datetime | None = None) -> float:
    """Minutes by car from one point to another, by the provider in use."""
    return provider().minutes(origin, destination, at)


def matrix_between(points: Sequence[Point]) -> np.ndarray:
    """int32 (n, n) seconds between any points, by the provider in use; need not be symmetric."""
    return provider().matrix(points)


@cache
def _peaks() -> tuple[tuple[str, int, int, float], ...]:
    return tuple(
        (row["versant"], int(row["from_hour"]), int(row["to_hour"]), float(row["factor"]))
        for row in sources.rows(sources.content("peak_factors.csv"))
    )


def peak_factor(versant: str, at: datetime | None) -> float:
    """What a quiet travel time is multiplied by in ``versant`` on a working day at that hour.

    1.0 without an instant, at week-ends, and wherever nobody has measured yet (data/peak_factors.csv).
    """
    if at is None:
        return 1.0
    local = clock.local(at)
    if local.weekday() >= 5:
        return 1.0
    found = (f for v, first, last, f in _peaks() if v == versant and first <= local.hour < last)
    return next(found, 1.0)


class CommuneMatrix:
    """Seconds between every two of the 4,105 communes, read from a file that all processes share.

    ``uids`` gives the order of rows and columns. A commune to itself is the time between two of its doors.
    """

    def __init__(self, uids: Sequence[str], seconds: np.ndarray) -> None:
        self.uids = tuple(uids)
        self._row = {uid: number for number, uid in enumerate(self.uids)}
        self._seconds = seconds

    def seconds(self, origin: str, destination: str) -> int:
        """From one commune to another; KeyError for a uid that is none."""
        return int(self._seconds[self._row[origin], self._row[destination]])

    def between(self, uids: Sequence[str]) -> np.ndarray:
        """int32 (n, n) seconds among these communes, in their order."""
        rows = np.array([self._row[uid] for uid in uids], dtype=int)
        return np.asarray(self._seconds[np.ix_(rows, rows)], dtype=np.int32)

    def to_all(self, uid: str) -> np.ndarray:
        """int32 (4105,) seconds from one commune to each of ``uids``."""
        return np.asarray(self._seconds[self._row[uid]], dtype=np.int32)


def commune_matrix(folder: Path | None = None) -> CommuneMatrix:
    """The commune matrix of the calibrated model: mapped from the cache, or computed and cached.

    ``folder`` defaults to ``cache`` in the data folder. The file's name holds the hash of model and
    communes, so a change of either makes another file. Where nothing can be written, it is computed.
    """
    towns = sources.towns()
    model = _shipped()
    lat = np.array([town.lat for town in towns])
    lon = np.array([town.lon for town in towns])
    uids = [town.uid for town in towns]
    parts = [model.knots_km, model.knots_min, lat, lon]
    blueprint = b"".join(part.tobytes() for part in parts) + ",".join(uids).encode()
    name = f"communes-{hashlib.sha256(blueprint).hexdigest()[:16]}.npy"
    path = (folder or Path(settings.DATA) / "cache") / name
    mapped = _mapped(path, len(uids))
    if mapped is not None:
        return CommuneMatrix(uids, mapped)
    seconds = model.seconds(lat, lon)
    with suppress(OSError):  # a full or read-only disk costs time, not the answer
        _write(path, seconds)
        mapped = _mapped(path, len(uids))  # shared with other processes, unlike what was just computed
    return CommuneMatrix(uids, seconds if mapped is None else mapped)


def _mapped(path: Path, n: int) -> np.ndarray | None:
    """The file as a read-only map; None if it is missing, cut short or of another shape."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == (n, n) and found.dtype == np.uint16 else None


def _write(path: Path, seconds: np.ndarray) -> None:
    """Write beside, then rename: a reader sees the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=path.stem, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            np.save(file, seconds, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
            part.chmod(0o644)
            part.rename(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
