"""What the tables of the mesh hold, drawn: ``territory.svg``, ``side_by_side.svg``, ``front.svg``."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
OURS, THEIRS, QUIET = "#00507d", "#b34700", "#ccc"
Rows = list[dict[str, str]]


def rows_of(name: str) -> Rows:
    """The rows of a file beside this one; none if it is not there."""
    path = HERE / name
    if not path.exists():
        return []
    with path.open() as file:
        return list(csv.DictReader(file))


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = "#222") -> str:
    """A word of a picture."""
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'


def write(name: str, title: str, width: float, height: float, parts: Iterable[str]) -> None:
    """An SVG that stands alone."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" role="img"'
        ' font-family="sans-serif" font-size="12">'
    )
    back = f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>'
    body = [head, f"<title>{title}</title>", back, *parts, "</svg>\n"]
    (HERE / name).write_text("\n".join(body), encoding="utf-8")


def scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """A logarithmic axis from ``low`` at ``start`` to ``high`` at ``end``."""
    return lambda value: (
        start + (math.log10(max(value, low)) - math.log10(low)) / math.log10(high / low) * (end - start)
    )


def territory(rows: Rows, limits: dict[str, float]) -> None:
    """A bar a row: seconds of processor against the limit, the proved gap beside it."""
    rows = [row for row in rows if row["set"] in limits]
    if not rows:
        return
    left, wide, step = 210.0, 300.0, 17.0
    x = scale(0.3, 100, left, left + wide)
    high = 40 + step * len(rows) + 20
    parts = [text(left, 16, "seconds of processor, one core; proved gap")]
    for mark in (1, 10, 60):
        parts.append(f'<path d="M{x(mark):.1f} 24V{high - 22:.1f}" stroke="{QUIET}"/>')
        parts.append(text(x(mark), high - 8, f"{mark} s", "middle"))
    for i, row in enumerate(rows):
        y = 40 + step * i
        spent, gap = float(row["cpu_s"]), float(row["gap"])
        kind = "nearest of" if row["set"] == "pmedian" else f"{row['instance']},"
        stay = f", {row['existing']} stay" if row["existing"] != "0" else ""
        parts.append(text(left - 8, y, f"{kind} {row['p']} sites{stay}", "end"))
        colour = OURS if spent <= limits[row["set"]] + 2 else THEIRS
        parts.append(
            f'<rect x="{left}" y="{y - 10:.1f}" width="{max(2.0, x(spent) - left):.1f}" height="12" fill="{colour}"/>'
        )
        words = "proved" if row["optimal"] == "1" else f"{100 * gap:.2g} %"
        parts.append(text(x(spent) + 6, y, f"{spent:.1f} s, {words}"))
    write(
        "territory.svg",
        "All 4,105 communes: seconds of processor and proved gaps",
        left + wide + 150,
        high,
        parts,
    )


def side(rows: Rows) -> None:
    """Seconds of processor and memory by number of clients, a mark an instance; hollow where nothing was proved."""
    rows = [row for row in rows if row["n"] not in {"", "0"}]
    if not rows:
        return
    wide, high, left, top = 300.0, 240.0, 60.0, 40.0
    parts: list[str] = []
    panels: Sequence[tuple[str, str, float, float, tuple[int, ...]]] = (
        ("cpu_s", "seconds of processor", 0.2, 300, (1, 10, 60)),
        ("peak_mb", "MB at most", 30, 14_000, (100, 1000, 10_000)),
    )
    for k, (column, title, low, most, marks) in enumerate(panels):
        at = left + k * (wide + 90)
        x, y = scale(80, 5000, at, at + wide), scale(low, most, top + high, top)
        parts.append(text(at, top - 16, title))
        for mark in marks:
            parts.append(f'<path d="M{at} {y(mark):.1f}h{wide}" stroke="{QUIET}"/>')
            parts.append(text(at - 6, y(mark) + 4, f"{mark:,}", "end"))
        for mark in (100, 200, 500, 1000, 2000, 4105):
            parts.append(text(x(mark), top + high + 18, f"{mark:,}", "middle"))
        for row in rows:
            colour = OURS if row["method"] == "versants" else THEIRS
            a = x(float(row["n"]))
            if row["value"] == "" or row[column] == "":
                if column == "cpu_s":
                    b = top + 4
                    parts.append(
                        f'<path d="M{a - 4:.1f} {b}l8 8m0 -8l-8 8" stroke="{colour}" stroke-width="2"/>'
                    )
                continue
            b, fill = y(float(row[column])), colour if row["proved"] == "1" else "#fff"
            shape = (
                f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4"'
                if row["problem"] != "cover"
                else f'<rect x="{a - 4:.1f}" y="{b - 4:.1f}" width="8" height="8"'
            )
            parts.append(f'{shape} fill="{fill}" stroke="{colour}" stroke-width="1.5"/>')
    foot = top + high + 42
    parts.append(text(left, foot, "Versants", colour=OURS))
    parts.append(text(left + 70, foot, "spopt with HiGHS", colour=THEIRS))
    parts.append(
        text(
            left + 190,
            foot,
            "clients; circle p-median, square covering; hollow: not proved; cross: no answer",
        )
    )
    write(
        "side_by_side.svg",
        "Seconds of processor and memory, side by side with spopt",
        2 * wide + 240,
        foot + 16,
        parts,
    )


def front(points: Rows) -> None:
    """Share not served and mean minutes by number of recruits, with the proved bound of the objective below it."""
    if len(points) < 2:
        return
    wide, high, left, top = 560.0, 240.0, 70.0, 40.0
    by = "number" if "number" in points[0] else "budget"
    at = [float(one[by]) for one in points]
    most = max(float(one["objective"]) for one in points)

    def x(value: float) -> float:
        return left + (value - at[0]) / (at[-1] - at[0]) * wide

    def y(value: float) -> float:
        return top + (1 - value / most) * high

    parts = [
        text(
            left,
            top - 16,
            "objective (hours a year lost, see docs/mesh-model.md): reached, and its proved bound",
        )
    ]
    for i in range(5):
        value = most * i / 4
        parts.append(f'<path d="M{left} {y(value):.1f}h{wide}" stroke="{QUIET}"/>')
        parts.append(text(left - 6, y(value) + 4, f"{value:,.0f}", "end"))
    for column, colour, dash in (("bound", THEIRS, "4 3"), ("objective", OURS, "")):
        line = "L".join(f"{x(a):.1f} {y(float(one[column])):.1f}" for a, one in zip(at, points, strict=True))
        parts.append(
            f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dash}"/>'
        )
    for a, one in zip(at, points, strict=True):
        parts.append(f'<circle cx="{x(a):.1f}" cy="{y(float(one["objective"])):.1f}" r="3" fill="{OURS}"/>')
    for a, one in (*list(zip(at, points, strict=True))[::4], (at[-1], points[-1])):
        parts.append(text(x(a), top + high + 18, f"{a:g}", "middle"))
        share = f"{100 * float(one['unserved']):.1f} %"
        parts.append(text(x(a), y(float(one["objective"])) - 8, share, "middle"))
    parts.append(
        text(left, top + high + 38, f"{by} of recruits; above the line the share of requests not served")
    )
    write("front.svg", "The front of twenty points with its bounds", left + wide + 40, top + high + 52, parts)


def draw(limits: dict[str, float]) -> None:
    """All three."""
    territory(rows_of("results.csv"), limits)
    side(rows_of("side_by_side.csv"))
    front(rows_of("front.csv"))
