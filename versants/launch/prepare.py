"""Bring the database to this version and fill it: one process, so that Django is loaded once.

``python -m versants.launch.prepare STAGE...`` with stages ``migrate``, ``territory``, ``demo``,
``check`` (for the role that may not migrate) and ``logins``. Writes one JSON value per line on standard
output: ``{"stage", "seconds", "detail"}``, at the end ``{"logins": [...]}``; a failure is
``{"error", "exit"}`` and that exit code.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

from versants.launch.errors import EXIT_DONE, SurroundingsError

# Set by the launcher for its own server: only a superuser tells "empty" from "hidden by row security".
INSPECT_VARIABLE = "VERSANTS_INSPECT_URL"

# Everything the stages leave behind: migrations, reference data, row security, rights, functions, whether anybody
# and who may sign in. One value, so that a start can see in one query that there is nothing to do.
SIGNATURE = """
select md5(concat_ws('|',
  (select string_agg(app || '.' || name, ',' order by id) from django_migrations),
  (select string_agg(name || sha256, ',' order by name) from territory_source),
  (select string_agg(concat_ws(' ', tablename, policyname, permissive, roles, cmd, qual, with_check), ','
                     order by tablename, policyname) from pg_policies),
  (select string_agg(concat_ws(' ', oid, relkind, relowner, relrowsecurity, relforcerowsecurity, relacl), ','
                     order by oid) from pg_class where relnamespace in (select oid from pg_namespace
                     where nspname in ('public', 'app')) and relkind in ('r', 'v', 'S', 'm', 'p')),
  (select string_agg(md5(prosrc), ',' order by oid) from pg_proc
    where pronamespace in (select oid from pg_namespace where nspname in ('public', 'app'))),
  (select string_agg(concat_ws(' ', tgrelid, tgname, tgenabled), ',' order by oid) from pg_trigger),
  (select exists(select 1 from people_organisation)::text),
  (select concat_ws(' ', count(*), max(id)) from people_membership)
))
"""


def signature(url: str) -> str:
    """How the database stands, seen as superuser; empty where it cannot be said (no tables yet)."""
    import psycopg

    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(SIGNATURE).fetchone()
    except psycopg.Error:
        return ""
    return str(row[0]) if row else ""


def main(stages: list[str]) -> int:
    """Run the stages in order."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    sys.stdout = sys.stderr  # what commands print goes to the log, not between the answers

    def tell(**facts: object) -> None:
        answers.write(json.dumps(facts, default=str) + "\n")

    try:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "versants.config.settings")
        import django

        django.setup()
        for stage in stages:
            began = time.monotonic()
            result = STAGES[stage]()
            if stage == "logins":
                tell(logins=result)
            else:
                tell(stage=stage, seconds=round(time.monotonic() - began, 2), detail=result)
    except Exception as error:
        import traceback

        from versants.cli import explain

        traceback.print_exc()
        sentence, code = explain(error)
        tell(error=sentence, exit=code)
        return code
    return EXIT_DONE


def migrate() -> str:
    """Apply what is pending; post_migrate runs in any case and brings policies and grants up to date."""
    from django.core.management import call_command

    waiting = pending()
    call_command("migrate", interactive=False, verbosity=0)
    _cache_table()
    return f"{len(waiting)} migrations applied" if waiting else "up to date"


def check() -> str:
    """Refuse to serve a database of another version."""
    if pending():
        raise SurroundingsError(
            "The database is not at this version: run “versants migrate” with DATABASE_OWNER_URL.",
            code="database.version",
        )
    return "up to date"


def territory() -> str:
    """Load the reference data where they changed."""
    _require("load_territory")
    _call("load_territory")
    return "loaded"


def demo() -> str:
    """Seed the demonstration world into a database that holds no organisation."""
    if not _is_empty():
        return "there already"
    _require("seed_demo")
    _call("seed_demo")
    return "seeded"


def logins() -> list[dict[str, Any]]:
    """One login per role, empty outside the demonstration world."""
    from django.core.management.base import CommandError

    _require("demo_logins")
    try:
        return list(json.loads(_call("demo_logins", "--json") or "[]"))
    except (CommandError, SystemExit):  # refused outside the demonstration world
        return []


STAGES: dict[str, Callable[[], Any]] = {
    "migrate": migrate,
    "check": check,
    "territory": territory,
    "demo": demo,
    "logins": logins,
}


def pending() -> list[str]:
    """Migrations that this database has not had yet, as ``app.name``, in order."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{one.app_label}.{one.name}" for one, _backwards in plan]


def _cache_table() -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    backend = settings.CACHES["default"]
    if not backend["BACKEND"].endswith("DatabaseCache"):
        return
    if backend["LOCATION"] in connection.introspection.table_names():
        return
    call_command("createcachetable", verbosity=0)
    with connection.cursor() as cursor:  # made after post_migrate granted the others
        name = connection.ops.quote_name(backend["LOCATION"])
        cursor.execute("select 1 from pg_roles where rolname = 'versants_app'")
        if cursor.fetchone():
            cursor.execute(f"grant select, insert, update, delete on {name} to versants_app")


def _is_empty() -> bool:
    import psycopg

    url = os.environ.get(INSPECT_VARIABLE)
    if not url:
        return False
    with psycopg.connect(url) as connection:
        row = connection.execute("select exists(select 1 from people_organisation)").fetchone()
    return row is not None and not row[0]


def _require(command: str) -> None:
    from django.core.management import get_commands

    if command not in get_commands():
        raise SurroundingsError(
            f"The command “{command}” is not part of this version.", code="command.missing"
        )


def _call(command: str, *arguments: str) -> str:
    from django.core.management import call_command

    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
