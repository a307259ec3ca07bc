"""Each night by itself: a backup into VERSANTS_BACKUP_DIR, and the old ones thinned out."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from zoneinfo import ZoneInfo

from versants.launch.backup import moments, state, taking
from versants.launch.backup.moments import STAMP
from versants.launch.children import Child
from versants.launch.database import known
from versants.launch.errors import InputError, LaunchError
from versants.launch.files import sync_folder
from versants.launch.paths import Paths

LOCAL = ZoneInfo("Europe/Brussels")
SUFFIX = ".backup"
DAYS, WEEKS, MONTHS = 7, 4, 6  # how many of each are kept, the newest of its day, week, month
BASES = 7
RETRY_S = 1800.0
SHIP_EVERY_S = 5.0


def hour(environ: dict[str, str] | os._Environ[str]) -> clock_time:
    """VERSANTS_BACKUP_AT, local time. Raises InputError ``backup.hour``."""
    text = environ.get("VERSANTS_BACKUP_AT") or "02:30"
    try:
        return clock_time.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"VERSANTS_BACKUP_AT is “{text}”; an hour such as 02:30 is expected.", code="backup.hour"
        ) from error


def is_due(now: datetime, last: datetime | None, at: clock_time) -> bool:
    """Has the hour passed since the last backup? A night that was slept through is made up for at once."""
    local = now.astimezone(LOCAL)
    latest = datetime.combine(local.date(), at, LOCAL)
    if latest.astimezone(UTC) > now:
        latest = datetime.combine(local.date() - timedelta(days=1), at, LOCAL)
    return last is None or last < latest.astimezone(UTC)


def to_keep(instants: Iterable[datetime]) -> set[datetime]:
    """The newest of each of the last 7 days, 4 weeks and 6 months that have one."""
    newest_first = sorted(instants, reverse=True)
    kept: set[datetime] = set()
    for count, period in (
        (DAYS, lambda at: at.date()),
        (WEEKS, lambda at: at.isocalendar()[:2]),
        (MONTHS, lambda at: (at.year, at.month)),
    ):
        seen: set[object] = set()
        for one in newest_first:
            key = period(one.astimezone(LOCAL))
            if key not in seen and len(seen) < count:
                seen.add(key)
                kept.add(one)
    return kept


def name_of(at: datetime) -> str:
    return f"versants-{at.astimezone(UTC).strftime(STAMP)}{SUFFIX}"


def instant_of(path: Path) -> datetime | None:
    """When the backup of that name was begun; None for a file that is not ours to remove."""
    with suppress(ValueError):
        return datetime.strptime(path.name, f"versants-{STAMP}{SUFFIX}").replace(tzinfo=UTC)
    return None


def thin_out(folder: Path) -> list[Path]:
    """Remove backups that are kept no longer; only files of our own naming. Returns them."""
    found = {at: path for path in folder.glob(f"versants-*{SUFFIX}") if (at := instant_of(path)) is not None}
    gone = [path for at, path in found.items() if at not in to_keep(found)]
    for path in gone:
        path.unlink(missing_ok=True)
    if gone:
        sync_folder(folder)
    return gone


def thin_out_log(folder: Path) -> int:
    """Keep the newest bases and the log from the oldest of them on. Returns how many files went."""
    gone = 0
    for system in [path for path in folder.iterdir() if path.is_dir() and path.name.isdigit()]:
        bases = sorted(system.glob(f"base-*{moments.SUFFIX}"), key=lambda path: path.name)
        old, kept = bases[:-BASES], bases[-BASES:]
        if not kept:
            continue
        first = kept[0].name.removesuffix(moments.SUFFIX).rpartition("-")[2]
        for path in system.glob(f"*{moments.SUFFIX}"):
            name = path.name.removesuffix(moments.SUFFIX)
            if path in old or (len(name) == 24 and "-" not in name and name[8:] < first[8:]):
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def run(paths: Paths) -> taking.Taken:
    """What happens each night; a failure is remembered for ``versants doctor`` and raised."""
    if paths.backup_dir is None:
        raise InputError(
            "VERSANTS_BACKUP_DIR says where nightly backups go; it is not set.", code="backup.folder"
        )
    try:
        paths.backup_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        done = taking.take(paths, paths.backup_dir / name_of(datetime.now(UTC)))
        thin_out(paths.backup_dir)
        if paths.wal_dir is not None and not paths.database_url:
            moments.take_base(paths, paths.wal_dir)
            thin_out_log(paths.wal_dir)
    except (LaunchError, OSError) as error:
        state.failed(paths, str(error))
        raise
    return done


class Nightly:
    """The supervisor's part: ``tick`` is called twice a second and starts the backup when it is due."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.at = hour(os.environ)
        # Not the web's environment: there the embedded database looks like one of yours.
        env = dict(os.environ, VERSANTS_DATA=str(paths.data), PYTHONUNBUFFERED="1")
        env.pop("VERSANTS_AS", None)
        command = [sys.executable, "-m", "versants.cli", "backup", "--scheduled"]
        self.child = Child("backup", command, paths.data / "log" / "backup.log", env)
        self._not_before = 0.0

    def tick(self) -> str:
        """What to tell the operator, most often nothing."""
        child, now = self.child, time.monotonic()
        if child.alive:
            return ""
        said = ""
        if child.process is not None:
            if child.process.returncode:
                self._not_before = now + RETRY_S
                said = (
                    f"  the backup failed and is tried again in {RETRY_S / 60:.0f} minutes (log: {child.log})"
                )
            child.process = None
        if now < self._not_before:
            return said
        self._not_before = now + 30  # the state file is read twice a minute, not twice a second
        if is_due(datetime.now(UTC), state.last_at(self.paths), self.at):
            child.start()
        return said

    def stop(self) -> None:
        self.child.stop(2)


def ship_always() -> None:
    """``python -m versants.launch.backup.schedule``: seal finished pieces of the log as they come, until ended."""
    paths = Paths.from_environment()
    cluster = known(paths)
    if cluster is None or paths.wal_dir is None:
        raise SystemExit("VERSANTS_WAL_DIR is not set, or there is no embedded database.")
    if cluster.lease is not None:
        cluster.lease.free()  # the supervisor holds the server, not this
    while True:
        pause = SHIP_EVERY_S
        try:
            moments.ship_for(paths, cluster)
        except (
            LaunchError,
            OSError,
        ) as error:  # a full or absent disk: PostgreSQL keeps the pieces meanwhile
            sys.stderr.write(f"{datetime.now(UTC).isoformat(timespec='seconds')} {error}\n")
            sys.stderr.flush()
            pause = 30.0
        time.sleep(pause)


if __name__ == "__main__":
    ship_always()
