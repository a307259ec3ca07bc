"""Names on a map that do not lie on one another, nor on what the map is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

# Advance of letters in ems for Noto Sans at text size, in three widths: enough to keep names apart.
_NARROW, _WIDE = set("iljtfrI.,:;'’|-()[] "), set("mwMWœŒ@%")
Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels

_FAR = 1_000.0  # cost of a pixel square of a name outside the frame: worse than any overlap


@dataclass(frozen=True, slots=True)
class Name:
    """A name to place beside a marker at ``x``, ``y`` that reaches ``half_width``, ``half_height`` around.

    Required names are always placed, at the best spot there is; others are left out when none is free.
    Bold names are a little wider.
    """

    text: str
    x: float
    y: float
    half_width: float = 3.0
    half_height: float = 3.0
    size: float = 11.0
    bold: bool = False
    required: bool = True


@dataclass(frozen=True, slots=True)
class Placed:
    """``x``, ``y``: where the text is anchored on its baseline (``anchor``: start, middle, end)."""

    name: Name
    x: float
    y: float
    anchor: str
    box: Box


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text in pixels, rather too wide than too narrow."""
    ems = sum(0.33 if c in _NARROW else 0.93 if c in _WIDE else 0.68 if c.isupper() else 0.6 for c in text)
    return ems * size * (1.06 if bold else 1.0)


def overlap(a: Box, b: Box) -> float:
    """The area two boxes share, in square pixels."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    return wide * tall if wide > 0 and tall > 0 else 0.0


def candidates(name: Name) -> list[tuple[Placed, float]]:
    """Spots around the marker with what each costs by itself: right is read best, then left, below, above."""
    width = text_width(name.text, name.size, bold=name.bold)
    up, down = 0.74 * name.size, 0.24 * name.size  # of the baseline: ascender and descender
    found = []
    for ring, extra in enumerate((4.0, 11.0)):
        side, tall = name.half_width + extra, name.half_height + extra
        level = name.y + up / 2 - down / 2 + 1
        below, above = name.y + tall + up - 1, name.y - tall - down + 1
        spots = (
            (name.x + side, level, "start", 0.0),
            (name.x - side, level, "end", 1.0),
            (name.x, below, "middle", 2.0),
            (name.x, above, "middle", 2.5),
            (name.x + side * 0.6, below, "start", 3.0),
            (name.x - side * 0.6, below, "end", 3.5),
            (name.x + side * 0.6, above, "start", 3.0),
            (name.x - side * 0.6, above, "end", 3.5),
        )
        for x, y, anchor, cost in spots:
            left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            box = (left - 1, y - up, left + width + 1, y + down)
            found.append((Placed(name, x, y, anchor, box), cost + 6.0 * ring))
    return found


def place_labels(
    names: Sequence[Name],
    *,
    width: float,
    height: float,
    taken: Sequence[Box] = (),
    lines: Sequence[Sequence[tuple[float, float]]] = (),
) -> list[Placed]:
    """Places the names, required ones first, each where it collides least; then lets each reconsider.

    ``taken``: boxes no name may cover (markers, the inset). ``lines``: polylines that names rather avoid.
    The answer is in the order of ``names``, without optional names for which no free spot was found.
    Deterministic: the same input gives the same map.
    """
    order = sorted(range(len(names)), key=lambda i: (not names[i].required, i))
    spots = [candidates(name) for name in names]
    fixed = _fixed_costs(spots, width, height, taken, [box for line in lines for box in _beads(line)])
    chosen: dict[int, int] = {}

    def crowd(i: int, k: int) -> float:
        return sum(overlap(spots[i][k][0].box, spots[j][m][0].box) for j, m in chosen.items() if j != i)

    for _round in range(4):
        before = dict(chosen)
        for i in order:
            best = min(range(len(spots[i])), key=lambda k: (fixed[i][k] + 4 * crowd(i, k), k))
            chosen.pop(i, None)
            if names[i].required or (fixed[i][best] < 40 and crowd(i, best) == 0):
                chosen[i] = best
        if chosen == before:
            break
    return [spots[i][chosen[i]][0] for i in sorted(chosen)]


def _fixed_costs(
    spots: Sequence[Sequence[tuple[Placed, float]]],
    width: float,
    height: float,
    taken: Sequence[Box],
    beads: Sequence[Box],
) -> list[list[float]]:
    """What each spot costs whatever the others do: itself, leaving the frame, covering markers or routes."""
    flat = [spot for each in spots for spot in each]
    if not flat:
        return []
    boxes = np.array([placed.box for placed, _cost in flat])
    cost = np.array([cost for _placed, cost in flat])
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    outside = area - _shared(boxes, [(2.0, 2.0, width - 2.0, height - 2.0)])
    cost += np.where(outside > 1e-6, outside * _FAR, 0.0)
    cost += 4 * _shared(boxes, taken) + 0.35 * _shared(boxes, beads)
    n = len(spots[0])
    return [[float(each) for each in cost[i * n : (i + 1) * n]] for i in range(len(spots))]


def _shared(boxes: np.ndarray, others: Sequence[Box]) -> np.ndarray:
    """float (n,): the area each of float (n, 4) ``boxes`` shares with ``others``, summed."""
    if not others:
        return np.zeros(len(boxes))
    o = np.array(others)
    wide = np.minimum(boxes[:, 2, None], o[:, 2]) - np.maximum(boxes[:, 0, None], o[:, 0])
    tall = np.minimum(boxes[:, 3, None], o[:, 3]) - np.maximum(boxes[:, 1, None], o[:, 1])
    return np.asarray((np.maximum(wide, 0) * np.maximum(tall, 0)).sum(axis=1))


def _beads(line: Sequence[tuple[float, float]]) -> list[Box]:
    """A polyline as small boxes about 5 pixels apart."""
    found = []
    for (x1, y1), (x2, y2) in pairwise(line):
        steps = max(1, int(max(abs(x2 - x1), abs(y2 - y1)) / 5))
        for step in range(steps + 1):
            x, y = x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps
            found.append((x - 2.5, y - 2.5, x + 2.5, y + 2.5))
    return found
