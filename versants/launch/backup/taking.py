"""``versants backup FILE``: the database and the documents as they stood at one instant, in one sealed file.

Inside: a header (what, when, from where, rows and checksum of every table), the dump, a tar of the documents, and a
trailer. Every part is framed: one letter, four bytes of length, the bytes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import psycopg

from versants.launch import files
from versants.launch.backup import facts, state
from versants.launch.backup.envelope import PublicKey, Sealer, read_public
from versants.launch.backup.sources import Source, connect, split_password, to_back_up
from versants.launch.errors import SurroundingsError
from versants.launch.paths import Paths
from versants.launch.version import commit, version

FORMAT = 1
HEADER, DUMP, DOCUMENTS, TRAILER = b"H", b"D", b"F", b"E"
FRAME = 1 << 18
DOCUMENTS_FOLDER = "documents"


@dataclass(frozen=True)
class Taken:
    """What was written."""

    file: Path
    at: datetime
    tables: int
    rows: int
    bytes: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "file": str(self.file),
            "at": self.at.isoformat(),
            "tables": self.tables,
            "rows": self.rows,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 2),
        }


class Frames:
    """Writes parts of one kind as frames; a file to whoever fills it."""

    def __init__(self, out: Sealer, kind: bytes) -> None:
        self._out, self._kind = out, kind
        self.bytes = 0

    def write(self, data: bytes) -> int:
        for start in range(0, len(data), FRAME):
            part = data[start : start + FRAME]
            self._out.write(self._kind + len(part).to_bytes(4, "big") + part)
        self.bytes += len(data)
        return len(data)


def take(paths: Paths, target: Path) -> Taken:
    """Back up into ``target``, which must not exist. Raises InputError, SurroundingsError with the sentence to read."""
    key = read_public(paths.backup_key_file)
    began = time.monotonic()
    with to_back_up(paths, os.environ) as source, files.whole(target) as file:
        header, found = _write(source, paths, file, key)
    done = Taken(
        file=target,
        at=datetime.fromisoformat(header["at"]),
        tables=len(found.tables),
        rows=found.rows,
        bytes=target.stat().st_size,
        seconds=time.monotonic() - began,
    )
    state.succeeded(paths, done.as_json())
    return done


def _write(
    source: Source, paths: Paths, file: BinaryIO, key: PublicKey
) -> tuple[dict[str, Any], facts.Facts]:
    with connect(source.url) as connection:
        _check_sees_everything(connection)
        # The snapshot lives as long as this transaction: figures and dump are of the same instant.
        connection.execute("begin isolation level repeatable read read only")
        row = connection.execute("select pg_export_snapshot(), clock_timestamp()").fetchone()
        assert row is not None
        snapshot, at = str(row[0]), row[1].astimezone(UTC)
        found = facts.gather(connection)
        header = {
            "format": FORMAT,
            "at": at.isoformat(),
            "version": version(),
            "commit": commit(),
            "postgresql": connection.info.server_version,
            "migrations": [
                f"{app}.{name}"
                for app, name in connection.execute(
                    "select app, name from django_migrations order by id"
                ).fetchall()
            ]
            if "public.django_migrations" in found.tables
            else [],
            **found.as_json(),
        }
        sealer = Sealer(file, key, kind="backup", at=header["at"])
        Frames(sealer, HEADER).write(json.dumps(header).encode())
        dumped = _dump(source, snapshot, Frames(sealer, DUMP))
        connection.execute("rollback")
        documents = _documents(paths.data / DOCUMENTS_FOLDER, sealer)
        Frames(sealer, TRAILER).write(json.dumps({"dump": dumped, "documents": documents}).encode())
        sealer.close()
    return header, found


def _check_sees_everything(connection: psycopg.Connection) -> None:
    row = connection.execute(
        "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
    ).fetchone()
    if not row or not row[0]:
        raise facts.hidden(connection.info.user)


def _dump(source: Source, snapshot: str, out: Frames) -> int:
    """pg_dump of that snapshot; it keeps row security off and would rather fail than be cut. Returns bytes."""
    conninfo, env = split_password(source.url)
    command = [str(source.bin / "pg_dump"), "--format=custom", "--compress=gzip:1", "--no-password"]
    command += [f"--snapshot={snapshot}", "--lock-wait-timeout=60000", f"--dbname={conninfo}"]
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, env=env
        )
        assert program.stdout is not None
        try:
            while part := program.stdout.read(FRAME):
                out.write(part)
            code = program.wait()
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
            program.stdout.close()
        if code:
            said.seek(0)
            raise _explain(said.read().decode(errors="replace"))
    return out.bytes


def _explain(said: str) -> SurroundingsError:
    if "server version mismatch" in said:
        return SurroundingsError(
            "The server is newer than the pg_dump here: give PG_BIN with the server's own client programs.",
            code="postgres.other_version",
        )
    lines = (
        [line for line in said.splitlines() if "error:" in line]
        or said.splitlines()[-1:]
        or ["no reason given"]
    )
    # Only PostgreSQL's first line: a detail may hold values.
    return SurroundingsError(
        f"The backup was not written, pg_dump says: {re.sub(r'^pg_dump: (error: )?', '', lines[0])}",
        code="backup.dump",
    )


def _documents(folder: Path, sealer: Sealer) -> int:
    """The documents as a tar, if there are any. Returns how many files."""
    if not folder.is_dir():
        return 0
    with tarfile.open(fileobj=cast("BinaryIO", Frames(sealer, DOCUMENTS)), mode="w|", bufsize=FRAME) as tar:
        count = 0
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                try:
                    tar.add(path, arcname=str(path.relative_to(folder)), recursive=False)
                except FileNotFoundError:  # deleted since it was listed
                    continue
                count += 1
    return count
