"""A backup restored elsewhere is the same, row by row; and what could go wrong is refused with a sentence."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.backup.conftest import KEYS, beside, private_of, with_keys
from tests.launch.conftest import cli
from versants.launch import postgres
from versants.launch.backup import envelope, reading, restoring, schedule, state, taking
from versants.launch.errors import InputError, SurroundingsError
from versants.launch.locks import Lock


def no(_name: str) -> bool:
    return False


def yes(_name: str) -> bool:
    return True


def asked(url: str, query: str):
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def rows(url: str) -> dict[str, list]:
    """Every row of every table, read without any code of the product's comparison."""
    tables = [
        name
        for (name,) in asked(url, "select tablename from pg_tables where schemaname = 'public' order by 1")
    ]
    return {name: asked(url, f"select t::text from {name} t order by 1") for name in tables}


@pytest.fixture(scope="module")
def backup(source):
    """One backup with a document, taken by hand."""
    found, _cluster = source
    folder = found.data / "documents" / "2026"
    folder.mkdir(parents=True)
    (folder / "letter é.txt").write_bytes(b"\x00words")
    target = found.data.parent / "it.backup"
    taken = taking.take(found, target)
    assert (taken.file, taken.rows) == (target, 506)
    return target


def test_elsewhere_it_is_the_same(source, backup):
    found, cluster = source
    there = beside(found, "elsewhere-1")

    done = restoring.restore(there, backup, private_of(found), agreed=no)

    assert (done.rows, done.tables, done.documents, done.erased_again) == (506, 4, 1, 0)
    other = postgres.ensure(there)
    try:
        assert rows(other.superuser_url) == rows(cluster.superuser_url)
        assert asked(
            other.superuser_url, "select datname from pg_database where datname like 'versants%'"
        ) == [("versants",)]
        # it belongs to the owner, row security holds, the application's role has what it had
        owners = "select distinct tableowner from pg_tables where schemaname = 'public'"
        assert asked(other.superuser_url, owners) == [("versants_owner",)]
        assert asked(other.app_url, "select count(*) from person") == [(0,)]
        assert asked(other.owner_url, "select count(*) from person") == [(0,)]
        with psycopg.connect(other.app_url) as connection:
            connection.execute("select set_config('app.team', '1', true)")
            assert connection.execute("select count(*) from person").fetchone() == (250,)
            new = connection.execute(
                "insert into person (team_id, code) values (1, 'P-new') returning id"
            ).fetchone()
            assert new == (501,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("delete from person")
        assert (there.data / "documents" / "2026" / "letter é.txt").read_bytes() == b"\x00words"
    finally:
        postgres.stop(other, mode="immediate")


def test_nothing_of_it_can_be_read_without_the_key(source, backup):
    content = backup.read_bytes()
    for word in (b"P-1", "Éole".encode(), b"core_datakey", b"PGDMP", b"words"):
        assert word not in content
    assert backup.stat().st_mode & 0o077 == 0


def test_database_that_is_not_empty_is_left_alone(source, backup):
    found, cluster = source
    before = rows(cluster.superuser_url)
    (found.data / "documents").rename(found.data / "moved")
    try:
        with pytest.raises(InputError) as refused:
            restoring.restore(found, backup, private_of(found), agreed=no)
    finally:
        (found.data / "moved").rename(found.data / "documents")
    assert refused.value.code == "restore.not_empty"
    assert "“versants” is not empty" in str(refused.value)
    assert rows(cluster.superuser_url) == before


def test_broken_file_touches_nothing(source, backup, tmp_path):
    found, _cluster = source
    content = bytearray(backup.read_bytes())
    content[len(content) // 2] ^= 1
    broken = tmp_path / "broken.backup"
    broken.write_bytes(content)
    there = beside(found, "elsewhere-2")
    with pytest.raises(InputError) as refused:
        restoring.restore(there, broken, private_of(found), agreed=yes)
    assert refused.value.code == "backup.broken"
    assert not there.pg_file.exists()


def test_running_product_is_not_restored_over(source, backup):
    found, _cluster = source
    there = beside(found, "elsewhere-3")
    there.make_data_folder()
    lock = Lock(there.data / "up.lock")
    lock.take()
    try:
        with pytest.raises(SurroundingsError) as refused:
            restoring.restore(there, backup, private_of(found), agreed=yes)
    finally:
        lock.free()
    assert refused.value.code == "up.runs"


def test_newer_version_is_named(source, backup, monkeypatch):
    header = reading.verify(backup, envelope.read_private(private_of(source[0])))
    header |= {"version": "9.9", "migrations": ["core.0001_initial", "core.9999_from_the_future"]}
    with pytest.raises(InputError, match=r"newer version \(9\.9"):
        restoring._check_version(header)
    header["migrations"] = ["core.0001_initial"]
    assert restoring._check_version(header) > 0


@pytest.fixture
def world(source, backup):
    """Another installation with the restored backup, for tests that change it."""
    found, _cluster = source
    there = beside(found, f"world-{os.urandom(3).hex()}")
    restoring.restore(there, backup, private_of(found), agreed=no)
    cluster = postgres.ensure(there)
    yield there, cluster
    postgres.stop(cluster, mode="immediate")


def test_unequal_restore_is_not_put_in_place(world, backup, source, monkeypatch):
    """A row that is lost on the way: the database in use stays, and it is said which table."""
    there, cluster = world
    (there.data / "documents" / "2026" / "letter é.txt").unlink()
    (there.data / "documents" / "2026").rmdir()
    load = restoring._load

    def lossy(target, *rest):
        load(target, *rest)
        with psycopg.connect(target.url) as connection:
            connection.execute("delete from person where code = 'P-7'")
            connection.execute("update core_datakey set wrapped = '\\x00' where id = 2")
            connection.execute("alter table person no force row level security")

    monkeypatch.setattr(restoring, "_load", lossy)
    with psycopg.connect(cluster.owner_url) as connection:
        connection.execute("insert into core_datakey (uid) values (gen_random_uuid())")
    before = rows(cluster.superuser_url)

    with pytest.raises(restoring.Unequal) as refused:
        restoring.restore(there, backup, private_of(source[0]), agreed=yes)

    assert str(refused.value).splitlines()[1:] == [
        "public.core_datakey: a row is not what it was.",
        "public.person: 500 rows are expected, 499 are there.",
        "The row security differ: 1 are expected, 0 are there.",
    ]
    assert refused.value.exit_code == 1
    assert rows(cluster.superuser_url) == before

    monkeypatch.undo()
    postgres.create_database(cluster, "versants_restoring")  # what a killed restore leaves behind
    restoring.restore(there, backup, private_of(source[0]), agreed=yes)  # --replace, and all is as it was
    assert rows(cluster.superuser_url) == rows(source[1].superuser_url)


def test_erased_after_the_backup_is_erased_again(source, backup):
    found, _cluster = source
    there = beside(found, "elsewhere-4")
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    list_of = found.keys_file.parent / "erasures.jsonl"
    witness = found.keys_file.parent / "witness" / "erasures.jsonl"
    witness.parent.mkdir()
    list_of.write_text(
        json.dumps({"key": str(KEYS[0]), "at": at.isoformat()}) + '\n{"key": "0000\n' + '{"other": 1}\n'
    )
    witness.write_text(
        json.dumps({"uid": "x", "code": "P", "keys": [str(KEYS[2])], "at": at.isoformat()}) + "\n"
    )
    # This backup is from before there were such tables: nothing of it can live again, and that is no fault.
    ended = {"uid": "y", "kind": "role", "of": str(KEYS[1]), "at": at.isoformat(), "says": "empty"}
    endings = witness.with_name("endings.jsonl")
    endings.write_text(json.dumps(ended) + "\n")
    try:
        done = restoring.restore(there, backup, private_of(found), agreed=no)
    finally:
        list_of.unlink()
        witness.unlink()
        endings.unlink()
        witness.parent.rmdir()
    assert (done.erased_again, done.ended_again) == (2, {})
    other = postgres.ensure(there)
    try:
        found_keys = asked(
            other.superuser_url,
            "select uid, wrapped, wrapped_by, destroyed_at from core_datakey order by uid",
        )
    finally:
        postgres.stop(other, mode="immediate")
    assert found_keys == [
        (KEYS[0], None, None, at),
        (KEYS[1], b"\xbe\xef", "w1", None),
        (KEYS[2], None, None, at),
    ]


def test_role_that_does_not_see_every_row_makes_no_backup(source, monkeypatch, tmp_path):
    """As the owner, whom row security binds, and with the check asleep: pg_dump itself refuses to be cut."""
    found, cluster = source
    yours = type(found)(**{**vars(found), "database_url": cluster.app_url})
    monkeypatch.delenv("DATABASE_BACKUP_URL", raising=False)
    with pytest.raises(SurroundingsError) as refused:
        taking.take(yours, tmp_path / "it.backup")
    assert refused.value.code == "backup.url"

    monkeypatch.setenv("DATABASE_BACKUP_URL", cluster.owner_url)
    monkeypatch.setattr("versants.launch.backup.sources.own_programs", lambda _paths: cluster.engine.bin)
    with pytest.raises(SurroundingsError) as refused:
        taking.take(yours, tmp_path / "it.backup")
    assert refused.value.code == "backup.row_security"

    monkeypatch.setattr(taking, "_check_sees_everything", lambda _connection: None)
    with pytest.raises(SurroundingsError) as refused:
        taking.take(yours, tmp_path / "it.backup")
    assert refused.value.code == "backup.row_security"
    assert list(tmp_path.iterdir()) == []


def test_dump_that_fails_leaves_no_file(source, monkeypatch, tmp_path):
    found, _cluster = source
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "pg_dump").write_text("#!/bin/sh\nprintf half\necho 'pg_dump: error: it broke' >&2\nexit 1\n")
    (programs / "pg_dump").chmod(0o755)
    monkeypatch.setattr("versants.launch.backup.sources.programs", lambda _folder: programs)
    before = state.last_at(found)
    with pytest.raises(SurroundingsError, match="it broke"):
        taking.take(found, tmp_path / "it.backup")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
    assert state.last_at(found) == before


def test_nightly_writes_when_it_succeeded_and_why_it_failed(source, tmp_path, monkeypatch):
    found, _cluster = source
    nightly = type(found)(**{**vars(found), "backup_dir": tmp_path / "nights"})

    done = schedule.run(nightly)

    assert schedule.instant_of(done.file) is not None
    assert state.last_at(found) == done.at
    monkeypatch.setattr(
        taking, "take", lambda *_: (_ for _ in ()).throw(SurroundingsError("The disk is full."))
    )
    with pytest.raises(SurroundingsError):
        schedule.run(nightly)
    assert state.read(found)["why"] == "The disk is full."
    assert state.last_at(found) == done.at


def test_commands_answer_as_programs_and_people_need(source, tmp_path):
    found, _cluster = source
    env = with_keys(found.data.parent, "var")
    target = tmp_path / "it.backup"

    made = cli("backup", str(target), "--json", env=env)
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["rows"] == 506
    checked = cli("backup", "--verify", str(target), "--key", str(private_of(found)), "--json", env=env)
    assert json.loads(checked.stdout)["whole"] is True
    again = cli("backup", str(target), env=env)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    beside_it = cli("backup", "--new-key", str(found.data / "private"), env=env)
    assert (beside_it.returncode, "beside what it protects" in beside_it.stderr) == (2, True)
    there = with_keys(found.data.parent, "by-command")
    restored = cli("restore", str(target), "--key", str(private_of(found)), "--json", env=there)
    assert restored.returncode == 0, restored.stderr
    assert json.loads(restored.stdout)["equal"] is True
    keyless = cli("restore", str(target), env=there)
    assert (keyless.returncode, "needs --key" in keyless.stderr) == (2, True)
    list_of = Path(there["VERSANTS_KEYS_FILE"]).parent / "erasures.jsonl"
    list_of.write_text(json.dumps({"key": str(KEYS[0]), "at": "2026-11-26T12:00:00+00:00"}) + "\n")
    again = cli("restore", "--again", env=there)
    list_of.unlink()
    assert (again.returncode, "1 erasures done again; ended again: nothing." in again.stderr) == (0, True)
    Path(there["VERSANTS_DATA"], "documents").rename(Path(there["VERSANTS_DATA"], "moved"))
    full = cli("restore", str(target), "--key", str(private_of(found)), env=there)
    assert (full.returncode, "is not empty" in full.stderr) == (2, True)
