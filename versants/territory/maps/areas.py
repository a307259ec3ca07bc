"""Names of the versants and of the sea, written where the map is empty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from django.utils.translation import gettext as _

from versants.territory.maps.frame import OVERLAP_PX, Frame, clip
from versants.territory.maps.labels import Box, text_width
from versants.territory.models.places import Versant
from versants.territory.shapes import Shape, of_kind

SIZE = 11.0
_STEP = 11.0
# Open water is looked for here only: context outlines end at 48.6 north and 6.6 east.
_SEA_NORTH_OF, _SEA_WEST_OF = 50.1, 4.6


def inside(points: np.ndarray, rings: Sequence[np.ndarray]) -> np.ndarray:
    """bool (n,): which of the float (n, 2) points lie within the closed rings (even-odd rule)."""
    found = np.zeros(len(points), dtype=bool)
    if not len(points):
        return found
    x, y = points[:, 0, None], points[:, 1, None]
    for ring in rings:
        after = np.roll(ring, -1, axis=0)
        x1, y1, x2, y2 = ring[:, 0], ring[:, 1], after[:, 0], after[:, 1]
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (x2 - x1) / (y2 - y1)
            crossed = ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) * slope)
        found ^= (np.count_nonzero(crossed, axis=1) % 2).astype(bool)
    return found


def area_names(
    frame: Frame, busy: Sequence[Box], lines: Sequence[Sequence[tuple[float, float]]] = ()
) -> list[tuple[str, float, float]]:
    """(name, x of its middle, y of its baseline) for each versant and the sea that has a free spot.

    ``busy``: boxes nothing may cover; ``lines``: polylines to keep away from. Names are in the
    active language.
    """
    xs = np.arange(10.0, frame.width - 9, _STEP)
    ys = np.arange(14.0, frame.height - 6, _STEP)
    grid = np.array([(x, y) for y in ys for x in xs])
    if not len(grid):
        return []
    dots = np.array([point for line in lines for point in line]).reshape(-1, 2)
    wanted = [(str(Versant(shape.id).label), [shape], True) for shape in of_kind("versant")]
    wanted.append((_("North Sea"), list(of_kind("country")), False))
    found: list[tuple[str, float, float]] = []
    taken = np.array([*busy, *((x, y, x, y) for x, y in dots)]).reshape(-1, 4)
    for name, shapes, within in wanted:
        spot = _best(name, grid, frame, _rings(shapes, frame), within, taken)
        if spot is not None:
            found.append((name, *spot[0]))
            taken = np.vstack([taken, spot[1]])
    return found


def _rings(shapes: Sequence[Shape], frame: Frame) -> list[np.ndarray]:
    """The shapes in pixels, cut to the frame; three pixels' tolerance, as names keep away from borders."""
    low, high = (-OVERLAP_PX, -OVERLAP_PX), (frame.width + OVERLAP_PX, frame.height + OVERLAP_PX)
    found = []
    for shape in shapes:
        for ring, weight in zip(shape.rings, shape.importance, strict=True):
            cut = clip(frame.project(ring[weight >= 5 * frame.tolerance_m]), low, high)
            if len(cut) >= 3:
                found.append(cut)
    return found


def _best(
    name: str,
    grid: np.ndarray,
    frame: Frame,
    rings: Sequence[np.ndarray],
    within: bool,
    taken: np.ndarray,
) -> tuple[tuple[float, float], Box] | None:
    """The free spot of the grid furthest from everything; None without a free one.

    ``taken``: float (n, 4) boxes; those without extent are points of routes.
    """
    half = text_width(name, SIZE) / 2
    spots = grid[(grid[:, 0] - half >= 5) & (grid[:, 0] + half <= frame.width - 5)]
    for dx in (-half - 3, -half / 2, 0.0, half / 2, half + 3):
        for dy in (-12.0, 5.0):
            spots = spots[inside(spots + np.array([dx, dy]), rings) == within]
    if not within:
        lat, lon = (
            frame.north - spots[:, 1] / frame.scale,
            frame.west + spots[:, 0] / frame.scale / frame.shrink,
        )
        spots = spots[(lat > _SEA_NORTH_OF) & (lon < _SEA_WEST_OF)]
    if not len(spots):
        return None
    boxes = np.column_stack(
        [spots[:, 0] - half - 3, spots[:, 1] - 10, spots[:, 0] + half + 3, spots[:, 1] + 4]
    )
    room = np.full(len(spots), 40.0)
    if len(taken):
        dx = np.maximum(taken[:, 0] - boxes[:, 2, None], boxes[:, 0, None] - taken[:, 2])
        dy = np.maximum(taken[:, 1] - boxes[:, 3, None], boxes[:, 1, None] - taken[:, 3])
        gap = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
        room = np.minimum(room, gap.min(axis=1))
    # A little towards the middle of the frame, so that equal spots do not all hug the edge.
    away = np.hypot(spots[:, 0] - frame.width / 2, spots[:, 1] - frame.height / 2)
    best = int(np.argmax(np.where(room > 0, room - 0.02 * away, -np.inf)))
    if room[best] <= 0:
        return None
    x1, y1, x2, y2 = (float(v) for v in boxes[best])
    return (float(spots[best, 0]), float(spots[best, 1])), (x1, y1, x2, y2)
