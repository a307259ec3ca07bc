"""Between two writes a moment apart."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from tests.backup.conftest import beside, private_of, with_keys
from tests.launch.conftest import until
from versants.launch import postgres
from versants.launch.backup import envelope, moments
from versants.launch.errors import InputError
from versants.launch.paths import Paths


@pytest.fixture(scope="module")
def archiving():
    """An installation that keeps its log of changes: two writes, with the moment between them."""
    import tempfile
    from pathlib import Path

    base = Path(tempfile.mkdtemp(prefix="versants-launch-"))
    base.chmod(0o755)
    found = Paths.from_environment(
        with_keys(base, "a folder's 100%") | {"VERSANTS_WAL_DIR": str(base / "kept")}
    )
    envelope.make_keys(found.backup_key_file, base / "elsewhere" / "private")
    cluster = postgres.ensure(found)
    try:
        with psycopg.connect(cluster.owner_url, autocommit=True) as connection:
            connection.execute("create table word (at timestamptz default clock_timestamp(), said text)")
            connection.execute("insert into word (said) values ('before the base')")
            before = datetime.now(UTC)
            time.sleep(1.1)  # names of bases carry whole seconds
            found_base = moments.take_base(found, base / "kept")
            connection.execute("insert into word (said) values ('one')")
            time.sleep(0.05)
            between = datetime.now(UTC)
            time.sleep(0.05)
            connection.execute("insert into word (said) values ('two')")
        with cluster.connect() as connection:
            current = connection.execute("select pg_walfile_name(pg_current_wal_lsn())").fetchone()[0]
            connection.execute("select pg_switch_wal()")
            connection.commit()
            asked = "select coalesce(last_archived_wal, '') >= %s from pg_stat_archiver"
            assert until(lambda: connection.execute(asked, [current]).fetchone()[0], 60)
            assert any(p.name[0] != "." for p in _names(cluster))
        assert moments.ship_for(found, cluster) >= 1
        assert until(lambda: moments.ship_for(found, cluster) == 0, 30)  # a segment may end meanwhile
        yield found, cluster, found_base, before, between
    finally:
        postgres.stop(cluster, mode="immediate")
        shutil.rmtree(cluster.base, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)


def _names(cluster):
    return list(cluster.spool.iterdir()) if cluster.spool.is_dir() else []


def words(paths: Paths) -> list[str]:
    cluster = postgres.ensure(paths)
    try:
        with psycopg.connect(cluster.owner_url) as connection:
            found = [said for (said,) in connection.execute("select said from word order by at").fetchall()]
            connection.execute("insert into word (said) values ('goes on')")
    finally:
        postgres.stop(cluster, mode="fast")
    return found


def restored(archiving, name: str, at: datetime | None) -> list[str]:
    found = archiving[0]
    there = beside(found, name)
    kept = found.data.parent / "kept"
    moments.restore_base(there, kept, kept, private_of(found), at)
    assert not (there.data / "pg" / "recover").exists()
    return words(there)


def test_restored_between_two_writes_and_goes_on(archiving):
    assert restored(archiving, "between", archiving[4]) == ["before the base", "one"]


def test_without_a_moment_everything_comes_back(archiving):
    assert restored(archiving, "all", None) == ["before the base", "one", "two"]


@pytest.mark.parametrize(("when", "code"), [("before", "base.none"), ("after", "base.log_ends")])
def test_moment_out_of_reach_is_said_and_leaves_nothing(archiving, when, code):
    found, _cluster, _base, before, _between = archiving
    at = before if when == "before" else datetime.now(UTC) + timedelta(hours=1)
    there = beside(found, f"out-{when}")
    kept = found.data.parent / "kept"
    with pytest.raises(InputError) as refused:
        moments.restore_base(there, kept, kept, private_of(found), at)
    assert refused.value.code == code
    assert not there.pg_file.exists()
    assert not (there.data / "pg" / "data").exists()


def test_data_folder_that_is_not_new_is_left_alone(archiving):
    found = archiving[0]
    kept = found.data.parent / "kept"
    with pytest.raises(InputError) as refused:
        moments.restore_base(found, kept, kept, private_of(found), None)
    assert refused.value.code == "base.not_new"


def test_piece_under_another_name_is_found(archiving, tmp_path):
    found, cluster, base, _before, _between = archiving
    kept = found.data.parent / "kept"
    system = moments.system_of(cluster)
    shutil.copytree(kept / system, tmp_path / system)
    pieces = sorted(path for path in (tmp_path / system).iterdir() if len(path.name) == 24 + len(".sealed"))
    pieces[-1].rename(pieces[-1].with_name("0000000100000000000000FE.sealed"))
    there = beside(found, "swapped")
    with pytest.raises(envelope.BrokenFile):
        moments.restore_base(there, kept, tmp_path, private_of(found), None)
    assert base.exists()


def test_nothing_of_the_log_can_be_read(archiving):
    for path in (archiving[0].data.parent / "kept").rglob("*.sealed"):
        assert b"before the base" not in path.read_bytes()


def test_archive_that_is_off_is_not_switched_on_by_itself(archiving):
    found, cluster = archiving[:2]
    assert cluster.archive
    assert not replace(cluster, archive=False).archive
    with cluster.connect() as connection:
        assert connection.execute("show archive_mode").fetchone() == ("on",)
    assert found.wal_dir is not None
