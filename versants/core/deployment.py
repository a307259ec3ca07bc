"""What can be wrong with an installation, each in a sentence that says what to do (``versants doctor``)."""

from __future__ import annotations

import ipaddress
import json
import math
import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from versants.core import clock, diagnoses
from versants.core.access.shield import shields
from versants.core.diagnoses import Diagnosis
from versants.core.web.build import engine
from versants.launch.backup import envelope, state
from versants.launch.paths import Paths

SECRET_BITS = 200  # what make_secret draws is more than twice that
CLOCK_WITHIN = timedelta(seconds=2)
DISK_FREE_BYTES = 1_000_000_000
BACKUP_WITHIN = timedelta(hours=26)  # a day, and the time the nightly one takes
HEARTBEAT_WITHIN = timedelta(seconds=40)
PIECE_WITHIN = timedelta(minutes=10)
MESSAGES_WITHIN = timedelta(hours=1)

Question = Callable[[], Iterable[str]]


def asks_database(question: Question) -> Question:
    """A database that does not answer is one trouble among others; the other questions are still asked."""

    @wraps(question)
    def asked() -> Iterator[str]:
        try:
            yield from question()
        except DatabaseError as error:
            yield f"The database gave no answer ({type(error).__name__}): look at its log, then run “versants migrate”."

    return asked


def paths() -> Paths:
    """The installation as the commands see it, by the settings in force."""
    found = Paths.from_environment()
    return Paths(
        **{
            **vars(found),
            "data": Path(settings.DATA),
            "keys_file": Path(settings.KEYS_FILE),
            "secret_file": Path(settings.SECRET_FILE),
        }
    )


# -- the web ------------------------------------------------------------------------------------------------------------


def debug() -> Iterable[str]:
    """Django's error pages print what a page was about."""
    if settings.DEBUG:
        yield "VERSANTS_DEBUG is on: error pages show data to anybody. Take it out of the environment."


def tls() -> Iterable[str]:
    """A host that others reach, without encryption."""
    secure = bool(settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE)
    address = urlsplit(settings.BASE_URL)
    public = not is_loopback(settings.HOST) or not is_loopback(address.hostname or "")
    if public and not secure:
        yield (
            "This host is open to others without TLS: put a proxy that ends TLS before it and set VERSANTS_HTTPS=1."
        )
    if public and address.scheme != "https":
        yield f"Links in messages say {address.scheme}://{address.hostname}: set VERSANTS_URL to the https:// address."


def public_demo() -> Iterable[str]:
    """The demonstration world's passwords are printed in the documentation."""
    public = not is_loopback(settings.HOST) or not is_loopback(urlsplit(settings.BASE_URL).hostname or "")
    if public and diagnoses.is_demo():
        yield "The demonstration world is open to others and its passwords are public: use another VERSANTS_DATA."


def is_loopback(host: str) -> bool:
    """Is this name or address this machine's own?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# -- secrets ------------------------------------------------------------------------------------------------------------


def secret() -> Iterable[str]:
    """The web secret: there, long enough, drawn by chance, this installation's alone."""
    path = Path(settings.SECRET_FILE)
    try:
        text = path.read_text().strip()
    except OSError:
        text = os.environ.get("VERSANTS_SECRET", "")
    if not text:
        yield (
            f"There is no web secret ({path}), so nobody stays signed in: “versants up” makes it; docs/operations.md does"
            " it by hand."
        )
        return
    if _bits(text) < SECRET_BITS:
        yield f"The web secret is weak: remove {path} (and VERSANTS_SECRET), the next start draws a new one."
    with suppress(OSError):
        found = path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077:
            yield f"The web secret {path} is readable by others: chmod 600."
        if found.st_nlink > 1:
            yield f"The web secret {path} has a second name: two installations share it. Remove this one and start again."


def _bits(text: str) -> float:
    """At most how much chance the text can hold, by how its characters spread."""
    counts, n = Counter(text), len(text)
    return -sum(count * math.log2(count / n) for count in counts.values()) if n else 0.0


def key_file() -> Iterable[str]:
    """The keys are not the web secret again; that they are private and apart, core.diagnoses asks."""
    path = Path(settings.KEYS_FILE)
    with suppress(OSError):
        known = Path(settings.SECRET_FILE).read_text().strip() or "-"
        if path.samefile(settings.SECRET_FILE) or known in path.read_text():
            yield "The key file and the web secret are the same: remove the secret, the next start draws a new one."


# -- the database -------------------------------------------------------------------------------------------------------


@asks_database
def database_role() -> Iterable[str]:
    """The role that serves requests: bound by row security, owner of nothing."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls, rolcreaterole,"
            " (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            "   WHERE n.nspname IN ('public', 'app') AND c.relkind IN ('r', 'v', 'S')"
            "   AND pg_has_role(current_user, c.relowner, 'MEMBER'))"
            " FROM pg_roles WHERE rolname = current_user"
        )
        name, is_super, bypasses, makes_roles, owns = cursor.fetchone()
    if is_super:
        yield f"The web's role “{name}” is a superuser: give DATABASE_URL a role that is not (docs/operations.md)."
        return
    if bypasses:
        yield f"The web's role “{name}” may bypass row security: ALTER ROLE {name} NOBYPASSRLS."
    if makes_roles:
        yield f"The web's role “{name}” may make roles: ALTER ROLE {name} NOCREATEROLE."
    if owns:
        yield f"The web's role “{name}” owns tables, or belongs to who does: only the owner of DATABASE_OWNER_URL may."


@asks_database
def row_security() -> Iterable[str]:
    """Every declared table is under row security."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relrowsecurity AND relforcerowsecurity"
        )
        held = {name for (name,) in cursor.fetchall()}
    open_ = sorted(set(shields()) - held)
    if open_:
        yield f"Row security is off for {len(open_)} tables ({', '.join(open_[:3])}…): run “versants migrate”."


@asks_database
def migrations() -> Iterable[str]:
    """The database is at this version."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    missing = sorted(set(loader.disk_migrations) - set(loader.applied_migrations))
    if missing:
        yield f"{len(missing)} migrations are missing, from {'.'.join(missing[0])} on: run “versants migrate”."


@asks_database
def worker() -> Iterable[str]:
    """Somebody does the work that waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(last_heartbeat) FROM procrastinate_workers")
        (last,) = cursor.fetchone()
    if last is None or last < timezone.now() - HEARTBEAT_WITHIN:
        since = f" since {last:%Y-%m-%d %H:%M} UTC" if last else ""
        yield f"No worker is heard{since}: messages and plans wait. Start “versants up”, or a worker."


@asks_database
def time_of_day() -> Iterable[str]:
    """One time for all, and it runs."""
    with connection.cursor() as cursor:
        before = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        (theirs,) = cursor.fetchone()
        after = timezone.now()
    gap = max(before - theirs, theirs - after, timedelta(0))
    if gap > CLOCK_WITHIN:
        yield (
            f"The clocks of this host and of the database are {gap.total_seconds():.0f} s apart: set both by NTP"
            " (timedatectl set-ntp true)."
        )
    if clock.frozen_text() and not diagnoses.is_demo():
        yield "A frozen clock is asked for (VERSANTS_NOW, or a scene in the data folder): take it away, real people wait."


# -- messages -----------------------------------------------------------------------------------------------------------


def messages() -> Iterable[str]:
    """Messages are files until a mail server of the installation's own has taken them."""
    folder = Path(settings.MAIL_DIR)
    waiting = [path for end in ("*.eml", "*.sms.json") for path in folder.glob(end)]
    with suppress(OSError):
        oldest = min((path.stat().st_mtime for path in waiting), default=None)
        if oldest is not None and datetime.fromtimestamp(oldest, UTC) < datetime.now(UTC) - MESSAGES_WITHIN:
            yield (
                f"{len(waiting)} messages lie in {folder}, the oldest for more than an hour: nobody has them yet. Let your"
                " mail server take them from there (docs/operations.md, Messages)."
            )
    public = not is_loopback(urlsplit(settings.BASE_URL).hostname or "")
    if public and settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        yield f"Messages come from {settings.DEFAULT_FROM_EMAIL}: set VERSANTS_MAIL_FROM to an address of yours."


# -- disk and backups ---------------------------------------------------------------------------------------------------


def disk() -> Iterable[str]:
    """Room for what a day brings, where data and backups are."""
    here = paths()
    for called, folder in (
        ("data", here.data),
        ("backups", here.backup_dir),
        ("log of changes", here.wal_dir),
    ):
        with suppress(OSError):
            if folder is not None and (free := shutil.disk_usage(folder).free) < DISK_FREE_BYTES:
                yield f"The disk of the {called} is nearly full: {free // 1_000_000} MB are free in {folder}. Make room."


def backup() -> Iterable[str]:
    """A backup is there, of yesterday at the earliest, and its private key is not here."""
    here = paths()
    known = state.read(here)
    last = state.last_at(here)
    if not here.backup_key_file.exists():
        yield "Backups have no key yet: “versants backup --new-key FILE”, then keep FILE elsewhere (docs/backup.md)."
    if last is None:
        yield "There never was a backup: set VERSANTS_BACKUP_DIR for one each night, or run “versants backup FILE”."
    elif last < datetime.now(UTC) - BACKUP_WITHIN:
        why = f" ({known['why']})" if known.get("why") else ""
        yield f"The last backup is of {last:%Y-%m-%d %H:%M} UTC, more than a day ago{why}: run “versants backup FILE”."
    folders = {here.keys_file.parent, here.data, here.backup_dir, here.wal_dir, here.project}
    for folder in sorted(folder for folder in folders if folder is not None and folder.is_dir()):
        for path in folder.iterdir():
            if path.is_file() and envelope.is_private_key(path):
                yield f"{path} opens every backup and lies beside what it protects: carry it elsewhere and remove it here."


@asks_database
def log_of_changes() -> Iterable[str]:
    """Asked for with VERSANTS_WAL_DIR: it is kept, and nothing waits."""
    here = paths()
    if here.wal_dir is None or here.database_url:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('archive_mode'), coalesce(last_failed_time > coalesce(last_archived_time,"
            " '-infinity'), false) FROM pg_stat_archiver"
        )
        mode, fails = cursor.fetchone()
    if mode != "on":
        yield "VERSANTS_WAL_DIR is set and the database keeps no log of changes: stop and start it once."
    elif fails:
        yield "PostgreSQL cannot lay its log of changes aside: is the disk of the data full? (its log says more)"
    yield from waiting_pieces(here)


def waiting_pieces(here: Paths) -> Iterable[str]:
    """What PostgreSQL laid aside and nobody sealed."""
    with suppress(OSError, KeyError, ValueError):
        spool = Path(json.loads(here.pg_file.read_text())["data"]).parent / "wal"
        oldest = min((path.stat().st_mtime for path in spool.iterdir()), default=None)
        if oldest is not None and datetime.fromtimestamp(oldest, UTC) < datetime.now(UTC) - PIECE_WITHIN:
            yield f"Pieces of the log of changes wait in {spool}: does “versants up” run, has {here.wal_dir} room?"


def add_all() -> None:
    """In the order of how much harm they do."""
    every: tuple[tuple[str, Question, bool], ...] = (
        ("debug", debug, True),
        ("tls", tls, True),
        ("demo", public_demo, True),
        ("secret", secret, True),
        ("keys.secret", key_file, True),
        ("role", database_role, True),
        ("row security", row_security, True),
        ("migrations", migrations, True),
        ("worker", worker, True),
        ("clock", time_of_day, True),
        ("messages", messages, False),
        ("disk", disk, True),
        ("backup", backup, False),
        ("log of changes", log_of_changes, True),
    )
    for order, (key, question, in_demo) in enumerate(every):
        diagnoses.diagnoses.add(Diagnosis(key, question, order=30 + order, in_demo=in_demo))


def notes() -> list[str]:
    """What is no fault and good to know."""
    if engine() != "native":
        return [
            "Plans are made by the planner in plain Python, which is slower: with a C++ compiler, “make setup”."
        ]
    return []
