"""The doctor: content with a good installation, and every trouble named when it is made on purpose."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection

from versants.core import deployment, diagnoses
from versants.core.crypto import recovery
from versants.core.crypto.keyring import init_keys
from versants.launch.backup import envelope, state
from versants.people.models import Account


@pytest.fixture
def host(db, settings, tmp_path, monkeypatch):
    """An installation with which nothing is wrong, whose connection has the application's role."""
    for name in ("VERSANTS_BACKUP_DIR", "VERSANTS_WAL_DIR", "VERSANTS_SECRET"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "data").mkdir()
    settings.DEBUG = False
    settings.DATA = tmp_path / "data"
    settings.MAIL_DIR = tmp_path / "mail"
    settings.DEFAULT_FROM_EMAIL = "versants@example.org"
    settings.KEYS_FILE = tmp_path / "keys" / "keys.json"
    settings.SECRET_FILE = tmp_path / "keys" / "secret"
    settings.HOST, settings.BASE_URL, settings.FROZEN_NOW = "127.0.0.1", "http://127.0.0.1:8000", ""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    init_keys(settings.KEYS_FILE)
    here = deployment.paths()
    here.make_secret()
    monkeypatch.setattr(recovery, "_N", 2**12)
    passphrase = recovery.draw_passphrase()
    recovery.export(tmp_path / "elsewhere-keys", passphrase)
    recovery.confirm(tmp_path / "elsewhere-keys", passphrase)
    envelope.make_keys(here.backup_key_file, tmp_path / "elsewhere" / "private")
    state.succeeded(here, {"at": datetime.now(UTC).isoformat()})
    monkeypatch.setattr(deployment, "engine", lambda: "native")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        cursor.execute("SET LOCAL ROLE versants_app")
    return SimpleNamespace(
        paths=here, settings=settings, elsewhere=tmp_path / "elsewhere", monkeypatch=monkeypatch
    )


def as_superuser(*statements: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL ROLE versants_app")


def test_good_installation_is_well(host, capsys):
    found = diagnoses.examine()
    assert {key: said for key, said in found.items() if said} == {}
    call_command("doctor")
    assert "TROUBLE" not in capsys.readouterr().out


def debug_on(host):
    host.settings.DEBUG = True


def public_without_tls(host):
    host.settings.HOST = "0.0.0.0"
    host.settings.BASE_URL = "https://versants.example"


def links_without_tls(host):
    host.settings.SESSION_COOKIE_SECURE = host.settings.CSRF_COOKIE_SECURE = True
    host.settings.BASE_URL = "http://versants.example"


def demo_in_public(host):
    host.settings.SESSION_COOKIE_SECURE = host.settings.CSRF_COOKIE_SECURE = True
    host.settings.BASE_URL = "https://versants.example"
    Account.objects.create(email="somebody@example.org", is_demo=True)


def no_secret(host):
    host.paths.secret_file.unlink()


def weak_secret(host):
    host.paths.secret_file.write_text("versants-versants-versants-versants-versants-versants")


def secret_read_by_others(host):
    host.paths.secret_file.chmod(0o644)


def shared_secret(host):
    os.link(host.paths.secret_file, host.elsewhere / "secret")


def no_keys(host):
    host.paths.keys_file.unlink()


def keys_in_data(host):
    host.settings.KEYS_FILE = host.paths.data / "keys.json"
    shutil.copy(host.paths.keys_file, host.settings.KEYS_FILE)
    shutil.copy(host.paths.keys_file.parent / "recovery.json", host.paths.data)
    Path(host.settings.KEYS_FILE).chmod(0o600)
    shutil.copy(host.paths.backup_key_file, host.paths.data / "backup.pub")


def keys_read_by_others(host):
    host.paths.keys_file.chmod(0o640)


def keys_are_the_secret(host):
    host.paths.secret_file.write_text(json.loads(host.paths.keys_file.read_text())["index"] * 2)
    content = json.loads(host.paths.keys_file.read_text())
    content["index"] *= 2
    host.paths.keys_file.write_text(json.dumps(content))


def role_bypasses(host):
    as_superuser("ALTER ROLE versants_app BYPASSRLS")


def role_makes_roles(host):
    as_superuser("ALTER ROLE versants_app CREATEROLE")


def role_is_superuser(host):
    as_superuser("ALTER ROLE versants_app SUPERUSER")


def role_owns(host):
    as_superuser("CREATE TABLE mine (id int)", "ALTER TABLE mine OWNER TO versants_app")


def role_belongs_to_owner(host):
    as_superuser("GRANT versants_owner TO versants_app")


def row_security_off(host):
    as_superuser("ALTER TABLE people_person NO FORCE ROW LEVEL SECURITY")


def migration_missing(host):
    as_superuser("DELETE FROM django_migrations WHERE app = 'core' AND name LIKE '0003%'")


def no_worker(host):
    as_superuser("DELETE FROM procrastinate_workers")


def silent_worker(host):
    as_superuser("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '2 minutes'")


def clock_off(host):
    real = deployment.timezone.now
    host.monkeypatch.setattr(deployment.timezone, "now", lambda: real() + timedelta(seconds=9))


def clock_frozen(host):
    host.settings.FROZEN_NOW = "2026-11-24T09:00"


def messages_wait(host):
    folder = Path(host.settings.MAIL_DIR)
    folder.mkdir()
    for name in ("old.eml", "new.sms.json", ".half.eml.part"):
        (folder / name).write_text("To: somebody")
    os.utime(folder / "old.eml", (1, 1))


def messages_of_nobody(host):
    host.settings.SESSION_COOKIE_SECURE = host.settings.CSRF_COOKIE_SECURE = True
    host.settings.BASE_URL = "https://versants.example"
    host.settings.DEFAULT_FROM_EMAIL = "versants@localhost"


def disk_full(host):
    host.monkeypatch.setattr(deployment.shutil, "disk_usage", lambda _: SimpleNamespace(free=999_000_000))


def never_backed_up(host):
    host.paths.backup_state_file.unlink()


def backup_is_old(host):
    at = datetime.now(UTC) - timedelta(hours=27)
    state.succeeded(host.paths, {"at": at.isoformat()})
    state.failed(host.paths, "The disk is full.")


def no_backup_key(host):
    host.paths.backup_key_file.unlink()


def private_key_here(host):
    (host.elsewhere / "private").rename(host.paths.keys_file.parent / "private")


def log_not_kept(host):
    host.monkeypatch.setenv("VERSANTS_WAL_DIR", str(host.elsewhere / "kept"))


@pytest.mark.parametrize(
    ("make", "key", "words"),
    [
        (debug_on, "debug", "VERSANTS_DEBUG is on"),
        (public_without_tls, "tls", "open to others without TLS"),
        (links_without_tls, "tls", "Links in messages say http://versants.example"),
        (demo_in_public, "demo", "demonstration world is open to others"),
        (no_secret, "secret", "There is no web secret"),
        (weak_secret, "secret", "The web secret is weak"),
        (secret_read_by_others, "secret", "is readable by others"),
        (shared_secret, "secret", "two installations share it"),
        (no_keys, "keys.files", "cannot be read"),
        (keys_in_data, "keys.files", "lie in the data folder"),
        (keys_read_by_others, "keys.files", "is readable by others"),
        (keys_are_the_secret, "keys.secret", "are the same"),
        (role_bypasses, "role", "may bypass row security"),
        (role_makes_roles, "role", "may make roles"),
        (role_is_superuser, "role", "is a superuser"),
        (role_owns, "role", "owns tables"),
        (role_belongs_to_owner, "role", "owns tables"),
        (row_security_off, "row security", "people_person"),
        (migration_missing, "migrations", "1 migrations are missing, from core.0003"),
        (no_worker, "worker", "No worker is heard:"),
        (silent_worker, "worker", "No worker is heard since"),
        (clock_off, "clock", "9 s apart"),
        (clock_frozen, "clock", "frozen clock"),
        (messages_wait, "messages", "2 messages lie in"),
        (messages_of_nobody, "messages", "set VERSANTS_MAIL_FROM"),
        (disk_full, "disk", "999 MB are free"),
        (never_backed_up, "backup", "There never was a backup"),
        (backup_is_old, "backup", "more than a day ago (The disk is full.)"),
        (no_backup_key, "backup", "Backups have no key yet"),
        (private_key_here, "backup", "opens every backup and lies beside"),
        (log_not_kept, "log of changes", "keeps no log of changes"),
    ],
)
def test_trouble_is_named_alone(host, make, key, words, capsys):
    make(host)

    with pytest.raises(SystemExit) as ending:
        call_command("doctor", "--json")

    assert ending.value.code == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["well"] is False
    assert {name: len(said) for name, said in answer["checks"].items() if said} == {key: 1}
    assert words in answer["checks"][key][0]


def test_planner_in_python_is_a_note_and_no_fault(host, monkeypatch, capsys):
    monkeypatch.setattr(deployment, "engine", lambda: "python")
    call_command("doctor", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["well"] is True
    assert "plain Python" in answer["notes"][0]


def test_demonstration_world_needs_no_backup(host):
    Account.objects.create(email="somebody@example.org", is_demo=True)
    never_backed_up(host)
    assert not any(diagnoses.examine().values())


def test_log_of_changes_that_cannot_be_laid_aside_is_named(host):
    log_not_kept(host)
    cursor = SimpleNamespace(execute=lambda *_: None, fetchone=lambda: ("on", True))
    fake = SimpleNamespace(cursor=lambda: nullcontext(cursor))
    host.monkeypatch.setattr(deployment, "connection", fake)
    assert [said[:35] for said in deployment.log_of_changes()] == ["PostgreSQL cannot lay its log of ch"]
    cursor.fetchone = lambda: ("on", False)
    assert list(deployment.log_of_changes()) == []


def test_piece_of_the_log_that_nobody_seals_is_named(host):
    log_not_kept(host)
    here = deployment.paths()
    piece = here.data / "pg" / "wal" / "000000010000000000000001"
    piece.parent.mkdir(parents=True)
    piece.touch()
    here.pg_file.write_text(json.dumps({"data": str(here.data / "pg" / "data")}))
    assert list(deployment.waiting_pieces(here)) == []
    os.utime(piece, (1, 1))
    assert "wait in" in next(iter(deployment.waiting_pieces(here)))
