"""A day planned by several worker processes through the database: ``make bench-dispatch-hosts WORKERS=4 SECONDS=40``.

Starts a cluster of its own and WORKERS workers, each a process as on a host of its own, and plans a day of 1,500 visits
on the real territory in pieces that they take from the database; then once more, with one of them killed in the middle.
Beside it stands the same day planned by one process with as many threads as there are cores, for the same time. On one
machine the workers have the same cores: what is shown is that the work is shared out, each piece is solved once, and a
lost worker costs little, not that four are faster than two cores.

Prints a table, writes ``hosts.csv`` and ``var/reports/bench-dispatch-hosts.json``; exit 1 if a plan breaks a rule, a
worker had nothing to do, or a piece is left in the database.
"""

from __future__ import annotations

import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parent)]

from run import HERE, PROJECT, commit, cpu  # noqa: E402 - the folders above come first
from territory import day  # noqa: E402
from worlds import as_application, small, surroundings  # noqa: E402

from versants_libs.dispatch import ENGINE, MaxSeconds, Progress, solve  # noqa: E402
from versants_libs.dispatch.spreading import solve_spread  # noqa: E402

VISITS, PEOPLE, SEED = 1500, 1200, 1
ROUNDS = 10
COLUMNS = (
    "run",
    "workers",
    "seconds",
    "first_cost",
    "cost",
    "unserved",
    "rounds",
    "pieces",
    "lost",
    "by_worker",
)


def workers(n: int, folder: Path) -> list[subprocess.Popen[bytes]]:
    """Worker processes as ``versants up`` starts its own, one task at a time each."""
    words = [sys.executable, "-m", "versants.config.manage", "procrastinate", "worker", "--concurrency", "1"]
    return [
        subprocess.Popen(
            words,
            cwd=PROJECT,
            env=os.environ.copy(),
            stdout=(folder / f"worker-{i}.log").open("wb"),
            stderr=subprocess.STDOUT,
        )
        for i in range(n)
    ]


class Watch(threading.Thread):
    """Who took which piece, read from outside while it goes on."""

    def __init__(self, cluster: Any) -> None:
        super().__init__(daemon=True)
        self.cluster, self.going, self.by = cluster, True, dict[int, str]()

    def run(self) -> None:
        with self.cluster.connect(database=self.cluster.database) as raw:
            raw.autocommit = True
            while self.going:
                rows = raw.execute(
                    "SELECT id, taken_by FROM mobile_planpiece WHERE taken_by <> ''"
                ).fetchall()
                self.by.update(rows)
                time.sleep(0.05)


def spread(
    name: str, problem: Any, coordinator: Any, cluster: Any, running: list[Any], seconds: float, kill: bool
) -> dict[str, Any]:
    """One planning in pieces; with ``kill`` the first worker ends in the middle of it."""
    from versants.core.access.scope import Actor
    from versants.mobile.services import spreading

    who = Actor.for_membership(coordinator)
    watch = Watch(cluster)
    watch.start()
    found: list[Progress] = []
    asked, answered = Counter[str](), Counter[str]()
    over = spreading.over_workers(who)

    def pool(orders: Any) -> Any:
        asked["pieces"] += len(orders)
        for one in over(orders):
            answered["pieces"] += 1
            yield one

    def heard(progress: Progress) -> None:
        found.append(progress)
        if kill and progress.seconds > seconds / 2 and running[0].poll() is None:
            # In the middle of its next piece.
            threading.Timer(seconds / ROUNDS / 2, running[0].kill).start()

    done = solve_spread(
        problem,
        pool=pool,
        pieces=len(running),
        seconds=seconds / ROUNDS,
        stop=lambda progress: progress.seconds >= seconds,
        seed=SEED,
        on_progress=heard,
    )
    watch.going = False
    watch.join()
    pids = {str(one.pid): f"worker {i}" for i, one in enumerate(running)}
    by = Counter(pids.get(who.rsplit("/", 1)[-1], "the job itself") for who in watch.by.values())
    return {
        "run": name,
        "workers": len(running),
        "seconds": round(done.seconds, 1),
        "first_cost": found[0].cost,
        "cost": done.cost,
        "unserved": len(done.unassigned),
        "rounds": done.iterations,
        "pieces": asked["pieces"],
        "lost": asked["pieces"] - answered["pieces"],
        "by_worker": "; ".join(f"{who} {n}" for who, n in sorted(by.items())),
        "violations": len(done.violations),
    }


def main() -> int:
    """Measure, print, write; 1 on a failure."""
    n, seconds = int(os.environ.get("WORKERS") or 4), float(os.environ.get("SECONDS") or 40)
    started, began = datetime.now(UTC), time.monotonic()
    problem = day(VISITS, PEOPLE, SEED)
    cores = len(os.sched_getaffinity(0))
    first: list[Progress] = []
    alone = solve(problem, stop=MaxSeconds(seconds), seed=SEED, threads=cores, on_progress=first.append)
    rows: list[dict[str, Any]] = [
        {
            "run": f"one process, {cores} threads",
            "workers": 1,
            "seconds": round(alone.seconds, 1),
            "first_cost": first[0].cost,
            "cost": alone.cost,
            "unserved": len(alone.unassigned),
            "rounds": "",
            "pieces": "",
            "lost": 0,
            "by_worker": "",
            "violations": len(alone.violations),
        }
    ]
    failures: list[str] = []
    with tempfile.TemporaryDirectory(prefix="versants-hosts-") as folder:
        surroundings(Path(folder))
        from versants.launch.postgres import temporary_cluster

        with temporary_cluster() as cluster:
            coordinator = small(cluster).coordinator
            as_application(cluster)
            running = workers(n, Path(folder))
            try:
                from versants.core.pieces import workers as alive

                until = time.monotonic() + 60
                while alive() < n and time.monotonic() < until:
                    time.sleep(0.2)
                rows.append(spread("in pieces", problem, coordinator, cluster, running, seconds, kill=False))
                busy = rows[-1]["by_worker"]
                failures += [f"worker {i} had nothing to do" for i in range(n) if f"worker {i} " not in busy]
                rows.append(
                    spread("one worker killed", problem, coordinator, cluster, running, seconds, kill=True)
                )
                if running[0].poll() is None:
                    failures.append("no worker was killed")
            finally:
                for one in running:
                    if one.poll() is None:
                        one.terminate()
                for one in running:
                    one.wait(30)
            with cluster.connect(database=cluster.database) as raw:
                left = raw.execute("SELECT count(*) FROM mobile_planpiece").fetchone()[0]
            if left:
                failures.append(f"{left} pieces left in the database")
    failures += [f"{row['run']}: the plan breaks a rule" for row in rows if row.pop("violations")]
    with (HERE / "hosts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    sys.stdout.write("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS) + "\n")
    for row in rows:
        sys.stdout.write("| " + " | ".join(str(row[name]) for name in COLUMNS) + " |\n")
    report = {
        "name": "bench-dispatch-hosts",
        "commit": commit(),
        "machine": f"{cpu()}, {os.cpu_count()} cores, Python {platform.python_version()}, {ENGINE}",
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1),
        "seed": SEED,
        "limits": {"seconds": seconds, "workers": n},
        "figures": {"rows": rows},
        "failures": failures,
    }
    target = PROJECT / "var" / "reports" / "bench-dispatch-hosts.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write("".join(f"failed: {one}\n" for one in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
