"""Does sealing slow those who write? Writers with and without the sealer, alternating in one run.

``python bench/audit.py`` (WRITERS=20 SECONDS=10 ROUNDS=3): a cluster of its own, WRITERS processes that add an event
per transaction as the application's role, in rounds of SECONDS: bare (no queue, as before seals), queue (events wait,
nobody seals), sealer (a process seals about every second, as the worker does). The order of the three turns from
round to round. Events per second and the wait of a writer are written to ``var/reports/audit.json``; exit 1 if an
event was lost or the log does not hold at the end.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

MODES = ("bare", "queue", "sealer")
START_WITHIN_S = 240.0


def writer(url: str, gate: Any, out: Any, seconds: float) -> None:
    """Events one after the other, each in its own transaction with the settings of a scope."""
    import psycopg

    waits: list[float] = []
    with psycopg.connect(url, autocommit=False) as connection:
        gate.wait(timeout=START_WITHIN_S)
        until = time.monotonic() + seconds
        while (began := time.monotonic()) < until:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('app.membership', '1', true), set_config('app.role', 'x', true)"
                )
                cursor.execute(
                    "INSERT INTO core_auditevent (at, action, actor_kind, membership_id, account_id, organisation_id,"
                    " team_id, role, subject_kind, subject_uid, person_code, facts) VALUES (now(), 'person.read',"
                    " 'membership', 1, 1, 1, 1, 'coordinator', 'person', 'b51e0f0e-0000-4000-8000-000000000000',"
                    " 'V7K4-2M9X', '{\"fields\": 3}')"
                )
            connection.commit()
            waits.append(time.monotonic() - began)
    out.put(waits)


def sealer(ready: Any, end: Any) -> None:
    """The thread of the worker, alone in a process."""
    import django

    django.setup()
    from versants.core.sealing import Sealer

    one = Sealer()
    one.start()
    ready.set()
    end.wait()
    one.stop()


def one_round(mode: str, cluster: Any, n: int, seconds: float) -> dict[str, float]:
    """One mode for some seconds."""
    with cluster.connect() as connection:
        state = "DISABLE" if mode == "bare" else "ENABLE"
        connection.execute(f"ALTER TABLE core_auditevent {state} TRIGGER event_waits_for_seal")
        connection.execute("TRUNCATE core_auditevent, core_unsealedevent, core_seal")
        connection.execute("CHECKPOINT")
    heads = Path(os.environ["VERSANTS_WITNESS_DIR"]) / "heads.jsonl"
    heads.unlink(missing_ok=True)
    context = multiprocessing.get_context("spawn")
    gate, out = context.Barrier(n + 1), context.Queue()
    ready, end = context.Event(), context.Event()
    helper = None
    if mode == "sealer":
        helper = context.Process(target=sealer, args=(ready, end))
        helper.start()
        ready.wait(timeout=START_WITHIN_S)
    writers = [context.Process(target=writer, args=(cluster.app_url, gate, out, seconds)) for _ in range(n)]
    for process in writers:
        process.start()
    gate.wait(timeout=START_WITHIN_S)
    waits = [wait for _ in writers for wait in out.get(timeout=seconds + START_WITHIN_S)]
    for process in writers:
        process.join()
    found = {
        "events_per_s": round(len(waits) / seconds, 1),
        "p50_ms": round(statistics.median(waits) * 1000, 2),
        "p95_ms": round(statistics.quantiles(waits, n=20)[18] * 1000, 2),
        "written": len(waits),
    }
    if helper is not None:
        deadline = time.monotonic() + 30
        with cluster.connect() as connection:
            found["behind_at_end"] = _count(connection, "core_unsealedevent")
            while _count(connection, "core_unsealedevent") and time.monotonic() < deadline:
                time.sleep(0.2)
            found["seals"] = _count(connection, "core_seal")
        end.set()
        helper.join()
    return found


def _count(connection: Any, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0])


def main() -> int:
    n = int(os.environ.get("WRITERS") or 20)
    seconds = float(os.environ.get("SECONDS") or 10)
    rounds = int(os.environ.get("ROUNDS") or 3)
    started = datetime.now(UTC)
    failures: list[str] = []
    figures: dict[str, list[dict[str, float]]] = {mode: [] for mode in MODES}
    with tempfile.TemporaryDirectory(prefix="versants-audit-") as home:
        from bench.worlds import surroundings
        from versants.launch.postgres import temporary_cluster

        folder = Path(home)
        surroundings(folder)
        os.environ["VERSANTS_WITNESS_DIR"] = str(folder / "witness")
        with temporary_cluster() as cluster:
            with cluster.connect() as connection:  # as an installation has it: a commit is on disk
                connection.execute("ALTER SYSTEM SET fsync = on")
                connection.execute("ALTER SYSTEM SET synchronous_commit = on")
                connection.execute("ALTER SYSTEM SET full_page_writes = on")
                connection.execute("SELECT pg_reload_conf()")
            os.environ.update(cluster.environment(owner=True))
            _migrate(folder)
            os.environ.pop("VERSANTS_AS")
            for turn in range(rounds):
                for mode in MODES[turn % 3 :] + MODES[: turn % 3]:
                    found = one_round(mode, cluster, n, seconds)
                    figures[mode].append(found)
                    sys.stderr.write(f"{mode:<7} {found}\n")
                    if mode == "sealer":
                        failures += _held(cluster, int(found["written"]))
    rates = {mode: statistics.median(one["events_per_s"] for one in figures[mode]) for mode in MODES}
    waits = {mode: statistics.median(one["p95_ms"] for one in figures[mode]) for mode in MODES}
    summary = {
        "events_per_s": rates,
        "p50_ms": {mode: statistics.median(one["p50_ms"] for one in figures[mode]) for mode in MODES},
        "p95_ms": waits,
        "sealer_to_queue": round(rates["sealer"] / rates["queue"], 3),
        "queue_to_bare": round(rates["queue"] / rates["bare"], 3),
        "rounds": figures,
    }
    report = {
        "name": "audit",
        "commit": _commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {len(os.sched_getaffinity(0))} of them used,"
        f" load {os.getloadavg()[0]:.1f}",
        "started_at": started.isoformat(),
        "seconds": seconds,
        "seed": 0,
        "limits": {"writers": n, "rounds": rounds},
        "figures": summary,
        "failures": failures,
    }
    target = PROJECT / "var" / "reports" / "audit.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(
        json.dumps({key: value for key, value in summary.items() if key != "rounds"}, indent=1) + "\n"
    )
    return 1 if failures else 0


def _migrate(folder: Path) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from versants.core.crypto.keyring import init_keys

    init_keys(Path(os.environ["VERSANTS_KEYS_FILE"]))
    with redirect_stdout(sys.stderr):
        call_command("migrate", verbosity=0, skip_checks=True)
    from django.db import connection

    connection.close()


def _held(cluster: Any, written: int) -> list[str]:
    """What the end of a round with the sealer must show."""
    from django.db import connection

    from versants.core import verifying

    found = verifying.verify()
    connection.close()
    with cluster.connect() as plain:
        there = _count(plain, "core_auditevent")
    problems = []
    if not found["holds"]:
        problems.append(f"the log does not hold: {found['first_break']}")
    if not written == there == found["events"]:
        problems.append(f"{written} written, {there} there, {found['events']} sealed")
    return problems


def _commit() -> str:
    import subprocess

    answer = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
