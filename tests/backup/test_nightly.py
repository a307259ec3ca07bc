"""The supervisor takes the night's backup by itself, and its helper seals the log of changes as it comes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psycopg

from tests.backup.conftest import with_keys
from tests.launch.conftest import until
from versants.launch import postgres
from versants.launch.backup import envelope, state
from versants.launch.backup.moments import system_of
from versants.launch.paths import PROJECT, Paths
from versants.launch.progress import Progress
from versants.launch.up import Supervisor


def test_missed_night_is_made_up_for_at_the_start(folder: Path, free_port: int):
    env = with_keys(folder, "var") | {
        "VERSANTS_BACKUP_DIR": str(folder / "nights"),
        "VERSANTS_PORT": str(free_port),
    }
    paths = Paths.from_environment(env)
    envelope.make_keys(paths.backup_key_file, folder / "elsewhere" / "private")
    house = subprocess.Popen(
        [sys.executable, "-m", "tests.launch.small_house", "--json"],
        env=env,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert house.stdout is not None
    assert house.stdout.readline(), house.stderr and house.stderr.read()

    assert until(lambda: state.last_at(paths) is not None, 60), (
        paths.data / "log" / "backup.log"
    ).read_text()

    house.send_signal(signal.SIGTERM)
    house.communicate(timeout=30)
    assert house.returncode == 0
    taken = list((folder / "nights").iterdir())
    assert len(taken) == 1  # and not another every half second
    assert taken[0].suffix == ".backup"
    assert json.loads(paths.backup_state_file.read_text())["last"]["file"] == str(taken[0])


def test_log_is_sealed_as_it_comes(folder: Path):
    env = with_keys(folder, "var") | {"VERSANTS_WAL_DIR": str(folder / "kept")}
    paths = Paths.from_environment(env)
    envelope.make_keys(paths.backup_key_file, folder / "elsewhere" / "private")
    cluster = postgres.ensure(paths)
    helper = subprocess.Popen([sys.executable, "-m", "versants.launch.backup.schedule"], env=env, cwd=PROJECT)
    try:
        with psycopg.connect(cluster.superuser_url, autocommit=True) as connection:
            connection.execute("create table word ()")
            row = connection.execute("select pg_walfile_name(pg_switch_wal())").fetchone()
            assert row is not None
        sealed = folder / "kept" / system_of(cluster) / f"{row[0]}.sealed"
        assert until(sealed.exists, 60)
        assert until(lambda: not any(cluster.spool.iterdir()), 10)  # and nothing stays in the clear beside it
    finally:
        helper.terminate()
        helper.wait()
        postgres.stop(cluster, mode="immediate")


def test_role_that_sees_every_row_is_known_to_the_backup_alone(folder: Path, monkeypatch):
    monkeypatch.setenv("DATABASE_BACKUP_URL", "postgresql://versants_backup@db/versants")
    env = with_keys(folder, "var") | {"VERSANTS_BACKUP_DIR": str(folder / "nights")}
    house = Supervisor(Paths.from_environment(env), Progress())
    assert house.nightly is not None
    assert [("DATABASE_BACKUP_URL" in program.env) for program in house._programs()] == [False, False]
    assert "DATABASE_BACKUP_URL" not in house._environment(owner=True)
    assert "DATABASE_BACKUP_URL" in house.nightly.child.env


def test_log_of_changes_has_its_program_only_where_it_is_kept(folder: Path):
    env = with_keys(folder, "var")
    for kept, names in (("", ["web", "worker"]), (str(folder / "kept"), ["web", "worker", "log of changes"])):
        house = Supervisor(Paths.from_environment(env | {"VERSANTS_WAL_DIR": kept}), Progress())
        house.cluster = SimpleNamespace(environment=lambda owner=False: {})  # type: ignore[assignment]
        assert [program.name for program in house._programs()] == names
