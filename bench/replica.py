"""More web, more workers and a streaming replica on one machine: ``make replica-drill``.

``versants up`` with the demonstration world, a second web and two more workers beside it as a second host would start
them, and a replica made by ``pg_basebackup`` from the same programs. A centre asks over one web and the coordination
books over the other, signed in once; messages leave exactly once whichever worker takes them; figures are read from
the replica, which follows, refuses to write, and in whose files no name of the demonstration world can be read.
Writes ``var/reports/replica.json``; exit 1 on a failure.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from bench.crash import Product, check, settle  # noqa: E402
from bench.crash_load import Browser, Load  # noqa: E402
from bench.race import commit, machine  # noqa: E402

FIGURES = "SELECT semester, kind, count(*) FROM mobile_interventionfact GROUP BY 1, 2 ORDER BY 1, 2"


def second_host(product: Product, stack: ExitStack) -> str:
    """A web and two workers with a data folder of their own; the same database, keys and outgoing folder."""
    from tests.e2e.product import free_port

    data, port = product.folder / "second", free_port()
    data.mkdir()
    env = product.env | {
        "VERSANTS_DATA": str(data),
        "VERSANTS_PORT": str(port),
        "VERSANTS_MAIL_DIR": str(product.data / "mail"),
        "VERSANTS_POOL": "1",
        "DATABASE_URL": product.pg()["app_url"],
        "DJANGO_SETTINGS_MODULE": "versants.config.settings",
    }
    programs = [["versants.config.web"], *[["versants.config.manage", "work", "--concurrency", "2"]] * 2]
    for n, words in enumerate(programs):
        log = stack.enter_context((product.folder / f"second-{n}.log").open("w"))
        one = subprocess.Popen([sys.executable, "-m", *words], env=env, cwd=PROJECT, stdout=log, stderr=log)
        stack.callback(_end, one)
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    while Browser(url, "fr").ask("/readyz", accept="application/json")[0] != 200:
        if time.monotonic() > until:
            raise RuntimeError((product.folder / "second-0.log").read_text()[-1500:])
        time.sleep(0.3)
    return url


def _end(one: subprocess.Popen[bytes]) -> None:
    one.terminate()
    with suppress(subprocess.TimeoutExpired):
        one.wait(15)
    if one.poll() is None:
        one.kill()


def replica(product: Product, stack: ExitStack) -> tuple[Path, str]:
    """(data folder, URL) of a standby that streams from the product's cluster."""
    from tests.e2e.product import free_port
    from versants.launch.engine import run_as, server_user

    pg, user = product.pg(), server_user()
    programs, data = Path(pg["bin"]), product.folder / "replica"
    if user:
        # The receiver runs as the server's user: on one machine peer must know it. Between hosts: TLS and scram.
        with (Path(pg["data"]) / "versants_ident.conf").open("a") as ident:
            ident.write(f'versants "{user}" postgres\n')
        with product.connect() as raw:
            raw.execute("SELECT pg_reload_conf()")
    base = [str(programs / "pg_basebackup"), "-D", str(data), "-R", "-X", "stream", "-c", "fast"]
    base += ["-h", str(pg["socket"]), "-p", str(pg["port"]), "-U", "postgres"]
    subprocess.run(base, check=True, cwd="/", capture_output=True)
    port, sockets = free_port(), product.folder / "replica-socket"
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)
    with (data / "postgresql.auto.conf").open("a") as conf:
        conf.write(
            f"port = {port}\nunix_socket_directories = '{sockets}'\nlisten_addresses = ''\nhot_standby = on\n"
        )
        conf.write("archive_mode = off\n")
    data.chmod(0o700)
    if user:
        for one in [data, *data.rglob("*")]:
            os.lchown(one, *_ids(user))
    log = product.folder / "replica.log"
    log.touch()
    log.chmod(0o666)
    start = [str(programs / "pg_ctl"), "-D", str(data), "-l", str(log), "-w", "start"]
    done = run_as(user, start)
    if done.returncode:
        raise RuntimeError(f"{done.stderr}{log.read_text()[-1500:]}")
    stack.callback(run_as, user, [str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"])
    return data, f"postgresql://postgres@/versants?host={str(sockets).replace('/', '%2F')}&port={port}"


def _ids(user: str) -> tuple[int, int]:
    import pwd

    found = pwd.getpwnam(user)
    return found.pw_uid, found.pw_gid


def readable(folder: Path) -> list[str]:
    """Words that stand only in sealed columns and yet can be read in the replica's files."""
    from versants.demo import canaries

    values = {value for identity in canaries.IDENTITIES for value in identity.values()} | set(canaries.MARKS)
    words = {value.encode() for value in values if len(value) > 5}
    found = set()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            found |= {word.decode() for word in words if word in content}
    return sorted(found)


def main() -> int:
    import psycopg

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "versants.config.settings")
    started, began = datetime.now(UTC), time.monotonic()
    failures: list[str] = []
    figures: dict[str, Any] = {}
    with ExitStack() as stack:
        made = tempfile.TemporaryDirectory(prefix="versants-replica-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(made))
        folder.chmod(0o755)
        product = Product(folder, faked=False)
        stack.callback(product.stop)
        product.start()
        other = second_host(product, stack)
        data, url = replica(product, stack)
        load = Load(product.url, product.logins, product.links()["request"], 1)
        stack.callback(load.end)
        second = Browser(other, "nl")
        second.jar, second._open = load.clinician.jar, load.clinician._open  # signed in over the first web
        figures["second_web_knows_the_session"] = second.ask("/today/times/")[0] == 200
        walk(load, other)
        left = settle(product)
        counted, wrong = check(product, load)
        failures += wrong + load.faults() + ([left] if left else [])
        figures |= counted
        with product.connect() as raw, psycopg.connect(url, autocommit=True) as copy:
            target = raw.execute("SELECT pg_current_wal_lsn()").fetchone()[0]
            waited = time.monotonic()
            while copy.execute("SELECT pg_last_wal_replay_lsn() < %s::pg_lsn", [target]).fetchone()[0]:
                if time.monotonic() - waited > 30:
                    failures.append("the replica does not follow")
                    break
                time.sleep(0.01)
            figures["replica_behind_ms"] = round((time.monotonic() - waited) * 1000)
            figures["workers"] = raw.execute("SELECT count(*) FROM procrastinate_workers").fetchone()[0]
            report = copy.execute(FIGURES).fetchall()
            figures["report_lines"] = len(report)
            if report != raw.execute(FIGURES).fetchall() or not report:
                failures.append("the report from the replica is another")
            asked = "SELECT count(*) FROM mobile_request"
            if copy.execute(asked).fetchone() != raw.execute(asked).fetchone():
                failures.append("requests are missing from the replica")
            try:
                copy.execute("DELETE FROM core_message")
                failures.append("the replica took a write")
            except psycopg.errors.ReadOnlySqlTransaction:
                figures["replica_refuses_writes"] = True
            with suppress(psycopg.Error):
                raw.execute("CHECKPOINT")
                copy.execute("CHECKPOINT")  # a restart point: what it holds in memory goes to its files
        names = readable(data)
        figures["names_readable_in_the_replica"] = len(names)
        failures += [f"readable in the replica: {len(names)} words"] if names else []
        for name, least in (("second_web_knows_the_session", 1), ("workers", 3), ("acknowledged", 5)):
            if figures.get(name, 0) < least:
                failures.append(f"{name}: {figures.get(name)}")
    report_file = {
        "name": "replica", "commit": commit(), "machine": machine(),
        "started_at": started.isoformat(timespec="seconds"), "seconds": round(time.monotonic() - began, 1), "seed": 1,
        "limits": {"webs": 2, "workers": 3, "replicas": 1}, "figures": figures, "failures": failures,
    }  # fmt: skip
    target_file = PROJECT / "var" / "reports" / "replica.json"
    target_file.parent.mkdir(parents=True, exist_ok=True)
    target_file.write_text(json.dumps(report_file, indent=1) + "\n")
    sys.stdout.write(json.dumps(report_file, indent=1) + "\n")
    return 1 if failures else 0


def walk(load: Load, other: str) -> None:
    """Turn by turn over the two webs: asked, booked, noted."""
    chance = random.Random(1)
    works = [load._asks(chance), load._notes(chance), load._books(chance)]
    for turn in range(24):
        for browser in (load.coordinator, load.clinician, load.centre):
            browser.url = load.url if turn % 2 else other
        next(works[turn % 3])


if __name__ == "__main__":
    sys.exit(main())
