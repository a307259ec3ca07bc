"""The core under address and undefined-behaviour sanitizers: ``make fuzz-dispatch SECONDS=60 SEED=1``.

Compiles the core with the sanitizers into a folder of its own and starts again with their library loaded first. Then
random worlds in which every rule occurs (soft breaks, links, levels, shared vehicles, ways by time of day among them) are
solved as a whole, from a warm start, from a wrong one, by two threads, and cut into parts of a few visits; the checker and
the evaluation judge each plan. Models with one number turned or one list cut are handed in as well: each is refused with
ValueError or answered, and no sanitizer speaks.
Writes ``var/reports/fuzz-dispatch.json``; exit 1 on a failure, 3 without a compiler that knows sanitizers.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
CORE = PROJECT / "versants_libs" / "dispatch" / "core"
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer"]


def compiled(folder: Path) -> Path | None:
    """The core with sanitizers, None without a compiler."""
    import nanobind

    cxx = next((name for name in ("g++", "c++", "clang++") if shutil.which(name)), None)
    if cxx is None:
        return None
    include = Path(nanobind.include_dir())
    source = include.parent / "src"
    places = ["-I", str(include), "-I", sysconfig.get_path("include")]
    places += ["-I", str(include.parent / "ext" / "robin_map" / "include")]
    plain = [cxx, "-std=c++17", "-fPIC", "-fvisibility=hidden", *places, "-c"]
    subprocess.run(
        [*plain, "-O1", "-DNDEBUG", str(source / "nb_combined.cpp"), "-o", str(folder / "nb.o")], check=True
    )
    watched = ["-O1", "-g", "-D_GLIBCXX_ASSERTIONS", *SANITIZERS]
    subprocess.run([*plain, *watched, str(CORE / "binding.cpp"), "-o", str(folder / "core.o")], check=True)
    target = folder / "_core.so"
    objects = [str(folder / "core.o"), str(folder / "nb.o")]
    subprocess.run([cxx, "-shared", *SANITIZERS, *objects, "-o", str(target)], check=True)
    return target


def libraries() -> str:
    """What must be loaded before Python for the sanitizers to work."""
    found = []
    for name in ("libasan.so", "libstdc++.so.6"):
        done = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
        found.append(done.stdout.strip())
    return " ".join(found)


def broken(arrays: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The same model with one thing wrong."""
    made = dict(arrays)
    name = rng.choice(sorted(arrays))
    value = arrays[name]
    if isinstance(value, int):
        made[name] = rng.choice([-1, 0, 1, 10**6, 2**31 - 1])
    elif len(value) and rng.random() < 0.3:
        made[name] = value[: rng.randrange(len(value))]
    elif len(value):
        turned = array(value.typecode, value)
        high = {"i": 2**31 - 1, "B": 255}.get(value.typecode, 2**62)
        low = 0 if value.typecode == "B" else -high
        turned[rng.randrange(len(turned))] = rng.choice([low, high, 0, 1, 7])
        made[name] = turned
    return made


def fuzz(core: Path, seconds: float, seed: int) -> dict[str, int]:
    """Counts; a sanitizer that speaks ends the process."""
    from tests.dispatch import worlds
    from tests.dispatch.days import busy_day
    from versants_libs.dispatch import check, evaluate, native

    spec = importlib.util.spec_from_file_location("versants_libs.dispatch._core", core)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    until = time.monotonic() + seconds
    figures = dict.fromkeys(("worlds", "plans", "models_refused", "models_answered"), 0)
    plain = native.Compiled(busy_day(8, 4)).arrays
    while time.monotonic() < until:
        rng = random.Random(seed * 1_000_003 + figures["worlds"])
        made = worlds.random_problem(
            rng, people=rng.randint(2, 7), visits=rng.randint(1, 8), slots=rng.randint(1, 4)
        )
        for variant in (worlds.softened, worlds.enriched, worlds.shared, worlds.timed):
            if rng.random() < 0.5:
                made = variant(rng, made)
        one = native.Compiled(made)
        for services, cost in plans(module, one, rng):
            plan = one.plan(services)
            broken_rules = check(made, plan)
            if broken_rules or evaluate(made, plan).total != cost:
                raise AssertionError(f"world {figures['worlds']} of seed {seed}: {broken_rules} at {cost}")
            figures["plans"] += 1
        figures["worlds"] += 1
        for arrays in (plain, one.arrays):
            for _ in range(3):
                try:
                    module.solve(broken(arrays, rng), [], 1, -1.0, 30, 1, native.KNOBS, None, parts(rng), 0.0)
                    figures["models_answered"] += 1
                except (ValueError, TypeError):
                    figures["models_refused"] += 1
    return figures


def parts(rng: random.Random) -> tuple[int, int, int]:
    """How a day is cut into parts of a few visits, or not at all."""
    return rng.choice([(0, 1, 1), (rng.randint(1, 6), rng.randint(1, 20), rng.randint(1, 30))])


def plans(module: Any, one: Any, rng: random.Random) -> Iterator[tuple[list[tuple[int, int, int]], int]]:
    """A world solved in several ways: services and cost of each."""
    from versants_libs.dispatch import native

    def solve(
        start: list[tuple[int, int, int]], iterations: int, threads: int, zoning: tuple[int, int, int]
    ) -> Any:
        rest = (threads, native.KNOBS, None, zoning, 0.0)
        return module.solve(one.arrays, start, rng.randrange(99), -1.0, iterations, *rest)

    services, cost, _ = solve([], 100, 1, (0, 1, 1))
    yield services, cost
    yield solve(services, 20, 2, (0, 1, 1))[:2]
    crew, nodes = range(len(one.problem.people)), range(len(one.nodes))
    wrong = [(i, rng.choice(crew), rng.randrange(-50, 300)) for i in nodes if rng.random() < 0.8]
    yield solve(wrong, 5, 1, (0, 1, 1))[:2]
    for threads in (1, 2):
        yield solve([], 100, threads, parts(rng))[:2]


def main() -> int:
    seconds, seed = float(os.environ.get("SECONDS") or "60"), int(os.environ.get("SEED") or "1")
    core = os.environ.get("VERSANTS_FUZZ_CORE")
    if core:
        sys.stdout.write(json.dumps(fuzz(Path(core), seconds, seed)))
        return 0
    started = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        target = compiled(Path(folder))
        if target is None:
            sys.stderr.write("There is no C++ compiler here: nothing to look at.\n")
            return 3
        environment = os.environ | {
            "LD_PRELOAD": libraries(),
            "ASAN_OPTIONS": "detect_leaks=0",
            "VERSANTS_FUZZ_CORE": str(target),
        }
        done = subprocess.run(
            [sys.executable, __file__],
            env=environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
    failures = [] if done.returncode == 0 else [done.stderr[-4000:]]
    report = {
        "name": "fuzz-dispatch",
        "commit": subprocess.run(
            ["git", "rev-parse", "--short=12", "HEAD"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip(),
        "machine": {"cpus": os.cpu_count(), "arch": platform.machine(), "python": platform.python_version()},
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": seconds,
        "seed": seed,
        "limits": {},
        "figures": json.loads(done.stdout) if done.returncode == 0 else {},
        "failures": failures,
    }
    path = PROJECT / "var" / "reports" / "fuzz-dispatch.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
