"""How fast the pages of a large world are: ``make bench-web VISITS=1000000 SMALL=1000 REQUESTS=2000``.

Starts a cluster of its own twice: with a small world, where the statements of each page are counted, and with the
large one, where they are counted again and must be as many. Then the web, started as ``versants up`` starts it, is
asked by a closed loop of 1 and of 4 clients in one process, each with one connection kept alive; beside each page its
main query in a bare view (bench/webpages.py), in the same run. Client, web and database share the machine.

Writes ``var/reports/bench-web.json`` and a line a page into ``bench/web/results.csv``; ``bench/web/README.md`` is
written from the last run. Exit 1 if for one client a p95 is over its limit, a page does not answer 200 or the counts
differ.
"""

from __future__ import annotations

import csv
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from bench import worlds  # noqa: E402

RESULTS = PROJECT / "bench" / "web" / "results.csv"
README = PROJECT / "bench" / "web" / "README.md"
COLUMNS = (
    "commit", "started_at", "cpu", "cpus", "visits", "page", "clients", "requests", "p50_ms", "p95_ms", "rps",
    "bare_p50_ms", "queries_at_small", "queries_at_large", "load_before", "load_after",
)  # fmt: skip
LIMITS = {"list": 100.0, "board": 150.0, "figures": 300.0, "": None}
CLIENTS = (1, 4)
WARM_UP = 20
SAMPLES = 40  # persons and searches asked for in turn
HEALTHY_WITHIN_S = 180.0


@dataclass
class Page:
    """A page as one reader asks for it: addresses in turn, and the bare view's."""

    name: str
    kind: str  # which limit counts
    reader: str
    addresses: list[str]
    bare: list[str] = field(default_factory=list)


@dataclass
class Reader:
    membership: int
    cookie: str


def sign_in(names: list[str]) -> dict[str, Reader]:
    """A session for each of these accounts of the demonstration world."""
    from django.conf import settings
    from django.test import Client

    from versants.people.models import Account, Membership

    found = {}
    for name in names:
        account = Account.objects.get(email=f"{name}@versants.test")
        client = Client()
        client.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
        membership = Membership.objects.active().filter(account=account).order_by("pk").first()
        assert membership is not None
        session = client.session
        session["second_factor"] = {"account": account.pk, "how": "totp"}
        session["seen_at"] = time.time()
        session.save()
        cookie = f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"
        found[name] = Reader(membership.pk, f"{cookie}; {settings.LANGUAGE_COOKIE_NAME}=fr")
    return found


def pages(cluster: Any) -> tuple[list[Page], dict[str, Reader]]:
    """What is measured. Camille coordinates the very large team, Hélène one of the usual size."""
    worlds.connect_as(cluster, "postgres")
    readers = sign_in(["camille", "helene", "hilde"])
    sample = """
        SELECT {what} FROM (SELECT p.id, p.code FROM people_person p JOIN mobile_recordperson r ON r.person_id = p.id
          WHERE p.team_id = %s GROUP BY p.id ORDER BY count(*) DESC, p.id LIMIT %s) t ORDER BY id
    """
    from django.db import connection

    with connection.cursor() as cursor:

        def column(sql: str, *values: Any) -> list[str]:
            cursor.execute(sql, values)
            return [row[0] for row in cursor.fetchall()]

        team = column("SELECT team_id FROM people_membership WHERE id = %s", readers["camille"].membership)[0]
        codes = column(sample.format(what="code"), team, SAMPLES)
        numbers = column(
            "SELECT number FROM mobile_request WHERE team_id = %s ORDER BY md5(number) LIMIT %s",
            team,
            SAMPLES // 2,
        )
        towns = column(
            "SELECT c.folded FROM mobile_request r JOIN people_site s ON s.id = r.site_id"
            " JOIN territory_commune c ON c.uid = s.commune_id WHERE r.team_id = %s"
            " GROUP BY c.folded ORDER BY c.folded LIMIT %s",
            team,
            SAMPLES // 4,
        )
    connection.close()
    searched = [*numbers, *codes[: SAMPLES // 4], *towns]
    who = {name: one.membership for name, one in readers.items()}

    def page(name: str, kind: str, reader: str, addresses: list[str], view: str, asked: list[str]) -> Page:
        return Page(
            name, kind, reader, addresses, [f"/bare/{view}/?membership={who[reader]}{one}" for one in asked]
        )

    return [
        page("inbox", "list", "camille", ["/requests/"], "inbox", [""]),
        page("people", "list", "camille", ["/people/"], "people", [""]),
        page(
            "person", "list", "camille", [f"/people/{code}/" for code in codes], "person",
            [f"&code={code}" for code in codes],
        ),
        page(
            "search", "list", "camille", [f"/requests/?state=all&q={quote(q)}" for q in searched], "search",
            [f"&q={quote(q)}" for q in searched],
        ),
        page("board_day", "board", "helene", ["/board/"], "board", [""]),
        page("board_week", "board", "helene", ["/board/?view=week"], "board", ["&view=week"]),
        page("board_day_large_team", "", "camille", ["/board/"], "board", [""]),
        page("figures", "figures", "hilde", ["/figures/"], "figures", [""]),
    ], readers  # fmt: skip


# -- the web and those who ask ------------------------------------------------------------------------------------------


@contextmanager
def web(cluster: Any, folder: Path) -> Iterator[int]:
    """The port of a web started as the supervisor starts it, with the bench's settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {
        "DATABASE_URL": cluster.app_url,
        "DJANGO_SETTINGS_MODULE": "bench.websettings",
        "VERSANTS_POOL": "1",
        "VERSANTS_HOST": "127.0.0.1",
        "VERSANTS_PORT": str(port),
    }
    with (folder / "web.log").open("a") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "versants.config.web"], cwd=PROJECT, env=env, stdout=log, stderr=log
        )
    try:
        until = time.monotonic() + HEALTHY_WITHIN_S
        while True:
            try:
                if _get(http.client.HTTPConnection("127.0.0.1", port, timeout=5), "/healthz", {})[0] == 200:
                    break
            except OSError:
                pass
            if child.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"the web did not start:\n{(folder / 'web.log').read_text()[-2000:]}")
            time.sleep(0.3)
        yield port
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _get(connection: http.client.HTTPConnection, address: str, headers: dict[str, str]) -> tuple[int, Any]:
    connection.request("GET", address, headers=headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.headers


def count(port: int, page: Page, reader: Reader) -> int:
    """Statements of the fullest of the page's addresses: a file without next steps needs no look at their authors.

    Each is asked several times: two processes have each their own memory of what was counted before.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    most = 0
    for address in page.addresses:
        for _time in range(3 if len(page.addresses) > 1 else 8):
            status, headers = _get(connection, address, {"Cookie": reader.cookie, "X-Count-Queries": "1"})
            if status != 200:
                raise SystemExit(f"{address} answers {status}")
        most = max(most, int(headers["X-Queries"]))
    connection.close()
    return most


def ask(port: int, addresses: list[str], cookie: str, clients: int, requests: int) -> dict[str, float]:
    """A closed loop: each client asks again as soon as it was answered."""
    each = max(1, requests // clients)
    taken: list[list[float]] = [[] for _ in range(clients)]
    wrong: list[int] = []

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        mine = cycle(addresses[number % len(addresses) :] + addresses[: number % len(addresses)])
        for n in range(each + max(1, min(WARM_UP, each // 4))):
            began = time.perf_counter()
            status, _headers = _get(connection, next(mine), {"Cookie": cookie})
            if status != 200:
                wrong.append(status)
            if n >= max(1, min(WARM_UP, each // 4)):
                taken[number].append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    times = sorted(second * 1000 for one in taken for second in one)
    rate = sum(len(one) / sum(one) for one in taken)  # a closed loop: what each did in its own measured time
    return {
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[min(len(times) - 1, int(len(times) * 0.95))], 1),
        "rps": round(rate, 1),
        "wrong": len(wrong),
    }


# -- what was found -----------------------------------------------------------------------------------------------------


def cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def measure(
    folder: Path, visits: int, requests: int, counted: dict[str, int]
) -> tuple[dict[str, Any], list[str]]:
    """Figures by page of the large world, and what is wrong with them."""
    figures: dict[str, Any] = {}
    failures: list[str] = []
    with worlds.world(folder, visits) as (cluster, loaded):
        figures["loading_s"], figures["rows"] = loaded.seconds, loaded.rows
        asked, readers = pages(cluster)
        with web(cluster, folder) as port:
            for page in asked:
                reader = readers[page.reader]
                found: dict[str, Any] = {
                    "queries_at_small": counted[page.name],
                    "queries_at_large": count(port, page, reader),
                }
                if found["queries_at_small"] != found["queries_at_large"]:
                    failures.append(
                        f"{page.name}: {counted[page.name]} queries, then {found['queries_at_large']}"
                    )
                found["load_before"] = round(os.getloadavg()[0], 1)
                for clients in CLIENTS:
                    said = ask(port, page.addresses, reader.cookie, clients, requests)
                    plain = ask(port, page.bare, reader.cookie, clients, max(20, requests // 4))
                    found[f"clients_{clients}"] = said | {"bare_p50_ms": plain["p50_ms"]}
                    if said["wrong"] or plain["wrong"]:
                        failures.append(f"{page.name}: an answer that is not 200")
                found["load_after"] = round(os.getloadavg()[0], 1)
                limit = LIMITS[page.kind]
                one = found["clients_1"]
                if limit is not None and one["p95_ms"] > limit:
                    failures.append(f"{page.name}: p95 {one['p95_ms']} ms, at most {limit:.0f}")
                # The names of the promise: for one client, at a thousand and a million.
                found |= {name: one[name] for name in ("p50_ms", "p95_ms", "rps", "bare_p50_ms")}
                found["queries_at_1k"], found["queries_at_1m"] = counted[page.name], found["queries_at_large"]
                figures[page.name] = found
                print(f"  {page.name} {json.dumps(found)}", file=sys.stderr, flush=True)
    return figures, failures


def write(report: dict[str, Any]) -> None:
    """The report, the lines of the table, the README's table."""
    target = PROJECT / "var" / "reports" / "bench-web.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n")
    RESULTS.parent.mkdir(exist_ok=True)
    new = not RESULTS.exists()
    said = []
    with RESULTS.open("a", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n", extrasaction="ignore")
        if new:
            table.writeheader()
        for name, found in report["figures"].items():
            if "clients_1" not in found:
                continue
            for clients in CLIENTS:
                line = {
                    "commit": report["commit"], "started_at": report["started_at"], **report["machine"],
                    "visits": report["limits"]["visits"], "page": name, "clients": clients,
                    "requests": report["limits"]["requests"], **found, **found[f"clients_{clients}"],
                }  # fmt: skip
                table.writerow(line)
                said.append(
                    f"| {name} | {clients} | {line['p50_ms']} | {line['p95_ms']} | {line['rps']} |"
                    f" {line['bare_p50_ms']} | {line['queries_at_small']} | {line['queries_at_large']} |"
                    f" {line['load_before']} to {line['load_after']} |"
                )
    machine = report["machine"]
    limits = report["limits"]
    head = (PROJECT / "bench" / "web" / "README.head.md").read_text()
    README.write_text(
        f"{head}\n## The last run\n\n{machine['cpus']} x {machine['cpu']}, Python {machine['python']},"
        f" commit {report['commit']}, {report['started_at']}: {limits['visits']:,} visits,"
        f" {limits['requests']:,} requests a page, loaded in {sum(report['figures']['loading_s'].values()):.0f} s.\n\n"
        "| page | clients | p50 ms | p95 ms | requests/s | bare p50 ms | queries, small | queries, large | load |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n" + "\n".join(said) + "\n"
    )


def main() -> int:
    """Both worlds, all pages."""
    visits, small = int(os.environ.get("VISITS", "1000000")), int(os.environ.get("SMALL", "1000"))
    requests = int(os.environ.get("REQUESTS", "2000"))
    began, started = time.monotonic(), datetime.now(UTC)
    counted: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="versants-bench-") as name:
        folder = Path(name)
        with worlds.world(folder, small) as (cluster, _loaded):
            asked, readers = pages(cluster)
            with web(cluster, folder) as port:
                counted = {page.name: count(port, page, readers[page.reader]) for page in asked}
        figures, failures = measure(folder, visits, requests, counted)
    from versants.core.web.build import commit

    report = {
        "name": "bench-web",
        "commit": str(commit()),
        "machine": {"cpu": cpu(), "cpus": os.cpu_count(), "arch": platform.machine(), "python": platform.python_version()},
        "started_at": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - began),
        "seed": 1,
        "limits": {"visits": visits, "small": small, "requests": requests, "p95_ms": LIMITS},
        "figures": figures,
        "failures": failures,
    }  # fmt: skip
    write(report)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
