"""Any moment since the last base backup: a sealed copy of the cluster, and its log of changes, sealed as it comes.

PostgreSQL lays each finished piece of its log (WAL) into a folder beside the cluster; a process of ours seals it into
``VERSANTS_WAL_DIR/SYSTEM/``. The two steps are apart because PostgreSQL may run as a user who can reach neither our
programs nor that folder.
"""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import psycopg

from versants.launch import files, places, postgres, server
from versants.launch.backup import endings, erasures, reading, taking
from versants.launch.backup.envelope import (
    BrokenFile,
    Opener,
    PrivateKey,
    PublicKey,
    Sealer,
    read_private,
    read_public,
)
from versants.launch.backup.sources import embedded, split_password
from versants.launch.engine import find_engine, server_user
from versants.launch.errors import InputError, LaunchError, SurroundingsError
from versants.launch.paths import Paths

SUFFIX = ".sealed"
STAMP = "%Y%m%dT%H%M%SZ"
_SEGMENT = re.compile(r"[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")
RECOVER_WITHIN_S = 24 * 3600.0


@dataclass(frozen=True)
class Reached:
    """A cluster as it was at ``at`` (None: the end of its log)."""

    base: str
    at: datetime | None
    segments: int
    erased_again: int
    ended_again: dict[str, int]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            **vars(self),
            "at": self.at.isoformat() if self.at else None,
            "seconds": round(self.seconds, 2),
        }


def system_of(cluster: postgres.Cluster) -> str:
    """The number PostgreSQL gave this cluster: its log fits no other."""
    answer = cluster.engine.run("pg_controldata", cluster.data)
    found = re.search(r"Database system identifier:\s+(\d+)", answer.stdout)
    if found is None:
        raise SurroundingsError(
            f"{cluster.data} does not say which cluster it is.", code="postgres.unreadable"
        )
    return found[1]


# -- sealing the log --------------------------------------------------------------------------------------------------


def ship(spool: Path, target: Path, key: PublicKey) -> int:
    """Seal what waits in ``spool`` into ``target``, oldest first; each leaves only once it is safe. Returns how many."""
    try:
        waiting = sorted(path for path in spool.iterdir() if _SEGMENT.fullmatch(path.name))
    except FileNotFoundError:
        return 0
    if waiting:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in waiting:
        # PostgreSQL hands a piece over again if it was killed in between: the same bytes, so it may be replaced.
        with files.whole(target / f"{path.name}{SUFFIX}", replace=True) as file:
            sealer = Sealer(file, key, kind="wal", name=path.name)
            sealer.write(zlib.compress(path.read_bytes(), 1))
            sealer.close()
        path.unlink()
    return len(waiting)


def ship_for(paths: Paths, cluster: postgres.Cluster) -> int:
    """``ship`` for one installation; nothing to do without VERSANTS_WAL_DIR."""
    if paths.wal_dir is None:
        return 0
    return ship(cluster.spool, paths.wal_dir / system_of(cluster), read_public(paths.backup_key_file))


# -- the base -----------------------------------------------------------------------------------------------------------


def take_base(paths: Paths, folder: Path) -> Path:
    """Copy the running cluster into a sealed file of ``folder``/SYSTEM. Raises SurroundingsError."""
    if paths.database_url:
        raise SurroundingsError(
            "DATABASE_URL is set: a base backup is for the embedded PostgreSQL; yours has its own tools"
            " (pg_basebackup).",
            code="base.yours",
        )
    key = read_public(paths.backup_key_file)
    with embedded(paths) as cluster:
        system = system_of(cluster)
        with cluster.connect() as connection:
            row = connection.execute(
                "select pg_walfile_name(pg_current_wal_lsn()), clock_timestamp()"
            ).fetchone()
            assert row is not None
        began = row[1].astimezone(UTC)
        (folder / system).mkdir(parents=True, exist_ok=True, mode=0o700)
        target = folder / system / f"base-{began.strftime(STAMP)}-{row[0]}{SUFFIX}"
        with files.whole(target) as file:
            sealer = Sealer(file, key, kind="base", name=target.name)
            header = {
                "format": taking.FORMAT,
                "began": began.isoformat(),
                "segment": row[0],
                "system": system,
            }
            taking.Frames(sealer, taking.HEADER).write(json.dumps(header).encode())
            _copy(cluster, taking.Frames(sealer, taking.DUMP))
            ended = datetime.now(UTC).isoformat()
            taking.Frames(sealer, taking.TRAILER).write(json.dumps({"ended": ended}).encode())
            sealer.close()
        ship_for(paths, cluster)
    return target


def _copy(cluster: postgres.Cluster, out: taking.Frames) -> None:
    conninfo, env = split_password(cluster.url(postgres.SUPERUSER, "postgres"))
    command = [str(cluster.engine.bin / "pg_basebackup"), "--pgdata=-", "--format=tar", "--wal-method=fetch"]
    command += ["--checkpoint=fast", "--no-password", f"--dbname={conninfo}"]
    small = zlib.compressobj(1)
    with tempfile.TemporaryFile() as said:
        program = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL, env=env
        )
        assert program.stdout is not None
        try:
            while part := program.stdout.read(taking.FRAME):
                out.write(small.compress(part))
            code = program.wait()
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
            program.stdout.close()
        if code:
            said.seek(0)
            lines = said.read().decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise SurroundingsError(
                f"The base backup was not written, pg_basebackup says: {lines[-1]}", code="base.failed"
            )
    out.write(small.flush())


# -- back to a moment ---------------------------------------------------------------------------------------------------


def restore_base(paths: Paths, folder: Path, wal: Path, private: Path, until: datetime | None) -> Reached:
    """Make the cluster of ``folder`` again in a new data folder, as it was at ``until``.

    Raises InputError (the data folder is not new, nothing reaches that far, wrong key), SurroundingsError; a failed
    try leaves no cluster behind.
    """
    began = time.monotonic()
    if paths.database_url:
        raise SurroundingsError(
            "DATABASE_URL is set: a base is restored into a data folder.", code="base.yours"
        )
    key = read_private(private)
    paths.make_data_folder()
    user = server_user()
    place = places.find(paths, user)
    if paths.pg_file.exists() or (place.base / "data").exists():
        raise InputError(
            f"{paths.data} holds a database already: choose a new folder with VERSANTS_DATA.",
            code="base.not_new",
        )
    engine = find_engine(paths.pg_bin, user, place.state)
    cluster = postgres.Cluster(base=place.base, socket=place.socket, engine=engine)
    places.prepare(place, user)
    partial, pieces = place.base / "data.new", place.base / "recover"
    try:
        for base in bases(folder, until):
            shutil.rmtree(partial, ignore_errors=True)
            header, ended = _unpack(base, partial, key)
            if until is None or ended <= until:
                break
        else:
            raise InputError(
                f"No base backup in {folder} is from before {until.isoformat() if until else 'now'}.",
                code="base.none",
            )
        segments = _open_log(wal / header["system"], pieces, header["segment"], key)
        for path in (partial, pieces):
            _give(path, user)
        server.check_version(partial, engine)
        partial.rename(cluster.data)
        _recover(cluster, pieces, until, user)
        with cluster.connect() as connection:
            erased = erasures.replay(connection, paths.keys_file.parent)
            ended = endings.replay(connection, paths.keys_file.parent)
            for name in ("restore_command", "recovery_target_time", "recovery_target_action"):
                connection.execute(f"alter system reset {name}")
        server.stop(cluster)
        postgres.write_pg_file(paths, place, cluster)
    except BaseException:
        with suppress(LaunchError):
            server.stop(cluster, "immediate")
        shutil.rmtree(cluster.data, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(pieces, ignore_errors=True)
    return Reached(base.name, until, segments, erased, ended, time.monotonic() - began)


def bases(folder: Path, until: datetime | None) -> Iterator[Path]:
    """Base backups begun before ``until``, newest first."""
    found = sorted(folder.glob(f"*/base-*{SUFFIX}"), key=lambda path: path.name, reverse=True)
    for path in found:
        began = began_at(path)
        if began is not None and (until is None or began <= until):
            yield path


def began_at(base: Path) -> datetime | None:
    """When the base backup of that name was begun."""
    with suppress(ValueError, IndexError):
        return datetime.strptime(base.name.split("-")[1], STAMP).replace(tzinfo=UTC)
    return None


def _unpack(base: Path, target: Path, key: PrivateKey) -> tuple[dict[str, Any], datetime]:
    target.mkdir(mode=0o700)
    header: dict[str, Any] = {}
    ended = ""

    class Plain:
        """The tar inside, for tarfile; what stands before and after it is noted on the way."""

        def __init__(self) -> None:
            self.small, self.waiting = zlib.decompressobj(), bytearray()
            self.parts = reading.frames(base, key, "base")

        def read(self, size: int) -> bytes:
            nonlocal ended
            while len(self.waiting) < size:
                found = next(self.parts, None)
                if found is None:
                    break
                letter, part = found
                if letter == taking.HEADER:
                    header.update(json.loads(part))
                elif letter == taking.TRAILER:
                    ended = json.loads(part)["ended"]
                else:
                    self.waiting += self.small.decompress(part)
            given = bytes(self.waiting[:size])
            del self.waiting[:size]
            return given

    plain = Plain()
    with tarfile.open(fileobj=cast("Any", plain), mode="r|") as tar:
        for member in tar:
            files.unpack(tar, member, target)
    while plain.read(taking.FRAME):  # to the end: the last chunk says that nothing is missing
        pass
    if not ended:
        raise BrokenFile(f"{base} is not whole.", code="backup.broken")
    return header, datetime.fromisoformat(ended)


def _open_log(folder: Path, target: Path, first: str, key: PrivateKey) -> int:
    """Open every piece of the log from ``first`` on. Returns how many."""
    target.mkdir(mode=0o700, exist_ok=True)
    count = 0
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        name = path.name.removesuffix(SUFFIX)
        if not _SEGMENT.fullmatch(name) or (len(name) == 24 and name[8:] < first[8:]):
            continue
        with path.open("rb") as source:
            opener = Opener(source, key, str(path))
            if opener.told.get("kind") != "wal" or opener.told.get("name") != name:
                raise BrokenFile(f"{path} is not the piece its name says.", code="backup.broken")
            (target / name).write_bytes(zlib.decompress(b"".join(opener)))
        count += 1
    return count


def _give(folder: Path, user: str | None) -> None:
    """To the server's user, and to nobody else."""
    owner = pwd.getpwnam(user) if user else None
    for path in [folder, *folder.rglob("*")]:
        if owner is not None:
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o700 if path.is_dir() else 0o600)


def _recover(cluster: postgres.Cluster, pieces: Path, until: datetime | None, user: str | None) -> None:
    """Start the server in recovery and wait until it has reached the moment and takes writes."""
    server.configure(cluster)
    command = f'cp {shlex.quote(str(pieces)).replace("%", "%%")}/%f "%p"'
    lines = [f"restore_command = {server.quoted(command)}", "recovery_target_action = 'promote'"]
    if until is not None:
        lines.append(f"recovery_target_time = '{until.astimezone(UTC).isoformat()}'")
    with (cluster.data / "postgresql.auto.conf").open("a") as file:
        file.write("\n".join(lines) + "\n")
    (cluster.data / "recovery.signal").touch()
    _give(cluster.data / "recovery.signal", user)
    offset = cluster.log.stat().st_size if cluster.log.exists() else 0
    try:
        server.start(cluster)
        deadline = time.monotonic() + RECOVER_WITHIN_S
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError), cluster.connect(database="postgres") as connection:
                row = connection.execute("select pg_is_in_recovery()").fetchone()
                if row is not None and not row[0]:
                    return
            if not server.is_up(cluster):
                break
            time.sleep(0.1)
    except LaunchError as error:
        raise _explain(cluster, offset, until) or error from error
    raise _explain(cluster, offset, until) or SurroundingsError(
        f"The server did not reach the end of its recovery (log: {cluster.log}).", code="base.failed"
    )


def _explain(cluster: postgres.Cluster, offset: int, until: datetime | None) -> InputError | None:
    said = server.log_since(cluster, offset)
    if "recovery ended before configured recovery target" in said:
        return InputError(
            f"The archived log ends before {until.isoformat() if until else 'that moment'}: nothing was restored."
            " Without --until everything there is comes back.",
            code="base.log_ends",
        )
    return None
