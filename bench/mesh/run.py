"""Measure the mesh on the whole territory and on the OR-Library, and hold it to its targets: ``make bench-mesh``.

Each row is one call of the command in a process of its own on one core; what is in ``results.csv`` is not run again.
Limits and figures are seconds of processor, so that other work on the machine does not count. The sites a call answers
are priced again here, by code of a few lines that shares nothing with the library (``checked``), and a p-median of the
OR-Library is held against its published optimum. ``SETS=pmedian,cover,pmed,plan,simulate,front,side`` narrows what is
run (plan, simulate, front: ``studies.py``; side: ``side.py``), ``CORE`` names the core, ``BENCH_DATA`` the folder with the
OR-Library's instances (not part of the product), ``SEED`` the seed.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import picture
import side
import studies

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
RESULTS = HERE / "results.csv"
DATA = PROJECT / "versants" / "territory" / "data"
COLUMNS = [
    "commit",
    "cpu",
    "set",
    "instance",
    "p",
    "existing",
    "seed",
    "limit_s",
    "value",
    "bound",
    "gap",
    "optimal",
    "build_s",
    "cpu_s",
    "peak_mb",
    "checked",
]
SITES = (50, 100, 200)
EXISTING = 30  # the most populous communes
MINUTES = (15, 30, 45, 60)
#: By set: seconds of processor, gap, MB.
TARGETS = {"pmedian": (60.0, 0.005, 1024.0), "cover": (30.0, 0.001, 1024.0), "pmed": (1800.0, 0.0, 1024.0)}
BUILD_S = 1.0


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

    changed = git("status", "--porcelain", "versants_libs/coverage")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def cpu() -> str:
    """The processor's name."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip().replace(",", " ")
    return "unknown"


def territory() -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """uid, latitude and longitude in radians, population of every commune."""
    with gzip.open(DATA / "communes.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    lat, lon = (np.radians([float(row[name]) for row in rows]) for name in ("lat", "lon"))
    return [row["uid"] for row in rows], lat, lon, np.array([float(row["population"]) for row in rows])


def nearest_km(sites: list[str]) -> np.ndarray:
    """Kilometres from each commune to the nearest of these, by the law of cosines of half angles, site by site."""
    uids, lat, lon, _ = territory()
    out = np.full(len(uids), np.inf)
    for site in sites:
        j = uids.index(site)
        half = (
            np.sin((lat - lat[j]) / 2) ** 2 + np.cos(lat) * np.cos(lat[j]) * np.sin((lon - lon[j]) / 2) ** 2
        )
        out = np.minimum(out, 2 * 6371.0 * np.arcsin(np.sqrt(half)))
    return out


def minutes(km: np.ndarray) -> np.ndarray:
    """The shipped model of roads, within its knots."""
    model = json.loads((DATA / "travel_time_model.json").read_text())
    return np.interp(km, model["knots_km"], model["minutes"])


def wanted(data: Path) -> list[tuple[str, str, int, int]]:
    """Set, instance, p, existing of every row there should be."""
    rows = [("pmedian", "great-circle-km", p, stay) for p in SITES for stay in (0, EXISTING)]
    rows += [
        ("cover", f"{m} min", p, stay) for m in reversed(MINUTES) for p in SITES for stay in (0, EXISTING)
    ]
    if data.is_dir():
        optimal = optima(data)
        rows += [("pmed", name, 0, 0) for name in sorted(optimal, key=lambda name: int(name[4:]))]
    sets = [one for one in os.environ.get("SETS", "").split(",") if one]
    return [row for row in rows if not sets or row[0] in sets]


def optima(data: Path) -> dict[str, int]:
    """Published optimal values of the OR-Library by instance."""
    with (data / "optimal.csv").open() as file:
        return {row["instance"]: int(row["optimal"]) for row in csv.DictReader(file)}


def measure(row: tuple[str, str, int, int], seed: int, core: int, data: Path) -> dict[str, Any]:
    """One call on that core."""
    kind, name, p, stay = row
    limit = TARGETS[kind][0] if kind != "pmed" else 600.0
    words = [kind, "--json", "--seconds", str(limit), "--seed", str(seed)]
    with tempfile.TemporaryDirectory() as folder:
        if kind == "pmed":
            words.append(str(data / f"{name}.txt.gz"))
        else:
            words += ["--p", str(p), "--communes", str(DATA / "communes.csv.gz")]
            words += ["--roads", str(DATA / "travel_time_model.json")]
            words += ["--minutes", name.split()[0]] if kind == "cover" else []
            uids, _, _, people = territory()
            there = [uids[i] for i in np.argsort(-people, kind="stable")[:stay]]
            (Path(folder) / "stay.csv").write_text("\n".join(["uid", *there]) + "\n")
            words += ["--existing", str(Path(folder) / "stay.csv")] if stay else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            ["taskset", "-c", str(core), sys.executable, "-m", "versants_libs.coverage.cli", *words],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr}")
    said = json.loads(done.stdout)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    value = said["value"] if kind == "pmed" else said["mean"] if kind == "pmedian" else said["covered"]
    return {
        "value": value,
        "bound": said["bound"],
        "gap": abs(value - said["bound"]) / value,
        "optimal": int(said["optimal"]),
        "build_s": said.get("build_s", ""),
        "cpu_s": round(used, 2),
        "peak_mb": said["peak_mb"],
        "checked": int(right(row, said, value, data, there if kind != "pmed" else [])),
    }


def right(
    row: tuple[str, str, int, int], said: dict[str, Any], value: float, data: Path, there: list[str]
) -> bool:
    """Whether the sites are as many as allowed, hold the existing ones and are worth what was said."""
    kind, name, p, _ = row
    if kind == "pmed":
        return bool(value == optima(data)[name])
    sites = said["sites"]
    if len(set(sites)) != len(sites) or len(sites) > p or not set(there) <= set(sites):
        return False
    people = territory()[3]
    km = nearest_km(sites)
    if kind == "pmedian":
        return math.isclose(float((km * people).sum() / people.sum()), value, rel_tol=1e-9)
    covered = float(people[minutes(km) <= float(name.split()[0]) + 1e-7].sum())
    return math.isclose(covered, value, rel_tol=1e-9)


def add(row: dict[str, Any]) -> None:
    """A row of the results, and on the screen."""
    fresh = not RESULTS.exists()
    with RESULTS.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerow(row)
    sys.stdout.write("  ".join(str(row[name]) for name in COLUMNS[2:]) + "\n")
    sys.stdout.flush()


def failures(rows: list[dict[str, str]]) -> list[str]:
    """What misses its target, in words."""
    out = []
    for row in rows:
        seconds, gap, mb = TARGETS[row["set"]]
        name = f"{row['set']} {row['instance']} p={row['p']} existing={row['existing']}"
        if row["checked"] != "1":
            out.append(f"{name}: the answer is not worth what was said")
        if row["set"] == "pmed" and row["optimal"] != "1":
            out.append(f"{name}: not proved")
        if row["set"] != "pmed" and float(row["gap"]) > gap:
            out.append(f"{name}: gap {float(row['gap']):.3%}, at most {gap:.1%} wanted")
        if row["set"] != "pmed" and float(row["cpu_s"]) > seconds + 2:
            out.append(f"{name}: {row['cpu_s']} s of processor, {seconds:.0f} wanted")
        if float(row["peak_mb"]) > mb:
            out.append(f"{name}: {row['peak_mb']} MB, {mb:.0f} wanted")
        if row["build_s"] and float(row["build_s"]) > BUILD_S:
            out.append(f"{name}: model built in {row['build_s']} s, {BUILD_S:.0f} wanted")
    spent = sum(float(row["cpu_s"]) for row in rows if row["set"] == "pmed")
    if spent > TARGETS["pmed"][0]:
        out.append(f"pmed: {spent:.0f} s of processor for all, {TARGETS['pmed'][0]:.0f} wanted")
    return out


def report(
    rows: list[dict[str, str]], planned: list[dict[str, str]], seed: int, began: float, started: str
) -> int:
    """Tables on the screen and ``var/reports/bench-mesh.json``; 1 where a target is missed."""
    say = sys.stdout.write
    say("\nOne core, seconds of processor with start and reading; gap proven.\n")
    say(
        f"{'set':<9}{'instance':<17}{'p':>5}{'existing':>9}{'value':>14}{'gap':>10}{'proved':>8}{'CPU s':>8}{'MB':>7}\n"
    )
    for row in sorted(rows, key=lambda row: (row["set"] == "cover", row["instance"], int(row["p"]))):
        if row["set"] != "pmed":
            proved = "yes" if row["optimal"] == "1" else "no"
            say(
                f"{row['set']:<9}{row['instance']:<17}{row['p']:>5}{row['existing']:>9}{float(row['value']):>14.3f}"
            )
            say(f"{float(row['gap']):>10.4%}{proved:>8}{row['cpu_s']:>8}{float(row['peak_mb']):>7.0f}\n")
    library = [row for row in rows if row["set"] == "pmed"]
    if library:
        proved_n = sum(row["optimal"] == "1" and row["checked"] == "1" for row in library)
        spent = sum(float(row["cpu_s"]) for row in library)
        most = max(library, key=lambda row: float(row["cpu_s"]))
        say(f"OR-Library: {proved_n} of {len(library)} proved optimal, {spent:.0f} s in all, ")
        say(f"the longest {most['instance']} with {most['cpu_s']} s\n")
    if planned:
        names = studies.COLUMNS[2:]
        say("\n" + "  ".join(names) + "\n")
        say("".join("  ".join(row[name] or "-" for name in names) + "\n" for row in planned))
    beside = side.results()
    if beside:
        say("\nSide by side with spopt and HiGHS, one core, at most 60 s.\n")
        for row in beside:
            words = [row[name] for name in ("problem", "instance", "n", "p", "method")]
            value = f"{float(row['value']):.6g}" if row["value"] else "no answer"
            proved = "proved" if row["proved"] == "1" else row["said"] or "not proved"
            say("  ".join([*words, value, f"{row['cpu_s']} s", f"{row['peak_mb'] or '-'} MB", proved]) + "\n")
    wrong = failures(rows) + studies.failures(planned) + side.failures(beside)
    for line in wrong:
        say(f"missed: {line}\n")
    value = {
        "name": "bench-mesh",
        "commit": commit(),
        "machine": cpu(),
        "started_at": started,
        "seconds": round(time.monotonic() - began, 1),
        "seed": seed,
        "limits": {
            "seconds_gap_mb": {name: list(limit) for name, limit in TARGETS.items()},
            "build_s": BUILD_S,
        },
        "figures": {
            "rows": len(rows) + len(planned),
            "proved": sum(row["optimal"] == "1" for row in rows),
            "worst_gap_pmedian": max((float(r["gap"]) for r in rows if r["set"] == "pmedian"), default=None),
            "worst_gap_cover": max((float(r["gap"]) for r in rows if r["set"] == "cover"), default=None),
            "pmed_seconds": sum(float(row["cpu_s"]) for row in library),
        },
        "failures": wrong,
    }
    folder = Path(os.environ.get("VERSANTS_DATA") or PROJECT / "var") / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench-mesh.json").write_text(json.dumps(value, indent=1) + "\n")
    return 1 if wrong else 0


def main() -> int:
    """Run what is missing and show what is there."""
    began, started = time.monotonic(), datetime.now(UTC).isoformat(timespec="seconds")
    data = Path(os.environ.get("BENCH_DATA") or PROJECT.parent / "shared" / "bench") / "pmed"
    core = int(os.environ.get("CORE") or max(os.sched_getaffinity(0)))
    seed = int(os.environ.get("SEED") or 1)
    key = ("set", "instance", "p", "existing", "seed")
    there = {tuple(row[name] for name in key) for row in results()}
    facts = {"commit": commit(), "cpu": cpu()}
    for row in wanted(data):
        kind, name, p, stay = row
        if (kind, name, str(p), str(stay), str(seed)) in there:
            continue
        found = measure(row, seed, core, data)
        limit = TARGETS[kind][0] if kind != "pmed" else 600.0
        add(
            {**facts, "set": kind, "instance": name, "p": p, "existing": stay, "seed": seed, "limit_s": limit}
            | found
        )
    sets = [one for one in os.environ.get("SETS", "").split(",") if one]
    planned = studies.run([one for one in studies.SETS if not sets or one in sets], seed, core, facts)
    if not sets or "side" in sets:
        side.run(core, data, facts)
    picture.draw({name: seconds for name, (seconds, _, _) in TARGETS.items() if name != "pmed"})
    return report([row for row in results() if row["seed"] == str(seed)], planned, seed, began, started)


if __name__ == "__main__":
    sys.exit(main())
