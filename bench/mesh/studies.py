"""The language model and the simulation on the whole territory: what ``run.py`` adds for ``SETS=plan,simulate,front``.

Each row is one call of ``versants mesh`` on a study of ``territory.py`` in a process of its own on one core. ``checked``:
that ``mesh check`` finds no difference in a plan; that every language with 100 requests a year is predicted within two
points of the simulated share; that no point of a front is worse than one before it by more than its gap.
"""

from __future__ import annotations

import csv
import itertools
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
RESULTS, FRONT = HERE / "studies.csv", HERE / "front.csv"
SETS = ("plan", "simulate", "front")
#: name: languages, people, requests a year, recruits
STUDIES = {"40x500": (40, 500, 80_000, 40), "10x100": (10, 100, 80_000, 20), "40x150": (40, 150, 80_000, 60)}
COLUMNS = [
    "commit",
    "cpu",
    "set",
    "instance",
    "seed",
    "value",
    "bound",
    "gap",
    "replications",
    "languages",
    "within",
    "worst_points",
    "mean_points",
    "s_per_replication",
    "cpu_s",
    "peak_mb",
    "checked",
]
PLAN_S, PLAN_GAP = 600.0, 0.02
FRONT_S = 1800.0
REPLICATION_S = 2.0
POINTS = 2.0
ASKED = 100.0
REPLICATIONS = 40


def results() -> list[dict[str, str]]:
    """All rows measured so far."""
    if not RESULTS.exists():
        return []
    with RESULTS.open() as file:
        return list(csv.DictReader(file))


def call(core: int, *words: str) -> tuple[dict[str, Any], float]:
    """What a command says, and its seconds of processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["taskset", "-c", str(core), sys.executable, "-m", "versants_libs.coverage.cli", *words, "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
    return json.loads(done.stdout), after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(wanted: list[str], seed: int, core: int, facts: dict[str, str]) -> list[dict[str, str]]:
    """Measure what is missing; all rows of this seed."""
    there = {(row["set"], row["instance"], row["seed"]) for row in results()}
    for name, (languages, people, requests, recruits) in STUDIES.items():
        missing = [one for one in wanted if (one, name, str(seed)) not in there]
        missing = [one for one in missing if one != "front" or name == "40x500"]
        if not missing:
            continue
        with tempfile.TemporaryDirectory() as folder:
            study, result = Path(folder) / "study.json", Path(folder) / "result.json"
            words = ["--languages", languages, "--people", people, "--requests", requests]
            words += ["--recruits", recruits, "--seed", seed]
            subprocess.run(
                [sys.executable, str(HERE / "territory.py"), str(study), *map(str, words)],
                cwd=PROJECT,
                check=True,
            )
            if missing != ["front"]:
                said, used = call(
                    core, "plan", str(study), "--out", str(result), "--gap", "0.005", "--seconds", "500"
                )
            if "plan" in missing:
                right, _ = call(core, "check", str(study), str(result))
                keys = {key: said[key] for key in ("bound", "gap", "peak_mb")}
                add(
                    facts,
                    "plan",
                    name,
                    seed,
                    used,
                    value=said["objective"],
                    **keys,
                    checked=int(right["holds"]),
                )
            if "simulate" in missing:
                simulated(
                    facts, name, seed, *call(core, "simulate", str(study), str(result), *replications(seed))
                )
            if "front" in missing:
                said, used = call(core, "front", str(study), "--points", "20")
                points = said["points"]
                keep(points)
                worst = max(one["gap"] for one in points)
                pairs = itertools.pairwise(points)
                falls = all(b["objective"] <= a["objective"] * (1 + worst) for a, b in pairs)
                add(
                    facts,
                    "front",
                    name,
                    seed,
                    used,
                    value=points[-1]["objective"],
                    bound=points[-1]["bound"],
                    gap=worst,
                    replications=len(points),
                    peak_mb=said["peak_mb"],
                    checked=int(falls),
                )
    return [row for row in results() if row["seed"] == str(seed)]


def keep(points: list[dict[str, Any]]) -> None:
    """The points of the front, for the picture: every number of each."""
    names = [key for key, value in points[0].items() if isinstance(value, int | float)]
    with FRONT.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(points)


def replications(seed: int) -> list[str]:
    """Options of a simulation."""
    return ["--replications", str(REPLICATIONS), "--seed", str(seed)]


def simulated(facts: dict[str, str], name: str, seed: int, said: dict[str, Any], used: float) -> None:
    """A row: predicted against simulated, in points of per cent."""
    away, within = [], 0
    for one in said["fill"].values():
        if one["requests"] < ASKED:
            continue
        away.append(100 * abs(one["predicted"] - one["simulated"]))
        within += away[-1] <= POINTS
    add(
        facts,
        "simulate",
        name,
        seed,
        used,
        replications=said["replications"],
        languages=len(away),
        within=within,
        worst_points=round(max(away), 3),
        mean_points=round(sum(away) / len(away), 3),
        s_per_replication=said["s_per_replication"],
        peak_mb=said["peak_mb"],
        checked=int(within == len(away)),
    )


def add(facts: dict[str, str], kind: str, name: str, seed: int, used: float, **row: Any) -> None:
    """A row of the results, and on the screen."""
    fresh = not RESULTS.exists()
    row = {**facts, "set": kind, "instance": name, "seed": seed, "cpu_s": round(used, 2)} | row
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)
    sys.stdout.write("  ".join(str(row.get(key, "")) for key in COLUMNS[2:]) + "\n")
    sys.stdout.flush()


def failures(rows: list[dict[str, str]]) -> list[str]:
    """What misses its target, in words."""
    out = []
    for row in rows:
        name = f"{row['set']} {row['instance']}"
        if row["checked"] != "1":
            out.append(f"{name}: {'not within two points' if row['set'] == 'simulate' else 'does not hold'}")
        if row["gap"] and float(row["gap"]) > PLAN_GAP:
            out.append(f"{name}: gap {float(row['gap']):.2%}, at most {PLAN_GAP:.0%} wanted")
        limit = {"plan": PLAN_S, "front": FRONT_S}.get(row["set"])
        if limit and float(row["cpu_s"]) > limit:
            out.append(f"{name}: {row['cpu_s']} s of processor, {limit:.0f} wanted")
        if row["s_per_replication"] and float(row["s_per_replication"]) > REPLICATION_S:
            out.append(f"{name}: {row['s_per_replication']} s a replication, {REPLICATION_S:.0f} wanted")
    return out
