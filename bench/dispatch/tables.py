"""All that was measured of the planner, from the files beside this one: ``make bench-dispatch`` prints and draws it.

``results.csv`` against the best published plans, then side by side, how it grows, several workers, how long a coordinator
waits. Nothing is measured here.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent / "side")]

import desk  # noqa: E402 - the folders above come first
import picture  # noqa: E402
import sizes  # noqa: E402
from run import HERE, family_of, known, results  # noqa: E402

MARKS = ("1", "10", "60")
# issue targets: mean gap in percent after the family's time limit
TARGETS = {"A": 0.0, "B": 0.0, "C": 0.0, "D": -0.2, "E": -0.5, "F": -1.0, "G": -2.5, "K": 0.0, "U": 0.0}
LIMITS = {"A": "10", "B": "10"}


def mean(values: Iterable[float]) -> float:
    """The arithmetic mean; values must not be empty."""
    held = list(values)
    return sum(held) / len(held)


def main() -> int:
    """Print and draw what is there; 1 if a plan of the side by side breaks a rule."""
    published()
    sys.stdout.write("\nSide by side with OR-Tools\n\n")
    wrong = picture.report()
    held = sizes.rows()
    sys.stdout.write("\nHow it grows, two threads\n\n" + sizes.table(held))
    sizes.draw(held)
    sys.stdout.write("".join(f"not as asked: {one}\n" for one in sizes.failures(held)))
    sys.stdout.write("\nSeveral workers\n\n" + plainly(HERE / "hosts.csv"))
    sys.stdout.write("\nHow long a coordinator waits, processor ms, median (95 %)\n\n" + desk.table(waits()))
    return wrong


def plainly(path: Path) -> str:
    """A CSV file as a table of Markdown."""
    with path.open(encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def waits() -> list[dict[str, str | int]]:
    """``desk.csv``: the lines that ``make bench-board`` wrote."""
    with (HERE / "desk.csv").open(encoding="utf-8") as file:
        return [
            {**row, "visits": int(row["visits"]), "people": int(row["people"])}
            for row in csv.DictReader(file)
        ]


def published() -> None:
    """The gaps to the best published plans."""
    facts = {row["instance"]: row for row in known()}
    gaps: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    rows = results()
    wrong = [row for row in rows if row["checked"] == "0"]
    for row in rows:
        fact = facts[row["instance"]]
        family = family_of(fact)
        gap = 100 * (float(row["objective"]) / float(fact["best_known"]) - 1)
        gaps[family][row["at_s"]][row["instance"]].append(gap)
    say = sys.stdout.write
    say("Gap to the best published value, percent (below 0: better). One core; one run a seed.\n")
    for name, values in (("processor", "cpu"), ("commit", "commit"), ("engine", "engine")):
        say(f"{name}: {', '.join(sorted({row[values] for row in rows}))}\n")
    say(f"\n{'set':<4}{'runs':>6}{'seeds':>6}" + "".join(f"{mark + ' s':>9}" for mark in MARKS))
    say(f"{'best run':>10}{'worst':>8}{'target':>8}{'below published':>17}\n")
    for family in sorted(gaps):
        limit = LIMITS.get(family) or max(gaps[family], key=float)
        last = gaps[family].get(limit, {})
        cells = []
        for mark in MARKS:
            held = gaps[family].get(mark, {})
            cells.append(f"{mean(mean(v) for v in held.values()):>+9.2f}" if held else f"{'':>9}")
        runs = [gap for values in last.values() for gap in values]
        if not runs:
            continue
        below = sum(min(values) < -0.0003 for values in last.values())
        seeds = max(len(values) for values in last.values())
        say(f"{family:<4}{len(runs):>6}{seeds:>6}" + "".join(cells))
        say(f"{mean(min(v) for v in last.values()):>+10.2f}{max(runs):>+8.2f}{TARGETS[family]:>+8.1f}")
        say(f"{f'{below} of {len(last)}':>17}\n")
    say(
        "K: the instances of Kummer (2021) on real roads. U: the unified problem (Ceschia et al. 2026), asked for: "
    )
    unified_by = gaps.get("U", {})
    unified = [min(v) for v in unified_by.get(max(unified_by, key=float, default=""), {}).values()]
    say(f"no worse on 20 of 24, better on 12; {sum(g <= 0.0003 for g in unified)} no worse, ")
    say(f"{sum(g < -0.0003 for g in unified)} better of {len(unified)}.\n")
    say(f"Plans refused by the benchmark's checker: {len(wrong)}.\n")
    draw(
        {
            family: {mark: mean(mean(v) for v in held.values()) for mark, held in by.items()}
            for family, by in gaps.items()
        }
    )


def draw(means: dict[str, dict[str, float]]) -> None:
    """Mean gap over time, a line a family: ``gaps.svg``."""
    width, height, left, top = 640, 340, 60, 20
    x = {"1": left + 60, "10": left + 260, "60": left + 416}
    high = max([2.0, *(gap for by in means.values() for gap in by.values())])
    low = min([-3.0, *(gap for by in means.values() for gap in by.values())])

    def y(gap: float) -> float:
        return top + (high - gap) / (high - low) * (height - top - 40)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
        "<title>Mean gap to the best published value after 1, 10 and 60 seconds on one core</title>",
        f'<path d="M{left} {y(0):.1f}H{left + 440}" stroke="#222"/>',
        f'<text x="{left - 8}" y="{y(0) + 4:.1f}" text-anchor="end">0 %</text>',
    ]
    for mark, at in x.items():
        parts.append(f'<text x="{at}" y="{height - 16}" text-anchor="middle">{mark} s</text>')
    for gap in range(int(low), int(high) + 1, max(1, int((high - low) // 8))):
        if gap:
            parts.append(f'<path d="M{left} {y(gap):.1f}H{left + 440}" stroke="#ccc"/>')
            parts.append(f'<text x="{left - 8}" y="{y(gap) + 4:.1f}" text-anchor="end">{gap:+d} %</text>')
    taken: list[float] = []
    for family, by in sorted(means.items(), key=lambda item: list(item[1].values())[-1]):
        points = [(x[mark], y(by[mark])) for mark in MARKS if mark in by]
        line = "L".join(f"{a} {b:.1f}" for a, b in points)
        parts.append(f'<path d="M{line}" fill="none" stroke="#1b4965" stroke-width="1.5"/>')
        at = points[-1][1]
        while any(abs(at - other) < 13 for other in taken):
            at -= 4
        taken.append(at)
        parts.append(
            f'<text x="{points[-1][0] + 8}" y="{at + 4:.1f}">{family} {list(by.values())[-1]:+.2f} %</text>'
        )
    parts.append("</svg>\n")
    (HERE / "gaps.svg").write_text("\n".join(parts))


if __name__ == "__main__":
    sys.exit(main())
