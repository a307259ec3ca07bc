"""A cluster, keys and a data folder of its own for one measurement, with a world of the size asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
NOT_OURS = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "VERSANTS_NOW",
    "VERSANTS_AS",
    "VERSANTS_POOL",
    "VERSANTS_ASSUME_ROLE",
    "VERSANTS_HOST",
)


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


def fill(cluster: Any, visits: int) -> Any:
    """Migrate, load the territory and a world of ``visits``; returns what ``versants.demo.large.bulk`` wrote."""
    import django

    django.setup()
    from django.core.management import call_command

    from versants.core.crypto.keyring import init_keys
    from versants.demo.large import bulk
    from versants.launch import prepare

    init_keys(Path(os.environ["VERSANTS_KEYS_FILE"]))
    connect_as(cluster, "versants_owner")
    with redirect_stdout(sys.stderr):
        call_command("migrate", verbosity=0, skip_checks=True)
        prepare._cache_table()
        call_command("load_territory", verbosity=0)
        loaded = bulk.load(visits, tell=lambda text: print(f"  {text}", file=sys.stderr, flush=True))
        bulk.check(loaded)
    return loaded


@contextmanager
def world(folder: Path, visits: int) -> Iterator[tuple[Any, Any]]:
    """(cluster, loaded) of a world of that size, gone afterwards."""
    from versants.launch.postgres import temporary_cluster

    surroundings(folder)
    with temporary_cluster() as cluster:
        yield cluster, fill(cluster, visits)
