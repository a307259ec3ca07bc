"""How fast the pages of a large world are: ``make bench-web VISITS=1000000 SMALL=1000 REQUESTS=2000``.

Starts a cluster of its own twice: with a small world, where the statements of each page are counted, and with the
large one, where they are counted again and must be as many. ``BENCH_DATA=FOLDER`` keeps both worlds there for the
next run of the same day, and what was measured of this commit is not measured again.

The web, started as ``versants up`` starts it, is asked by a closed loop of 1 and of 4 clients in one process, each with
one connection kept alive; beside each page its main query in a bare view (bench/webpages.py), in the same run. Client,
web and database share the machine.

Each page measured adds a line to ``bench/web/results.csv`` at once. At the end ``var/reports/bench-web.json`` and
``bench/web/README.md`` are written from the lines of this commit. Exit 1 if for one client a p95 is over its limit, a
page does not answer 200 or the counts differ.
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, product
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from bench import worlds  # noqa: E402

RESULTS = PROJECT / "bench" / "web" / "results.csv"
README = PROJECT / "bench" / "web" / "README.md"
COLUMNS = (
    "commit", "started_at", "cpu", "cpus", "arch", "python", "small", "visits", "loaded_s", "page", "clients",
    "requests", "p50_ms", "p95_ms", "rps", "bare_p50_ms", "wrong", "queries_at_small", "queries_at_large",
    "load_before", "load_after",
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
    reader: str
    addresses: list[str]
    bare: list[str] = field(default_factory=list)
    touch: str = (
        ""  # a statement sent before each request, outside its time: the page was never made of these rows
    )
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def clients(self) -> tuple[int, ...]:
        return CLIENTS if not self.touch else CLIENTS[:1]

    def n(self, requests: int) -> int:
        """How often it is asked: a tenth of it where something is written each time, and of what has no limit."""
        return requests if KINDS[self.name] else max(20, requests // 10)


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
          WHERE p.team_id = %s GROUP BY p.id
          ORDER BY p.household_id IS NULL, NOT EXISTS (SELECT FROM core_grant g WHERE g.subject_kind = 'person'
            AND g.subject_id = p.id AND g.data_class = 'social'), count(*) DESC, p.id LIMIT %s) t ORDER BY id
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
        uids = column(
            "SELECT uid::text FROM mobile_request WHERE team_id = %s AND state IN ('new', 'accepted', 'asked_back',"
            " 'incomplete') ORDER BY md5(number) LIMIT %s",
            team,
            SAMPLES // 2,
        )
        towns = column(
            "SELECT c.name_fr FROM mobile_request r JOIN people_site s ON s.id = r.site_id"
            " JOIN territory_commune c ON c.uid = s.commune_id WHERE r.team_id = %s"
            " GROUP BY c.name_fr ORDER BY c.name_fr LIMIT %s",
            team,
            SAMPLES // 4,
        )
    connection.close()
    searched = [*numbers, *codes[: SAMPLES // 4], *towns]
    who = {name: one.membership for name, one in readers.items()}

    # One of today's visits of the usual team is written anew, as any change of the plan does.
    written = (
        "UPDATE mobile_visit SET version = version WHERE id = (SELECT v.id FROM mobile_visit v JOIN people_membership m"
        f" ON m.team_id = v.team_id WHERE m.id = {who['helene']} AND v.held && tstzrange(now() - interval '12 hours',"
        " now() + interval '12 hours') ORDER BY v.id LIMIT 1)"
    )

    def page(
        name: str,
        reader: str,
        addresses: list[str],
        view: str,
        asked: list[str],
        touch: str = "",
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Page:
        bare = [f"/bare/{view}/?membership={who[reader]}{one}" for one in asked]
        return Page(name, reader, addresses, bare, touch, dict(headers))

    return [
        page("inbox", "camille", ["/requests/"], "inbox", [""]),
        page(
            "request", "camille", [f"/requests/{uid}/" for uid in uids], "request", [f"&uid={uid}" for uid in uids],
            headers={"HX-Request": "true", "HX-Target": "chosen"},
        ),
        page("people", "camille", ["/people/"], "people", [""]),
        page(
            "person", "camille", [f"/people/{code}/" for code in codes], "person",
            [f"&code={code}" for code in codes],
        ),
        page(
            "search", "camille", [f"/requests/?state=all&q={quote(q)}" for q in searched], "search",
            [f"&q={quote(q)}" for q in searched],
        ),
        page("board_day", "helene", ["/board/"], "board", [""]),
        page("board_week", "helene", ["/board/?view=week"], "board", ["&view=week"]),
        page("figures", "hilde", ["/figures/"], "figures", [""]),
        page("board_day_changed", "helene", ["/board/"], "board", [""], written),
        page("board_week_changed", "helene", ["/board/?view=week"], "board", ["&view=week"], written),
        page("board_day_large_team", "camille", ["/board/"], "board", [""]),
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


def nothing() -> None:
    """Before a request: nothing is written."""


def count(port: int, page: Page, reader: Reader, before: Callable[[], object] = nothing) -> int:
    """Statements of the fullest of the page's addresses: a file without next steps needs no look at their authors.

    Each is asked several times: two processes have each their own memory of what was counted before.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    most = 0
    for address in page.addresses:
        for _time in range(3 if len(page.addresses) > 1 else 8):
            before()
            status, headers = _get(
                connection, address, {**page.headers, "Cookie": reader.cookie, "X-Count-Queries": "1"}
            )
            if status != 200:
                raise SystemExit(f"{address} answers {status}")
        most = max(most, int(headers["X-Queries"]))
    connection.close()
    return most


def ask(
    port: int,
    addresses: list[str],
    headers: dict[str, str],
    clients: int,
    requests: int,
    before: Callable[[], object] = nothing,
) -> dict[str, float]:
    """A closed loop: each client asks again as soon as it was answered and ``before`` was done."""
    each = max(1, requests // clients)
    taken: list[list[float]] = [[] for _ in range(clients)]
    wrong: list[int] = []
    ended = threading.Event()

    def client(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        mine = cycle(addresses[number % len(addresses) :] + addresses[: number % len(addresses)])
        for n in range(each + max(1, min(WARM_UP, each // 4))):
            if ended.is_set():
                break
            before()
            began = time.perf_counter()
            status, _answered = _get(connection, next(mine), headers)
            if status != 200:
                wrong.append(status)
            if n >= max(1, min(WARM_UP, each // 4)):
                taken[number].append(time.perf_counter() - began)
        connection.close()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for one in threads:
        one.start()
    try:
        for one in threads:
            one.join()
    except KeyboardInterrupt:  # the others answer once more before database and web go
        ended.set()
        for one in threads:
            one.join()
        raise
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


@dataclass(frozen=True)
class Run:
    """What is measured, on what."""

    commit: str
    started_at: str
    small: int
    visits: int
    requests: int

    def machine(self) -> dict[str, str]:
        return {
            "cpu": cpu(),
            "cpus": str(os.cpu_count()),
            "arch": platform.machine(),
            "python": platform.python_version(),
        }

    def known(self) -> dict[tuple[str, int], dict[str, str]]:
        """Lines of this very run by page and clients, as a run before left them. None of a tree with changes."""
        if not RESULTS.exists():
            return {}
        same = {
            "commit": self.commit, "small": str(self.small), "visits": str(self.visits),
            "requests": str(self.requests), **self.machine(),
        }  # fmt: skip
        with RESULTS.open(newline="") as file:
            lines = [line for line in csv.DictReader(file) if same.items() <= line.items()]
        if self.commit.endswith("+"):
            lines = [line for line in lines if line["started_at"] == self.started_at]
        return {(line["page"], int(line["clients"])): line for line in lines}

    def add(self, line: dict[str, Any]) -> None:
        """Write a line at once: a run cut short goes on where it stopped."""
        RESULTS.parent.mkdir(exist_ok=True)
        new = not RESULTS.exists()
        with RESULTS.open("a", newline="") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            if new:
                table.writeheader()
            table.writerow(asdict(self) | self.machine() | line)


def say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)


def counted(folder: Path, run: Run, keep: bool) -> dict[str, int]:
    """Statements of each page in the small world."""
    with worlds.world(folder, run.small, keep=keep) as (cluster, _loaded):
        asked, readers = pages(cluster)
        with web(cluster, folder) as port, cluster.connect(database=cluster.database) as owner:
            found = {
                page.name: count(
                    port,
                    page,
                    readers[page.reader],
                    partial(owner.execute, page.touch) if page.touch else nothing,
                )
                for page in asked
            }
    say(f"statements at {run.small:,} visits: {found}")
    return found


def measure(folder: Path, run: Run, small: dict[str, int], keep: bool) -> None:
    """The lines of each page of the large world that are not there yet."""
    with worlds.world(folder, run.visits, keep=keep) as (cluster, loaded):
        loaded_s = round(sum(loaded.seconds.values()))
        say(f"world of {run.visits:,} visits: {sum(loaded.rows.values()):,} rows, written in {loaded_s} s")
        asked, readers = pages(cluster)
        with web(cluster, folder) as port, cluster.connect(database=cluster.database) as owner:
            queries: dict[str, int] = {}
            for clients, page in product(
                CLIENTS, asked
            ):  # what one client waits is asked of every page first
                if clients not in page.clients or (page.name, clients) in run.known():
                    continue
                reader = readers[page.reader]
                before = partial(owner.execute, page.touch) if page.touch else nothing
                if page.name not in queries:
                    queries[page.name] = count(port, page, reader, before)
                load = round(os.getloadavg()[0], 1)
                cookie = {"Cookie": reader.cookie}
                said = ask(port, page.addresses, page.headers | cookie, clients, page.n(run.requests), before)
                plain = ask(port, page.bare, cookie, clients, max(20, page.n(run.requests) // 4))
                said["wrong"] += plain["wrong"]
                say(
                    f"{page.name}, {clients} at once: {said}, bare {plain['p50_ms']} ms,"
                    f" {queries[page.name]} statements"
                )
                run.add(
                    {
                        "page": page.name, "clients": clients, **said, "bare_p50_ms": plain["p50_ms"],
                        "loaded_s": loaded_s, "queries_at_small": small[page.name],
                        "queries_at_large": queries[page.name], "load_before": load,
                        "load_after": round(os.getloadavg()[0], 1),
                    }
                )  # fmt: skip


# What each page may take; the names of the pages as ``pages`` gives them.
KINDS = {
    "inbox": "list", "request": "list", "people": "list", "person": "list", "search": "list",
    "board_day": "board", "board_week": "board", "figures": "figures", "board_day_changed": "", "board_week_changed": "",
    "board_day_large_team": "",
}  # fmt: skip
WANTED = {(page, n) for page in KINDS for n in (CLIENTS[:1] if page.endswith("_changed") else CLIENTS)}


def judge(run: Run) -> tuple[dict[str, Any], list[str]]:
    """Figures by page under the names of the promise, and what is wrong with them."""
    known = run.known()
    figures: dict[str, Any] = {}
    failures: list[str] = []
    failures += [f"{page}, {n} at once: not measured" for page, n in sorted(WANTED - known.keys())]
    for page, kind in KINDS.items():
        if (page, 1) not in known:
            continue
        lines = {clients: known[page, clients] for clients in CLIENTS if (page, clients) in known}
        one = lines[1]
        small, large = int(one["queries_at_small"]), int(one["queries_at_large"])
        figures[page] = {
            **{name: float(one[name]) for name in ("p50_ms", "p95_ms", "rps", "bare_p50_ms")},
            "queries_at_1k": small,
            "queries_at_1m": large,
            **{
                f"clients_{n}": {
                    name: float(line[name]) for name in ("p50_ms", "p95_ms", "rps", "bare_p50_ms")
                }
                for n, line in lines.items()
            },
        }
        if small != large:
            failures.append(f"{page}: {small} queries, then {large}")
        if any(int(line["wrong"]) for line in lines.values()):
            failures.append(f"{page}: an answer that is not 200")
        limit = LIMITS[kind]
        if limit is not None and float(one["p95_ms"]) > limit:
            failures.append(f"{page}: p95 {one['p95_ms']} ms, at most {limit:.0f}")
    figures["loading_s"] = max((int(line["loaded_s"]) for line in known.values()), default=0)
    return figures, failures


def write(run: Run, report: dict[str, Any]) -> None:
    """The report and the README's table."""
    target = PROJECT / "var" / "reports" / "bench-web.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(report, indent=1) + "\n")
    known = run.known()
    said = []
    for page in KINDS:
        for clients in CLIENTS:
            line = known.get((page, clients))
            if line is None:
                continue
            said.append(
                f"| {page} | {clients} | {line['p50_ms']} | {line['p95_ms']} | {line['rps']} |"
                f" {line['bare_p50_ms']} | {line['queries_at_small']} | {line['queries_at_large']} |"
                f" {line['load_before']} to {line['load_after']} |"
            )
    over = [
        f"{page} ({known[page, 1]['p95_ms']} of {limit:.0f} ms)"
        for page, kind in KINDS.items()
        if (limit := LIMITS[kind]) is not None
        and (page, 1) in known
        and float(known[page, 1]["p95_ms"]) > limit
    ]
    judged = f"Over its limit with one client: {', '.join(over)}." if over else "Every page keeps its limit."
    machine = run.machine()
    head = (PROJECT / "bench" / "web" / "README.head.md").read_text()
    README.write_text(
        f"{head}\n## The last run\n\n{machine['cpus']} x {machine['cpu']}, Python {machine['python']},"
        f" commit {run.commit}, {run.started_at}: {run.visits:,} visits,"
        f" {run.requests:,} requests a page, loaded in {report['figures']['loading_s']} s.\n\n"
        "| page | clients | p50 ms | p95 ms | requests/s | bare p50 ms | queries, small | queries, large | load |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n" + "\n".join(said) + f"\n\n{judged}\n"
    )


def commit() -> str:
    """The checkout's commit, with a plus when files that count were changed since."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=PROJECT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!bench/web")
    return git("rev-parse", "--short=12", "HEAD") + ("+" if changed else "")


def main() -> int:
    """Both worlds, all pages."""
    began = time.monotonic()
    run = Run(
        commit=commit(),
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        small=int(os.environ.get("SMALL") or 1000),
        visits=int(os.environ.get("VISITS") or 1_000_000),
        requests=int(os.environ.get("REQUESTS") or 2000),
    )
    if not run.known().keys() >= WANTED:
        kept = os.environ.get("BENCH_DATA")
        with tempfile.TemporaryDirectory(prefix="versants-bench-") as name:
            folder = Path(kept).absolute() if kept else Path(name)
            folder.mkdir(parents=True, exist_ok=True)
            with suppress(KeyboardInterrupt):  # what was measured is told, the rest another time
                measure(folder, run, counted(folder, run, bool(kept)), bool(kept))
    figures, failures = judge(run)
    report = {
        "name": "bench-web",
        "commit": run.commit,
        "machine": run.machine(),
        "started_at": run.started_at,
        "seconds": round(time.monotonic() - began),
        "seed": 1,
        "limits": {"visits": run.visits, "small": run.small, "requests": run.requests, "p95_ms": LIMITS},
        "figures": figures,
        "failures": failures,
    }
    write(run, report)
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
