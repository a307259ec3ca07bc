"""The embedded server: made, started, killed, found again, refused with a sentence."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.launch.conftest import environment, kill, postmaster, until
from versants.launch import engine, places, postgres, server
from versants.launch.errors import SurroundingsError
from versants.launch.locks import Lock
from versants.launch.paths import Paths

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")
not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")


def one(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_first_start_makes_roles_database_and_extensions(paths: Paths):
    cluster = postgres.ensure(paths)

    assert cluster.started
    assert one(cluster.app_url, "select current_user || ' ' || current_database()") == "versants_app versants"
    assert one(
        cluster.owner_url, "select pg_get_userbyid(datdba) from pg_database where datname = 'versants'"
    ) == ("versants_owner")
    flags = (
        "select rolsuper or rolbypassrls or rolcreatedb or rolcreaterole from pg_roles where rolname = '{}'"
    )
    assert one(cluster.superuser_url, flags.format("versants_owner")) is False
    assert one(cluster.superuser_url, flags.format("versants_app")) is False
    extensions = one(cluster.app_url, "select array_agg(extname order by extname) from pg_extension")
    assert set(postgres.EXTENSIONS) <= set(extensions)  # type: ignore[call-overload]
    assert one(cluster.superuser_url, "show listen_addresses") == ""
    assert one(cluster.superuser_url, "show fsync") == "on"
    written = json.loads(paths.pg_file.read_text())
    assert (written["app_url"], written["owner_url"]) == (cluster.app_url, cluster.owner_url)
    assert (written["data"], written["version"]) == (str(cluster.data), cluster.engine.version)
    assert postgres.stop(cluster)
    assert not server.is_up(cluster)


def test_app_role_makes_nothing_and_other_users_of_the_machine_are_refused(paths: Paths):
    cluster = postgres.ensure(paths)

    with psycopg.connect(cluster.app_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("create table mine (id int)")
    assert "peer" in (cluster.data / "versants_hba.conf").read_text()
    assert "trust" not in (cluster.data / "versants_hba.conf").read_text()
    assert cluster.socket.stat().st_mode & 0o077 == 0
    postgres.stop(cluster)


@as_root
def test_server_user_itself_cannot_take_a_role(paths: Paths):
    cluster = postgres.ensure(paths)

    answer = engine.run_as(
        cluster.engine.user, [str(cluster.engine.bin / "psql"), cluster.superuser_url, "-c", ""]
    )

    assert answer.returncode == 2
    assert "Peer authentication failed" in answer.stderr
    postgres.stop(cluster)


def test_running_server_is_reused_and_stopped_by_its_last_user(paths: Paths):
    first = postgres.ensure(paths)
    second = postgres.ensure(paths)

    assert (first.started, second.started) == (True, False)
    assert postgres.stop(first) is False  # the second still uses it
    assert server.is_up(second)
    assert postgres.stop(second) is True


def test_killed_server_starts_again_with_what_was_committed(paths: Paths):
    cluster = postgres.ensure(paths)
    with psycopg.connect(cluster.owner_url) as connection:
        connection.execute("create table kept (id int)")
        connection.execute("insert into kept values (7)")
    killed = postmaster(cluster)
    kill(killed)
    postgres.release(cluster)

    again = postgres.ensure(paths)

    assert again.started
    assert postmaster(again) != killed
    assert one(again.owner_url, "select id from kept") == 7
    postgres.stop(again)


def test_pid_file_naming_an_unrelated_process_does_not_keep_it_from_starting(paths: Paths):
    cluster = postgres.ensure(paths)
    postgres.stop(cluster)
    pid_file = cluster.data / "postmaster.pid"
    with subprocess.Popen(
        ["/bin/sleep", "60"], **({"user": cluster.engine.user} if cluster.engine.user else {})
    ) as stranger:
        pid_file.write_text(f"{stranger.pid}\n{cluster.data}\n1\n5432\n{cluster.socket}\n\n  1  1\nready\n")
        if cluster.engine.user:
            shutil.chown(pid_file, cluster.engine.user)

        again = postgres.ensure(paths)

        assert again.started
        assert postmaster(again) != stranger.pid
        postgres.stop(again)
        stranger.kill()


def test_initialisation_cut_short_leaves_nothing_to_repair(paths: Paths):
    user = engine.server_user()
    paths.make_data_folder()
    place = places.find(paths, user)
    places.prepare(place, user)
    (place.base / "data.new").mkdir()
    (place.base / "data.new" / "PG_VERSION").write_text("half")

    cluster = postgres.ensure(paths)

    assert cluster.base == place.base
    assert not (place.base / "data.new").exists()
    assert one(cluster.app_url, "select 1") == 1
    postgres.stop(cluster)


def test_cluster_of_another_version_is_refused(paths: Paths):
    data = paths.data / "pg" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("13\n")

    with pytest.raises(
        SurroundingsError, match=r"was made by PostgreSQL 13 and the one here is \d+"
    ) as refusal:
        postgres.ensure(paths)

    assert refusal.value.exit_code == 3
    assert (data / "PG_VERSION").read_text() == "13\n"


def test_full_disk_is_said_before_anything_is_made(paths: Paths, monkeypatch):
    monkeypatch.setattr(
        shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9 - 5, 5_000_000)
    )

    with pytest.raises(SurroundingsError, match="is full: 5 MB are free") as refusal:
        postgres.ensure(paths)

    assert refusal.value.code == "disk.full"
    assert not (paths.data / "pg" / "data").exists()


@as_root
def test_really_full_disk_is_said_in_a_sentence(folder: Path, monkeypatch):
    disk = folder / "small"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", disk], capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody mount a small disk")
    try:
        monkeypatch.setattr(server, "NEEDED_NEW_MB", 1)
        small = Paths.from_environment(environment(disk / "var"))

        with pytest.raises(
            SurroundingsError, match=r"The disk of .* is full: the database could not be made"
        ):
            postgres.ensure(small)
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_data_folder_that_cannot_be_made_is_a_sentence(folder: Path):
    (folder / "file").write_text("")

    with pytest.raises(SurroundingsError, match=r"Cannot create the data folder .*file/var: not a directory"):
        postgres.ensure(Paths.from_environment(environment(folder / "file" / "var")))


def as_nobody(data: Path) -> subprocess.CompletedProcess[str]:
    """Ensure and stop the cluster of ``data`` as an ordinary user, who may be unable to enter Python."""
    script = (
        "import os, pwd, sys; from versants.launch import postgres; from versants.launch.paths import Paths\n"
        "from versants.launch.errors import LaunchError\n"
        "who = pwd.getpwnam('nobody'); os.setgroups([]); os.setgid(who.pw_gid); os.setuid(who.pw_uid)\n"
        "try:\n"
        "    cluster = postgres.ensure(Paths.from_environment())\n"
        "    found = cluster.connect('versants_app').execute('select current_user').fetchone()\n"
        "    print(found[0], cluster.engine.user)\n"
        "    postgres.stop(cluster)\n"
        "except LaunchError as e: print(e); sys.exit(e.exit_code)"
    )
    env = environment(data) | {"HOME": "/nonexistent"}
    return subprocess.run(
        [sys.executable, "-c", script], env=env, cwd="/", capture_output=True, text=True, check=False
    )


@as_root
def test_ordinary_user_gets_a_server_of_its_own(folder: Path):
    shutil.chown(folder, "nobody")

    answer = as_nobody(folder / "var")

    assert (answer.returncode, answer.stdout) == (0, "versants_app None\n"), answer.stderr
    assert (folder / "var" / "pg" / "data").owner() == "nobody"


@as_root
def test_folder_of_another_user_is_a_sentence(folder: Path):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    answer = as_nobody(closed)

    assert answer.returncode == 3, answer.stderr
    assert "Cannot read and write the data folder" in answer.stdout


@as_root
def test_private_project_folder_moves_data_and_programs_to_the_state_folder(folder: Path, monkeypatch):
    private = folder / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setattr(
        engine, "can_enter", lambda place, user: user is None
    )  # as if the environment were there too
    hidden = Paths.from_environment(environment(private / "var"))

    cluster = postgres.ensure(hidden)

    assert not cluster.data.is_relative_to(private)
    assert cluster.engine.bin != engine.wheel_bin()
    assert json.loads(hidden.pg_file.read_text())["data"] == str(cluster.data)
    assert one(cluster.app_url, "select current_user") == "versants_app"
    postgres.stop(cluster)
    assert postgres.ensure(hidden).data == cluster.data  # found again by pg.json


def test_long_path_gets_a_short_socket(folder: Path):
    long = Paths.from_environment(environment(folder / ("x" * 120) / "var"))

    cluster = postgres.ensure(long)

    assert len(str(cluster.socket)) < 90
    assert cluster.socket.stat().st_mode & 0o077 == 0
    assert one(cluster.app_url, "select 1") == 1
    postgres.stop(cluster)


def test_wrong_pg_bin_is_a_sentence(folder: Path):
    with pytest.raises(SurroundingsError, match="PG_BIN must name the folder of its programs"):
        postgres.ensure(Paths.from_environment(environment(folder / "var") | {"PG_BIN": str(folder)}))


def test_temporary_cluster_makes_copies_and_drops_databases():
    with postgres.temporary_cluster() as cluster:
        base = cluster.base.parent
        url = postgres.create_database(cluster, "model")
        with psycopg.connect(url) as connection:
            connection.execute("create table t as select 1 as id")
        copy = postgres.create_database(cluster, "copy", template="model")
        assert one(copy, "select id from t") == 1
        postgres.drop_database(cluster, "copy")
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(copy)
        pid = postmaster(cluster)

    assert not base.exists()
    assert until(lambda: not Path(f"/proc/{pid}/cwd").exists())


def test_temporary_cluster_of_a_killed_run_is_swept():
    script = (
        "import sys, time; from versants.launch import postgres\n"
        "with postgres.temporary_cluster() as c: print(c.base, flush=True); time.sleep(60)"
    )
    env = environment(Path("/nonexistent"))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=env) as run:
        assert run.stdout is not None
        base = Path(run.stdout.readline().strip())
        pid = int((base / "data" / "postmaster.pid").read_text().split()[0])
        run.kill()
        run.wait()

    postgres._sweep_temporary()

    assert not base.exists()
    assert until(lambda: not Path(f"/proc/{pid}/cwd").exists())


def test_lock_is_exclusive_shared_and_ends_with_its_holder(tmp_path: Path):
    first, second = Lock(tmp_path / "lock"), Lock(tmp_path / "lock")

    assert first.take(shared=True)
    assert second.take(shared=True)
    assert first.take() is False
    second.free()
    assert first.take()
    assert second.take() is False
    first.free()
    assert second.take()
    second.free()
