"""The map of a day: numbered visits, lettered ones without a team, who drives where.

Everything in it is plain data that ``territory/map.html`` prints; coordinates are already text, so that no
locale turns a decimal point into a comma.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import hypot

import numpy as np
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from versants.territory import sources
from versants.territory.maps.areas import area_names
from versants.territory.maps.frame import Frame, outline_paths
from versants.territory.maps.labels import Box, Name, Placed, overlap, place_labels
from versants.territory.maps.parts import (
    DayMap,
    Dot,
    Inset,
    Key,
    LegendEntry,
    Line,
    Marker,
    Route,
    Stop,
    Text,
)

KEY_PX = 16.0  # a marker is a circle, or a pill of such circles
KEYS_A_ROW = 5
INSET = (96, 79)
INSET_GAP = 6
# Routes differ by dash before colour: class of the style sheet, dash where the class gives none.
ROUTE_STYLES = (
    ("route", ""),
    ("route b", ""),
    ("route c", ""),
    ("route", "12 4 2 4"),
    ("route", "2 5"),
    ("route", "18 6"),
)
REST_STYLE = ("route", "1 8")  # all further routes share it, and the legend says how many they are


@dataclass(slots=True)
class _Spot:
    """A place with visits, while the map is laid out; ``x``, ``y`` may be pushed aside by a neighbour."""

    lat: float
    lon: float
    name: str
    stops: list[tuple[Stop, bool]]  # with: has nobody
    x: float = 0.0
    y: float = 0.0

    @property
    def half(self) -> tuple[float, float]:
        rows = -(-len(self.stops) // KEYS_A_ROW)
        return min(len(self.stops), KEYS_A_ROW) * KEY_PX / 2, rows * KEY_PX / 2

    @property
    def box(self) -> Box:
        w, h = self.half
        return (self.x - w - 1, self.y - h - 1, self.x + w + 1, self.y + h + 1)


def day_map(
    stops: Sequence[Stop],
    routes: Sequence[Route],
    unplaced: Sequence[Stop],
    lang: str,
    *,
    width: int = 344,
    height: int = 297,
) -> DayMap:
    """The map of a day's visits and routes, named in ``lang`` (fr, nl or en).

    ``stops`` carry numbers, ``unplaced`` letters. Visits of one place share a marker; markers that would
    cover each other move apart a little, and routes follow them. With nothing to show, the whole territory.
    """
    with translation.override(lang):
        spots = _gather(stops, unplaced)
        frame, corner = _fit(spots, routes, width, height)
        _settle(spots, frame)
        paths = [_route_points(route, spots, frame) for route in routes]
        outlines = outline_paths(frame)
        inset, taken = _inset(frame, corner)
        texts, dots = _names(spots, paths, frame, taken, lang)
        return DayMap(
            width=width,
            height=height,
            label=_describe(stops, routes, unplaced),
            linked=any(stop.href for stop in (*stops, *unplaced)),
            land=outlines.land,
            areas=outlines.areas,
            edges=outlines.edges,
            routes=tuple(_line(path, number) for number, path in enumerate(paths) if len(path) > 1),
            dots=tuple(dots),
            markers=tuple(_marker(spot) for spot in spots),
            names=tuple(texts),
            inset=inset,
            legend=_legend(routes),
        )


def _n(value: float) -> str:
    return f"{round(value, 1) + 0.0:g}"


def _gather(stops: Sequence[Stop], unplaced: Sequence[Stop]) -> list[_Spot]:
    """One spot for each place; letters stand before numbers, as what needs somebody is read first."""
    found: dict[tuple[float, float], _Spot] = {}
    for stop, hot in [*((each, True) for each in unplaced), *((each, False) for each in stops)]:
        place = (round(stop.lat, 4), round(stop.lon, 4))
        spot = found.setdefault(place, _Spot(stop.lat, stop.lon, stop.name, []))
        spot.stops.append((stop, hot))
    return list(found.values())


def _fit(
    spots: Sequence[_Spot], routes: Sequence[Route], width: int, height: int
) -> tuple[Frame, tuple[int, int] | None]:
    """A frame around it all and a corner for the inset, drawn back until some corner is free of markers."""
    points = [(spot.lat, spot.lon) for spot in spots]
    points += [(lat, lon) for route in routes for lat, lon in route.points]
    whole = Frame.whole(width, height)
    if not points:
        return whole, None
    room = min(width, height) / 2 - 20
    best: tuple[float, Frame, tuple[int, int]] | None = None
    for margin in (36, 44, 54, 66, 80):
        frame = Frame.around(points, width, height, min(margin, room))
        if frame.scale <= 1.25 * whole.scale:
            return whole, None  # nearly everything is in sight: an inset would say nothing
        dots = [frame.xy(lat, lon) for lat, lon in points]
        for corner in _corners(width, height):
            box = _corner_box(corner)
            reach = (box[0] - 24, box[1] - 16, box[2] + 24, box[3] + 16)
            hit = sum(reach[0] < x < reach[2] and reach[1] < y < reach[3] for x, y in dots)
            if best is None or hit < best[0]:
                best = (hit, frame, corner)
        if best is not None and best[0] == 0:
            break
    return (best[1], best[2]) if best else (whole, None)


def _corners(width: int, height: int) -> list[tuple[int, int]]:
    right, below = width - INSET[0] - INSET_GAP, height - INSET[1] - INSET_GAP
    return [(right, INSET_GAP), (INSET_GAP, INSET_GAP), (right, below), (INSET_GAP, below)]


def _corner_box(corner: tuple[int, int]) -> Box:
    return (corner[0], corner[1], corner[0] + INSET[0], corner[1] + INSET[1])


def _settle(spots: Sequence[_Spot], frame: Frame) -> None:
    """Put every spot at its place, then push overlapping ones apart, by half the overlap each time."""
    for spot in spots:
        spot.x, spot.y = frame.xy(spot.lat, spot.lon)
    for _round in range(60):
        moved = False
        for number, a in enumerate(spots):
            for b in spots[number + 1 :]:
                wide = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
                tall = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
                if wide <= 0.1 or tall <= 0.1:
                    continue
                moved = True
                if wide < tall:
                    push = (wide / 2 + 0.1) * (1 if a.x < b.x else -1)
                    a.x, b.x = a.x - push, b.x + push
                else:
                    push = (tall / 2 + 0.1) * (1 if a.y < b.y else -1)
                    a.y, b.y = a.y - push, b.y + push
        for spot in spots:
            w, h = spot.half
            spot.x = min(max(spot.x, w + 2), frame.width - w - 2)
            spot.y = min(max(spot.y, h + 2), frame.height - h - 2)
        if not moved:
            return


def _route_points(route: Route, spots: Sequence[_Spot], frame: Frame) -> list[tuple[float, float]]:
    """A route in pixels, through the markers as they stand; a place named twice running counts once."""
    where = {(round(s.lat, 4), round(s.lon, 4)): (s.x, s.y) for s in spots}
    found: list[tuple[float, float]] = []
    for lat, lon in route.points:
        point = where.get((round(lat, 4), round(lon, 4))) or frame.xy(lat, lon)
        if not found or found[-1] != point:
            found.append(point)
    return found


def _bend(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """The control point of a leg, to the left of the way: going and coming back are then two lines."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    aside = min(0.1, 14 / max(hypot(dx, dy), 1.0))
    return (a[0] + b[0]) / 2 + aside * dy, (a[1] + b[1]) / 2 - aside * dx


def _style(number: int) -> tuple[str, str]:
    return ROUTE_STYLES[number] if number < len(ROUTE_STYLES) else REST_STYLE


def _line(points: Sequence[tuple[float, float]], number: int) -> Line:
    d = f"M{_n(points[0][0])} {_n(points[0][1])}"
    for a, b in pairwise(points):
        c = _bend(a, b)
        d += f"Q{_n(c[0])} {_n(c[1])} {_n(b[0])} {_n(b[1])}"
    css, dash = _style(number)
    return Line(d, css, dash)


def _marker(spot: _Spot) -> Marker:
    w, h = spot.half
    keys = []
    for number, (stop, hot) in enumerate(spot.stops):
        row, column = divmod(number, KEYS_A_ROW)
        x = spot.x - w + KEY_PX * (column + 0.5)
        y = spot.y - h + KEY_PX * (row + 0.5)
        keys.append(Key(stop.key, _n(x), _n(y), _n(x), _n(y + 3.5), hot, stop.href, stop.title or stop.name))
    return Marker(
        x=_n(spot.x - w),
        y=_n(spot.y - h),
        width=_n(2 * w),
        height=_n(2 * h),
        radius=_n(KEY_PX / 2),
        hot=all(hot for _stop, hot in spot.stops),
        keys=tuple(keys),
    )


def _names(
    spots: Sequence[_Spot],
    paths: Sequence[Sequence[tuple[float, float]]],
    frame: Frame,
    taken: list[Box],
    lang: str,
) -> tuple[list[Text], list[Dot]]:
    """Names of visited places (always), of towns for orientation (where there is room), of areas."""
    boxes = [spot.box for spot in spots]
    wanted = [Name(spot.name, spot.x, spot.y, spot.half[0], spot.half[1], bold=True) for spot in spots]
    ends, towns = _towns(spots, paths, frame, [*boxes, *taken], lang)
    wanted += [each for each in (*ends, *towns) if each.text]
    boxes += [(each.x - 4, each.y - 4, each.x + 4, each.y + 4) for each in (*ends, *towns)]
    lines = [_polyline(path) for path in paths]
    placed = place_labels(wanted, width=frame.width, height=frame.height, taken=[*boxes, *taken], lines=lines)
    texts = [_text(each, "map-town" if each.name.bold else "map-town light") for each in placed]
    # A town that found no room for its name is of no use as a dot; where somebody starts always is.
    named = {each.name for each in placed}
    dots = [Dot(_n(each.x), _n(each.y)) for each in (*ends, *(t for t in towns if t in named))]
    busy = [*boxes, *taken, *(each.box for each in placed)]
    for name, x, y in area_names(frame, busy, lines):
        texts.append(Text(name, _n(x), _n(y), "middle", "map-name"))
    return texts, dots


def _polyline(path: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A drawn route as straight pieces: each curve by its ends and its own middle."""
    found = list(path[:1])
    for a, b in pairwise(path):
        c = _bend(a, b)
        found += [((a[0] + 2 * c[0] + b[0]) / 4, (a[1] + 2 * c[1] + b[1]) / 4), b]
    return found


def _text(placed: Placed, css: str) -> Text:
    return Text(placed.name.text, _n(placed.x), _n(placed.y), placed.anchor, css)


def _towns(
    spots: Sequence[_Spot],
    paths: Sequence[Sequence[tuple[float, float]]],
    frame: Frame,
    busy: Sequence[Box],
    lang: str,
    most: int = 5,
) -> tuple[list[Name], list[Name]]:
    """Where routes start and end (unnamed if no town is there), and the largest towns with room around."""
    visited = {spot.name for spot in spots}
    ends = [point for path in paths if path for point in (path[0], path[-1])]
    known = [(spot.x, spot.y) for spot in spots]
    starts: list[Name] = []
    found: list[Name] = []

    def near(x: float, y: float, others: Sequence[tuple[float, float]], px: float) -> bool:
        return any(hypot(x - ox, y - oy) < px for ox, oy in others)

    for x, y in dict.fromkeys(ends):
        if near(x, y, known, 4):
            continue
        town = _town_at(x, y, frame)
        name = town.name(lang) if town and town.name(lang) not in visited else ""
        starts.append(Name(name, x, y, required=False))
        known.append((x, y))
        visited.add(name)
    for town in _largest():
        if len(found) + sum(each.text != "" for each in starts) >= most:
            break
        x, y = frame.xy(town.lat, town.lon)
        if not frame.holds(x, y, 8) or town.name(lang) in visited or near(x, y, known, 34):
            continue
        if any(overlap((x - 4, y - 4, x + 4, y + 4), each) for each in busy):
            continue
        found.append(Name(town.name(lang), x, y, required=False))
        known.append((x, y))
    return starts, found


@cache
def _largest() -> tuple[sources.Town, ...]:
    """Towns worth a dot, the largest first."""
    known = [town for town in sources.towns() if town.population >= 15_000]
    return tuple(sorted(known, key=lambda town: -town.population))


@cache
def _places() -> np.ndarray:
    """float (4105, 2): lat and lon of every commune, in the order of ``sources.towns``."""
    return np.array([(town.lat, town.lon) for town in sources.towns()])


def _town_at(x: float, y: float, frame: Frame) -> sources.Town | None:
    """The commune whose point lies within 8 pixels, the nearest if several."""
    places = _places()
    dx = (places[:, 1] - frame.west) * frame.scale * frame.shrink - x
    dy = (frame.north - places[:, 0]) * frame.scale - y
    gap = np.hypot(dx, dy)
    nearest = int(np.argmin(gap))
    return sources.towns()[nearest] if gap[nearest] < 8 else None


def _inset(frame: Frame, corner: tuple[int, int] | None) -> tuple[Inset | None, list[Box]]:
    """The whole territory in ``corner``, and the room it takes. None on a map of the whole territory."""
    if corner is None:
        return None, []
    small = Frame.whole(*INSET, margin=3)
    west, north = frame.west, frame.north
    east = west + frame.width / frame.scale / frame.shrink
    south = north - frame.height / frame.scale
    (x1, y1), (x2, y2) = small.xy(north, west), small.xy(south, east)
    x1, y1 = max(x1, 1.0), max(y1, 1.0)
    x2, y2 = min(x2, INSET[0] - 1.0), min(y2, INSET[1] - 1.0)
    inset = Inset(
        transform=f"translate({corner[0]} {corner[1]})",
        width=INSET[0],
        height=INSET[1],
        areas=outline_paths(small, provinces=False).edges,
        x=_n(x1),
        y=_n(y1),
        frame_width=_n(max(x2 - x1, 2.0)),
        frame_height=_n(max(y2 - y1, 2.0)),
    )
    return inset, [_corner_box(corner)]


def _legend(routes: Sequence[Route]) -> tuple[LegendEntry, ...]:
    """One entry for each route that is drawn; those sharing the last dash are counted together."""
    drawn = [(number, route) for number, route in enumerate(routes) if len(set(route.points)) > 1]
    own = [LegendEntry(*_style(n), route.name) for n, route in drawn if n < len(ROUTE_STYLES)]
    rest = sum(number >= len(ROUTE_STYLES) for number, _route in drawn)
    if rest:
        text = ngettext("%(count)s other route", "%(count)s other routes", rest) % {"count": rest}
        own.append(LegendEntry(*REST_STYLE, text))
    return tuple(own)


def _describe(stops: Sequence[Stop], routes: Sequence[Route], unplaced: Sequence[Stop]) -> str:
    """The map in a sentence, for those who do not see it; the timeline beside it holds the detail."""
    parts = []
    if routes:
        parts.append(ngettext("%(count)s route", "%(count)s routes", len(routes)) % {"count": len(routes)})
    if stops:
        parts.append(
            ngettext("%(count)s visit in %(places)s", "%(count)s visits in %(places)s", len(stops))
            % {"count": len(stops), "places": _list(stops)}
        )
    if unplaced:
        parts.append(
            ngettext(
                "%(count)s visit without a team in %(places)s",
                "%(count)s visits without a team in %(places)s",
                len(unplaced),
            )
            % {"count": len(unplaced), "places": _list(unplaced)}
        )
    if not parts:
        return _("Map of the territory: no visit on this day.")
    return _("Map of the day: %(what)s.") % {"what": ". ".join(parts)}


def _list(stops: Sequence[Stop]) -> str:
    return ", ".join(dict.fromkeys(stop.name for stop in stops))
