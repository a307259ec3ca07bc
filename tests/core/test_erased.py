"""An erasure is written where a restored backup does not forget it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection, transaction

from versants.core.crypto import vault
from versants.launch.backup import erasures


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    """Keys of the suite, in a folder of this test's own."""
    target = tmp_path / "keys.json"
    target.write_text(Path(settings.KEYS_FILE).read_text())
    settings.KEYS_FILE = target
    return tmp_path


def test_destroyed_key_is_written_down_once_it_is_committed(db, folder, django_capture_on_commit_callbacks):
    key = vault.new_key()
    with django_capture_on_commit_callbacks(execute=True):
        vault.destroy(key)
        assert not (folder / "erasures.jsonl").exists()
    assert erasures.known(folder) == {key.uid: key.destroyed_at}
    assert (folder / "erasures.jsonl").stat().st_mode & 0o077 == 0


def test_erasure_taken_back_is_not_written(db, folder, django_capture_on_commit_callbacks):
    key = vault.new_key()

    class Back(Exception):
        pass

    def destroy_and_fail() -> None:
        with transaction.atomic():
            vault.destroy(key)
            raise Back

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Back):
        destroy_and_fail()
    assert erasures.known(folder) == {}


def test_half_a_line_loses_only_itself(db, folder, django_capture_on_commit_callbacks):
    first, second = vault.new_key(), vault.new_key()
    with django_capture_on_commit_callbacks(execute=True):
        vault.destroy(first)
    with (folder / "erasures.jsonl").open("a") as file:
        file.write(json.dumps({"key": str(second.uid), "at": ""})[:30])
    with django_capture_on_commit_callbacks(execute=True):
        vault.destroy(second)
    assert set(erasures.known(folder)) == {first.uid, second.uid}


def test_restored_key_is_destroyed_again(db, folder, django_capture_on_commit_callbacks):
    """The key lives again, as after a restore; what the file knows goes, the others stay."""
    gone, stays = vault.new_key(), vault.new_key()
    wrapped = bytes(gone.wrapped)
    with django_capture_on_commit_callbacks(execute=True):
        vault.destroy(gone)
    type(gone).objects.filter(pk=gone.pk).update(wrapped=wrapped, destroyed_at=None)

    assert erasures.replay(connection.connection, folder) == 1
    assert erasures.replay(connection.connection, folder) == 0

    gone.refresh_from_db()
    stays.refresh_from_db()
    assert gone.wrapped is None
    assert gone.destroyed_at is not None
    assert stays.wrapped is not None
