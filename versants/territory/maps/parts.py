"""What goes into the map of a day, and what comes out: plain data, coordinates already written as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit on the map. ``key``: its number on the timeline, or its letter when nobody goes.

    ``name`` is the place, in the reader's language: the commune only for a private address.
    """

    key: str
    lat: float
    lon: float
    name: str
    href: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """Who drives (first names, "Karim and Thomas") and through which (lat, lon), start and end included."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Line:
    """A drawn route: SVG path, class, stroke-dasharray (empty: the class's own)."""

    d: str
    css: str
    dash: str


@dataclass(frozen=True, slots=True)
class Key:
    """One number or letter inside a marker, at the baseline of its text."""

    text: str
    cx: str
    cy: str
    x: str
    y: str
    hot: bool
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class Marker:
    """All visits of one place: a circle for one, a pill for several. ``hot``: none of them has a team."""

    x: str
    y: str
    width: str
    height: str
    radius: str
    hot: bool
    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """A name: baseline position, text-anchor, class."""

    text: str
    x: str
    y: str
    anchor: str
    css: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A town for orientation, or where somebody starts."""

    x: str
    y: str


@dataclass(frozen=True, slots=True)
class Inset:
    """The whole territory in a corner, with the map's frame on it."""

    transform: str
    width: int
    height: int
    areas: tuple[str, ...]
    x: str
    y: str
    frame_width: str
    frame_height: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A route's sample and who drives it."""

    css: str
    dash: str
    name: str


@dataclass(frozen=True, slots=True)
class DayMap:
    """What ``territory/map.html`` prints, from the ground up."""

    width: int
    height: int
    label: str
    linked: bool
    land: tuple[str, ...]
    areas: tuple[str, ...]
    edges: tuple[str, ...]
    routes: tuple[Line, ...]
    dots: tuple[Dot, ...]
    markers: tuple[Marker, ...]
    names: tuple[Text, ...]
    inset: Inset | None
    legend: tuple[LegendEntry, ...]
