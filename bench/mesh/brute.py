"""Tens of thousands of tiny problems against trying everything: ``make brute ROUNDS=20000 SEED=1``.

Each kind of question of ``tests/coverage/tried.py`` gets its share of the problems: smallest mean, covering (also by the
way of the largest ones), smallest largest distance, sites that take so many only, fronts, and the language model with
every choice of recruits tried. One line a block in ``var/reports/brute-blocks.jsonl``: a later start goes on where this
one ended, for the same code and seed. The sum in ``var/reports/brute.json``, and of a whole run of ``KEPT_FROM`` problems
or more in ``brute.csv``; exit 1 where anything differs.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(PROJECT))

from run import commit, cpu  # noqa: E402 - the folders above come first

from tests.coverage.tried import KINDS  # noqa: E402

REPORTS = PROJECT / "var" / "reports"
BLOCKS = REPORTS / "brute-blocks.jsonl"
RESULTS = HERE / "brute.csv"
COLUMNS = ["commit", "cpu", "seed", "kind", "problems", "differ", "heuristic_met", "cpu_s"]
#: Parts of a hundred.
SHARES = {
    "pmedian": 20,
    "cover": 18,
    "cover_regions": 10,
    "pcenter": 15,
    "capacitated": 7,
    "front": 5,
    "language": 20,
    "worst_third": 5,
}
BLOCK = 50
KEPT_FROM = 5_000
SPREAD = 1_000_000  # seeds of problems: SEED times so many, and on


def block(kind: str, first: int, count: int) -> dict[str, Any]:
    """So many problems of a kind, from the seed ``first``: what was seen, what differed."""
    began, seen, failures = time.process_time(), Counter[str](), []
    worst = 0.0
    for seed in range(first, first + count):
        try:
            found = KINDS[kind](seed)
        except Exception as exc:  # whatever goes wrong is a finding, and the next problem is tried
            line = traceback.extract_tb(exc.__traceback__)[-1].line
            said = f"{type(exc).__name__}: {str(exc) or line}"[:400]
            failures.append({"kind": kind, "seed": seed, "said": said})
            continue
        worst = max(worst, float(found.pop("worst", 0.0)))
        seen.update({name: int(value) for name, value in found.items()})
    return {
        "kind": kind,
        "first": first,
        "count": count,
        "seen": dict(seen),
        "worst": worst,
        "failures": failures,
        "cpu_s": round(time.process_time() - began, 3),
    }


def known(code: str) -> dict[tuple[str, int, int], dict[str, Any]]:
    """Blocks of this code that an earlier start did."""
    if not BLOCKS.exists():
        return {}
    lines = [json.loads(line) for line in BLOCKS.read_text().splitlines() if line.endswith("}")]
    return {(one["kind"], one["first"], one["count"]): one for one in lines if one["commit"] == code}


def figures(done: list[dict[str, Any]]) -> dict[str, Any]:
    """By kind: problems, those that differ, seconds, and how many of them had what."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        mine = [one for one in done if one["kind"] == kind]
        seen = sum((Counter(one["seen"]) for one in mine), Counter[str]())
        found[kind] = {
            "problems": sum(one["count"] for one in mine),
            "differ": sum(len(one["failures"]) for one in mine),
            "cpu_s": round(sum(one["cpu_s"] for one in mine), 1),
            **(
                {"worst_above_optimum": max(one["worst"] for one in mine)} if kind == "front" and mine else {}
            ),
            "with": dict(sorted(seen.items())),
        }
    return found


def keep(code: str, seed: int, found: dict[str, Any]) -> None:
    """The rows of this run in ``brute.csv``, in the place of earlier ones of the same seed."""
    rows = []
    if RESULTS.exists():
        with RESULTS.open() as file:
            rows = [row for row in csv.DictReader(file) if row["seed"] != str(seed)]
    for kind, one in found.items():
        row = {"commit": code, "cpu": cpu(), "seed": seed, "kind": kind}
        met = one["with"].get("heuristic_met", "")
        rows.append(
            row | {name: one[name] for name in ("problems", "differ", "cpu_s")} | {"heuristic_met": met}
        )
    with RESULTS.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> int:
    """Try what is missing, tell, report."""
    rounds, seed = int(os.environ.get("ROUNDS", "20000")), int(os.environ.get("SEED", "1"))
    began, started, code = time.monotonic(), datetime.now(UTC), commit()
    REPORTS.mkdir(parents=True, exist_ok=True)
    there, done = known(code), []
    wanted = [
        (kind, seed * SPREAD + first, min(BLOCK, many - first))
        for kind, share in SHARES.items()
        for many in [max(1, rounds * share // 100)]
        for first in range(0, many, BLOCK)
    ]
    with BLOCKS.open("a") as file:
        for i, one in enumerate(wanted):
            if one not in there:
                there[one] = block(*one)
                file.write(json.dumps({"commit": code, **there[one]}) + "\n")
                file.flush()
            done.append(there[one])
            for failure in there[one]["failures"]:
                sys.stdout.write(f"{failure['kind']} {failure['seed']}: {failure['said']}\n")
            if sys.stdout.isatty():
                sys.stdout.write(f"\r{i + 1}/{len(wanted)} blocks")
                sys.stdout.flush()
    found = figures(done)
    tried = sum(one["problems"] for one in found.values())
    failures = [failure for one in done for failure in one["failures"]]
    report = {
        "name": "brute",
        "commit": code,
        "machine": cpu(),
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
        "seed": seed,
        "limits": {"rounds": rounds},
        "figures": {"problems": tried, **found},
        "failures": failures,
    }
    (REPORTS / "brute.json").write_text(json.dumps(report, indent=1) + "\n")
    for kind, one in found.items():
        sys.stdout.write(f"{kind:<15}{one['problems']:>7}  {one['differ']} differ  {one['cpu_s']:.0f} s\n")
    if tried >= KEPT_FROM:
        keep(code, seed, found)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
