"""A study of the whole territory by several worker processes through the database: ``make bench-mesh-hosts WORKERS=3``.

Starts a cluster of its own, works a study out by the job alone, then with WORKERS workers, each a process as on a host of
its own, then once more with one of them killed while it holds a piece. All three must say the same to the last digit,
leave no piece behind, and the dead worker's piece must have been taken again. On one machine the workers have the same
cores: what is shown is that the work is shared out and that nothing depends on who did it.

Prints a table and writes its rows of this area in ``hosts.csv``; exit 1 if an answer differs or a piece is left. ``AREA``
narrows the territory.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
sys.path[:0] = [str(PROJECT), str(HERE.parent)]

from worlds import as_application, small, surroundings  # noqa: E402 - the folders above come first

COLUMNS = ("area", "run", "workers", "seconds", "pieces", "taken", "by_worker")
#: Far more than a plan needs here: one that is stopped by its time is not the same twice.
SECONDS = "600"
ALIVE_S = 60.0
AREA = os.environ.get("AREA") or "all"


class Watch(threading.Thread):
    """Who took which piece, and how often, read from outside while it goes on; of ``kill`` the first worker that holds
    one is ended."""

    def __init__(self, cluster: Any, kill: list[subprocess.Popen[bytes]]) -> None:
        super().__init__(daemon=True)
        self.cluster, self.going = cluster, True
        self.kill = {str(one.pid): one for one in kill}
        self.takers: dict[tuple[int, int], str] = {}

    def run(self) -> None:
        with self.cluster.connect(database=self.cluster.database) as raw:
            raw.autocommit = True
            while self.going:
                rows = raw.execute(
                    "SELECT id, tries, taken_by, state FROM networks_studypiece WHERE taken_by <> ''"
                ).fetchall()
                for pk, tries, taken_by, state in rows:
                    self.takers[pk, tries] = taken_by
                    holder = self.kill.get(taken_by.rsplit("/", 1)[-1])
                    if holder is not None and state == "taken":
                        holder.kill()
                        self.kill.clear()
                time.sleep(0.1)


def study(
    name: str, coordinator: Any, cluster: Any, running: list[subprocess.Popen[bytes]], kill: bool
) -> tuple[dict[str, Any], str]:
    """One study by this process and the workers: a row of the table, and all that it says."""
    from versants.core import jobs
    from versants.core.access.scope import Actor, acting
    from versants.networks.models import StudyPiece, StudyRun
    from versants.networks.services import studies

    who = Actor.for_membership(coordinator)
    question = {
        "area": AREA, "meaning": "sum", "n_languages": 30, "people": "public",
        "kinds": ["helper"], "budget": None, "number": 20, "minutes": 60, "phone_share": 0.72,
        "discouraged": 0.0, "simple": "middle",
    }  # fmt: skip
    from versants.networks.services import spreading

    asked = []
    ask = spreading.Pool.ask

    def noted(self: spreading.Pool, orders: Any) -> None:
        ask(self, orders)
        asked[:] = self.asked

    spreading.Pool.ask = noted  # type: ignore[method-assign]
    watch = Watch(cluster, running if kill else [])
    watch.start()
    began = time.monotonic()
    with acting(who):
        run = StudyRun.objects.create(organisation_id=who.organisation, name="n", question=question)
        job = jobs.Job.objects.create(kind=studies.KIND, membership_id=who.membership, params={})
    studies.work_out(jobs.Face(job.pk, who), run=str(run.uid))
    seconds = time.monotonic() - began
    watch.going = False
    watch.join()
    spreading.Pool.ask = ask  # type: ignore[method-assign]
    with acting(who):
        run.refresh_from_db()
        left = StudyPiece.objects.count()
    if left:
        raise SystemExit(f"{left} pieces left in the database")
    pids = {str(one.pid): f"worker {i}" for i, one in enumerate(running)}
    by = Counter(pids.get(who.rsplit("/", 1)[-1], "the job itself") for who in watch.takers.values())
    result = {key: value for key, value in run.result.items() if key != "seconds"}
    said = json.dumps([result, run.scenarios, run.simulated, run.turns], sort_keys=True)
    return {
        "area": AREA,
        "run": name,
        "workers": len(running),
        "seconds": round(seconds),
        "pieces": len(asked),
        "taken": len(watch.takers),
        "by_worker": "; ".join(f"{who} {n}" for who, n in sorted(by.items())),
    }, said


def main() -> int:
    """Measure, print, write; 1 on a failure."""
    n = int(os.environ.get("WORKERS") or 3)
    os.environ["VERSANTS_MESH_SECONDS"] = SECONDS
    failures: list[str] = []
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="versants-mesh-hosts-") as folder:
        surroundings(Path(folder))
        from versants.launch.postgres import temporary_cluster

        with temporary_cluster() as cluster:
            coordinator = small(cluster).coordinator
            as_application(cluster)
            first, alone = study("the job alone", coordinator, cluster, [], kill=False)
            rows.append(first)
            with cluster.connect(database=cluster.database) as raw:
                raw.execute("DELETE FROM procrastinate_jobs")  # the tasks of pieces that are done
            words = [sys.executable, "-m", "versants.config.manage", "work", "--concurrency", "1"]
            running = [
                subprocess.Popen(
                    words,
                    cwd=PROJECT,
                    env=os.environ.copy(),
                    stdout=(Path(folder) / f"worker-{i}.log").open("wb"),
                    stderr=subprocess.STDOUT,
                )
                for i in range(n)
            ]
            try:
                from versants.core.pieces import workers

                until = time.monotonic() + ALIVE_S
                while workers() < n and time.monotonic() < until:
                    time.sleep(0.2)
                for name, kill in (("with workers", False), ("one worker killed", True)):
                    row, said = study(name, coordinator, cluster, running, kill)
                    rows.append(row)
                    if said != alone:
                        failures.append(f"{name}: another answer than the job alone")
                if all(one.poll() is None for one in running):
                    failures.append("no worker was killed")
                elif rows[-1]["taken"] <= rows[-1]["pieces"]:
                    failures.append("the dead worker's piece was not taken again")
            finally:
                for one in running:
                    if one.poll() is None:
                        one.terminate()
                for one in running:
                    one.wait(30)
    table = HERE / "hosts.csv"
    with table.open(newline="", encoding="utf-8") as file:
        others = [one for one in csv.DictReader(file) if one["area"] != AREA]
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(others + rows)
    sys.stdout.write("| " + " | ".join(COLUMNS) + " |\n|" + " --- |" * len(COLUMNS) + "\n")
    for row in rows:
        sys.stdout.write("| " + " | ".join(str(row[name]) for name in COLUMNS) + " |\n")
    sys.stdout.write("".join(f"failed: {one}\n" for one in failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
