"""How long a coordinator waits for an answer, by the size of the day: ``make bench-board SECONDS=10 SEED=1``.

Days of 100 to 1,500 visits on the real territory, each once with four people for three visits and once with three for
four, planned for SECONDS. Then, for the plan held on one desk: what preparing costs, who can go (ten best), why not, and
when else, for visits with a team and without; and 30 absences mended, one person each, away all day.

Prints the table of the README beside it, writes ``desk.csv`` and ``var/reports/bench-board.json``; exit 1 if a mended
day breaks a rule or its promise, or an answer on the largest day takes more than the limits say by the median.
Processor time is judged, so that other work on the machine counts less; the wall clock stands in the CSV.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from run import HERE, PROJECT, commit, cpu
from territory import day

from versants_libs.dispatch import ENGINE, Absence, Desk, MaxSeconds, Plan, Problem, repair, solve

SIZES = (100, 200, 400, 800, 1500)
ASKED, ABSENCES, MOST_OTHERS = 200, 30, 3
QUESTIONS = ("who can go", "why not", "when else")
LIMITS = {"who_ms": 50.0, "why_not_ms": 50.0, "repair_s": 1.0}
COLUMNS = (
    "visits",
    "people",
    "question",
    "visit",
    "n",
    "median_ms",
    "p95_ms",
    "cpu_median_ms",
    "cpu_p95_ms",
    "note",
)

Times = tuple[float, float]


def timed(ask: Callable[[], Any]) -> tuple[Times, Any]:
    """Milliseconds of wall clock and of processor, and the answer."""
    wall, cpu = time.perf_counter(), time.process_time()
    answer = ask()
    return ((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000), answer


def row(
    problem: Problem, question: str, visit: str, times: Iterable[Times], note: str = ""
) -> dict[str, Any]:
    """One line of the figures."""
    wall, cpu = (sorted(held) for held in zip(*times, strict=True))
    last = -(-95 * len(wall) // 100) - 1
    return {
        "visits": len(problem.visits),
        "people": len(problem.people),
        "question": question,
        "visit": visit,
        "n": len(wall),
        "median_ms": round(statistics.median(wall), 1),
        "p95_ms": round(wall[last], 1),
        "cpu_median_ms": round(statistics.median(cpu), 1),
        "cpu_p95_ms": round(cpu[last], 1),
        "note": note,
    }


def questions(problem: Problem, plan: Plan, rng: random.Random) -> list[dict[str, Any]]:
    """Preparing, then each question of as many visits as there are, at most ASKED with and without a team."""
    prepared = [timed(lambda: Desk(problem, plan))[0] for _ in range(5)]
    found = [row(problem, "prepare", "", prepared)]
    desk = Desk(problem, plan)
    planned = [one.id for one in problem.visits if one.id in plan.assignments]
    waiting = [one.id for one in problem.visits if one.id not in plan.assignments]
    asked: dict[str, Callable[[str], Any]] = {
        "who can go": lambda name: desk.rank(name, limit=10),
        "why not": desk.explain,
        "when else": desk.suggest_times,
    }
    for question, ask in asked.items():
        for kind, names in (("planned", planned), ("waiting", waiting)):
            some = rng.sample(names, min(ASKED, len(names)))
            times = [timed(lambda name=name, ask=ask: ask(name))[0] for name in some]  # type: ignore[misc]
            if times:
                found.append(row(problem, question, kind, times))
    return found


def absences(problem: Problem, plan: Plan, rng: random.Random) -> tuple[dict[str, Any], list[str]]:
    """One person away all day, ABSENCES times; and what was wrong with an answer."""
    busy = sorted({one.person for held in plan.assignments.values() for one in held.services.values()})
    before = len(problem.visits) - len(plan.assignments)
    times: list[Times] = []
    failures: list[str] = []
    broken = touched = alone = 0
    for who in rng.sample(busy, min(ABSENCES, len(busy))):
        away = [Absence(who, 0, problem.horizon - 1)]
        spent, done = timed(lambda away=away: repair(problem, plan, away, max_changes=MOST_OTHERS))  # type: ignore[misc]
        times.append(spent)
        broken += len(done.affected)
        touched += len(done.others)
        alone += len(done.unassigned) - before
        if done.violations or len(done.others) > MOST_OTHERS:
            failures.append(f"{len(problem.visits)} visits: the day mended after {who} breaks its promise")
    note = f"{broken} visits broken, {touched} others touched, {alone} left without a team"
    return row(problem, "repair", "", times, note), failures


def too_slow(rows: Iterable[dict[str, Any]]) -> list[str]:
    """What takes more processor time on the largest day than it may, by the median."""
    limits = {
        "who can go": LIMITS["who_ms"],
        "why not": LIMITS["why_not_ms"],
        "repair": LIMITS["repair_s"] * 1000,
    }
    return [
        f"{one['question']} {one['visit']}: {one['cpu_median_ms']} ms, at most {limits[one['question']]:.0f}"
        for one in rows
        if one["visits"] == SIZES[-1] and one["cpu_median_ms"] > limits.get(one["question"], float("inf"))
    ]


def table(rows: Iterable[dict[str, Any]]) -> str:
    """One line for each day and kind of visit, as Markdown: processor milliseconds, the median and 95 %."""
    days: dict[tuple[int, int], dict[tuple[str, str], dict[str, Any]]] = {}
    for one in rows:
        days.setdefault((one["visits"], one["people"]), {})[one["question"], one["visit"]] = one
    names = ("visits", "people", "prepare", "visit", *QUESTIONS, "repair", "of 30 absences")
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]

    def cell(one: dict[str, Any] | None) -> str:
        return f"{one['cpu_median_ms']} ({one['cpu_p95_ms']})" if one else ""

    for (visits, people), known in days.items():
        for kind in ("planned", "waiting"):
            first = kind == "planned"
            mended = known["repair", ""] if first else None
            cells = [visits, people, cell(known["prepare", ""]) if first else "", kind]
            cells += [cell(known.get((question, kind))) for question in QUESTIONS]
            lines.append(
                "| " + " | ".join(map(str, [*cells, cell(mended), mended["note"] if mended else ""])) + " |"
            )
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure, print, write; 1 on a failure."""
    seconds, seed = float(os.environ.get("SECONDS") or 10), int(os.environ.get("SEED") or 1)
    began, started = time.monotonic(), datetime.now(UTC)
    rows: list[dict[str, Any]] = []
    failures: list[str] = []
    for visits in SIZES:
        for people in (visits * 4 // 3, visits * 3 // 4):
            problem = day(visits, people, seed)
            plan = solve(problem, stop=MaxSeconds(seconds), seed=seed).plan
            rng = random.Random(seed)
            rows += questions(problem, plan, rng)
            mended, wrong = absences(problem, plan, rng)
            rows.append(mended)
            failures += wrong
            sys.stderr.write(f"{visits} visits, {people} people: {len(plan.assignments)} planned\n")
    failures += too_slow(rows)
    with (HERE / "desk.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    report = {
        "name": "bench-board",
        "commit": commit(),
        "machine": f"{cpu()}, {os.cpu_count()} cores, Python {platform.python_version()}, {ENGINE}",
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
        "seed": seed,
        "limits": LIMITS,
        "figures": {"rows": rows},
        "failures": failures,
    }
    target = PROJECT / "var" / "reports" / "bench-board.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(table(rows))
    sys.stdout.write("".join(f"too slow or wrong: {one}\n" for one in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
