"""Where places lie on a drawing: by their coordinates, or, without any, as far apart as the travel between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .errors import InstanceError
from .matrix import Rows

__all__ = ["Coordinates", "by_travel", "on_paper"]

Point = tuple[float, float]
#: Places that span the layout; the others are put between them, so that its cost grows with the number of places.
LANDMARKS = 60
ROUNDS = 300


class Coordinates(NamedTuple):
    """Where the places of a problem are, for drawing only: one point per row of ``travel``.

    In degrees: longitude, then latitude. Otherwise a plane: to the east, then to the north, in any unit.
    """

    points: tuple[Point, ...]
    degrees: bool = True

    def checked(self, n: int) -> Coordinates:
        """The same with plain floats. Raises InstanceError if they are not ``n`` possible points."""
        if len(self.points) != n:
            raise InstanceError(f"{len(self.points)} coordinates for {n} places")
        points = tuple((float(x), float(y)) for x, y in self.points)
        if not all(math.isfinite(cell) for point in points for cell in point):
            raise InstanceError("a coordinate is not a finite number")
        if self.degrees and not all(abs(x) <= 180 and abs(y) <= 90 for x, y in points):
            raise InstanceError("a coordinate is not a longitude and a latitude in degrees")
        return Coordinates(points, bool(self.degrees))


def on_paper(coordinates: Coordinates, places: Sequence[int]) -> list[Point]:
    """These places to the east and to the north in one unit: a degree of longitude as wide as it is in their middle."""
    points = [coordinates.points[place] for place in places]
    if not coordinates.degrees or not points:
        return points
    lats = [y for _, y in points]
    wide = math.cos(math.radians((min(lats) + max(lats)) / 2))
    return [(x * wide, y) for x, y in points]


def by_travel(travel: Rows, places: Sequence[int]) -> list[Point]:
    """Points whose distances follow the mean travel there and back, in seconds; directions mean nothing.

    Classical scaling (Torgerson 1952, Psychometrika 17(4), 401-419) of up to 60 landmarks, the other places by their
    distances to those (de Silva, Tenenbaum 2004, Sparse multidimensional scaling using landmark points).
    """
    n = len(places)
    if n == 0:
        return []

    marks = _landmarks(travel, places)
    rows = [[_square(travel, a, b) for b in marks] for a in marks]
    means = [sum(row) / len(marks) for row in rows]
    mean = sum(means) / len(marks)
    centred = [
        [-(cell - means[i] - means[j] + mean) / 2 for j, cell in enumerate(row)] for i, row in enumerate(rows)
    ]
    first, along = _largest(centred)
    rest = [
        [cell - first * along[i] * along[j] for j, cell in enumerate(row)] for i, row in enumerate(centred)
    ]
    second, across = _largest(rest)
    axes = [
        (vector, math.sqrt(value))
        for value, vector in ((first, along), (second, across))
        if value > first * 1e-9
    ]
    points = []
    for place in places:
        gaps = [means[k] - _square(travel, place, mark) for k, mark in enumerate(marks)]
        found = [
            sum(v * gap for v, gap in zip(vector, gaps, strict=True)) / (2 * root) for vector, root in axes
        ]
        found += [0.0] * (2 - len(found))
        points.append((found[0], found[1]))
    return points


def _square(travel: Rows, a: int, b: int) -> float:
    """The squared distance of two places."""
    return ((travel[a][b] + travel[b][a]) / 2) ** 2 if a != b else 0.0


def _landmarks(travel: Rows, places: Sequence[int]) -> list[int]:
    """Places far from each other: each the farthest from those before it."""
    marks, near = [places[0]], {place: _square(travel, places[0], place) for place in places}
    while len(marks) < min(LANDMARKS, len(places)):
        far = max(places, key=lambda place: near[place])
        if near[far] <= 0:
            break
        marks.append(far)
        for place in places:
            near[place] = min(near[place], _square(travel, far, place))
    return marks


def _largest(matrix: list[list[float]]) -> tuple[float, list[float]]:
    """The largest eigenvalue of a symmetric matrix and its vector; (0, zeros) if none is positive.

    Power iteration finds the one farthest from zero; if that is negative, the matrix is raised by it and done again.
    """
    value, vector = _farthest(matrix, 0.0)
    if value < 0:
        value, vector = _farthest(matrix, -value)
    return (value, vector) if value > 0 else (0.0, [0.0] * len(matrix))


def _farthest(matrix: list[list[float]], raised: float) -> tuple[float, list[float]]:
    """The eigenvalue of ``matrix + raised`` farthest from zero, less ``raised``, and its vector."""
    vector, value = [1.0 + (i * 7919 % 101) / 101 for i in range(len(matrix))], 0.0
    for _ in range(ROUNDS):
        turned = [
            raised * x + sum(cell * y for cell, y in zip(row, vector, strict=True))
            for x, row in zip(vector, matrix, strict=True)
        ]
        length = math.sqrt(sum(x * x for x in turned))
        if length == 0:
            return 0.0, vector
        before, value = value, sum(a * b for a, b in zip(turned, vector, strict=True))
        vector = [x / length for x in turned]
        if abs(value - before) <= 1e-9 * abs(value):
            break
    return value - raised, vector
