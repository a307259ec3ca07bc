"""``versants up``: one at a time, everything kept alive, everything ended."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.launch.conftest import cli, environment, kill, until
from versants.launch import up
from versants.launch.children import end_leftovers
from versants.launch.errors import SurroundingsError
from versants.launch.paths import PROJECT, Paths


class House:
    """One running supervisor of the small house."""

    def __init__(self, data: Path, port: int, *words: str) -> None:
        self.data, self.port = data, port
        self.env = environment(data, port)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.launch.small_house", *words],
            env=self.env,
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ready(self) -> dict[str, object]:
        """Waits for the one JSON value that says it is ready."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.process.stderr and self.process.stderr.read()
        return dict(json.loads(line))

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Ask for the end; the exit code and the seconds it took."""
        began = time.monotonic()
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)  # as a terminal does: to all that share the foreground
        else:
            self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode, time.monotonic() - began

    @property
    def pids(self) -> list[int]:
        """Web and worker, as first started."""
        return [int(word) for word in (self.data / "pids").read_text().split()]

    @property
    def postmaster(self) -> int:
        written = json.loads((self.data / "pg.json").read_text())
        return int((Path(written["data"]) / "postmaster.pid").read_text().split()[0])

    def app_url(self) -> str:
        return str(json.loads((self.data / "pg.json").read_text())["app_url"])


@pytest.fixture
def house(folder: Path, free_port: int) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def start(*words: str, port: int = free_port) -> House:
        houses.append(House(folder / "var", port, *words))
        return houses[-1]

    yield start
    for each in houses:
        if each.process.poll() is None:
            each.process.kill()
        each.process.communicate()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_web_worker_and_database(house, number):
    running = house()
    ready = running.ready()
    assert ready["url"] == f"http://127.0.0.1:{running.port}"
    pids = [*running.pids, running.postmaster]

    code, seconds = running.end(number)

    assert code == 0
    assert seconds < 10
    assert all(gone(pid) for pid in pids)


def test_worker_that_does_not_listen_is_ended_in_time(house):
    running = house("stubborn")
    running.ready()
    pids = [*running.pids, running.postmaster]

    code, seconds = running.end()

    assert code == 0
    assert seconds < 10
    assert all(gone(pid) for pid in pids)


def test_killed_children_and_killed_database_come_back(house):
    running = house()
    running.ready()
    web, _worker = running.pids
    database = running.postmaster

    kill(web)
    assert until(lambda: gone(web) and up.healthy(f"http://127.0.0.1:{running.port}"))

    kill(database)

    def answers() -> bool:
        try:
            with psycopg.connect(running.app_url()) as connection:
                return connection.execute("select 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    assert until(lambda: gone(database) and answers(), 20)
    assert running.postmaster != database
    assert running.end()[0] == 0


def test_killed_supervisor_takes_its_children_along_and_the_next_start_needs_no_repair(house):
    first = house()
    first.ready()
    pids, database = first.pids, first.postmaster
    first.process.kill()
    first.process.communicate()
    assert until(lambda: all(gone(pid) for pid in pids))
    assert not gone(database)

    second = house()
    second.ready()

    assert second.postmaster == database  # it was reused
    assert second.end()[0] == 0
    assert gone(database)


def test_leftovers_are_ended_only_if_they_are_ours():
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with (
        subprocess.Popen([*command, "versants.config.wsgi:application"], process_group=0) as ours,
        subprocess.Popen(command, process_group=0) as stranger,
    ):
        end_leftovers(ours.pid)
        end_leftovers(stranger.pid)

        assert ours.wait(5) == -signal.SIGKILL
        assert stranger.poll() is None
        stranger.kill()


def test_second_start_in_one_folder_says_who_runs(house):
    first = house()
    first.ready()

    second = house(port=first.port + 1)
    _out, said = second.process.communicate(timeout=20)

    assert second.process.returncode == 3
    assert (
        f"already runs in {first.data} (process {first.process.pid}, http://127.0.0.1:{first.port})" in said
    )
    assert first.process.poll() is None
    assert first.end()[0] == 0


def test_busy_port_is_named_with_the_way_out(folder: Path, free_port: int):
    with socket.create_server(("127.0.0.1", free_port)):
        answer = cli("up", env=environment(folder / "var", free_port))

    assert answer.returncode == 3
    assert (
        f"Port {free_port} is in use by another program: choose another, for example VERSANTS_PORT="
        in answer.stderr
    )
    assert "Traceback" not in answer.stderr
    assert not (folder / "var" / "pg.json").exists()  # nothing was started for it


@pytest.mark.parametrize(
    ("free_mb", "prepared", "refused"),
    [(299, False, True), (301, False, False), (49, True, True), (51, True, False)],
)
def test_room_is_asked_for_before_anything_starts(paths: Paths, monkeypatch, free_mb, prepared, refused):
    paths.make_data_folder()
    usage = shutil.disk_usage(paths.data)._replace(free=free_mb * 1_000_000)
    monkeypatch.setattr(up.shutil, "disk_usage", lambda _folder: usage)
    if prepared:
        paths.pg_file.write_text("{}")
    try:
        if not refused:
            up.check_space(paths)
            return
        with pytest.raises(SurroundingsError, match=f"The disk is full: {free_mb} MB are free") as told:
            up.check_space(paths)
    finally:
        paths.pg_file.unlink(missing_ok=True)
    assert (told.value.code, told.value.exit_code) == ("disk.full", 3)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_full_disk_is_named_and_nothing_is_started(folder: Path, free_port: int):
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(small)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        answer = cli("up", env=environment(small / "var", free_port))
        left = sorted(path.name for path in (small / "var").iterdir())
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert answer.returncode == 3
    assert "The disk is full: " in answer.stderr
    assert "VERSANTS_DATA" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert "pg.json" not in left


def test_web_that_cannot_start_is_told_with_its_last_words(house):
    running = house("dead")

    _out, said = running.process.communicate(timeout=30)

    assert running.process.returncode == 3
    assert "The web did not start:\nno such settings" in said
    assert "Traceback" not in said


def test_second_start_is_known_by_the_fingerprint(paths: Paths):
    house = up.Supervisor(paths, progress=None)  # type: ignore[arg-type]
    assert house._fingerprint() == house._fingerprint()
    other = Paths.from_environment({"DATABASE_URL": "postgresql:///other", "VERSANTS_DATA": str(paths.data)})
    assert up.Supervisor(other, progress=None)._fingerprint() != house._fingerprint()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("192.168.1.4", False),
        ("192.0.2.7", False),
        ("x", False),
    ],
)
def test_only_loopback_addresses_count_as_private(host: str, alone: bool):
    assert up.is_loopback(host) is alone


@pytest.mark.parametrize(
    ("host", "url"), [("192.168.1.4", ""), ("127.0.0.1", "https://versants.example.org")]
)
def test_demonstration_world_is_not_shown_to_others(paths: Paths, host: str, url: str, monkeypatch):
    """Neither on an address of its own nor behind a proxy."""
    monkeypatch.setenv("VERSANTS_URL", url)
    public = Paths.from_environment({"VERSANTS_HOST": host, "VERSANTS_DATA": str(paths.data)})
    supervisor = up.Supervisor(public, progress=None)  # type: ignore[arg-type]
    supervisor._refuse_public_demo()  # without demo data a public host is fine
    supervisor.logins = [{"role": "coordinator"}]

    with pytest.raises(SurroundingsError, match=r"^VERSANTS_(HOST|URL)=\S+ is open .* demonstration world"):
        supervisor._refuse_public_demo()
    monkeypatch.setenv("VERSANTS_URL", "http://localhost:8000")
    alone = Paths.from_environment({"VERSANTS_DATA": str(paths.data)})
    supervisor = up.Supervisor(alone, progress=None)  # type: ignore[arg-type]
    supervisor.logins = [{"role": "coordinator"}]
    supervisor._refuse_public_demo()
