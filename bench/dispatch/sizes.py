"""Time and memory against the size of the day: ``make bench-dispatch-sizes``.

Days of 100 to 10,000 visits on the real territory, four people for five visits, planned by two threads for a minute, the
largest for ten minutes too. Each run is a process of its own, so that the memory is its own; rows of ``sizes.csv`` are
written as they come, what is there is not run again. Prints the table of the README and draws ``sizes.svg``; exit 1 if a
plan breaks a rule or a target is missed.
"""

from __future__ import annotations

import csv
import json
import math
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from run import HERE, commit, cpu
from territory import day

from versants_libs.dispatch import ENGINE, MaxSeconds, Progress, solve
from versants_libs.dispatch.native import Compiled

RESULTS, PICTURE = HERE / "sizes.csv", HERE / "sizes.svg"
SIZES, SECONDS, LONG, THREADS, SEED = (100, 300, 1000, 3000, 10000), 60, 600, 2, 1
#: Asked of the largest day: the first complete plan within a minute, and after it at most this above ten minutes.
FIRST_S, ABOVE = 60.0, 0.02
COLUMNS = (
    "commit",
    "cpu",
    "engine",
    "visits",
    "people",
    "threads",
    "seed",
    "limit_s",
    "prepare_s",
    "first_s",
    "first_cost",
    "cost_10_s",
    "cost",
    "unserved",
    "violations",
    "problem_mb",
    "memory_mb",
    "load",
)

Row = dict[str, Any]


def memory() -> int:
    """The most memory this process has held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def run(visits: int, seconds: float) -> Row:
    """One day planned, in this process."""
    people = visits * 4 // 5
    problem = day(visits, people, SEED)
    held = memory()
    began = time.monotonic()
    Compiled(problem)
    prepared = time.monotonic() - began
    found: list[Progress] = []
    done = solve(
        problem,
        stop=MaxSeconds(seconds),
        seed=SEED,
        threads=THREADS,
        on_progress=found.append,
        engine="native",
    )
    early = [one for one in found if one.seconds <= 10]
    return {
        "commit": commit(),
        "cpu": cpu(),
        "engine": ENGINE,
        "visits": visits,
        "people": people,
        "threads": THREADS,
        "seed": SEED,
        "limit_s": seconds,
        "prepare_s": round(prepared, 2),
        "first_s": round(found[0].seconds, 2),
        "first_cost": found[0].cost,
        "cost_10_s": early[-1].cost if early else "",
        "cost": done.cost,
        "unserved": len(done.unassigned),
        "violations": len(done.violations),
        "problem_mb": held,
        "memory_mb": memory(),
        "load": round(os.getloadavg()[0], 1),
    }


def rows() -> list[dict[str, str]]:
    """All measured so far."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measure() -> None:
    """Run what is missing."""
    there = {(row["visits"], row["limit_s"]) for row in rows()}
    for visits, seconds in [*((size, SECONDS) for size in SIZES), (SIZES[-1], LONG)]:
        if (str(visits), str(seconds)) in there:
            continue
        command = [sys.executable, __file__, str(visits), str(seconds)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        fresh = not RESULTS.exists()
        with RESULTS.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            if fresh:
                writer.writeheader()
            writer.writerow(json.loads(done.stdout))
        sys.stderr.write(done.stdout)


def table(held: list[dict[str, str]]) -> str:
    """The table of the README."""
    lines = [
        "| visits | people | prepare | first complete plan | after 10 s | after 60 s | after 600 s | left out | memory |",
        "|" + " --- |" * 9,
    ]
    for size in SIZES:
        by = {int(row["limit_s"]): row for row in held if row["visits"] == str(size)}
        if SECONDS not in by:
            continue
        one = by[SECONDS]
        base = int(one["cost"])

        def cell(cost: str, base: int = base) -> str:
            return f"{int(cost):,} ({100 * (int(cost) / base - 1):+.1f} %)" if cost else ""

        longer = by.get(LONG)
        cells = [
            f"{size:,}",
            f"{int(one['people']):,}",
            f"{one['prepare_s']} s",
            f"{one['first_s']} s",
            cell(one["cost_10_s"]),
            f"{base:,}",
            cell(longer["cost"]) if longer else "",
            f"{int(one['unserved']):,}",
            f"{one['memory_mb']} MB, {one['problem_mb']} of them the problem",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def failures(held: list[dict[str, str]]) -> list[str]:
    """What is not as asked."""
    wrong = [
        f"{row['visits']} visits, {row['limit_s']} s: breaks rules"
        for row in held
        if row["violations"] != "0"
    ]
    last = {int(row["limit_s"]): row for row in held if row["visits"] == str(SIZES[-1])}
    if SECONDS in last and float(last[SECONDS]["first_s"]) > FIRST_S:
        wrong.append(f"{SIZES[-1]} visits: the first plan after {last[SECONDS]['first_s']} s")
    if SECONDS in last and LONG in last:
        above = int(last[SECONDS]["cost"]) / int(last[LONG]["cost"]) - 1
        if above > ABOVE:
            wrong.append(
                f"{SIZES[-1]} visits: a minute is {100 * above:.1f} % above ten, at most {100 * ABOVE:.0f}"
            )
    return wrong


def draw(held: list[dict[str, str]]) -> None:
    """Seconds to the first plan and megabytes against visits, both axes logarithmic, with the line of linear growth."""
    ones = [row for row in held if row["limit_s"] == str(SECONDS)]
    panels = (
        ("Seconds to the first complete plan", [float(row["first_s"]) for row in ones], "s"),
        (
            "Memory beside the problem, MB",
            [int(row["memory_mb"]) - int(row["problem_mb"]) for row in ones],
            "MB",
        ),
    )
    wide, high, left, low = 330, 250, 52, 210
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * wide + 20} {high}" role="img"'
        ' font-family="sans-serif" font-size="12">',
        "<title>Time to the first plan and memory, from 100 to 10,000 visits</title>",
        f'<rect width="{2 * wide + 20}" height="{high}" fill="#fff"/>',
    ]
    for n, (title, values, unit) in enumerate(panels):
        values = [max(value, 0.01) for value in values]
        floor, top = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

        def x(size: float, n: int = n) -> float:
            return n * wide + left + (math.log10(size) - 2) / 2 * (wide - left - 30)

        def y(value: float, floor: int = floor, top: int = top) -> float:
            return low - (math.log10(value) - floor) / max(1, top - floor) * (low - 44)

        parts.append(f'<text x="{x(100):.0f}" y="22" font-weight="bold">{title}</text>')
        for power in range(floor, top + 1):
            at = y(10.0**power)
            parts.append(f'<path d="M{x(100):.0f} {at:.1f}H{x(10000):.0f}" stroke="#ddd"/>')
            parts.append(
                f'<text x="{x(100) - 6:.0f}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
            )
        for size in SIZES:
            parts.append(f'<text x="{x(size):.0f}" y="{low + 18}" text-anchor="middle">{size:,}</text>')
        sizes = [int(row["visits"]) for row in ones]
        if len(sizes) > 1:
            slope = [values[-1] * size / sizes[-1] for size in (sizes[-1], 100)]
            foot = max(slope[1], 10.0**floor)
            until = sizes[-1] * foot / values[-1]
            parts.append(
                f'<path d="M{x(sizes[-1]):.1f} {y(slope[0]):.1f}L{x(until):.1f} {y(foot):.1f}" stroke="#888"'
                ' stroke-dasharray="4 4" fill="none"><title>linear growth</title></path>'
            )
            line = "L".join(f"{x(a):.1f} {y(b):.1f}" for a, b in zip(sizes, values, strict=True))
            parts.append(f'<path d="M{line}" fill="none" stroke="#1b4965" stroke-width="2"/>')
        for size, value in zip(sizes, values, strict=True):
            parts.append(
                f'<circle cx="{x(size):.1f}" cy="{y(value):.1f}" r="4" fill="#1b4965">'
                f"<title>{size} visits: {value:g} {unit}</title></circle>"
            )
    parts.append(
        f'<text x="{left}" y="{high - 6}" fill="#444">Visits of a day; dashed: growth in proportion.</text>'
    )
    PICTURE.write_text("\n".join([*parts, "</svg>\n"]), encoding="utf-8")


def main() -> int:
    """One run with two words, else all that are missing, the table and the picture."""
    if len(sys.argv) == 3:
        sys.stdout.write(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]))) + "\n")
        return 0
    measure()
    held = rows()
    sys.stdout.write(table(held))
    draw(held)
    wrong = failures(held)
    sys.stdout.write("".join(f"not as asked: {one}\n" for one in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
