"""Folders and processes for the launcher's tests; nothing here uses Django or the suite's database."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from versants.launch import postgres, server
from versants.launch.paths import PROJECT, Paths

UNSET = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "PG_BIN",
    "VERSANTS_HOST",
    "VERSANTS_AS",
    "VERSANTS_NOW",
    "VERSANTS_ASSUME_ROLE",
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may enter, as a project's is. (pytest's own are private.)"""
    path = Path(tempfile.mkdtemp(prefix="versants-launch-"))
    path.chmod(0o755)
    yield path
    for pg_file in path.rglob("pg.json"):
        _end(Paths.from_environment(environment(pg_file.parent)))
    shutil.rmtree(path, ignore_errors=True)


def environment(data: Path, port: int = 8011) -> dict[str, str]:
    """Variables of an installation whose data are in ``data``, and nothing of this process's own."""
    env = {name: value for name, value in os.environ.items() if name not in UNSET}
    return env | {
        "VERSANTS_DATA": str(data),
        "VERSANTS_PORT": str(port),
        "VERSANTS_KEYS_FILE": str(data / "keys" / "keys.json"),
        "VERSANTS_SECRET_FILE": str(data / "keys" / "secret"),
        "VERSANTS_MAIL_DIR": str(data / "mail"),
        "PYTHONPATH": str(PROJECT),
    }


@pytest.fixture
def paths(folder: Path) -> Paths:
    return Paths.from_environment(environment(folder / "var"))


def _end(paths: Paths) -> None:
    """Stop what a test left running and remove what lies outside its folder."""
    from versants.launch import places

    written = places.read(paths.pg_file)
    data = Path(written["data"])
    with suppress(OSError, ValueError, IndexError):
        pid = int((data / "postmaster.pid").read_text().split()[0])
        if server.is_postmaster(pid, data):
            server.end_process(pid)
    if not data.is_relative_to(paths.data):
        shutil.rmtree(data.parent, ignore_errors=True)
    shutil.rmtree(written["socket"], ignore_errors=True)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postmaster(cluster: postgres.Cluster) -> int:
    return int((cluster.data / "postmaster.pid").read_text().split()[0])


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def until(condition: Callable[[], object], seconds: float = 10) -> bool:
    """True as soon as ``condition()`` is; False after ``seconds``."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def cli(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``versants ...`` as a user would."""
    return subprocess.run(
        [sys.executable, "-m", "versants.cli", *arguments],
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
