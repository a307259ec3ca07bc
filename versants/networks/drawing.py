"""The map of a study and its curve, as shapes with a class each: a page colours them by its sheet, a report by fills."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from versants.networks.words import minutes_word, percent
from versants.territory.maps import Frame, Name, commune_paths, outline_paths, place_labels
from versants_libs.coverage.digest import Place

WIDTH, HEIGHT = 460, 340
#: Upper ends of the steps, best first; the last step is everything worse, and nobody at all.
FILL_STEPS = (0.9, 0.75, 0.5, 0.25)
MINUTE_STEPS = (10.0, 20.0, 30.0, 45.0)
# What a report prints; a page takes the sheet's classes mesh-0 to mesh-5. The last: communes without talks of their own.
PRINTED = ("#164567", "#4a718d", "#7f9db1", "#a9bcc8", "#cfdae1", "#efc4bc", "#ffffff")
BARE = -1
DOT = 9.0  # radius
POINT = 2.0  # of a town that is named and recruits nobody
MOST_NAMED, NAME_SIZE = 10, 12.0


@dataclass(frozen=True, slots=True)
class Area:
    """A commune: its path, its step (0 best, 4 worst, 5 nobody, ``BARE`` without talks), what it says."""

    d: str
    step: int
    title: str


@dataclass(frozen=True, slots=True)
class MeshMap:
    """A map to print. ``legend``: (step, words). ``names``: (x, y, anchor, name). ``points``: (x, y) of a name that has
    no dot.
    """

    label: str
    areas: tuple[Area, ...]
    land: tuple[str, ...]
    edges: tuple[str, ...]
    dots: tuple[tuple[str, str, str], ...]
    legend: tuple[tuple[int, str], ...]
    names: tuple[tuple[str, str, str, str], ...] = ()
    points: tuple[tuple[str, str], ...] = ()
    width: int = WIDTH
    height: int = HEIGHT


def fill_step(place: Place) -> int:
    """0 where nine in ten are held, 5 where none is."""
    if place.fill <= 0.005:
        return 5
    return next((i for i, least in enumerate(FILL_STEPS) if place.fill >= least), 4)


def minute_step(place: Place) -> int:
    """0 within ten minutes, 5 where nobody comes."""
    if place.minutes is None:
        return 5
    return next((i for i, most in enumerate(MINUTE_STEPS) if place.minutes <= most), 4)


def legend(measure: str, *, bare: bool = False) -> tuple[tuple[int, str], ...]:
    """The steps in words. ``bare``: with communes that have no talks of their own."""
    if measure == "fill":
        words = [
            _("%(share)s or more") % {"share": percent(FILL_STEPS[0])},
            *(
                _("%(low)s to %(high)s") % {"low": percent(low), "high": percent(high)}
                for high, low in itertools.pairwise(FILL_STEPS)
            ),
            _("under %(share)s") % {"share": percent(FILL_STEPS[-1])},
        ]
    else:
        words = [
            _("up to %(minutes)s") % {"minutes": minutes_word(MINUTE_STEPS[0])},
            *(
                _("%(low)d to %(high)d min") % {"low": low, "high": high}
                for low, high in itertools.pairwise(MINUTE_STEPS)
            ),
            _("more than %(minutes)s") % {"minutes": minutes_word(MINUTE_STEPS[-1])},
        ]
    more = ((BARE, _("no talks of its own")),) if bare else ()
    return (*enumerate(words), (5, _("none is held") if measure == "fill" else _("nobody comes")), *more)


def has_bare(towns: Sequence[Any], places: Mapping[str, Place]) -> bool:
    """Is a commune drawn that has no talks of its own?"""
    return any(town.uid not in places for town in towns)


def mesh_map(
    towns: Sequence[Any],
    places: Mapping[str, Place],
    measure: str,
    *,
    names: Mapping[str, str],
    recruits: Mapping[str, int] | None = None,
    dots: bool = True,
    label: str = "",
) -> MeshMap:
    """A map of ``towns`` (territory towns of the study) by ``measure``: fill or minutes.

    ``recruits``: how many are recruited in a commune, drawn as a dot with its number; without ``dots`` their places are
    only named, where the other map of the pair has their names: one slides over the other.
    """
    frame = Frame.around([(town.lat, town.lon) for town in towns], WIDTH, HEIGHT, margin=44)
    paths = commune_paths(frame)
    outlines = outline_paths(frame)
    own = {town.uid: town for town in towns}
    areas = []
    for uid in own:
        if uid not in paths:
            continue
        place = places.get(uid)
        step = BARE if place is None else fill_step(place) if measure == "fill" else minute_step(place)
        areas.append(Area(paths[uid], step, f"{names[uid]}: {_said(place, measure)}"))
    # Larger numbers first: what is small is drawn over them.
    where = sorted(
        (-n, uid, frame.xy(own[uid].lat, own[uid].lon))
        for uid, n in (recruits or {}).items()
        if uid in own and n
    )
    at = _apart([(x, y) for _n, _uid, (x, y) in where])
    numbers = tuple(
        (f"{x:.1f}", f"{y:.1f}", str(-n)) for (n, _uid, _at), (x, y) in zip(where, at, strict=True)
    )
    called = {uid for _n, uid, _at in where}
    big = sorted((t for t in own.values() if t.uid not in called), key=lambda t: (-t.population, t.uid))
    named = [(uid, xy, DOT) for (_n, uid, _at), xy in zip(where, at, strict=True)]
    named += [(town.uid, frame.xy(town.lat, town.lon), POINT) for town in big]
    wanted = [
        Name(names[uid], x, y, half, half, NAME_SIZE, bold=True, required=False)
        for uid, (x, y), half in named[:MOST_NAMED]
    ]
    marks = [*((x, y, DOT) for x, y in at), *((one.x, one.y, one.half_width) for one in wanted)]
    boxes = [(x - half, y - half, x + half, y + half) for x, y, half in marks]
    placed = place_labels(wanted, width=WIDTH, height=HEIGHT, taken=boxes)
    return MeshMap(
        label,
        tuple(areas),
        outlines.land,
        outlines.edges,
        numbers if dots else (),
        legend(measure, bare=has_bare(towns, places)),
        tuple((f"{one.x:.1f}", f"{one.y:.1f}", one.anchor, one.name.text) for one in placed),
        tuple(
            (f"{one.name.x:.1f}", f"{one.name.y:.1f}")
            for one in placed
            if not dots or one.name.half_width == POINT
        ),
    )


def _apart(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Dots that would hide one another, pushed aside until they touch."""
    at = list(points)
    for _round in range(60):
        moved = False
        for i in range(len(at)):
            for j in range(i):
                dx, dy = at[i][0] - at[j][0], at[i][1] - at[j][1]
                away = math.hypot(dx, dy)
                if away >= 2 * DOT:
                    continue
                ux, uy = (dx / away, dy / away) if away > 1e-6 else (1.0, 0.0)
                push = (2 * DOT + 0.5 - away) / 2
                at[i] = (at[i][0] + ux * push, at[i][1] + uy * push)
                at[j] = (at[j][0] - ux * push, at[j][1] - uy * push)
                moved = True
        if not moved:
            break
    return at


def _said(place: Place | None, measure: str) -> str:
    if place is None:
        return _("counted with the largest commune near it")
    if measure == "fill":
        return percent(place.fill) if place.fill > 0.005 else _("none is held")
    return _("nobody comes") if place.minutes is None else minutes_word(place.minutes)


def printed(drawn: MeshMap) -> str:
    """The map as an SVG file of its own, for paper."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width} {drawn.height}">',
        f'<rect width="{drawn.width}" height="{drawn.height}" fill="#e6eae8"/>',
    ]
    parts += [f'<path d="{d}" fill="#f4f1e9" stroke="none"/>' for d in drawn.land]
    for area in drawn.areas:
        edge = "#94232b" if area.step == 5 else "#5f6062"
        dash = ' stroke-dasharray="3 2"' if area.step == BARE else ""
        parts.append(
            f'<path d="{area.d}" fill="{PRINTED[area.step]}" stroke="{edge}" stroke-width=".7"{dash}/>'
        )
    parts += [f'<path d="{d}" fill="none" stroke="#1b2025" stroke-width="1.3"/>' for d in drawn.edges]
    parts += [f'<circle cx="{x}" cy="{y}" r="{POINT}" fill="#1b2025"/>' for x, y in drawn.points]
    for x, y, where, name in drawn.names:
        look = (
            f'x="{x}" y="{y}" font-family="Noto Sans" font-size="12" font-weight="600" text-anchor="{where}"'
        )
        # The edge of paper first, the letters over it: not every reader of SVG knows another order.
        parts.append(f'<text {look} fill="#fcfbf7" stroke="#fcfbf7" stroke-width="3">{escape(name)}</text>')
        parts.append(f'<text {look} fill="#1b2025">{escape(name)}</text>')
    for x, y, n in drawn.dots:
        parts.append(f'<circle cx="{x}" cy="{y}" r="9" fill="#fcfbf7" stroke="#94232b" stroke-width="2"/>')
        parts.append(
            f'<text x="{x}" y="{float(y) + 4:.1f}" font-family="Noto Sans" font-size="11" font-weight="700" '
            f'text-anchor="middle" fill="#94232b">{n}</text>'
        )
    return "".join((*parts, "</svg>"))


def curve_path(x: Sequence[float], y: Sequence[float], size: int = 200) -> str:
    """A Lorenz curve as an SVG path in a square of ``size`` pixels, the origin at the lower left."""
    kept = range(0, len(x), max(1, len(x) // 200))
    points = [(x[i] * size, size - y[i] * size) for i in kept]
    points.append((x[-1] * size, size - y[-1] * size))
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in points)


def printed_curves(before: str, after: str, size: int = 200, *, alone: bool = False) -> str:
    """Both curves and the line of equality, for paper. ``alone``: there is no before and after, one is drawn."""
    dashed = f'<path d="{before}" stroke="#94232b" stroke-dasharray="5 3" stroke-width="1.6" fill="none"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 {size + 8} {size + 8}">'
        f'<rect width="{size}" height="{size}" fill="#fcfbf7" stroke="#cdc6b6"/>'
        f'<path d="M0 {size}L{size} 0" stroke="#cdc6b6" fill="none"/>'
        f"{'' if alone else dashed}"
        f'<path d="{after}" stroke="#164567" stroke-width="2" fill="none"/></svg>'
    )
