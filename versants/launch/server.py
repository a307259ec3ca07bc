"""One PostgreSQL server process: initialise, configure, start, ask, stop."""

from __future__ import annotations

import os
import pwd
import re
import shlex
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from versants.launch.engine import Engine
from versants.launch.errors import SurroundingsError
from versants.launch.paths import user_name

if TYPE_CHECKING:
    from versants.launch.postgres import Cluster

# After kill -9 the old server may linger as a zombie, or its children hold shared memory, for seconds.
LINGER_S = 15.0
NEEDED_NEW_MB = 200  # an empty cluster with its first WAL segments, and the demo world
NEEDED_MB = 30
LOG_LIMIT_BYTES = 10_000_000

SETTINGS = {
    "listen_addresses": "''",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "max_connections": "80",
    "shared_buffers": "'128MB'",
    # Statements and the values that broke a constraint are personal data: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
}
WITHOUT_DURABILITY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "'64MB'",
    "max_wal_size": "'512MB'",
}


def check_version(data: Path, engine: Engine) -> None:
    """Refuse a cluster made by another major version; raises SurroundingsError."""
    try:
        made_by = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _cannot_read(data, error) from error
    if made_by != str(engine.major):
        raise SurroundingsError(
            f"The database in {data} was made by PostgreSQL {made_by} and the one here is {engine.version}:"
            f" set PG_BIN to the programs of a PostgreSQL {made_by}, or carry the data over by pg_dump.",
            code="postgres.other_version",
        )


def answers(cluster: Cluster) -> bool:
    """Is the server of this very data folder running and open? Waits while it is starting or recovering."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with cluster.connect(database="postgres") as connection:
                row = connection.execute("show data_directory").fetchone()
                return row is not None and Path(row[0]) == cluster.data
        except psycopg.OperationalError as error:
            state = str(error)
            passing = "starting up" in state or "recovery" in state or "shutting down" in state
            if passing and time.monotonic() < deadline:
                time.sleep(0.1)
                continue
            if "Peer authentication" in state or "pg_hba" in state or "Permission denied" in state:
                raise SurroundingsError(
                    f"The database in {cluster.data} runs for another user than {user_name()}: start"
                    " Versants as"
                    " that user.",
                    code="postgres.other_user",
                ) from error
            return False


def initialise(cluster: Cluster) -> None:
    """Make an empty cluster. Built beside and renamed, so that a kill half way leaves nothing to repair."""
    need_space(cluster.base, NEEDED_NEW_MB)
    partial = cluster.base / "data.new"
    shutil.rmtree(partial, ignore_errors=True)
    options = ["--no-sync"] if cluster.temporary else []
    answer = cluster.engine.run(
        "initdb",
        *("-D", partial, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"),
        *("--auth-local=peer", "--auth-host=reject"),
        *options,
    )
    if answer.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        raise _explain(cluster, answer.stderr + answer.stdout, "made")
    partial.rename(cluster.data)


def configure(cluster: Cluster) -> None:
    """Write settings and the rules of who may connect, at every start: the product's version decides them."""
    settings = SETTINGS | (WITHOUT_DURABILITY if cluster.temporary else {})
    settings |= {
        "port": str(cluster.port),
        "unix_socket_directories": "'" + str(cluster.socket).replace("'", "''") + "'",
        "unix_socket_permissions": "0777",  # the folder around it is private; peer decides the rest
        "hba_file": "'" + str(cluster.data / "versants_hba.conf").replace("'", "''") + "'",
        "ident_file": "'" + str(cluster.data / "versants_ident.conf").replace("'", "''") + "'",
    }
    if cluster.archive:
        settings |= {
            "archive_mode": "on",
            "archive_timeout": "'60s'",  # a quiet day is at most a minute behind as well
            "archive_command": quoted(_keep_piece(cluster.spool)),
        }
    main = cluster.data / "postgresql.conf"
    include = "include_if_exists = 'versants.conf'\n"
    with suppress(FileNotFoundError):
        text = main.read_text()
        if include not in text:
            _write(cluster, main, text + include)
    _write(cluster, cluster.data / "versants.conf", "".join(f"{k} = {v}\n" for k, v in settings.items()))
    _write(
        cluster,
        cluster.data / "versants_hba.conf",
        "local all,replication postgres,versants_owner,versants_app peer map=versants\n",
    )
    name = user_name()
    _write(
        cluster,
        cluster.data / "versants_ident.conf",
        "".join(f'versants "{name}" {role}\n' for role in ("postgres", "versants_owner", "versants_app")),
    )


def quoted(text: str) -> str:
    """As a value of postgresql.conf."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _keep_piece(spool: Path) -> str:
    """The shell's line for one piece of the log: on disk under another name first, so that none is seen half."""
    folder = shlex.quote(str(spool)).replace("%", "%%")
    return (
        f'mkdir -p -m 700 {folder} && cp "%p" {folder}/.%f && sync {folder}/.%f {folder}'
        f" && mv {folder}/.%f {folder}/%f && sync {folder}"
    )


def _write(cluster: Cluster, path: Path, text: str) -> None:
    with suppress(OSError):
        if path.read_text() == text:
            return
    try:
        partial = path.with_suffix(".partial")
        partial.write_text(text)
        partial.chmod(0o600)
        if cluster.engine.user:
            owner = pwd.getpwnam(cluster.engine.user)
            os.chown(partial, owner.pw_uid, owner.pw_gid)
        partial.replace(path)
    except OSError as error:
        raise _explain(cluster, str(error), "configured") from error


def start(cluster: Cluster) -> None:
    """Start the server, giving one that was killed time to vanish."""
    need_space(cluster.base, NEEDED_MB)
    deadline = time.monotonic() + LINGER_S
    if cluster.log.exists() and cluster.log.stat().st_size > LOG_LIMIT_BYTES:
        cluster.log.replace(cluster.log.with_suffix(".1"))
    while True:
        _remove_foreign_pid(cluster)
        offset = cluster.log.stat().st_size if cluster.log.exists() else 0
        answer = cluster.engine.run(
            "pg_ctl", "-D", cluster.data, "-l", cluster.log, "-w", "-t", "60", "start"
        )
        if answer.returncode == 0:
            return
        said = answer.stderr + answer.stdout + log_since(cluster, offset)
        lingering = "postmaster.pid" in said or "shared memory" in said or '.lock" already exists' in said
        if not lingering or time.monotonic() > deadline:
            raise _explain(cluster, said, "started")
        time.sleep(0.25)


def stop(cluster: Cluster, mode: str = "fast") -> None:
    """Stop the server; no error if it is not running."""
    if not (cluster.data / "postmaster.pid").exists():
        return
    answer = cluster.engine.run("pg_ctl", "-D", cluster.data, "-m", mode, "-w", "-t", "30", "stop")
    if answer.returncode and "No such process" not in answer.stderr and "does not exist" not in answer.stderr:
        raise _explain(cluster, answer.stderr + answer.stdout, "stopped")


def is_postmaster(pid: int, data: Path) -> bool:
    """Is process ``pid`` a PostgreSQL serving ``data``? Its working folder is the data folder."""
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd")) == data
    except OSError:
        return False


def is_up(cluster: Cluster) -> bool:
    """Does the server's process live? Cheap enough to ask every half second."""
    try:
        pid = int((cluster.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError) as error:
        return isinstance(error, PermissionError)
    return _process_state(pid) != "Z"


def _process_state(pid: int) -> str:
    """Linux's letter for the process (Z: dead and not yet collected); empty where unknown."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def end_process(pid: int) -> None:
    """End a server at once (SIGQUIT: no clean-up of data that nobody keeps) and wait for it."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT)
        for _ in range(100):
            time.sleep(0.05)
            os.kill(pid, 0)
            if _process_state(pid) == "Z":
                return


def _remove_foreign_pid(cluster: Cluster) -> None:
    """Remove pid files that would keep PostgreSQL from starting although no server lives.

    After a reboot the number may belong to an unrelated process; after kill -9 the server may stay a
    zombie for as long as nobody collects it. PostgreSQL sees plainly dead numbers by itself.
    """
    if not Path("/proc/self/cwd").exists():
        return
    pid_file = cluster.data / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().split()[0])
        state = _process_state(pid)
        if not state or (state != "Z" and is_postmaster(pid, cluster.data)):
            return
        if any(is_postmaster(int(p.name), cluster.data) for p in Path("/proc").iterdir() if p.name.isdigit()):
            return  # its children still write: they end by themselves within seconds
        pid_file.unlink()
        (cluster.socket / f".s.PGSQL.{cluster.port}.lock").unlink(missing_ok=True)


def need_space(folder: Path, megabytes: int) -> None:
    """Raises SurroundingsError when ``folder``'s disk has less than ``megabytes`` free."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise SurroundingsError(
            f"The disk of {folder} is full: {free} MB are free and the database needs"
            f" {megabytes} MB. Make room, or"
            " choose another folder with VERSANTS_DATA.",
            code="disk.full",
        )


def log_since(cluster: Cluster, offset: int) -> str:
    """What the server wrote in its log since."""
    try:
        with cluster.log.open("rb") as file:
            file.seek(offset)
            return file.read()[-4000:].decode(errors="replace")
    except OSError:
        return ""


def _explain(cluster: Cluster, said: str, done: str) -> SurroundingsError:
    """The sentence for what PostgreSQL said; its own last words when nothing better is known."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        return SurroundingsError(
            f"The disk of {cluster.base} is full: the database could not be {done}. Make"
            " room, or choose another"
            " folder with VERSANTS_DATA.",
            code="disk.full",
        )
    if "Permission denied" in said or "has wrong ownership" in said or "Read-only file system" in said:
        return SurroundingsError(
            f"The database in {cluster.base} could not be {done}:"
            f" {cluster.engine.user or user_name()} may not read"
            " and write it.",
            code="folder.denied",
        )
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"\b(FATAL|PANIC|ERROR|error):", line)] or lines[-1:]
    last = re.sub(r"^.*?\b(FATAL|PANIC|ERROR|error):\s*", "", told[-1]) if told else "it gave no reason"
    return SurroundingsError(
        f"The database in {cluster.base} could not be {done}: {last} (log: {cluster.log})",
        code="postgres.failed",
    )


def _cannot_read(data: Path, error: OSError) -> SurroundingsError:
    reason = (error.strerror or str(error)).lower()
    return SurroundingsError(
        f"Cannot read the database in {data}: {reason}. It belongs to another user than {user_name()}.",
        code="folder.denied",
    )
