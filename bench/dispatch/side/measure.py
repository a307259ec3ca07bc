"""Side by side with OR-Tools on what both can express: ``make bench-dispatch-side``.

Every method gets the same problem in its own process on the same core, once for each time limit, from the problem in
memory to the last word. The limit is processor time (``cputime.c``), so that other work on the machine does not count;
without a C compiler it is the wall clock. What a method writes is read back as a plan and judged by the product's
``check`` and ``evaluate``, and, where the instance comes from the benchmark, by the benchmark's own checker too. Rows of
``side_by_side.csv`` are written as they come; what is there is not run again. ``CORE`` names the core (by default the
last one allowed), ``BENCH_DATA`` the folder of the instances.

OR-Tools is no part of the product: it is installed from ``requirements/side.lock`` into ``build/side``.
"""

from __future__ import annotations

import csv
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[2]
sys.path[:0] = [str(HERE.parent), str(HERE.parents[1]), str(PROJECT)]

from environments import environment  # noqa: E402 - the folders above come first
from picture import RESULTS, report  # noqa: E402 - the folders above come first
from run import commit, cpu  # noqa: E402
from territory import day  # noqa: E402

from versants_libs.dispatch import Plan, Problem, check, evaluate, plan_from_json, problem_to_json  # noqa: E402
from versants_libs.dispatch.benchmarks import Benchmark, hhcrsp  # noqa: E402
from versants_libs.dispatch.io import dumps  # noqa: E402

SIDE = PROJECT / "build" / "side"
COLUMNS = (
    "method",
    "instance",
    "seed",
    "at_s",
    "objective",
    "feasible",
    "unserved",
    "clock",
    "used_s",
    "commit",
    "cpu",
)
LIMITS = (1, 10, 60)
SEED = 1
#: Instances of Mankowska, Meisel, Bierwirth (2014) by their short names, then days of the territory (visits, people).
PATIENTS = {
    "A1": "CPLEX_HCSRP_10_1",
    "A2": "CPLEX_HCSRP_10_2",
    "B1": "CPLEX_HCSRP_25_1",
    "B6": "CPLEX_HCSRP_25_6",
    "C1": "CPLEX_HCSRP_50_1",
    "C2": "CPLEX_HCSRP_50_2",
    "C9": "CPLEX_HCSRP_50_9",
    "D1": "CPLEX_HCSRP_75_1",
    "D2": "CPLEX_HCSRP_75_2",
    "E1": "VNS_HCSRP_100_1",
    "E2": "VNS_HCSRP_100_2",
    "F1": "VNS_HCSRP_200_1",
    "F2": "VNS_HCSRP_200_2",
}
TERRITORY = {"T50": (50, 70), "T200": (200, 260)}
CPSAT_VISITS = 50
#: What ``routing.py`` and ``cpsat.py`` exit with when they found no plan in time; 1 is a crash.
NO_PLAN = 4


def instance(name: str, data: Path) -> tuple[Problem, Benchmark | None, Path | None]:
    """A problem without what routing cannot carry: the largest lateness, breaks, starts on whole minutes only."""
    if name in TERRITORY:
        made = day(*TERRITORY[name])
        people = tuple(
            replace(person, shifts=tuple(shift._replace(breaks=()) for shift in person.shifts))
            for person in made.people
        )
        return replace(made, people=people, step=1), None, None
    source = data / "mankowska" / f"Instanz{PATIENTS[name]}.json.gz"
    benchmark = hhcrsp(json.loads(gzip.decompress(source.read_bytes())))
    weights = replace(benchmark.problem.weights, largest_lateness=0)
    return replace(benchmark.problem, weights=weights), benchmark, source


def methods(name: str) -> dict[str, list[str]]:
    """What is run on an instance, with the words of each command: ``PYTHON`` is the one with OR-Tools."""
    size = TERRITORY[name][0] if name in TERRITORY else int(PATIENTS[name].split("_")[2])
    found = {
        "versants": [sys.executable, "-m", "versants_libs.dispatch.cli", "PROBLEM", "--out", "OUT"],
        "routing": ["PYTHON", str(HERE / "routing.py"), "PROBLEM", "OUT"],
        "routing, our first plan": ["PYTHON", str(HERE / "routing.py"), "PROBLEM", "OUT", "--hint", "HINT"],
    }
    found["versants"] += ["--engine", "native", "--seed", str(SEED)]
    if size <= CPSAT_VISITS:
        found["CP-SAT, our first plan"] = [
            "PYTHON",
            str(HERE / "cpsat.py"),
            "PROBLEM",
            "OUT",
            "--hint",
            "HINT",
        ]
    return found


def clock() -> Path | None:
    """The library that makes processor time of all clocks, None where it cannot be compiled."""
    made, compiler = SIDE / "cputime.so", shutil.which("cc")
    if compiler is None:
        return None
    subprocess.run(
        [compiler, "-O2", "-shared", "-fPIC", "-o", str(made), str(HERE / "cputime.c")], check=True
    )
    return made


def measure(command: list[str], core: int, seconds: float, preload: Path | None) -> float:
    """Run it on that core; the processor seconds it used, start-up and reading included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        ["taskset", "-c", str(core), *command, "--seconds", str(seconds)],
        cwd=PROJECT,
        env={**os.environ, **({"LD_PRELOAD": str(preload)} if preload else {})},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, NO_PLAN):
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judge(problem: Problem, benchmark: Benchmark | None, source: Path | None, out: Path) -> dict[str, Any]:
    """What a plan is worth, by code that is neither side's search."""
    if not out.exists():
        return {"objective": "", "feasible": 0, "unserved": len(problem.visits)}
    plan = plan_from_json(json.loads(out.read_text()))
    cost, broken = evaluate(problem, plan), check(problem, plan)
    left = [visit for visit in problem.visits if visit.id not in plan.assignments]
    feasible = not broken
    objective = cost.total / 1000 if benchmark else cost.total
    if benchmark and source:
        feasible = feasible and accepted(benchmark, source, plan, objective)
    return {"objective": f"{objective:.3f}", "feasible": int(feasible), "unserved": len(left)}


def accepted(benchmark: Benchmark, source: Path, plan: Plan, objective: float) -> bool:
    """Whether the benchmark's checker accepts the plan and finds the same travel and lateness."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(benchmark.solution(plan))
        file.flush()
        done = subprocess.run(
            [sys.executable, str(source.parents[1] / "check.py"), str(source), file.name],
            capture_output=True,
            text=True,
            check=False,
        )
    said = json.loads(done.stdout)
    return bool(said["feasible"]) and abs(said["travel"] + said["total_tardiness"] - objective) < 0.005


def main() -> int:
    """Run what is missing and show what is there; 1 if a plan breaks a rule."""
    data = Path(os.environ.get("BENCH_DATA") or PROJECT.parent / "shared" / "bench") / "hhcrsp"
    core = int(os.environ.get("CORE") or max(os.sched_getaffinity(0)))
    there = set()
    if RESULTS.exists():
        with RESULTS.open() as file:
            there = {(row["method"], row["instance"], float(row["at_s"])) for row in csv.DictReader(file)}
    names = [*PATIENTS, *TERRITORY] if data.is_dir() else [*TERRITORY]
    if not data.is_dir():
        sys.stderr.write(f"{data} is not there: name the folder of the instances with BENCH_DATA.\n")
    wanted = [
        (name, method, limit)
        for name in names
        for limit in LIMITS
        for method in methods(name)
        if (method, name, float(limit)) not in there
    ]
    if wanted:
        python, preload = environment("side.lock", SIDE), clock()
        facts = {"commit": commit(), "cpu": cpu(), "clock": "processor" if preload else "wall"}
        sys.stdout.write(f"{len(wanted)} runs to do on core {core}, {facts['clock']} time\n")
        for name, method, limit in wanted:
            problem, benchmark, source = instance(name, data)
            with tempfile.TemporaryDirectory() as folder:
                words = {word: str(Path(folder) / word.lower()) for word in ("PROBLEM", "OUT", "HINT")}
                words["PYTHON"] = str(python)
                Path(words["PROBLEM"]).write_text(dumps(problem_to_json(problem)))
                if "HINT" in methods(name)[method]:
                    first = [words.get(word, word) for word in methods(name)["versants"]]
                    first[first.index("--out") + 1] = words["HINT"]
                    subprocess.run(
                        [*first, "--iterations", "0"], cwd=PROJECT, capture_output=True, check=True
                    )
                command = [words.get(word, word) for word in methods(name)[method]]
                used = measure(command, core, limit, preload)
                found = judge(problem, benchmark, source, Path(words["OUT"]))
            row = {"method": method, "instance": name, "seed": SEED, "at_s": limit, "used_s": f"{used:.1f}"}
            add({**row, **found, **facts})
    return report()


def add(row: dict[str, Any]) -> None:
    """A row of the results, and on the screen."""
    fresh = not RESULTS.exists()
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)
    words = (
        row["instance"],
        row["method"],
        f"{row['at_s']} s",
        row["objective"],
        f"{row['unserved']} left out",
    )
    sys.stdout.write("  ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
