"""Outlines as compact rings: decoding, and the importance of each vertex at a given scale.

A ring is a closed line of longitude/latitude vertices. Every vertex carries its *importance* in metres: the
tolerance under which Douglas and Peucker's method keeps it. A map at any scale then simplifies by one
comparison instead of running the method again.

Reference: Douglas, Peucker (1973), Cartographica 10(2), 112-122.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"
GRID = 1e-5  # degree; one step is 0.7 to 1.1 m here
# One degree of latitude on the sphere of 6371.0 km, in metres; longitudes shrink with the cosine at the
# middle of the territory, within 3 % of the truth at its edges, which is enough to rank vertices.
_DEGREE_M = 111_194.9
_COS_MIDDLE = float(np.cos(np.radians(50.2)))
KEEP_ALWAYS = 10_000_000


@dataclass(frozen=True, slots=True)
class Shape:
    """A named area. ``rings``: float64 (n, 2) arrays of lon, lat in degrees, closed (first = last).

    ``importance``: int32 (n,) arrays, metres, one for each ring. ``kind`` is versant, admin2, country
    or commune.
    """

    kind: str
    id: str
    versant: str
    rings: tuple[np.ndarray, ...]
    importance: tuple[np.ndarray, ...]


def importance(line: np.ndarray) -> np.ndarray:
    """The tolerance, in metres, up to which each vertex of a line survives simplification.

    ``line`` is float (n, 2), lon and lat. Its ends always survive; in a closed ring so does the vertex
    furthest from the ends, so that a ring never folds into a point. Never grows from parent to child, so
    "keep those above t" equals running the method with tolerance t.
    """
    n = len(line)
    weight = np.zeros(n, dtype=np.int64)
    if n == 0:
        return weight.astype(np.int32)
    weight[[0, -1]] = KEEP_ALWAYS
    flat = line * np.array([_DEGREE_M * _COS_MIDDLE, _DEGREE_M])
    closed = n > 3 and bool(np.all(line[0] == line[-1]))
    todo: list[tuple[int, int, int]] = [(0, n - 1, KEEP_ALWAYS)]
    while todo:
        a, b, limit = todo.pop()
        if b - a < 2:
            continue
        inner = flat[a + 1 : b] - flat[a]
        chord = flat[b] - flat[a]
        length2 = float(chord @ chord)
        if length2 == 0:
            gap = np.hypot(inner[:, 0], inner[:, 1])
        else:
            along = np.clip(inner @ chord / length2, 0, 1)
            off = inner - along[:, None] * chord
            gap = np.hypot(off[:, 0], off[:, 1])
        furthest = int(np.argmax(gap))
        at = a + 1 + furthest
        value = min(limit, int(gap[furthest]))
        if closed and (a, b) == (0, n - 1):
            value = KEEP_ALWAYS
        weight[at] = value
        todo += [(a, at, value), (at, b, value)]
    return weight.astype(np.int32)


def pack(kind: str, id: str, versant: str, rings: Iterable[np.ndarray]) -> dict[str, Any]:
    """A shape as plain JSON: each ring [lon, lat, metres] delta-coded on the grid."""
    packed = []
    for ring in rings:
        steps = np.rint(ring / GRID).astype(np.int64)
        steps = steps[np.r_[True, np.any(np.diff(steps, axis=0) != 0, axis=1)]]
        deltas = np.diff(steps, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
        packed.append({"d": deltas.ravel().tolist(), "m": importance(steps * GRID).tolist()})
    return {"kind": kind, "id": id, "versant": versant, "rings": packed}


def unpack(packed: dict[str, Any]) -> Shape:
    """The inverse of ``pack``."""
    rings = [
        np.cumsum(np.array(r["d"], dtype=np.int64).reshape(-1, 2), axis=0) * GRID for r in packed["rings"]
    ]
    weights = [np.array(r["m"], dtype=np.int32) for r in packed["rings"]]
    return Shape(packed["kind"], packed["id"], packed["versant"], tuple(rings), tuple(weights))


@cache
def outlines() -> tuple[Shape, ...]:
    """Countries around, versants, departments and provinces, as shipped."""
    with gzip.open(DATA / "outlines.json.gz", "rt", encoding="utf-8") as file:
        return tuple(unpack(each) for each in json.load(file)["shapes"])


def of_kind(kind: str) -> tuple[Shape, ...]:
    """The outlines of one kind: country, versant or admin2."""
    return tuple(shape for shape in outlines() if shape.kind == kind)


@cache
def communes() -> tuple[Shape, ...]:
    """The boundaries of the 4,105 communes; ``id`` is the commune's uid.

    Importance is computed once for each shared arc, so that neighbours keep the same border at every scale.
    """
    with gzip.open(DATA / "communes.topojson.gz", "rt", encoding="utf-8") as file:
        topology = json.load(file)
    scale = np.array(topology["transform"]["scale"])
    origin = np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(np.array(arc, dtype=np.int64), axis=0) * scale + origin for arc in topology["arcs"]]
    weights = [importance(arc) for arc in arcs]
    found = []
    for geometry in topology["objects"]["communes"]["geometries"]:
        groups = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        joined = [_join(ring, arcs, weights) for polygon in groups for ring in polygon]
        found.append(
            Shape(
                "commune",
                geometry["id"],
                geometry["properties"]["versant"],
                tuple(ring for ring, _ in joined),
                tuple(weight for _, weight in joined),
            )
        )
    return tuple(found)


def _join(
    indices: Sequence[int], arcs: Sequence[np.ndarray], weights: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """One ring from its arcs; a negative index ~i is arc i backwards (TopoJSON)."""
    points, importances = [], []
    for position, index in enumerate(indices):
        step = -1 if index < 0 else 1
        arc = ~index if index < 0 else index
        first = 0 if position == 0 else 1  # the first vertex repeats the last of the arc before
        points.append(arcs[arc][::step][first:])
        importances.append(weights[arc][::step][first:])
    return np.concatenate(points), np.concatenate(importances)
