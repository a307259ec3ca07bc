"""``versants restore FILE --key PRIVATE``: the whole file is checked, restored, compared table by table, then put in place.

Embedded: into a database beside the one in use, which takes its name only when everything is equal. A server of
yours: in one transaction, into a database that is empty.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psycopg
from psycopg import sql

from versants.launch import files, postgres
from versants.launch.backup import endings, erasures, facts, reading, taking
from versants.launch.backup.envelope import BrokenFile, PrivateKey, read_private
from versants.launch.backup.sources import Source, connect, embedded, own_programs, programs, split_password
from versants.launch.errors import InputError, LaunchError, SurroundingsError
from versants.launch.locks import Lock
from versants.launch.paths import PROJECT, Paths


class Unequal(LaunchError):
    """What was restored is not what was backed up; it was not put in place. Exit 1."""

    exit_code = 1


@dataclass(frozen=True)
class Restored:
    """What was put in place. ``pending``: migrations that this version adds, to be run now."""

    at: str
    version: str
    tables: int
    rows: int
    documents: int
    erased_again: int
    ended_again: dict[str, int]  # of each sort: roles, consents, links
    pending: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "equal": True, "seconds": round(self.seconds, 2)}


@dataclass(frozen=True)
class Again:
    """What was done again of what the backup had forgotten."""

    erased: int
    ended: dict[str, int]


def restore(paths: Paths, file: Path, private: Path, *, agreed: Callable[[str], bool]) -> Restored:
    """Restore ``file``. ``agreed(name)`` is asked only if the database of that name is not empty.

    Raises InputError (wrong key, not empty), BrokenFile, Unequal, SurroundingsError; the database in use then stays
    as it was.
    """
    began = time.monotonic()
    key = read_private(private)
    header = reading.verify(file, key)
    pending = _check_version(header)
    expected = facts.Facts.from_json(header)
    _check_documents(paths)
    if paths.database_url or paths.database_owner_url:
        done = _into_yours(paths, file, key, expected)
    else:
        done = _into_embedded(paths, file, key, expected, agreed)
    documents = _documents(paths, file, key)
    return Restored(
        at=header["at"],
        version=header["version"],
        tables=len(expected.tables),
        rows=expected.rows,
        documents=documents,
        erased_again=done.erased,
        ended_again=done.ended,
        pending=pending,
        seconds=time.monotonic() - began,
    )


def again(paths: Paths) -> Again:
    """Do again what was erased or ended since, in the database at hand: after a restore by other means than ours.

    Safe to run at any time. Raises SurroundingsError (no database, or not its owner), InputError.
    """
    folder = paths.keys_file.parent
    if paths.database_url or paths.database_owner_url:
        with connect(_owner(paths)) as connection:
            return _again(connection, folder)
    with embedded(paths) as cluster, connect(cluster.superuser_url) as connection:
        return _again(connection, folder)


def _again(connection: psycopg.Connection, folder: Path) -> Again:
    return Again(erasures.replay(connection, folder), endings.replay(connection, folder))


def _check_version(header: dict[str, Any]) -> int:
    """Refuse what a newer version made; returns how many migrations this one adds."""
    here = {
        f"{path.parents[1].name}.{path.stem}"
        for path in (PROJECT / "versants").glob("*/migrations/[0-9]*.py")
    }
    apps = {name.partition(".")[0] for name in here}
    theirs = {name for name in header["migrations"] if name.partition(".")[0] in apps}
    if theirs - here:
        raise InputError(
            f"This backup was made by a newer version ({header['version']}, {header['commit'] or 'no commit'}): install"
            " that one, then restore.",
            code="backup.newer",
        )
    return len(here - theirs) if theirs else 0


def _into_embedded(
    paths: Paths, file: Path, key: PrivateKey, expected: facts.Facts, agreed: Callable[[str], bool]
) -> Again:
    paths.make_data_folder()
    running = Lock(paths.data / "up.lock")
    if not running.take():
        raise SurroundingsError(
            f"Versants runs in {paths.data}: stop it first, nothing may be written during a restore.",
            code="up.runs",
        )
    try:
        with embedded(paths, make=True) as cluster:
            if not _is_empty(cluster.superuser_url) and not agreed(cluster.database):
                raise _not_empty(cluster.database)
            new = f"{cluster.database}_restoring"
            postgres.drop_database(cluster, new)  # a restore that was killed
            postgres.create_database(cluster, new)
            try:
                source = Source(cluster.url(postgres.SUPERUSER, new), programs(cluster.engine.bin), cluster)
                _load(source, file, key, [f"--role={postgres.OWNER}"])
                done = _compare(source.url, expected, paths.keys_file.parent)
                _take_place(cluster, new)
            finally:
                postgres.drop_database(cluster, new)
        return done
    finally:
        running.free()


def _take_place(cluster: postgres.Cluster, new: str) -> None:
    """The restored database takes the name; the one before goes, last of all."""
    old = f"{cluster.database}_before_{secrets.token_hex(4)}"
    with cluster.connect(database="postgres") as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = any(%s)",
            [[cluster.database, new]],
        )
        with connection.transaction():
            for one, other in ((cluster.database, old), (new, cluster.database)):
                connection.execute(
                    sql.SQL("alter database {} rename to {}").format(
                        sql.Identifier(one), sql.Identifier(other)
                    )
                )
    postgres.drop_database(cluster, old)


def _owner(paths: Paths) -> str:
    if not paths.database_owner_url:
        raise SurroundingsError(
            "DATABASE_URL is set and DATABASE_OWNER_URL is not: only the owner can restore.",
            code="restore.url",
        )
    return paths.database_owner_url


def _into_yours(paths: Paths, file: Path, key: PrivateKey, expected: facts.Facts) -> Again:
    url = _owner(paths)
    with connect(url) as connection:
        name = connection.info.dbname
        row = connection.execute(
            "select exists(select 1 from pg_roles where rolname = %s)", [postgres.APP]
        ).fetchone()
        if not row or not row[0]:
            raise SurroundingsError(
                f"This server has no role “{postgres.APP}” yet: docs/operations.md says which roles to make.",
                code="restore.roles",
            )
    if not _is_empty(url):
        raise InputError(
            f"The database “{name}” is not empty: nothing was restored. Make an empty one beside it, restore there,"
            " then lead DATABASE_URL to it.",
            code="restore.not_empty",
        )
    _load(Source(url, own_programs(paths)), file, key, [])
    return _compare(url, expected, paths.keys_file.parent)


def _is_empty(url: str) -> bool:
    with connect(url) as connection:
        row = connection.execute(
            "select exists(select 1 from pg_class where relkind in ('r', 'p') and relnamespace in"
            " (select oid from pg_namespace where nspname in ('public', 'app')))"
        ).fetchone()
    return row is not None and not row[0]


def _not_empty(name: str) -> InputError:
    return InputError(
        f"The database “{name}” is not empty: nothing was restored. Choose an empty one (another VERSANTS_DATA), or"
        " --replace to give up what is there.",
        code="restore.not_empty",
    )


def _load(source: Source, file: Path, key: PrivateKey, options: list[str]) -> None:
    """pg_restore in one transaction, fed as the file is opened; ended at once if the file turns out broken."""
    conninfo, env = split_password(source.url)
    command = [
        str(source.bin / "pg_restore"),
        "--no-owner",
        "--no-comments",
        "--exit-on-error",
        "--no-password",
    ]
    command += ["--single-transaction", f"--dbname={conninfo}", *options]
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=env
        )
        assert program.stdin is not None
        try:
            for letter, part in reading.frames(file, key):
                if letter == taking.DUMP:
                    program.stdin.write(part)
            program.stdin.close()
            code = program.wait()
        except BrokenPipeError:
            code = program.wait()
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
        if code:
            said.seek(0)
            raise _explain(said.read().decode(errors="replace"))


def _explain(said: str) -> SurroundingsError:
    if "unsupported version" in said or "unrecognized configuration parameter" in said:
        return SurroundingsError(
            "The PostgreSQL here is older than the one the backup is from: restore into the same major version or a"
            " later one.",
            code="postgres.other_version",
        )
    lines = (
        [line for line in said.splitlines() if "error:" in line]
        or said.splitlines()[-1:]
        or ["no reason given"]
    )
    return SurroundingsError(
        f"Nothing was restored, pg_restore says: {lines[0].removeprefix('pg_restore: error: ')}",
        code="restore.failed",
    )


def _compare(url: str, expected: facts.Facts, keys: Path) -> Again:
    """Every table against what the backup says of it; then what was erased or ended since is done again."""
    with connect(url) as connection:
        with connection.transaction(force_rollback=True):
            wrong = facts.differences(expected, facts.gather(connection, lambda: _lift(connection)))
            wrong += [f"The sequence of {one} is behind." for one in facts.sequences_behind(connection)]
        if wrong:
            raise Unequal(
                "What was restored is not what was backed up:\n" + "\n".join(wrong[:20]),
                code="restore.unequal",
            )
        done = _again(connection, keys)
        connection.execute("analyze")
    return done


def _lift(connection: psycopg.Connection) -> None:
    """Let an owner see its own rows, in this transaction only, which is rolled back."""
    row = connection.execute(
        "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    if row and row[0]:
        return
    tables = connection.execute(
        "select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where c.relforcerowsecurity and pg_get_userbyid(c.relowner) = current_user"
    ).fetchall()
    for schema, name in tables:
        connection.execute(
            sql.SQL("alter table {} no force row level security").format(sql.Identifier(schema, name))
        )


def _check_documents(paths: Paths) -> None:
    folder = paths.data / taking.DOCUMENTS_FOLDER
    if folder.is_dir() and any(folder.iterdir()):
        raise InputError(
            f"{folder} is not empty: move it away first, documents are not mixed.", code="restore.documents"
        )


def _documents(paths: Paths, file: Path, key: PrivateKey) -> int:
    """Unpack the documents beside, then give the folder its name."""
    folder = paths.data / taking.DOCUMENTS_FOLDER
    partial = folder.with_name(f".{folder.name}.restoring")
    shutil.rmtree(partial, ignore_errors=True)  # of a restore that was killed
    count = 0
    source = reading.Parts(file, key, taking.DOCUMENTS)
    try:
        with tarfile.open(fileobj=cast("Any", source), mode="r|") as tar:
            for member in tar:
                files.unpack(tar, member, partial)
                count += 1
    except tarfile.ReadError as error:
        if source.read() or count:
            raise BrokenFile(f"{file}: the documents cannot be read.", code="backup.broken") from error
        return 0  # an empty stream: the backup holds none
    if count:
        if folder.is_dir():
            folder.rmdir()
        partial.rename(folder)
    return count
