"""From the embedded PostgreSQL to a server of yours, over the network with passwords, and back."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import psycopg
import pytest

from tests.backup.conftest import beside, private_of, with_keys
from tests.backup.test_round_trip import asked, no, rows
from tests.launch.conftest import cli
from versants.launch import postgres, server
from versants.launch.backup import restoring, taking
from versants.launch.backup.sources import split_password
from versants.launch.errors import InputError

PASSWORD = "p'ss w%rd"


@pytest.fixture(scope="module")
def yours():
    """A second cluster that listens on the network and asks for a password; the roles docs/operations.md makes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with postgres.temporary_cluster() as cluster:
        document = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
        sql = (
            document.split("```sql\n")[1]
            .split("```")[0]
            .replace("'…'", "'" + PASSWORD.replace("'", "''") + "'")
        )
        roles, inside = sql.split("\\c versants\n")
        with cluster.connect(database="postgres") as connection:
            connection.execute("drop database versants")
            connection.execute("drop role versants_owner, versants_app")
            for statement in filter(str.strip, roles.split(";")):
                connection.execute(statement)
            with cluster.connect(database="versants") as new:
                for statement in filter(str.strip, inside.split(";")):
                    new.execute(statement)
            connection.execute("alter system set listen_addresses = '127.0.0.1'")
            connection.execute(f"alter system set port = {port}")
        rules = cluster.data / "versants_hba.conf"
        rules.write_text(rules.read_text() + "host all all 127.0.0.1/32 scram-sha-256\n")
        server.stop(cluster)
        answer = cluster.engine.run("pg_ctl", "-D", cluster.data, "-l", cluster.log, "-w", "start")
        assert answer.returncode == 0, answer.stderr

        def url(role: str) -> str:
            return psycopg.conninfo.make_conninfo(
                host="127.0.0.1", port=port, user=role, password=PASSWORD, dbname="versants"
            )

        yield url


def test_there_and_back_it_is_the_same(source, yours):
    found, cluster = source
    before = rows(cluster.superuser_url)
    first, second = found.data.parent / "there.backup", found.data.parent / "back.backup"
    taking.take(found, first)
    env = with_keys(found.data.parent, "for-yours") | {
        "DATABASE_URL": yours("versants_app"),
        "DATABASE_OWNER_URL": yours("versants_owner"),
        "DATABASE_BACKUP_URL": yours("versants_backup"),
    }

    there = cli("restore", str(first), "--key", str(private_of(found)), "--json", env=env)

    assert there.returncode == 0, there.stderr
    assert json.loads(there.stdout)["rows"] == 506
    assert rows(yours("versants_backup")) == before
    assert asked(yours("versants_app"), "select count(*) from person") == [(0,)]
    assert asked(yours("versants_owner"), "select count(*) from person") == [(0,)]

    again = cli("restore", str(first), "--key", str(private_of(found)), "--replace", "--yes", env=env)
    assert (again.returncode, "is not empty" in again.stderr) == (2, True)
    assert rows(yours("versants_backup")) == before

    taken = cli("backup", str(second), "--json", env=env)
    assert taken.returncode == 0, taken.stderr
    back = beside(found, "back")
    restoring.restore(back, second, private_of(found), agreed=no)
    other = postgres.ensure(back)
    try:
        assert rows(other.superuser_url) == before
        assert asked(other.app_url, "select count(*) from person") == [(0,)]
    finally:
        postgres.stop(other, mode="immediate")


def test_password_is_no_argument(yours):
    conninfo, env = split_password(yours("versants_backup"))
    assert PASSWORD not in conninfo
    assert env["PGPASSWORD"] == PASSWORD


def test_role_of_backups_reads_everything_and_writes_nothing(yours):
    with psycopg.connect(yours("versants_backup")) as connection:
        assert connection.execute(
            "select count(*) from pg_roles where rolname = current_user"
        ).fetchone() == (1,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create table mine (id int)")


def test_wrong_key_is_refused_before_anything(source, yours, tmp_path):
    found, _cluster = source
    target = tmp_path / "it.backup"
    taking.take(found, target)
    from versants.launch.backup import envelope

    envelope.make_keys(tmp_path / "public", tmp_path / "private")
    with pytest.raises(InputError) as refused:
        restoring.restore(beside(found, "wrong-key"), target, tmp_path / "private", agreed=no)
    assert refused.value.code == "key.other"
