"""Measure the planner on the public benchmarks of home care: ``make bench-dispatch-run SETS=DG SECONDS=60 SEEDS=1``.

Each run is a process of its own, held to one core (or to ``THREADS`` of them), as many at a time as there are cores
for. What a run found after 1, 10 and 60 seconds becomes
rows of ``results.csv`` (``commit,cpu,engine,instance,seed,threads,at_s,objective,iterations,checked``), written as soon
as they are there: a run that was cut off is taken up where it stopped, what is there is not run again. Every final plan
goes through the benchmark's own checker; one that beats the best published value is kept in ``solutions/``.

The instances are not part of the product: ``BENCH_DATA`` names the folder that holds ``hhcrsp`` and ``uhhc``.
Sets: A to G of Mankowska, K Kummer's on real roads, U the unified problem of Ceschia et al. (2026).
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue
from threading import Lock

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
RESULTS = HERE / "results.csv"
SOLUTIONS = HERE / "solutions"
COLUMNS = [
    "commit",
    "cpu",
    "engine",
    "instance",
    "seed",
    "threads",
    "at_s",
    "objective",
    "iterations",
    "checked",
]
MARKS = (1.0, 10.0, 60.0)
#: The folder of each collection, the unit of its objective in the planner's cost.
FOLDERS = {"mankowska": ("hhcrsp", 3000), "kummer": ("hhcrsp", 3000), "uhhc": ("uhhc", 1)}


def known() -> list[dict[str, str]]:
    """The instances with the best value published for each; those without one say nothing here."""
    with (HERE / "best_known.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["best_known"]]


def results() -> list[dict[str, str]]:
    """All rows measured so far."""
    if not RESULTS.exists():
        return []
    with RESULTS.open() as file:
        return list(csv.DictReader(file))


def commit() -> str:
    """The state of the code: its commit, with a + where something is not committed."""

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", *words], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout.strip()

    return git("rev-parse", "--short=12", "HEAD") + (
        "+" if git("status", "--porcelain", "versants_libs/dispatch") else ""
    )


def cpu() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip().replace(",", " ")
    return "unknown"


def family_of(row: dict[str, str]) -> str:
    """The letter of an instance's set."""
    return row["short"][0] if row["set"] == "mankowska" else "K" if row["set"] == "kummer" else "U"


def measure(
    row: dict[str, str], seed: int, seconds: float, cores: list[int], data: Path
) -> list[dict[str, object]]:
    """One run held to some cores, a thread each: what it had after each mark, the last one checked."""
    folder_name, unit = FOLDERS[row["set"]]
    source = data / folder_name / row["file"]
    with tempfile.TemporaryDirectory() as folder:
        out, trace = Path(folder) / "plan.json", Path(folder) / "trace.csv"
        command = [sys.executable, "-m", "versants_libs.dispatch.cli", str(source), "--format", folder_name]
        command += [
            "--seconds",
            str(seconds),
            "--seed",
            str(seed),
            "--threads",
            str(len(cores)),
            "--out",
            str(out),
            "--trace",
            str(trace),
            "--json",
        ]
        done = subprocess.run(
            ["taskset", "-c", ",".join(map(str, cores)), *command],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout)
        judged = subprocess.run(
            [sys.executable, str(data / folder_name / "check.py"), str(source), str(out)],
            capture_output=True,
            text=True,
            check=False,
        )
        verdict = json.loads(judged.stdout)
        checked = bool(verdict["feasible"]) and abs(verdict["objective"] - answer["objective"]) < 0.002
        with trace.open() as file:
            steps = [
                (float(step["seconds"]), int(step["iteration"]), int(step["cost"]))
                for step in csv.DictReader(file)
            ]
        found = []
        for mark in sorted({*(m for m in MARKS if m < seconds), seconds}):
            until = [step for step in steps if step[0] <= mark] if mark < seconds else steps
            if not until:
                continue
            last = mark == seconds
            found.append(
                {
                    "engine": answer["engine"],
                    "instance": row["instance"],
                    "seed": seed,
                    "threads": len(cores),
                    "at_s": f"{mark:g}",
                    "objective": f"{answer['objective'] if last else until[-1][2] / unit:.3f}",
                    "iterations": answer["iterations"] if last else until[-1][1],
                    "checked": (1 if checked else 0) if last else "",
                }
            )
        if checked and verdict["objective"] < float(row["best_known"]) - 0.0015:
            keep(row["instance"], out, verdict["objective"])
        return found


def keep(instance: str, plan: Path, objective: float) -> None:
    """A plan better than published, if it is better than the one kept."""
    SOLUTIONS.mkdir(exist_ok=True)
    index = SOLUTIONS / "index.csv"
    best = {}
    if index.exists():
        with index.open() as file:
            best = {row["instance"]: row["objective"] for row in csv.DictReader(file)}
    if instance in best and float(best[instance]) <= objective:
        return
    best[instance] = f"{objective:.6f}"
    value = json.dumps(json.loads(plan.read_text()), separators=(",", ":"))
    (SOLUTIONS / f"{instance}.json.gz").write_bytes(gzip.compress(value.encode(), mtime=0))
    with index.open("w") as file:
        file.write("instance,objective\n" + "".join(f"{name},{best[name]}\n" for name in sorted(best)))


def main() -> int:
    """Run what is missing; the number of runs that failed the checker."""
    data = Path(os.environ.get("BENCH_DATA") or PROJECT.parent / "shared" / "bench")
    threads = int(os.environ.get("THREADS") or "1")
    sets = os.environ.get("SETS") or "ABCDEFG"
    seeds = [int(seed) for seed in (os.environ.get("SEEDS") or "1").split(",")]
    most = float(os.environ.get("SECONDS") or "60")
    if not data.is_dir():
        sys.stderr.write(f"{data} is not there: name the folder of the instances with BENCH_DATA.\n")
        return 3
    there = {(row["instance"], row["seed"], row["at_s"]) for row in results()}
    wanted = []
    for seed in seeds:
        for row in known():
            family = family_of(row)
            seconds = min(most, 10.0) if family in "AB" else most
            if family in sets and (row["instance"], str(seed), f"{seconds:g}") not in there:
                wanted.append((row, seed, seconds))
    cores: Queue[list[int]] = Queue()
    allowed = sorted(os.sched_getaffinity(0))
    places = max(1, len(allowed) // threads)
    for place in range(places):
        cores.put(allowed[place * threads : (place + 1) * threads])
    lock, bad, head = Lock(), [], (commit(), cpu())
    fresh = not RESULTS.exists()

    def one(work: tuple[dict[str, str], int, float]) -> None:
        row, seed, seconds = work
        mine = cores.get()
        try:
            found = measure(row, seed, seconds, mine, data)
        finally:
            cores.put(mine)
        with lock, RESULTS.open("a", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            nonlocal fresh
            if fresh:
                writer.writeheader()
                fresh = False
            for line in found:
                writer.writerow({"commit": head[0], "cpu": head[1], **line})
            end = found[-1]
            gap = 100 * (float(end["objective"]) / float(row["best_known"]) - 1)
            sys.stdout.write(
                f"{row['short'] or row['instance']:>6} seed {seed} {end['objective']:>10} {gap:+.2f} %\n"
            )
            sys.stdout.flush()
            if end["checked"] != 1:
                bad.append(row["instance"])

    sys.stdout.write(f"{len(wanted)} runs to do, {places} at a time, {threads} thread(s) each\n")
    with ThreadPoolExecutor(places) as pool:
        list(pool.map(one, wanted))
    return len(bad)


if __name__ == "__main__":
    sys.exit(main())
