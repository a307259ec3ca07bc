"""The embedded PostgreSQL: make it, start it, find it again after a crash, stop it.

One server per data folder, on a Unix socket alone. The server's messages decide nothing here except
which sentence a person reads; what is running is found out by connecting.

Who may connect is settled by the operating system (``peer`` with a map): the user who started the
server may take the roles below, nobody else may, and no password exists (docs/decisions/0001).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from versants.launch import places, server
from versants.launch.engine import Engine, find_engine, server_user
from versants.launch.errors import SurroundingsError
from versants.launch.locks import Lock
from versants.launch.paths import Paths

DATABASE = "versants"
SUPERUSER, OWNER, APP = "postgres", "versants_owner", "versants_app"
EXTENSIONS = ("btree_gist", "unaccent", "pg_trgm", "citext")
PORT = 5432  # names the socket file only: the server never listens on the network
START_WAIT_S = 60.0


@dataclass(frozen=True)
class Cluster:
    """A running server. ``started`` says whether this process started it; ``lease`` keeps it alive for us."""

    base: Path
    socket: Path
    engine: Engine
    started: bool = False
    temporary: bool = False
    lease: Lock | None = field(default=None, compare=False, repr=False)
    database: str = DATABASE
    port: int = PORT
    archive: bool = False  # lay finished pieces of the log of changes into ``spool``

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.base / "log"

    @property
    def spool(self) -> Path:
        """Finished pieces of the log of changes wait here to be sealed (versants.launch.backup.moments)."""
        return self.base / "wal"

    def url(self, role: str, database: str | None = None) -> str:
        """A libpq URL for ``role``; the socket's folder is percent-encoded in ``host``."""
        host = quote(str(self.socket), safe="")
        return f"postgresql://{role}@/{database or self.database}?host={host}&port={self.port}"

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER)

    @property
    def owner_url(self) -> str:
        return self.url(OWNER)

    @property
    def app_url(self) -> str:
        return self.url(APP)

    def environment(self, *, owner: bool = False) -> dict[str, str]:
        """Variables that point a Django process at this cluster (as the owner for migrations and seeding)."""
        env = {"DATABASE_URL": self.app_url, "DATABASE_OWNER_URL": self.owner_url}
        return env | ({"VERSANTS_AS": "owner"} if owner else {})

    def connect(self, role: str = SUPERUSER, database: str | None = None) -> psycopg.Connection:
        """A connection in autocommit mode."""
        return psycopg.connect(self.url(role, database), autocommit=True, connect_timeout=5)


def ensure(paths: Paths) -> Cluster:
    """The running cluster of ``paths.data``: found, else started, else made.

    Raises SurroundingsError (exit 3) with the sentence to read: folder, disk, version, permissions.
    """
    paths.make_data_folder()
    lease = Lock(paths.data / "pg.lease")
    lease.take(shared=True, wait_s=START_WAIT_S)
    starting = Lock(paths.data / "pg.start")
    if not starting.take(wait_s=START_WAIT_S):
        lease.free()
        raise SurroundingsError(
            f"Another start of PostgreSQL in {paths.data} does not finish; wait for it or end it.",
            code="postgres.busy",
        )
    try:
        user = server_user()
        place = places.find(paths, user)
        engine = find_engine(paths.pg_bin, user, place.state)
        cluster = Cluster(
            base=place.base,
            socket=place.socket,
            engine=engine,
            lease=lease,
            archive=paths.wal_dir is not None,
        )
        server.check_version(cluster.data, engine)
        if not server.answers(cluster):
            places.prepare(place, user)
            if not (cluster.data / "PG_VERSION").exists():
                server.initialise(cluster)
            server.configure(cluster)
            server.start(cluster)
            cluster = replace(cluster, started=True)
        _bootstrap(cluster)
        write_pg_file(paths, place, cluster)
        return cluster
    except BaseException:
        lease.free()
        raise
    finally:
        starting.free()


def stop(cluster: Cluster, *, mode: str = "fast") -> bool:
    """Give the cluster back; stops the server unless another process still uses it. True if stopped."""
    if cluster.lease is not None and cluster.lease.held:
        alone = cluster.lease.take()
        if not alone:
            cluster.lease.free()
            return False
    try:
        server.stop(cluster, mode)
    finally:
        if cluster.lease is not None:
            cluster.lease.free()
    return True


def release(cluster: Cluster) -> None:
    """Stop using the cluster and leave the server as it is."""
    if cluster.lease is not None:
        cluster.lease.free()


def create_database(cluster: Cluster, name: str, template: str | None = None) -> str:
    """Create database ``name`` owned by the owner role, with the extensions; returns the owner's URL for it.

    With ``template`` the new database is a copy of that one (nobody may be connected to it).
    """
    with cluster.connect(database="postgres") as connection:
        connection.execute(
            sql.SQL("create database {} owner {} template {}").format(
                sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template0")
            )
        )
        connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("grant connect on database {} to {}").format(sql.Identifier(name), sql.Identifier(APP))
        )
    if template is None:
        with cluster.connect(database=name) as connection:
            for extension in EXTENSIONS:
                connection.execute(
                    sql.SQL("create extension if not exists {}").format(sql.Identifier(extension))
                )
    return cluster.url(OWNER, name)


def drop_database(cluster: Cluster, name: str) -> None:
    """Drop database ``name`` if it exists, ending its sessions."""
    with cluster.connect(database="postgres") as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


@contextmanager
def temporary_cluster(
    *, pg_bin: Path | None = None, keep_extensions_in_template: bool = True
) -> Iterator[Cluster]:
    """A cluster of its own for tests: no durability, in a temporary folder, gone afterwards.

    Its owner role may create databases and ``template1`` holds the extensions, so that a test runner
    can make its own databases. Leftovers of killed runs are swept first.
    """
    _sweep_temporary()
    user = server_user()
    base = Path(tempfile.mkdtemp(prefix="versants-pg-"))
    lease = Lock(base / "lease.new")
    lease.take(shared=True)
    lease.path.rename(base / "lease")  # locked before others can see it
    base.chmod(0o755)
    try:
        place = places.Place(base=base / "pg", socket=base / "s", state=base / "engine")
        bin_folder = pg_bin or (Path(os.environ["PG_BIN"]) if os.environ.get("PG_BIN") else None)
        engine = find_engine(bin_folder, user, place.state)
        cluster = Cluster(
            base=place.base, socket=place.socket, engine=engine, started=True, temporary=True, lease=lease
        )
        places.prepare(place, user)
        server.initialise(cluster)
        server.configure(cluster)
        (base / "pg.json").write_text(json.dumps({"data": str(cluster.data), "bin": str(engine.bin)}))
        server.start(cluster)
        try:
            _bootstrap(cluster)
            with cluster.connect(database="template1") as connection:
                connection.execute(sql.SQL("alter role {} createdb").format(sql.Identifier(OWNER)))
                if keep_extensions_in_template:
                    for extension in EXTENSIONS:
                        connection.execute(
                            sql.SQL("create extension if not exists {}").format(sql.Identifier(extension))
                        )
            yield cluster
        finally:
            server.stop(cluster, "immediate")
    finally:
        shutil.rmtree(base, ignore_errors=True)
        lease.free()


def _sweep_temporary() -> None:
    """Stop and remove temporary clusters whose process is gone (their lock is free)."""
    for base in Path(tempfile.gettempdir()).glob("versants-pg-*"):
        try:
            if base.stat().st_uid != os.geteuid() or not (base / "lease").exists():
                continue
            lock = Lock(base / "lease")
            if not lock.take():
                continue
        except OSError:
            continue
        try:
            with suppress(OSError, ValueError, KeyError):
                pid = int((base / "pg" / "data" / "postmaster.pid").read_text().split()[0])
                if server.is_postmaster(pid, base / "pg" / "data"):
                    server.end_process(pid)
            shutil.rmtree(base, ignore_errors=True)
        finally:
            lock.free()


def _bootstrap(cluster: Cluster) -> None:
    """Roles, database and extensions, each made only where missing."""
    with cluster.connect(database="postgres") as connection:
        present = {row[0] for row in connection.execute("select rolname from pg_roles")}
        for role in (OWNER, APP):
            name = sql.Identifier(role)
            if role not in present:
                connection.execute(sql.SQL("create role {}").format(name))
                # `inherit` and the negatives are stated: nothing about these roles is left to defaults
                connection.execute(
                    sql.SQL(
                        "alter role {} login nosuperuser nobypassrls nocreatedb nocreaterole"
                        " noreplication inherit"
                    ).format(name)
                )
        found = connection.execute(
            "select 1 from pg_database where datname = %s", [cluster.database]
        ).fetchone()
    if found is None:
        create_database(cluster, cluster.database)
        return
    with cluster.connect() as connection:  # a first start cut short between database and extensions
        installed = {row[0] for row in connection.execute("select extname from pg_extension")}
        for extension in EXTENSIONS:
            if extension not in installed:
                connection.execute(
                    sql.SQL("create extension if not exists {}").format(sql.Identifier(extension))
                )


def write_pg_file(paths: Paths, place: places.Place, cluster: Cluster) -> None:
    """Say where everything is, for the other commands; replaced in one step."""
    content = {
        "id": place.identity,
        "data": str(cluster.data),
        "socket": str(cluster.socket),
        "port": cluster.port,
        "bin": str(cluster.engine.bin),
        "version": cluster.engine.version,
        "user": cluster.engine.user,
        "log": str(cluster.log),
        "database": cluster.database,
        "app_url": cluster.app_url,
        "owner_url": cluster.owner_url,
    }
    text = json.dumps(content, indent=2) + "\n"
    with suppress(OSError):
        if paths.pg_file.read_text() == text:
            return
    partial = paths.pg_file.with_name(f"pg.json.{os.getpid()}")
    partial.write_text(text)
    partial.replace(paths.pg_file)
