"""``versants up``: everything an installation needs, started in order, watched, and stopped in order."""

from __future__ import annotations

import argparse
import errno
import hashlib
import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

from versants.launch import catalogues, postgres, prepare, server
from versants.launch.backup.schedule import Nightly
from versants.launch.children import Child, die_with_parent, end_leftovers
from versants.launch.errors import (
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_SURROUNDINGS,
    LaunchError,
    SurroundingsError,
)
from versants.launch.locks import Lock
from versants.launch.paths import PROJECT, Paths
from versants.launch.progress import Progress
from versants.launch.version import version

HEALTHY_WITHIN_S = 60.0
FIRST_MB, LATER_MB = 300, 50  # free disk below which it does not start
WATCH_EVERY_S = 0.5
STOP_WEB_S, STOP_WORKER_S = 3.0, 4.0  # with PostgreSQL's fast stop, under 10 s together
TITLES = {"migrate": "migrations", "check": "migrations", "territory": "territory", "demo": "demo world"}


class Stopped(BaseException):
    """A signal asked for the end."""


def main(arguments: list[str]) -> int:
    """Parse the options and run until a signal comes. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="versants up", description="Start the database, the web and the worker; Ctrl-C stops them."
    )
    parser.add_argument("--json", action="store_true", help="say when it is ready as one JSON value")
    parser.add_argument("--without-demo", action="store_true", help="leave an empty database empty")
    options = parser.parse_args(arguments)
    return Supervisor(
        Paths.from_environment(), Progress(as_json=options.json), demo=not options.without_demo
    ).run()


class Supervisor:
    """Starts, watches and stops one installation. ``run`` is the whole life."""

    def __init__(self, paths: Paths, progress: Progress, *, demo: bool = True) -> None:
        self.paths = paths
        self.progress = progress
        self.demo = demo
        self.cluster: postgres.Cluster | None = None
        self.children: list[Child] = []
        self.preparing: subprocess.Popen[str] | None = None
        self.logins: list[dict[str, Any]] = []
        self.lock = Lock(paths.data / "up.lock")
        self.ready = False
        self.database: _InBackground | None = None
        self.nightly = Nightly(paths) if paths.backup_dir is not None else None

    def run(self) -> int:
        """Start everything and stay until asked to stop; the exit code is 0 when that was after the start."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)
        try:
            self._start()
            self._watch()
        except Stopped:
            return EXIT_DONE if self.ready else EXIT_INTERRUPTED
        finally:
            self._stop()
        return EXIT_SURROUNDINGS

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the stop itself is short and not to be cut
        raise Stopped

    # starting

    def _start(self) -> None:
        self.progress.say(f"Versants {version()}")
        self.paths.make_data_folder()
        check_space(self.paths)
        self._take_lock()
        check_port(self.paths)
        self.database = _InBackground(self._start_database)
        self._timed("keys", self._make_keys)
        self._timed("languages", lambda: catalogues.compile_all(self.paths.project / "versants"))
        self.progress.stage("database", *self.database.result())
        fingerprint = self._fingerprint()
        if not self._is_prepared(fingerprint):
            self._prepare()
        self.children = self._programs()
        web, *others = self.children
        began = time.monotonic()
        self._run_child(web)
        self._wait_until_healthy(web)
        self.progress.stage("web", time.monotonic() - began)
        for child in others:  # after the web: nobody waits for them, and processors are few
            self._run_child(child)
        self._refuse_public_demo()
        self._write_stamp(fingerprint)
        self.ready = True
        self.progress.ready(self.url, self.logins, str(self.paths.data))

    @property
    def url(self) -> str:
        host = f"[{self.paths.host}]" if ":" in self.paths.host else self.paths.host
        return f"http://{host}:{self.paths.port}"

    def _take_lock(self) -> None:
        try:
            free = self.lock.take()
        except OSError as error:
            raise SurroundingsError(
                f"Cannot write in {self.paths.data}: {(error.strerror or '').lower()}.", code="folder.denied"
            ) from error
        if not free:
            with suppress(OSError, ValueError):
                holder = json.loads(self.lock.path.read_text())
                raise SurroundingsError(
                    f"Versants already runs in {self.paths.data} (process {holder['pid']},"
                    f" {holder['url']}): stop it"
                    " first, or choose another folder with VERSANTS_DATA and another port with"
                    " VERSANTS_PORT.",
                    code="up.twice",
                )
            raise SurroundingsError(f"Versants is already starting in {self.paths.data}.", code="up.twice")
        with suppress(OSError, ValueError):  # the supervisor and its web were killed together
            for group in json.loads(self.lock.path.read_text()).get("groups", []):
                end_leftovers(int(group))
        self._say_who_runs()

    def _say_who_runs(self) -> None:
        groups = [child.process.pid for child in self.children if child.process is not None]
        self.lock.write(json.dumps({"pid": os.getpid(), "url": self.url, "groups": groups}))

    def _make_keys(self) -> str:
        made = [self.paths.make_secret()]
        if not self.paths.keys_file.exists():
            from versants.core.crypto.keyring import init_keys

            made.append(init_keys(self.paths.keys_file))
        return f"made in {self.paths.keys_file.parent}" if any(made) else ""

    def _start_database(self) -> str:
        if self.paths.database_url:
            return "yours (DATABASE_URL)"
        self.cluster = postgres.ensure(self.paths)
        found = "" if self.cluster.started else ", already running"
        return f"PostgreSQL {self.cluster.engine.version}{found}"

    def _timed(self, name: str, work: Callable[[], str]) -> None:
        began = time.monotonic()
        detail = work()
        self.progress.stage(name, time.monotonic() - began, detail)

    def _environment(self, *, owner: bool = False) -> dict[str, str]:
        env = dict(os.environ, VERSANTS_DATA=str(self.paths.data), PYTHONUNBUFFERED="1")
        env.setdefault("DJANGO_SETTINGS_MODULE", "versants.config.settings")
        env.pop("VERSANTS_AS", None)
        env.pop("DATABASE_BACKUP_URL", None)  # for the backup alone: that role sees every row
        if self.cluster is not None:
            env |= self.cluster.environment(owner=owner)
        elif owner:
            env["VERSANTS_AS"] = "owner"
        if not owner:
            env.pop("DATABASE_OWNER_URL", None)  # web and worker never learn it
        return env

    def _is_prepared(self, fingerprint: str) -> bool:
        """The same code prepared this database and nothing that it made has changed: asked in one query."""
        began = time.monotonic()
        stamp = self._read_stamp()
        if self.cluster is None or stamp.get("fingerprint") != fingerprint:
            return False
        if not stamp.get("database") or stamp["database"] != prepare.signature(self.cluster.superuser_url):
            return False
        self.logins = stamp.get("logins", [])
        self.progress.stage("prepared", time.monotonic() - began, "as before")
        return True

    def _stages(self) -> list[str]:
        owner = self.cluster is not None or bool(self.paths.database_owner_url)
        stages = ["migrate", "territory"] if owner else ["check"]
        public = bool(open_to_others(self.paths.host))
        if self.cluster is not None and self.demo and not public:
            stages.append("demo")
        if self.demo or public:  # a public host must know whether demonstration data are there
            stages.append("logins")
        return stages

    def _prepare(self) -> None:
        """Migrations, reference data, demo world and logins, told as they are done."""
        stages = self._stages()
        owner = "migrate" in stages
        env = self._environment(owner=owner)
        if self.cluster is not None:
            env[prepare.INSPECT_VARIABLE] = self.cluster.superuser_url
        log = self.paths.data / "log" / "prepare.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("w") as errors:
            self.preparing = subprocess.Popen(
                [sys.executable, "-m", "versants.launch.prepare", *stages],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=env,
                cwd=PROJECT,
                process_group=0,
                preexec_fn=die_with_parent(),  # a killed start must not go on migrating behind the next one
            )
            assert self.preparing.stdout is not None
            for line in self.preparing.stdout:
                self._heard(json.loads(line))
            code = self.preparing.wait()
        if code:
            raise SurroundingsError(
                f"Preparing the database ended with code {code} (log: {log}).", code="prepare"
            )
        self.preparing = None

    def _heard(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            raise SurroundingsError(str(answer["error"]), code="prepare")
        if "logins" in answer:
            self.logins = answer["logins"]
        else:
            self.progress.stage(
                TITLES.get(answer["stage"], answer["stage"]), answer["seconds"], answer["detail"]
            )

    def _programs(self) -> list[Child]:
        """What is kept alive, in the order of their start; the web first."""
        env = self._environment() | {"VERSANTS_POOL": "1"}
        env |= {"VERSANTS_HOST": self.paths.host, "VERSANTS_PORT": str(self.paths.port)}
        logs = self.paths.data / "log"
        web = [sys.executable, "-m", "versants.config.web"]
        worker = [sys.executable, "-m", "versants.config.manage", "work"]
        worker += ["--concurrency", "2", "--shutdown-graceful-timeout", str(int(STOP_WORKER_S) - 1)]
        programs = [
            Child("web", web, logs / "web.log", env),
            Child("worker", worker, logs / "worker.log", env),
        ]
        if self.paths.wal_dir is not None and self.cluster is not None:
            shipping = [sys.executable, "-m", "versants.launch.backup.schedule"]
            own = dict(os.environ, VERSANTS_DATA=str(self.paths.data))
            programs.append(Child("log of changes", shipping, logs / "wal.log", own))
        return programs

    def _run_child(self, child: Child) -> None:
        child.start()
        self._say_who_runs()

    def _wait_until_healthy(self, web: Child) -> None:
        deadline = time.monotonic() + HEALTHY_WITHIN_S
        while time.monotonic() < deadline and web.alive:
            if healthy(self.url):
                return
            time.sleep(0.05)
        said = web.last_words()
        raise SurroundingsError(
            "The web did not start" + (f":\n{said}" if said else ".") + f"\n(log: {web.log})",
            code="web.failed",
        )

    def _refuse_public_demo(self) -> None:
        if self.logins and (said := open_to_others(self.paths.host)):
            raise SurroundingsError(
                f"{said} is open to others and this database holds the"
                " demonstration world, whose passwords are public: use another VERSANTS_DATA, or keep to"
                " 127.0.0.1.",
                code="demo.public",
            )

    def _fingerprint(self) -> str:
        """Changes with any file of the product, its packages, the cluster and what is asked for."""
        database = self.cluster.url("") if self.cluster else self.paths.database_url or ""
        links = os.environ.get("VERSANTS_URL", self.url)  # the logins name it
        content = hashlib.sha256(f"{sys.version}:{database}:{links}:{self._stages()}".encode())
        packages = self.paths.project / "requirements" / "base.lock"
        for path in [packages, *sorted((self.paths.project / "versants").rglob("*"))]:
            if path.suffix not in {".pyc", ".mo"} and path.is_file():
                found = path.stat()
                content.update(f"{path}:{found.st_size}:{found.st_mtime_ns}".encode())
        return content.hexdigest()

    def _read_stamp(self) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            stamp = json.loads((self.paths.data / "prepared").read_text())
            if isinstance(stamp, dict):
                return stamp
        return {}

    def _write_stamp(self, fingerprint: str) -> None:
        """What the next start compares with. Logins are those of the demonstration world, public by design."""
        database = prepare.signature(self.cluster.superuser_url) if self.cluster else ""
        stamp = {"fingerprint": fingerprint, "database": database, "logins": self.logins}
        partial = self.paths.data / "prepared.new"
        partial.write_text(json.dumps(stamp))
        partial.replace(self.paths.data / "prepared")

    # watching and stopping

    def _watch(self) -> None:
        pause = 0.0
        while True:
            time.sleep(WATCH_EVERY_S)
            for child in self.children:
                if child.revive():
                    self._say_who_runs()
                    self.progress.say(f"  {child.name} had ended and was started again (log: {child.log})")
            if self.nightly is not None and (said := self.nightly.tick()):
                self.progress.say(said)
            if self.cluster is not None and time.monotonic() > pause and not server.is_up(self.cluster):
                self.progress.say("  the database had ended and is started again")
                try:
                    server.start(self.cluster)
                except LaunchError as error:
                    self.progress.say(f"  {error}")
                    pause = time.monotonic() + 10

    def _stop(self) -> None:
        began = time.monotonic()
        if self.preparing is not None and self.preparing.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.preparing.pid, signal.SIGKILL)
            self.preparing.wait()
        for child in self.children:
            child.ask_to_stop()
        if self.nightly is not None:
            self.nightly.stop()
        for child, seconds in zip(self.children, (STOP_WEB_S, STOP_WORKER_S, 0.5), strict=False):
            child.stop(max(0.1, seconds - (time.monotonic() - began)))
        if self.database is not None:
            self.database.wait()  # a signal during its start: finish, then stop it
        if self.cluster is not None:
            with suppress(LaunchError):
                postgres.stop(self.cluster)
        if self.lock.held:
            self.lock.write("")
            self.lock.free()
        if self.ready:
            self.progress.say(f"\n  Stopped in {time.monotonic() - began:.1f} s.")


class _InBackground:
    """Work done beside the main thread; ``result`` gives (seconds, answer) or raises what it raised."""

    def __init__(self, work: Callable[[], str]) -> None:
        self._work = work
        self._answer = ""
        self._error: BaseException | None = None
        self._seconds = 0.0
        self._thread = threading.Thread(target=self._run, daemon=False)
        self._thread.start()

    def _run(self) -> None:
        began = time.monotonic()
        try:
            self._answer = self._work()
        except BaseException as error:
            self._error = error
        self._seconds = time.monotonic() - began

    def wait(self) -> None:
        self._thread.join()

    def result(self) -> tuple[float, str]:
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._seconds, self._answer


def check_space(paths: Paths) -> None:
    """Raises SurroundingsError if the disk is too full to start: said before anything is half written.

    The first start writes a database with the territory and the demonstration world (about 100 MB); later ones need
    room for what a day brings.
    """
    wanted = LATER_MB if paths.pg_file.exists() or paths.database_url else FIRST_MB
    free = shutil.disk_usage(paths.data).free // 1_000_000
    if free < wanted:
        raise SurroundingsError(
            f"The disk is full: {free} MB are free where {paths.data} is, {wanted} MB are needed. Make room, or choose"
            " another place with VERSANTS_DATA. Nothing was started.",
            code="disk.full",
        )


def check_port(paths: Paths) -> None:
    """Raises SurroundingsError if the address cannot be listened on."""
    family = socket.AF_INET6 if ":" in paths.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((paths.host, paths.port))
            probe.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                text = (
                    f"Port {paths.port} is in use by another program: choose another, for example"
                    f" VERSANTS_PORT={paths.port + 1 if paths.port < 65535 else 8001} make run."
                )
            elif error.errno == errno.EACCES:
                text = (
                    f"Port {paths.port} is reserved to the system: choose one above 1023 with VERSANTS_PORT."
                )
            else:
                reason = (error.strerror or str(error)).lower()
                text = f"Cannot listen on {paths.host} port {paths.port}: {reason}."
            raise SurroundingsError(text, code="port.busy") from error


def healthy(url: str) -> bool:
    """Does ``/healthz`` answer 200?"""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def open_to_others(host: str) -> str:
    """The variable by which others reach this installation, itself or through a proxy; empty where nobody does."""
    if host and not is_loopback(host):
        return f"VERSANTS_HOST={host}"
    address = os.environ.get("VERSANTS_URL", "")
    return f"VERSANTS_URL={address}" if address and not is_loopback(urlsplit(address).hostname or "") else ""


def is_loopback(host: str) -> bool:
    """Is this address reachable from this machine alone?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
