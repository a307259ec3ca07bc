"""The map of a study and its curve, as shapes with a class each: a page colours them by its sheet, a report by fills."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from versants.networks.words import minutes_word, percent
from versants.territory.maps import Frame, commune_paths, outline_paths
from versants_libs.coverage.digest import Place

WIDTH, HEIGHT = 460, 340
#: Upper ends of the steps, best first; the last step is everything worse, and nobody at all.
FILL_STEPS = (0.9, 0.75, 0.5, 0.25)
MINUTE_STEPS = (10.0, 20.0, 30.0, 45.0)
# What a report prints; a page takes the sheet's classes mesh-0 to mesh-5.
PRINTED = ("#164567", "#4a718d", "#86a2b5", "#bccad3", "#e3e9ec", "#efc4bc")


@dataclass(frozen=True, slots=True)
class Area:
    """A commune: its path, its step (0 best, 4 worst, 5 nobody, -1 not asked for), what it says."""

    d: str
    step: int
    title: str


@dataclass(frozen=True, slots=True)
class MeshMap:
    """A map to print. ``legend``: (step, words)."""

    label: str
    areas: tuple[Area, ...]
    land: tuple[str, ...]
    edges: tuple[str, ...]
    dots: tuple[tuple[str, str, str], ...]
    legend: tuple[tuple[int, str], ...]
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


def legend(measure: str) -> tuple[tuple[int, str], ...]:
    """The steps in words."""
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
    return (*enumerate(words), (5, _("none is held") if measure == "fill" else _("nobody comes")))


def mesh_map(
    towns: Sequence[Any],
    places: Mapping[str, Place],
    measure: str,
    *,
    names: Mapping[str, str],
    recruits: Mapping[str, int] | None = None,
    label: str = "",
) -> MeshMap:
    """A map of ``towns`` (territory towns of the study) by ``measure``: fill or minutes.

    ``recruits``: how many are recruited in a commune, drawn as a dot with its number.
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
        step = -1 if place is None else fill_step(place) if measure == "fill" else minute_step(place)
        areas.append(Area(paths[uid], step, f"{names[uid]}: {_said(place, measure)}"))
    dots = []
    for uid, n in sorted((recruits or {}).items()):
        town = own.get(uid)
        if town is not None and n:
            x, y = frame.xy(town.lat, town.lon)
            dots.append((f"{x:.1f}", f"{y:.1f}", str(n)))
    return MeshMap(label, tuple(areas), outlines.land, outlines.edges, tuple(dots), legend(measure))


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
        fill = "#ffffff" if area.step < 0 else PRINTED[area.step]
        edge = "#94232b" if area.step == 5 else "#5f6062"
        parts.append(f'<path d="{area.d}" fill="{fill}" stroke="{edge}" stroke-width=".7"/>')
    parts += [f'<path d="{d}" fill="none" stroke="#1b2025" stroke-width="1.3"/>' for d in drawn.edges]
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


def printed_curves(before: str, after: str, size: int = 200) -> str:
    """Both curves and the line of equality, for paper."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 {size + 8} {size + 8}">'
        f'<rect width="{size}" height="{size}" fill="#fcfbf7" stroke="#cdc6b6"/>'
        f'<path d="M0 {size}L{size} 0" stroke="#cdc6b6" fill="none"/>'
        f'<path d="{before}" stroke="#94232b" stroke-dasharray="5 3" stroke-width="1.6" fill="none"/>'
        f'<path d="{after}" stroke="#164567" stroke-width="2" fill="none"/></svg>'
    )
