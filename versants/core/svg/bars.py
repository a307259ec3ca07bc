"""Bars in groups, drawn by the server: links one can reach by keyboard, print and both themes for free."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

WIDTH, HEIGHT = 740, 340
AXIS, TOP, BASE = 30, 38, 300  # left of the plot, its highest line, its floor
GAP, BAR_MAX = 3, 22
CLASSES = ("s1", "s2", "s3")  # filled, hatched, open: told apart without colour


@dataclass(frozen=True)
class Series:
    """One kind of bar, the same in each group."""

    key: str
    label: Any


@dataclass(frozen=True)
class Group:
    """One place on the axis. ``open`` shades it: its period still runs, ``note`` says until when."""

    key: str
    label: Any
    note: Any = ""
    open: bool = False


@dataclass(frozen=True)
class Cell:
    """A figure. ``value`` None: there is none. ``hidden``: too small to be shown, never drawn or named."""

    value: int | None
    url: str = ""
    hidden: bool = False


def steps(highest: int) -> tuple[int, int]:
    """(step, top line) of an axis in whole numbers, with three to five lines above zero. ``highest`` >= 0."""
    if highest <= 4:
        return 1, max(highest, 1)
    raw = highest / 4
    power = 10 ** floor(log10(raw))
    step = next(
        int(power * m) for m in (1, 2, 2.5, 5, 10) if power * m >= raw and float(power * m).is_integer()
    )
    return step, step * ceil(highest / step)


@dataclass(frozen=True)
class Chart:
    """Figures by group and series. ``cells`` by (group key, series key); a missing one is Cell(None).

    ``label`` names the chart for those who do not see it and should say that a table follows; ``noun`` turns a
    figure into words ("38 interventions"). ``id`` is unique on the page. At most three series.
    """

    id: str
    label: Any
    groups: Sequence[Group]
    series: Sequence[Series]
    cells: Mapping[tuple[str, str], Cell]
    noun: Callable[[int], Any] = str
    empty: Cell = field(default=Cell(None))

    def __post_init__(self) -> None:
        if not 1 <= len(self.series) <= len(CLASSES):
            raise ValueError(f"a chart has one to {len(CLASSES)} series, not {len(self.series)}")
        if not self.groups:
            raise ValueError("a chart has at least one group")

    def cell(self, group: Group, series: Series) -> Cell:
        return self.cells.get((group.key, series.key), self.empty)

    @property
    def highest(self) -> int:
        shown = [c.value for c in self.cells.values() if c.value is not None and not c.hidden]
        return max(shown, default=0)

    @property
    def svg(self) -> SafeString:
        """The drawing. Coordinates are attributes: no style anywhere."""
        step, top = steps(self.highest)
        scale = (BASE - TOP) / top
        room = (WIDTH - AXIS) / len(self.groups)
        n = len(self.series)
        width = min(BAR_MAX, (room - 4 * GAP) / n - GAP)
        parts = [self._shade(room), self._axis(step, top, scale)]
        for i, group in enumerate(self.groups):
            middle = AXIS + room * (i + 0.5)
            first = middle - (n * width + (n - 1) * GAP) / 2
            for j, series in enumerate(self.series):
                parts.append(self._bar(group, series, CLASSES[j], first + j * (width + GAP), width, scale))
            parts.append(_text(middle, BASE + 20, group.label))
            if group.note:
                parts.append(_text(middle, BASE + 35, group.note))
        parts.append(self._key())
        return format_html(
            '<svg class="chart" viewBox="0 0 {} {}" role="group" direction="ltr" aria-label="{}"><defs>'
            '<pattern id="{}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            '<path class="hatch-l" d="M0 0V6"/></pattern></defs>{}</svg>',
            WIDTH,
            HEIGHT,
            self.label,
            self.id,
            mark_safe("".join(parts)),
        )

    def _shade(self, room: float) -> SafeString:
        return format_html_join(
            "",
            '<rect class="open" x="{}" y="24" width="{}" height="{}"/>',
            (
                (_n(AXIS + room * i), _n(room), HEIGHT - 24)
                for i, group in enumerate(self.groups)
                if group.open
            ),
        )

    def _axis(self, step: int, top: int, scale: float) -> SafeString:
        lines = [
            format_html(
                '<path class="{}" d="M{} {}H{}"/>{}',
                "gl" if value else "ax",
                AXIS,
                _n(BASE - value * scale),
                WIDTH,
                _text(AXIS - 8, BASE - value * scale + 4, value, anchor="end"),
            )
            for value in range(0, top + 1, step)
        ]
        return mark_safe("".join(lines))

    def _bar(
        self, group: Group, series: Series, look: str, x: float, width: float, scale: float
    ) -> SafeString:
        cell = self.cell(group, series)
        middle = x + width / 2
        if cell.value is None or cell.hidden:
            why = _("too few to be shown") if cell.hidden else _("no figure")
            label = _("%(series)s, %(group)s: %(figure)s") % {
                "series": series.label,
                "group": group.label,
                "figure": why,
            }
            return format_html(
                '<g role="img" aria-label="{}"><title>{}</title>{}</g>',
                label,
                label,
                _text(middle, BASE - 5, "–", "v-n"),
            )
        height = cell.value * scale
        figure = {"series": series.label, "group": group.label, "figure": self.noun(cell.value)}
        drawn = format_html(
            '<rect class="{}"{} x="{}" y="{}" width="{}" height="{}"/>{}',
            look,
            # The hatching is this chart's own: two charts on a page do not share an id.
            format_html(' fill="url(#{}-hatch)"', self.id) if look == "s2" else "",
            _n(x),
            _n(BASE - height),
            _n(width),
            _n(height),
            _text(middle, BASE - height - 5, cell.value, "v-n"),
        )
        if cell.url:
            label = _("%(series)s, %(group)s: %(figure)s, open the list") % figure
            return format_html('<a href="{}" aria-label="{}">{}</a>', cell.url, label, drawn)
        label = _("%(series)s, %(group)s: %(figure)s") % figure
        return format_html('<g role="img" aria-label="{}">{}</g>', label, drawn)

    def _key(self) -> SafeString:
        if len(self.series) == 1:
            return SafeString("")
        x, parts = float(AXIS), []
        for look, series in zip(CLASSES, self.series, strict=False):
            hatch = format_html(' fill="url(#{}-hatch)"', self.id) if look == "s2" else ""
            parts.append(
                format_html('<rect class="{}"{} x="{}" y="4" width="14" height="12"/>', look, hatch, _n(x))
            )
            parts.append(format_html('<text class="lab" x="{}" y="14">{}</text>', _n(x + 20), series.label))
            x += 20 + 7.7 * len(str(series.label)) + 22
        return mark_safe("".join(parts))


def _n(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def _text(x: float, y: float, text: Any, look: str = "", anchor: str = "middle") -> SafeString:
    return format_html(
        '<text{} x="{}" y="{}" text-anchor="{}">{}</text>',
        format_html(' class="{}"', look) if look else "",
        _n(x),
        _n(y),
        anchor,
        text,
    )
