"""The product itself, from nothing to its first page, and again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg

from tests.launch.conftest import cli, environment, until
from versants.launch import up
from versants.launch.paths import PROJECT


def start(env: dict[str, str]) -> tuple[subprocess.Popen[str], dict]:
    process = subprocess.Popen(
        [sys.executable, "-m", "versants.cli", "up", "--without-demo", "--json"],
        env=env,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        process.wait()
        raise AssertionError(process.stderr.read() if process.stderr else "")
    return process, json.loads(line)


def end(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    return process.returncode


def test_first_and_second_start_of_the_product(folder: Path, free_port: int):
    env = environment(folder / "var", free_port)
    process, first = start(env)
    try:
        with urllib.request.urlopen(f"{first['url']}/healthz", timeout=5) as answer:
            health = json.load(answer)
        assert health["status"] == "ok"
        with psycopg.connect(json.loads((folder / "var" / "pg.json").read_text())["owner_url"]) as connection:
            row = connection.execute("select count(*) from territory_commune").fetchone()
        assert row == (4105,)
        log = folder / "var" / "log" / "worker.log"
        assert until(lambda: "worker" in log.read_text().lower(), 20)
        assert first["seconds"] < 90  # on two cores; the demo world has its own limit
    finally:
        assert end(process) == 0

    process, second = start(env)
    try:
        assert up.healthy(second["url"])
        assert second["seconds"] < first["seconds"]
        stages = [stage["stage"] for stage in second["stages"]]
        assert "prepared" in stages  # nothing changed: one query says so
        assert "migrations" not in stages
    finally:
        assert end(process) == 0

    # A database that somebody changed by hand is brought back, and not by a second start of its own.
    assert_put_right(env, folder)


def assert_put_right(env: dict[str, str], folder: Path) -> None:
    assert cli("database", "start", env=env).returncode == 0
    with psycopg.connect(json.loads((folder / "var" / "pg.json").read_text())["owner_url"]) as connection:
        connection.execute("alter table people_identity no force row level security")
    assert cli("database", "stop", env=env).returncode == 0

    process, third = start(env)
    try:
        assert "migrations" in [stage["stage"] for stage in third["stages"]]
        with psycopg.connect(json.loads((folder / "var" / "pg.json").read_text())["owner_url"]) as connection:
            row = connection.execute(
                "select relforcerowsecurity from pg_class where relname = 'people_identity'"
            ).fetchone()
        assert row == (True,)
    finally:
        assert end(process) == 0
