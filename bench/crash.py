"""Ends parts of the running product at random moments under load: ``make crash ROUNDS=50 SEED=1 [KINDS=web,disk]``.

``versants up`` runs in a folder of its own with the demonstration world. Writers ask, book, release, note working times,
write and sign records, add to them and start plans over HTTP; each keeps a journal of what the product said yes to. In
each round one thing happens: ``kill -9`` of database, worker or web, a full disk (a tmpfs filled with ballast; needs
root), the wall clock fifteen minutes ahead and back (clock_jump.c; needs a C compiler), or the database out of reach
for a minute. Afterwards, by SQL with no code of the product: everything acknowledged is there with its content, each
effect is there once, no job is left behind.

One line a round in ``var/reports/crash-rounds.jsonl`` (a later start goes on where this one ended, for the same commit
and seed), the sum in ``var/reports/crash.json``; exit 1 on a failure.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from bench.crash_load import Load  # noqa: E402
from bench.race import commit, machine  # noqa: E402

KINDS = ("database", "worker", "web", "away", "disk", "clock")
LOAD_S, AWAY_S, SHORT_S, SETTLE_S = 6.0, 60.0, 10.0, 150.0
DISK = "1500m"
AHEAD_S = 900
CLOCK = PROJECT / "bench" / "clock_jump.c"
ROUNDS_FILE = PROJECT / "var" / "reports" / "crash-rounds.jsonl"


class Product:
    """``versants up`` in a folder of its own, and how to hurt it."""

    def __init__(self, folder: Path) -> None:
        from tests.e2e.product import free_port

        self.folder, self.data = folder, folder / "var"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.clock = folder / "clock"
        self.set_clock(0)
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("VERSANTS_", "DATABASE_"))}
        self.env |= {
            "VERSANTS_DATA": str(self.data),
            "VERSANTS_PORT": str(self.port),
            "VERSANTS_KEYS_FILE": str(folder / "keys" / "keys.json"),
            "VERSANTS_SECRET_FILE": str(folder / "keys" / "secret"),
        }
        # For the children alone: what watches over the others must not be what is tried.
        self.moved: dict[str, str] = {}
        if library := built(CLOCK, folder):
            self.moved = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(self.clock)}
        self.process: subprocess.Popen[str] | None = None
        self.logins: list[dict[str, Any]] = []

    def set_clock(self, seconds: int) -> None:
        """The children's wall clock, so far ahead of the machine's: eight bytes that they have before their eyes."""
        with self.clock.open("r+b" if self.clock.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))

    def start(self) -> None:
        script = (
            "import json, os, sys; os.environ.update(json.loads(sys.argv.pop(1)));"
            " from versants.cli import main; sys.exit(main())"
        )
        command = [sys.executable, "-c", script, json.dumps(self.moved), "up", "--json"]
        with (self.folder / "stderr").open("a") as errors:
            self.process = subprocess.Popen(
                command, env=self.env, cwd=PROJECT, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        limit = threading.Timer(300, self.process.kill)
        limit.start()
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        limit.cancel()
        if not line:
            raise RuntimeError((self.folder / "stderr").read_text()[-2000:])
        self.logins = json.loads(line)["logins"]

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
            if self.process.poll() is None:
                self.process.kill()

    def links(self) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "versants.cli", "demo", "links", "--json"],
            env=self.env, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def pg(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / "pg.json").read_text())
        return found

    def connect(self) -> Any:
        """As superuser: what is counted is counted whatever the policies say."""
        import psycopg

        url = self.pg()["app_url"].replace("versants_app@", "postgres@", 1)
        return psycopg.connect(url, autocommit=True, connect_timeout=5)

    def ours(self, word: bytes) -> list[int]:
        """Processes below our own ``up`` whose command holds ``word``, parents first."""
        assert self.process is not None
        parents: dict[int, int] = {}
        for one in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, IndexError):
                parents[int(one.name)] = int((one / "stat").read_text().rpartition(")")[2].split()[1])
        mine = {self.process.pid}
        while True:
            more = {pid for pid, parent in parents.items() if parent in mine} - mine
            if not more:
                break
            mine |= more
        found = []
        for pid in sorted(mine - {self.process.pid}):
            with suppress(OSError):
                if word in (Path(f"/proc/{pid}") / "cmdline").read_bytes():
                    found.append(pid)
        return found

    def postmaster(self) -> int:
        return int((Path(self.pg()["data"]) / "postmaster.pid").read_text().split()[0])


def kill(pids: list[int]) -> int:
    done = 0
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            done += 1
    return done


def hurt(product: Product, kind: str, chance: random.Random) -> dict[str, Any]:
    """One thing happens; returns what was done. Things that last are over when it returns."""
    if kind == "database":
        top = product.postmaster()
        backends = [int(p.name) for p in Path("/proc").glob("[0-9]*") if _parent(p) == top]
        return {"killed": kill([top, *backends])}
    if kind == "worker":
        doing, until = [], time.monotonic() + 10
        with product.connect() as raw:
            while not doing and time.monotonic() < until:  # a worker that has nothing in hand proves little
                doing = [
                    pk for (pk,) in raw.execute("SELECT id FROM procrastinate_jobs WHERE status = 'doing'")
                ]
        killed = kill(product.ours(b"manage\0work"))
        began = time.monotonic()
        return {"killed": killed, "doing": doing, "began": began}
    if kind == "web":
        found = product.ours(b"config.web")
        return {"killed": kill(found if chance.random() < 0.5 else [chance.choice(found)])}
    if kind == "away":
        sockets = _sockets(product)
        with product.connect() as raw:
            for one in sockets:
                one.rename(one.with_name(f"away-{one.name}"))
            raw.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                        " AND backend_type = 'client backend'")  # fmt: skip
        time.sleep(AWAY_S)
        for one in sockets:
            one.with_name(f"away-{one.name}").rename(one)
        return {"seconds": AWAY_S, "sockets": len(sockets)}
    if kind == "disk":
        ballast, written = product.data / "ballast", 0
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                written += file.write(bytes(1_000_000))
        time.sleep(SHORT_S)
        ballast.unlink()
        return {"ballast_mb": written // 1_000_000, "seconds": SHORT_S}
    product.set_clock(AHEAD_S)
    time.sleep(SHORT_S)
    product.set_clock(0)
    return {"jump_s": AHEAD_S, "seconds": SHORT_S}


def _parent(process: Path) -> int:
    with suppress(OSError, IndexError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    return 0


def _sockets(product: Product) -> list[Path]:
    folder = Path(product.pg()["socket"])
    return [p for p in folder.glob(".s.PGSQL.*") if not p.name.endswith(".lock")]


def retaken_within(product: Product, done: dict[str, Any]) -> float | None:
    """Seconds until each job the dead worker had is in other hands or over; None if it had none."""
    if not done.get("doing"):
        return None
    while time.monotonic() - done["began"] < 120:
        with suppress(Exception), product.connect() as raw:
            left = raw.execute(
                "SELECT count(*) FROM procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id"
                " WHERE j.id = ANY(%s) AND (j.status = 'todo' OR j.status = 'doing' AND (w.id IS NULL OR"
                " w.last_heartbeat < now() - interval '15 seconds'))",
                [done["doing"]],
            ).fetchone()[0]
            if not left:
                return round(time.monotonic() - done["began"], 1)
        time.sleep(0.5)
    return 120.0


def settle(product: Product) -> str:
    """Waits until nothing is left to do. Returns what is not over, or nothing."""
    said, until = "never answered", time.monotonic() + SETTLE_S
    while time.monotonic() < until:
        try:
            with product.connect() as raw:
                waiting = raw.execute(
                    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing' OR status = 'todo'"
                    " AND coalesce(scheduled_at, now()) <= now() + interval '3 minutes'"
                    " AND task_name IN ('core.run_job', 'core.send_message', 'mobile.solve_piece')"
                ).fetchone()[0]
            if not waiting:
                return ""
            said = f"{waiting} jobs still wait"
        except Exception as error:
            said = f"the database: {type(error).__name__}"
        time.sleep(1)
    return said


def check(product: Product, load: Load) -> tuple[dict[str, int], list[str]]:
    """Everything acknowledged so far, against the tables and the outgoing folder."""
    figures: Counter[str] = Counter()
    failures: list[str] = []

    def miss(what: str) -> None:
        figures["lost"] += 1
        failures.append(what)

    with product.connect() as raw:
        asked = dict(raw.execute("SELECT r.uid::text, m.danger FROM mobile_request r LEFT JOIN mobile_requestmatter m"
                                 " ON m.request_id = r.id").fetchall())  # fmt: skip
        times = {
            (day.isoformat(), kind): minutes
            for day, kind, minutes in raw.execute(
                "SELECT t.day, t.kind, t.minutes FROM mobile_stafftime t JOIN people_membership m ON"
                " m.professional_id = t.professional_id JOIN people_account a ON a.id = m.account_id WHERE a.email = %s",
                [load.recorder_email],
            ).fetchall()
        }
        placed = dict(raw.execute(PLACED).fetchall())
        jobs = dict(raw.execute("SELECT uid::text, state FROM core_job").fetchall())
        records = {row[0]: row[1:] for row in raw.execute(RECORDS).fetchall()}
        for kind, key, content in load.acknowledged():
            figures["acknowledged"] += 1
            if kind == "ask" and asked.get(key) != content:
                miss(f"a request answered with yes is {'another' if key in asked else 'gone'}")
            elif kind == "times" and times.get((key, "travel")) != content:
                miss("working time answered with yes is gone")
            elif kind == "book" and (key not in placed or (placed[key] not in content)):
                miss(f"a place answered with yes is {placed.get(key, 'gone')}, expected {'/'.join(content)}")
            elif kind == "record" and not written_as(records.get(key), content):
                miss(f"a record answered with yes is {records.get(key, 'gone')}, expected one of {content}")
            elif (
                kind == "addition" and not content[0] <= (records.get(key) or (0, 0, 0, -1))[3] <= content[1]
            ):
                miss(f"additions to a record: {records.get(key)}, told and sent {content}")
            elif kind == "plan" and jobs.get(key) != "done":
                miss(f"a plan asked for is {jobs.get(key, 'gone')}")
            else:
                figures["found"] += 1
        for what, sql in TWICE.items():
            n = raw.execute(sql).fetchone()[0]
            figures["effects_twice"] += n
            if n:
                failures.append(f"{what}: {n}")
        figures["jobs_started"] = raw.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()[0]
        failed = raw.execute(
            "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1"
        ).fetchall()
        for task, n in failed:
            figures["effects_missing"] += n
            failures.append(f"{task} failed {n} times")
        messages = {
            str(uid): sent for uid, sent in raw.execute("SELECT uid, sent_at FROM core_message").fetchall()
        }
    sent = Counter(p.name.split("-", 1)[1].split(".")[0] for p in (product.data / "mail").glob("*") if p.is_file()
                   and p.suffix in {".eml", ".json"} and "-" in p.name)  # fmt: skip
    figures["effects_twice"] += sum(n - 1 for n in sent.values() if n > 1)
    missing = [uid for uid, at in messages.items() if at is None or uid not in sent]
    figures["messages"] = len(messages)
    figures["effects_missing"] += len(missing)
    if missing:
        with product.connect() as raw:
            how = raw.execute(HOW_SENT, [missing]).fetchall()
        failures.append(f"{len(missing)} messages did not leave: {sorted(map(str, how))[:3]}")
    return dict(figures), failures


def written_as(stored: tuple[str, int, int, int] | None, allowed: list[tuple[str, int]]) -> bool:
    """Whether the record is in one of the states that were promised, or sent without an answer since.

    ``stored``: state, minutes, lines of the log that tell of its signature (one if signed, else none), additions.
    """
    expected = {
        ("signed", minutes, 1) if what == "sign" else ("draft", minutes, 0) for what, minutes in allowed
    }
    return stored is not None and tuple(stored[:3]) in expected


RECORDS = """
SELECT v.uid::text, r.state, r.duration_min,
  (SELECT count(*) FROM core_auditevent e WHERE e.action = 'record.signed' AND e.subject_uid = r.uid::text),
  (SELECT count(*) FROM mobile_recordaddition a WHERE a.record_id = r.id)
FROM mobile_record r JOIN mobile_visit v ON v.id = r.visit_id
"""
# An offer that nobody answered in time lapses by itself: that it lapsed then is what was promised. One
# that lapsed before its time is a place lost.
# A place is done once the record of its visit is signed, by the product's own rule.
PLACED = """
SELECT a.uid::text, CASE WHEN a.state = 'lapsed' AND a.answer_by <= now() THEN 'offered'
  WHEN a.state = 'done' AND EXISTS (SELECT 1 FROM mobile_record r WHERE r.visit_id = a.visit_id AND r.state = 'signed')
  THEN 'accepted' ELSE a.state END FROM mobile_assignment a
"""
# Visits whose record a clinician of the team may write, the earliest first.
DUE = """
SELECT DISTINCT ON (v.held, v.uid) v.uid::text FROM mobile_visit v JOIN people_membership m ON m.team_id = v.team_id
  JOIN people_account a ON a.id = m.account_id
WHERE a.email = %s AND v.state = 'planned' AND v.held IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM mobile_record r WHERE r.visit_id = v.id)
ORDER BY v.held, v.uid
"""
HOW_SENT = """
SELECT m.about, m.sent_at IS NOT NULL AS sent, j.status::text, j.attempts, j.scheduled_at - now() AS waits
FROM core_message m LEFT JOIN procrastinate_jobs j ON j.task_name = 'core.send_message'
  AND (j.args->>'message_id')::bigint = m.id WHERE m.uid::text = ANY(%s)
"""
TWICE = {
    "requests received twice": "SELECT count(*) FROM (SELECT request_id FROM mobile_requestevent WHERE code = 'received'"
    " GROUP BY 1 HAVING count(*) > 1) t",
    "facts of a visit twice": "SELECT count(*) FROM (SELECT day, team_id, commune_id, kind, imported, count(*) FROM"
    " mobile_interventionfact WHERE imported <> '' GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1) t",
    "a signature counted twice, or not": "SELECT abs((SELECT count(*) FROM mobile_interventionfact WHERE imported = ''"
    " AND delivered > 0) - (SELECT count(*) FROM mobile_record WHERE state = 'signed'))",
    "steps of an escalation twice": "SELECT count(*) FROM (SELECT request_id, kind, rank FROM mobile_escalationstep"
    " GROUP BY 1, 2, 3 HAVING count(*) > 1) t",
    "people placed twice": "SELECT count(*) FROM mobile_assignment a JOIN mobile_assignment b ON a.id < b.id AND"
    " a.professional_id = b.professional_id AND a.held && b.held WHERE a.state IN ('offered', 'accepted', 'done')"
    " AND b.state IN ('offered', 'accepted', 'done')",
}


def one_round(product: Product, load: Load, number: int, seed: int, kind: str) -> dict[str, Any]:
    chance = random.Random(seed * 10_000 + number)
    began = time.monotonic()
    load.resume()
    load.plan()
    time.sleep(chance.uniform(1.0, LOAD_S))
    done = hurt(product, kind, chance)
    back = load.wait_ready(180)
    time.sleep(3)
    load.pause()
    retaken = retaken_within(product, done) if kind == "worker" else None
    left = settle(product)
    figures, failures = check(product, load)
    if figures["effects_missing"]:  # an escalation's hour came between the two: what it sends gets its turn
        left = settle(product)
        figures, failures = check(product, load)
    failures += load.faults()
    if back is None:
        failures.append("not ready again within three minutes")
    if left:
        failures.append(left)
    if retaken is not None and retaken > 60:
        failures.append(f"a dead worker's job was taken again after {retaken} s")
    done.pop("began", None)
    doing = len(done.pop("doing", []))
    return {
        "round": number, "seed": seed, "commit": commit(), "kind": kind, "done": done, "ready_after_s": back,
        "jobs_in_hand": doing, "retaken_s": retaken, "figures": figures, "answers": load.answers(),
        "seconds": round(time.monotonic() - began, 1), "failures": sorted(set(failures)),
    }  # fmt: skip


@contextmanager
def small_disk(folder: Path) -> Any:
    """A tmpfs over the product's data, if we may mount one."""
    target = folder / "var"
    target.mkdir()
    mounted = os.geteuid() == 0 and (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0755", "tmpfs", str(target)], check=False
        ).returncode
        == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(target)], check=False)


def built(source: Path, folder: Path) -> Path | None:
    """The shared library of a C source; None without a compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return None
    target = folder / f"{source.stem}.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", str(target), str(source), "-ldl"], check=True)
    target.chmod(0o755)
    return target


def series(todo: list[tuple[int, str]], seed: int, done: list[dict[str, Any]]) -> dict[str, str]:
    """These rounds on one product, each added to ``done`` and to the file. Returns how disk and clock are hurt."""
    product_no = max((one.get("product", 1) for one in done), default=0) + 1
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="versants-crash-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(made))
        folder.chmod(0o755)
        disk = stack.enter_context(small_disk(folder))
        product = Product(folder)
        stack.callback(product.stop)
        product.start()
        clinician = next(one["email"] for one in product.logins if one["role"] == "clinician")
        with product.connect() as raw:
            due = [uid for (uid,) in raw.execute(DUE, [clinician]).fetchall()]
        load = Load(product.url, product.logins, product.links()["request"], due, seed)
        stack.callback(load.end)
        for number, kind in todo:
            if (kind == "disk" and not disk) or (kind == "clock" and not product.moved):
                continue
            line = one_round(product, load, number, seed, kind) | {"product": product_no}
            with ROUNDS_FILE.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(json.dumps(line), file=sys.stderr, flush=True)
            done.append(line)
            if line["failures"]:
                print((folder / "stderr").read_text()[-1500:], file=sys.stderr)
        return {
            "disk": f"tmpfs of {DISK}" if disk else "no mount allowed: not tried",
            "clock": f"{AHEAD_S} s ahead and back" if product.moved else "no C compiler: not tried",
        }


def main() -> int:
    os.environ.setdefault(
        "DJANGO_SETTINGS_MODULE", "versants.config.settings"
    )  # the commit is asked of the product
    rounds, seed = int(os.environ.get("ROUNDS") or 50), int(os.environ.get("SEED") or 1)
    kinds = tuple(k for k in os.environ.get("KINDS", "").split(",") if k) or KINDS
    started, began = datetime.now(UTC), time.monotonic()
    ROUNDS_FILE.parent.mkdir(parents=True, exist_ok=True)
    before = (
        [json.loads(line) for line in ROUNDS_FILE.read_text().splitlines()] if ROUNDS_FILE.exists() else []
    )
    done = [one for one in before if (one["seed"], one["commit"]) == (seed, commit())]
    order = [kinds[n % len(kinds)] for n in range(rounds)]
    random.Random(seed).shuffle(order)
    todo = [(n, kind) for n, kind in enumerate(order, 1) if n not in {one["round"] for one in done}]
    failures: list[str] = []
    limits: dict[str, Any] = {"rounds": rounds, "kinds": list(kinds)}
    if todo:
        limits |= series(todo, seed, done)
    failures += [f"round {one['round']} ({one['kind']}): {text}" for one in done for text in one["failures"]]
    total: Counter[str] = Counter()
    for one in done:
        total.update(
            {k: v for k, v in one["figures"].items() if k in {"effects_twice", "effects_missing", "lost"}}
        )
    lasts = {one.get("product", 1): one["figures"] for one in done}  # each adds up over its rounds
    figures = {
        "rounds": len(done),
        "kills": {k: sum(one["kind"] == k for one in done) for k in KINDS},
        "acknowledged": sum(f.get("acknowledged", 0) for f in lasts.values()),
        "found": sum(f.get("found", 0) for f in lasts.values()),
        "jobs_started": sum(f.get("jobs_started", 0) for f in lasts.values()),
        "messages": sum(f.get("messages", 0) for f in lasts.values()),
        "effects_twice": total["effects_twice"],
        "effects_missing": total["effects_missing"],
        "longest_retaken_s": max((one["retaken_s"] or 0 for one in done), default=0),
        "seconds_a_round": round(sum(one["seconds"] for one in done) / max(len(done), 1), 1),
    }
    report = {
        "name": "crash", "commit": commit(), "machine": machine(), "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began, 1), "seed": seed, "limits": limits, "figures": figures,
        "failures": failures,
    }  # fmt: skip
    (PROJECT / "var" / "reports" / "crash.json").write_text(json.dumps(report, indent=1) + "\n")
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if failures or not done else 0


if __name__ == "__main__":
    sys.exit(main())
