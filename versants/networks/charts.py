"""Two small drawings of a study, its steps and its turning points: shapes with a class each, for page and paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10

WIDTH, HEIGHT = 460, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 34, 14, 32
MOST_WORDS = 4  # along the foot
# What paper draws; a page takes the sheet's classes mesh-line, mesh-bar, mesh-turn, map-stop.
INK, WOAD, MADDER, HAIR, SHEET = "#44494f", "#164567", "#94232b", "#cdc6b6", "#fcfbf7"
PRINTED = {
    "mesh-line": f'fill="none" stroke="{WOAD}" stroke-width="2"',
    "mesh-line thin": f'fill="none" stroke="{WOAD}" stroke-width="1" stroke-dasharray="2 3"',
    "mesh-bar": f'fill="none" stroke="{MADDER}" stroke-width="1.6"',
    "mesh-turn": f'fill="none" stroke="{MADDER}" stroke-width="1.2" stroke-dasharray="4 3"',
}


@dataclass(frozen=True, slots=True)
class Chart:
    """``grid``: (x1, y1, x2, y2). ``texts``: (x, y, anchor, text). ``paths``: (class, d).

    ``dots``: (x, y, class, title).
    """

    label: str
    grid: tuple[tuple[str, str, str, str], ...]
    texts: tuple[tuple[str, str, str, str], ...]
    paths: tuple[tuple[str, str], ...]
    dots: tuple[tuple[str, str, str, str], ...]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass
class Plot:
    """Axes with a tick at each round number between their ends; what is drawn on them is added line by line."""

    label: str
    x: tuple[float, float]
    y: tuple[float, float]
    x_word: Callable[[float], str]
    y_word: Callable[[float], str]
    paths: list[tuple[str, str]] = field(default_factory=list)
    dots: list[tuple[str, str, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.x_ticks, self.x = _ticks(*self.x)
        self.y_ticks, self.y = _ticks(*self.y)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a point."""
        (x0, x1), (y0, y1) = self.x, self.y
        across = LEFT + (x - x0) / (x1 - x0) * (WIDTH - LEFT - RIGHT)
        return across, HEIGHT - BOTTOM - (y - y0) / (y1 - y0) * (HEIGHT - TOP - BOTTOM)

    def line(self, points: Sequence[tuple[float, float]], kind: str = "mesh-line") -> None:
        """A line through points."""
        if points:
            drawn = "L".join("{:.1f} {:.1f}".format(*self.at(*one)) for one in points)
            self.paths.append((kind, f"M{drawn}"))

    def bar(self, x: float, low: float, high: float) -> None:
        """From ``low`` up to ``high``, with a cross stroke at its end."""
        (a, b), (_a, c) = self.at(x, low), self.at(x, high)
        self.paths.append(("mesh-bar", f"M{a:.1f} {b:.1f}V{c:.1f}M{a - 4:.1f} {c:.1f}H{a + 4:.1f}"))

    def dot(self, x: float, y: float, title: str, *, hot: bool = False) -> None:
        """A point; ``hot`` stands out."""
        a, b = self.at(x, y)
        self.dots.append((f"{a:.1f}", f"{b:.1f}", "map-stop hot" if hot else "map-stop", title))

    def drawn(self) -> Chart:
        """What was added, on its axes."""
        grid, texts = [], []
        for y in self.y_ticks:
            a, b = self.at(self.x[0], y)
            grid.append((f"{a:.1f}", f"{b:.1f}", f"{WIDTH - RIGHT}", f"{b:.1f}"))
            texts.append((f"{LEFT - 6}", f"{b + 4:.1f}", "end", self.y_word(y)))
        # More than a few amounts beside one another touch on a phone.
        for x in self.x_ticks[:: ceil(len(self.x_ticks) / MOST_WORDS)]:
            a, _b = self.at(x, self.y[0])
            texts.append((f"{a:.1f}", f"{HEIGHT - 10}", "middle", self.x_word(x)))
        return Chart(self.label, tuple(grid), tuple(texts), tuple(self.paths), tuple(self.dots))


def _ticks(low: float, high: float, most: int = 6) -> tuple[list[float], tuple[float, float]]:
    """Round numbers from at or below ``low`` to at or above ``high``, ``most`` of them about, and their ends."""
    span = max(high - low, 1e-9)
    step = 10.0 ** floor(log10(span / most))
    for factor in (1, 2, 5, 10):
        if span / (step * factor) <= most:
            step *= factor
            break
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    last = max(last, first + 1)
    return [step * i for i in range(first, last + 1)], (step * first, step * last)


def printed(chart: Chart, text: int = 11) -> str:
    """A drawing as an SVG file of its own, for paper. ``text``: size of its words, larger where it is set smaller."""
    font = f'font-family="Noto Sans" font-size="{text}" fill="{INK}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {chart.width} {chart.height}">',
        f'<rect width="{chart.width}" height="{chart.height}" fill="{SHEET}"/>',
        *(
            f'<path d="M{a} {b}H{c}" stroke="{HAIR}" stroke-width="1" fill="none"/>'
            for a, b, c, _d in chart.grid
        ),
        *(
            f'<text x="{x}" y="{y}" {font} text-anchor="{where}">{text}</text>'
            for x, y, where, text in chart.texts
        ),
        *(f'<path d="{d}" {PRINTED[kind]}/>' for kind, d in chart.paths),
    ]
    for x, y, kind, _title in chart.dots:
        fill, edge = (MADDER, MADDER) if "hot" in kind else (SHEET, INK)
        parts.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{fill}" stroke="{edge}" stroke-width="1.5"/>')
    return "".join((*parts, "</svg>"))
