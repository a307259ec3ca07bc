"""The database a backup is taken from or restored into: the embedded one, or yours."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from versants.launch import postgres
from versants.launch.engine import system_bins, wheel_bin
from versants.launch.errors import SurroundingsError
from versants.launch.paths import Paths


@dataclass(frozen=True)
class Source:
    """``url`` sees every row; ``bin`` holds pg_dump and pg_restore; ``cluster`` is None for a server of yours."""

    url: str
    bin: Path
    cluster: postgres.Cluster | None = None


@contextmanager
def embedded(paths: Paths, *, make: bool = False) -> Iterator[postgres.Cluster]:
    """The embedded server for the time of one command; started if needed, then stopped again."""
    if not make and not paths.pg_file.exists():
        raise SurroundingsError(
            f"There is no database in {paths.data} yet: “make run” makes it, or set DATABASE_URL.",
            code="database.missing",
        )
    cluster = postgres.ensure(paths)
    if cluster.started:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield cluster
    finally:
        if cluster.started:
            postgres.stop(cluster)
        else:
            postgres.release(cluster)


@contextmanager
def to_back_up(paths: Paths, environ: Mapping[str, str]) -> Iterator[Source]:
    """Where a backup is taken from. Raises SurroundingsError where no role that sees everything is known."""
    if not paths.database_url:
        with embedded(paths) as cluster:
            yield Source(cluster.superuser_url, programs(cluster.engine.bin), cluster)
        return
    url = environ.get("DATABASE_BACKUP_URL")
    if not url:
        raise SurroundingsError(
            "DATABASE_URL is set and DATABASE_BACKUP_URL is not: a backup needs a role that sees every row"
            " (BYPASSRLS, pg_read_all_data); docs/operations.md makes one.",
            code="backup.url",
        )
    yield Source(url, own_programs(paths))


def own_programs(paths: Paths) -> Path:
    """The programs for a server of yours: PG_BIN, else the wheel's, else the system's."""
    if paths.pg_bin is not None:
        return programs(paths.pg_bin)
    found = [wheel for wheel in [wheel_bin()] if wheel is not None] or system_bins()
    if not found:
        raise SurroundingsError(
            "No PostgreSQL programs were found: run “make setup”, or say where they are with PG_BIN.",
            code="postgres.missing",
        )
    return programs(found[0])


def programs(folder: Path) -> Path:
    """``folder`` if the programs of backups are in it."""
    for name in ("pg_dump", "pg_restore"):
        if not os.access(folder / name, os.X_OK):
            raise SurroundingsError(
                f"{folder / name} is missing: PG_BIN must name a folder with PostgreSQL's client programs.",
                code="postgres.incomplete",
            )
    return folder


def program_environment() -> dict[str, str]:
    """For PostgreSQL's programs: nothing of PG*, messages in English."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return env | {"LC_ALL": "C"}


def split_password(url: str) -> tuple[str, dict[str, str]]:
    """``url`` as a libpq text without its password, and the environment that carries it: others see arguments."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    password = parts.pop("password", None)
    env = program_environment()
    if password:
        env["PGPASSWORD"] = str(password)
    return psycopg.conninfo.make_conninfo("", **parts), env


def connect(url: str) -> psycopg.Connection:
    """A connection; raises SurroundingsError ``database.away``."""
    try:
        return psycopg.connect(url, connect_timeout=10, autocommit=True)
    except psycopg.OperationalError as error:
        lines = str(error).strip().splitlines()
        raise SurroundingsError(
            f"The database does not answer: {lines[-1] if lines else 'no reason given'}", code="database.away"
        ) from error
