"""What ``side_by_side.csv`` holds, as a table on the screen and as ``side_by_side.svg``."""

from __future__ import annotations

import csv
import math
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE.parent / "side_by_side.csv"
PICTURE = HERE.parent / "side_by_side.svg"
LIMITS = ("1", "10", "60")
METHODS = ("versants", "routing, our first plan", "routing", "CP-SAT, our first plan")
GROUPS = {
    "A": "10 patients",
    "B": "25 patients",
    "C": "50 patients",
    "D": "75 patients",
    "E": "100 patients",
    "F": "200 patients",
    "T50": "territory, 50 visits",
    "T200": "territory, 200 visits",
}
#: Lines are told apart by colour (Okabe and Ito's, made darker), dashes and marks.
LOOK = {
    "versants": ("#00507d", "", "circle"),
    "routing, our first plan": ("#b34700", "7 3", "square"),
    "routing": ("#8a3f6e", "2 3", "diamond"),
    "CP-SAT, our first plan": ("#00684a", "9 3 2 3", "triangle"),
}
#: Gaps of the axis, percent.
TICKS = (0, 1, 3, 10, 30, 100, 300, 1000)

Rows = list[dict[str, str]]


def group(name: str) -> str:
    """The panel of an instance."""
    return name if name.startswith("T") else name[0]


def gaps(rows: Rows) -> dict[str, dict[str, dict[str, float | None]]]:
    """Panel, method, limit: the mean gap in percent to the best plan here; None where a plan is missing."""
    best: dict[str, float] = {}
    for row in rows:
        if row["objective"] and row["feasible"] == "1":
            best[row["instance"]] = min(best.get(row["instance"], math.inf), float(row["objective"]))
    held: dict[tuple[str, str, str], list[float | None]] = defaultdict(list)
    for row in rows:
        key = group(row["instance"]), row["method"], row["at_s"]
        fine = row["objective"] and row["feasible"] == "1"
        held[key].append(100 * (float(row["objective"]) / best[row["instance"]] - 1) if fine else None)
    found: dict[str, dict[str, dict[str, float | None]]] = defaultdict(lambda: defaultdict(dict))
    for (panel, method, limit), values in held.items():
        numbers = [value for value in values if value is not None]
        found[panel][method][limit] = sum(numbers) / len(numbers) if len(numbers) == len(values) else None
    return found


def report() -> int:
    """Print and draw; 1 if a plan breaks a rule."""
    with RESULTS.open() as file:
        rows = list(csv.DictReader(file))
    means = gaps(rows)
    say = sys.stdout.write
    say(
        "Mean gap to the best plan of any run here, after the time limit. Travel + lateness; on the territory also\n"
    )
    say("visits left out. One core, one run, the same core for all.\n\n")
    say(
        "| | method |"
        + "".join(f" {limit} s |" for limit in LIMITS)
        + "\n| --- | --- |"
        + " --- |" * 3
        + "\n"
    )
    for panel, title in GROUPS.items():
        for method in METHODS:
            by = means[panel].get(method, {})
            if by:
                cells = "".join(
                    f" {'not all planned' if by.get(at) is None else f'{by[at]:+.1f} %'} |" for at in LIMITS
                )
                say(f"| {title} | {method} |{cells}\n")
    say(
        "\n| | method |"
        + "".join(f" {limit} s |" for limit in LIMITS)
        + " left out |\n| --- | --- |"
        + " --- |" * 4
    )
    for name in dict.fromkeys(row["instance"] for row in rows):
        for method in METHODS:
            held = {r["at_s"]: r for r in rows if r["instance"] == name and r["method"] == method}
            if held:
                cells = "".join(f" {held[at]['objective'] if at in held else ''} |" for at in LIMITS)
                left = " / ".join(held[at]["unserved"] for at in LIMITS if at in held)
                say(f"\n| {name} | {method} |{cells} {left} |")
    for name in ("cpu", "clock", "commit"):
        say(f"\n\n{name}: {', '.join(sorted({row[name] for row in rows}))}")
    say("\n")
    PICTURE.write_text(drawing(means))
    return int(any(row["objective"] and row["feasible"] == "0" for row in rows))


WIDE, HIGH, LEFT, TOP = 250, 190, 44, 96


def drawing(means: dict[str, dict[str, dict[str, float | None]]]) -> str:
    """A panel for each size: gap over time, a line a method."""
    width, height = LEFT + 4 * WIDE, TOP + 2 * HIGH + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        ' font-family="sans-serif" font-size="12">',
        "<title>Gap to the best plan after 1, 10 and 60 seconds on one core: Versants, OR-Tools routing, CP-SAT</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        '<text x="12" y="24" font-size="16" font-weight="bold">How far from the best plan after 1, 10 and 60 s</text>',
        '<text x="12" y="44" fill="#444">Mean gap, percent, one core; lower is better. The scale is stretched'
        " near zero. No mark: not yet a plan for each.</text>",
    ]
    at = 12
    for method in METHODS:
        colour, dash, mark = LOOK[method]
        parts.append(f'<path d="M{at} 66h34" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts.append(symbol(mark, at + 17, 66, colour))
        parts.append(f'<text x="{at + 42}" y="70">{method}</text>')
        at += 78 + 7 * len(method)
    measured = {panel: title for panel, title in GROUPS.items() if means.get(panel)}
    for i, (panel, title) in enumerate(measured.items()):
        left, top = LEFT + i % 4 * WIDE, TOP + i // 4 * HIGH
        parts += plot(means.get(panel, {}), title, left, top, first=i % 4 == 0)
    return "\n".join([*parts, "</svg>\n"])


def plot(
    by: dict[str, dict[str, float | None]], title: str, left: int, top: int, *, first: bool
) -> list[str]:
    """One panel."""
    low, wide = top + HIGH - 36, WIDE - 24
    x = dict(zip(LIMITS, (left + 24, left + wide / 2 + 6, left + wide - 18), strict=True))

    def y(gap: float) -> float:
        return low - math.asinh(max(0.0, gap)) / math.asinh(TICKS[-1]) * (HIGH - 66)

    parts = [
        f"<g><title>{title}</title>",
        f'<text x="{left + 6}" y="{top + 16}" font-weight="bold">{title}</text>',
    ]
    for tick in TICKS:
        parts.append(f'<path d="M{left} {y(tick):.1f}h{wide}" stroke="{"#333" if tick == 0 else "#ddd"}"/>')
        if first:
            parts.append(
                f'<text x="{left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end" font-size="10">{tick}</text>'
            )
    for limit, at in x.items():
        parts.append(f'<text x="{at:.0f}" y="{low + 18}" text-anchor="middle">{limit} s</text>')
    for method in reversed(METHODS):
        colour, dash, mark = LOOK[method]
        dots = [(x[at], y(gap), gap) for at in LIMITS if (gap := by.get(method, {}).get(at)) is not None]
        if len(dots) > 1:
            line = "L".join(f"{a:.1f} {b:.1f}" for a, b, _ in dots)
            parts.append(
                f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
            )
        for a, b, gap in dots:
            parts.append(f"<g><title>{method}: {gap:+.1f} %</title>{symbol(mark, a, b, colour)}</g>")
    return [*parts, "</g>"]


def symbol(kind: str, x: float, y: float, colour: str) -> str:
    """A mark of a line."""
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>'
    path = {
        "square": "m-4 -4h8v8h-8z",
        "diamond": "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
        "triangle": "m0 -5.5l5 9h-10z",
    }
    return f'<path d="M{x:.1f} {y:.1f}{path[kind]}" fill="{colour}"/>'


if __name__ == "__main__":
    sys.exit(report())
