"""``versants database start|stop|status|shell``: the embedded server by itself."""

from __future__ import annotations

import argparse
import json
import os
import sys

from versants.launch import places, postgres, server
from versants.launch.engine import find_engine, server_user
from versants.launch.errors import EXIT_DONE, EXIT_NO, SurroundingsError
from versants.launch.paths import Paths


def main(arguments: list[str]) -> int:
    """Returns 0, or 1 when ``status`` finds no running server or ``stop`` one that is in use."""
    parser = argparse.ArgumentParser(
        prog="versants database", description="The embedded PostgreSQL by itself."
    )
    parser.add_argument("action", choices=["start", "stop", "status", "shell"])
    parser.add_argument("--as", dest="role", choices=["app", "owner", "superuser"], default="owner")
    parser.add_argument("--json", action="store_true", help="answer as one JSON value")
    options = parser.parse_args(arguments)
    paths = Paths.from_environment()
    if paths.database_url:
        raise SurroundingsError(
            "DATABASE_URL is set: that database is yours to start and stop.", code="database.yours"
        )
    if options.action == "start":
        cluster = postgres.ensure(paths)
        postgres.release(cluster)
        return _tell(paths, True, options.json)
    cluster = known(paths)
    if options.action == "status":
        running = cluster is not None and server.answers(cluster)
        _tell(paths, running, options.json)
        return EXIT_DONE if running else EXIT_NO
    if options.action == "stop":
        stopped = cluster is None or postgres.stop(cluster)
        if options.json:
            _tell(paths, not stopped, True)
        sys.stderr.write("The database is stopped.\n" if stopped else "The database is in use and stays.\n")
        return EXIT_DONE if stopped else EXIT_NO
    return _shell(paths, options.role)


def known(paths: Paths) -> postgres.Cluster | None:
    """The cluster that ``pg.json`` names, running or not; its lease is held. None if there is none yet."""
    if not places.read(paths.pg_file):
        return None
    user = server_user()
    place = places.find(paths, user)
    lease = postgres.Lock(paths.data / "pg.lease")
    lease.take(shared=True, wait_s=10)
    engine = find_engine(paths.pg_bin, user, place.state)
    return postgres.Cluster(base=place.base, socket=place.socket, engine=engine, lease=lease)


def _shell(paths: Paths, role: str) -> int:
    cluster = postgres.ensure(paths)
    try:
        url = {"app": cluster.app_url, "owner": cluster.owner_url, "superuser": cluster.superuser_url}[role]
        program = str(cluster.engine.bin / "psql")
        if not os.access(program, os.X_OK):
            raise SurroundingsError(f"{program} is missing; connect with {url}", code="postgres.incomplete")
        import subprocess

        return subprocess.run([program, url], check=False).returncode
    finally:
        if cluster.started:
            postgres.stop(cluster)
        else:
            postgres.release(cluster)


def _tell(paths: Paths, running: bool, as_json: bool) -> int:
    facts: dict[str, object] = {"running": running, **places.read(paths.pg_file)}
    if as_json:
        sys.stdout.write(json.dumps(facts) + "\n")
    elif running:
        sys.stdout.write(
            f"export DATABASE_URL='{facts['app_url']}'\nexport DATABASE_OWNER_URL='{facts['owner_url']}'\n"
        )
    else:
        sys.stderr.write(f"No database runs in {paths.data}.\n")
    return EXIT_DONE
