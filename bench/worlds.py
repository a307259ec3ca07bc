"""A cluster, keys and a data folder of its own for one measurement, with a world of the size asked for."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

PROJECT = Path(__file__).resolve().parents[1]
LOCAL = ZoneInfo("Europe/Brussels")
NOT_OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "VERSANTS_NOW",
    "VERSANTS_AS",
    "VERSANTS_POOL",
    "VERSANTS_ASSUME_ROLE",
    "VERSANTS_HOST",
)


@dataclass(frozen=True)
class Loaded:
    """What was written and when: the world's day, seconds by step, rows by table."""

    day: str
    seconds: dict[str, float]
    rows: dict[str, int]


def surroundings(folder: Path) -> None:
    """The product's environment for this measurement only."""
    (folder / "keys").mkdir(exist_ok=True)
    secret = folder / "keys" / "secret"
    if not secret.exists():
        secret.write_text("only-for-the-bench-" + "x" * 40)
    for name in NOT_OURS:
        os.environ.pop(name, None)
    os.environ.update(
        DJANGO_SETTINGS_MODULE="versants.config.settings",
        VERSANTS_DATA=str(folder),
        VERSANTS_KEYS_FILE=str(folder / "keys" / "keys.json"),
        VERSANTS_SECRET_FILE=str(secret),
        VERSANTS_MAIL_DIR=str(folder / "mail"),
        VERSANTS_LOG_LEVEL="ERROR",
    )


def connect_as(cluster: Any, user: str) -> None:
    """Django's connection of this process under that role."""
    from django.db import connections

    wrapper = connections["default"]
    wrapper.close()
    wrapper.settings_dict.update(
        NAME=cluster.database, USER=user, HOST=str(cluster.socket), PORT=str(cluster.port)
    )


def migrate(cluster: Any) -> None:
    """The tables of this version, as their owner, whose connection stays Django's."""
    import django

    django.setup()
    from django.core.management import call_command

    from versants.core.crypto.keyring import init_keys
    from versants.launch import prepare

    init_keys(Path(os.environ["VERSANTS_KEYS_FILE"]))
    connect_as(cluster, "versants_owner")
    with redirect_stdout(sys.stderr):
        call_command("migrate", verbosity=0, skip_checks=True)
        prepare._cache_table()


def small(cluster: Any) -> Any:
    """The product's tables with the territory and the tests' small world. The connection stays the superuser's, who
    goes on making; ``as_application`` ends that."""
    migrate(cluster)
    from django.core.management import call_command

    from tests.world import build_world

    with redirect_stdout(sys.stderr):
        call_command("load_territory", verbosity=0)
    connect_as(cluster, "postgres")
    return build_world()


def as_application(cluster: Any) -> None:
    """This process and those it starts connect as the application does."""
    os.environ["DATABASE_URL"] = cluster.app_url
    connect_as(cluster, "versants_app")


def fill(cluster: Any, visits: int) -> Any:
    """Migrate, load the territory and a world of ``visits``; returns what ``versants.demo.large.bulk`` wrote."""
    migrate(cluster)
    from django.core.management import call_command

    from versants.demo.large import bulk

    with redirect_stdout(sys.stderr):
        call_command("load_territory", verbosity=0)
        loaded = bulk.load(visits, tell=lambda text: print(f"  {text}", file=sys.stderr, flush=True))
        bulk.check(loaded)
    return loaded


def _told(loaded: Any) -> Loaded:
    return Loaded(loaded.world.day.isoformat(), loaded.seconds, loaded.rows)


@contextmanager
def world(folder: Path, visits: int, *, keep: bool = False) -> Iterator[tuple[Any, Loaded]]:
    """(cluster, what was loaded) of a world of that size.

    Gone afterwards, and without durability. With ``keep`` it stays in ``folder``, as an installation has it, and the
    next call of the same day finds it there: ``folder/world-VISITS/world.json`` is written once all is loaded.
    """
    surroundings(folder)
    if keep:
        with _kept(folder / f"world-{visits}", visits) as found:
            yield found
        return
    from versants.launch.postgres import temporary_cluster

    with temporary_cluster() as cluster:
        yield cluster, _told(fill(cluster, visits))


@contextmanager
def _kept(home: Path, visits: int) -> Iterator[tuple[Any, Loaded]]:
    """A world that stays. On another day its visits would be those of yesterday: then it is made again."""
    from versants.launch import postgres
    from versants.launch.paths import Paths

    home.mkdir(parents=True, exist_ok=True)
    note = home / "world.json"
    cluster = postgres.ensure(Paths.from_environment({"VERSANTS_DATA": str(home)}))
    try:
        told = json.loads(note.read_text()) if note.exists() else {}
        if told.get("day") == datetime.now(LOCAL).date().isoformat():
            loaded = Loaded(told["day"], told["seconds"], told["rows"])
            migrate(cluster)
        else:
            if note.exists():
                note.unlink()
                postgres.drop_database(cluster, cluster.database)
                postgres.create_database(cluster, cluster.database)
            loaded = _told(fill(cluster, visits))
            with (
                cluster.connect() as connection
            ):  # what an installation's own hours would have done by the morning
                connection.execute("VACUUM (ANALYZE)")
                connection.execute("CHECKPOINT")
            note.write_text(json.dumps(asdict(loaded), indent=1) + "\n")
        yield cluster, loaded
    finally:
        from django.db import connections

        connections["default"].close()
        postgres.stop(cluster)
