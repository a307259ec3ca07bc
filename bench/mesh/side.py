"""Side by side with spopt and HiGHS in one run: ``make bench-mesh``, what is missing measured.

Each row is one process on one core, from the distances in memory (spopt) or the files (ours) to the answer; seconds are
of processor, at most ``LIMIT_S``: for ours in all, for spopt in HiGHS, once the model is built and handed over. HiGHS'
own limit counts by the wall clock; ``side_spopt.py`` ends it by the processor, so that other work on the machine takes
nothing from it. The processes of both may take ``HOLD_GB`` of memory.
Instances: p-medians of the OR-Library, then the n most populous communes of the territory with p-median and with
maximal covering within 15 minutes, each up to the size spopt can hold. spopt is no part of the product: it is installed
from ``requirements/spopt.lock`` into ``build/spopt``. Rows are kept in ``side_by_side.csv``.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from environments import environment  # noqa: E402 - the folder above comes first

RESULTS = HERE / "side_by_side.csv"
COLUMNS = [
    *("commit", "cpu", "method", "problem", "instance", "n", "p"),
    *("value", "proved", "cpu_s", "peak_mb", "said"),
]
DATA = PROJECT / "versants" / "territory" / "data"
LIMIT_S, HOLD_GB = 60, 12
#: OR-Library: every size with its smallest and its largest p.
LIBRARY = ("pmed1", "pmed5", "pmed6", "pmed10", "pmed11", "pmed15", "pmed16", "pmed20", "pmed21", "pmed25")
#: Communes and p: p-median, then covering.
TERRITORY = {
    "pmedian": ((250, 20), (500, 20), (1000, 50), (2000, 50)),
    "cover": ((500, 20), (1000, 50), (4105, 50)),
}
METHODS = ("versants", "spopt")


def wanted(data: Path) -> list[tuple[str, str, int, int]]:
    """Problem, instance, n, p."""
    rows = [("pmed", name, *header(data / f"{name}.txt.gz")) for name in LIBRARY if data.is_dir()]
    return rows + [(kind, "communes", n, p) for kind, sizes in TERRITORY.items() for n, p in sizes]


def header(path: Path) -> tuple[int, int]:
    """Points and sites of an instance of the OR-Library: the first and the third number of its file."""
    first = gzip.decompress(path.read_bytes()).split(maxsplit=3)
    return int(first[0]), int(first[2])


def results() -> list[dict[str, str]]:
    """All rows measured so far."""
    if not RESULTS.exists():
        return []
    with RESULTS.open() as file:
        return list(csv.DictReader(file))


def largest(n: int, folder: Path) -> Path:
    """The n most populous communes, in the columns of the shipped file."""
    with gzip.open(DATA / "communes.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows.sort(key=lambda row: -float(row["population"]))
    path = folder / "communes.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows[:n])
    return path


def _held() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (HOLD_GB << 30, HOLD_GB << 30))


def measure(method: str, row: tuple[str, str, int, int], core: int, data: Path) -> dict[str, Any]:
    """One call in a process of its own. ``said`` is why there is no value, else nothing."""
    kind, name, n, p = row
    with tempfile.TemporaryDirectory() as made:
        source = str(data / f"{name}.txt.gz") if kind == "pmed" else str(largest(n, Path(made)))
        if method == "spopt":
            python = environment("spopt.lock", PROJECT / "build" / "spopt")
            words = [str(python), str(HERE / "side_spopt.py"), kind, source, str(p), str(LIMIT_S), str(DATA)]
        else:
            words = [
                sys.executable,
                "-m",
                "versants_libs.coverage.cli",
                kind,
                "--json",
                "--seconds",
                str(LIMIT_S),
            ]
            words += [source] if kind == "pmed" else ["--p", str(p), "--communes", source]
            words += [] if kind == "pmed" else ["--roads", str(DATA / "travel_time_model.json")]
            words += ["--minutes", "15"] if kind == "cover" else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            ["taskset", "-c", str(core), *words],
            cwd=PROJECT, capture_output=True, text=True, check=False, preexec_fn=_held,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)
    if done.returncode:
        wrong = (done.stderr.strip().splitlines() or [f"ended by signal {-done.returncode}"])[-1][:80]
        peak = round(after.ru_maxrss / 1024, 1) if after.ru_maxrss > before.ru_maxrss else ""
        return {"n": n, "p": p, "value": "", "proved": 0, "cpu_s": used, "peak_mb": peak, "said": wrong}
    said = json.loads(done.stdout.strip().splitlines()[-1])
    value = said["covered"] if kind == "cover" and method == "versants" else said.get("value")
    if kind == "pmedian" and method == "versants":
        value = said["mean"]
    return {
        "n": n,
        "p": p,
        "value": "" if value is None else value,
        "proved": int(said["optimal"]),
        "cpu_s": used,
        "peak_mb": said["peak_mb"],
        "said": said.get("said", ""),
    }


def run(core: int, data: Path, facts: dict[str, str]) -> list[dict[str, str]]:
    """Measure what is missing; all rows."""
    there = {(row["method"], row["problem"], row["instance"], row["n"]) for row in results()}
    for row in wanted(data):
        for method in METHODS:
            if (method, row[0], row[1], str(row[2])) in there:
                continue
            found = (
                facts
                | {"method": method, "problem": row[0], "instance": row[1]}
                | measure(method, row, core, data)
            )
            fresh = not RESULTS.exists()
            with RESULTS.open("a", newline="") as file:
                writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                if fresh:
                    writer.writeheader()
                writer.writerow(found)
            sys.stdout.write("  ".join(str(found[name]) for name in COLUMNS[2:]) + "\n")
            sys.stdout.flush()
    return results()


def failures(rows: list[dict[str, str]]) -> list[str]:
    """Where both proved their answer and the answers differ."""
    out, by = [], {(row["method"], row["problem"], row["instance"], row["n"], row["p"]): row for row in rows}
    for (method, *rest), theirs in by.items():
        ours = by.get(("versants", *rest))
        if method == "versants" or ours is None or "1" not in (ours["proved"], theirs["proved"]):
            continue
        if not ours["value"] or not theirs["value"]:
            continue
        a, b = float(ours["value"]), float(theirs["value"])
        if ours["proved"] == theirs["proved"] == "1" and abs(a - b) > 1e-4 * abs(a):
            out.append(f"{' '.join(rest)}: ours {a:.6g}, spopt {b:.6g}, both said to be optimal")
    return out


def core_of() -> int:
    """The core to measure on."""
    return int(os.environ.get("CORE") or max(os.sched_getaffinity(0)))
