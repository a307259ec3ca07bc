"""Is it alive, is it ready: for a supervisor, without a word about anybody."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from versants.core.crypto import keyring
from versants.core.errors import VersantsError
from versants.core.web.access import without_database
from versants.core.web.build import commit, engine
from versants.launch.version import version

_MIN_FREE_BYTES = 200_000_000


@without_database
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers. Needs nothing else."""
    return JsonResponse({"status": "ok", "version": version(), "commit": commit(), "engine": engine()})


@without_database
def readyz(request: HttpRequest) -> JsonResponse:
    """Everything a request needs is there: 200, else 503 with what is missing."""
    checks = {"database": False, "migrations": False, "worker": False, "keys": False, "disk": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            checks["database"] = True
            cursor.execute("SELECT count(*) FROM django_migrations")
            from django.db.migrations.loader import MigrationLoader

            loader = MigrationLoader(connection)
            checks["migrations"] = not (set(loader.disk_migrations) - set(loader.applied_migrations))
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM procrastinate_workers WHERE last_heartbeat > %s)",
                [timezone.now() - timedelta(seconds=40)],
            )
            checks["worker"] = cursor.fetchone()[0]
    except DatabaseError:
        pass
    with suppress(VersantsError):
        keyring.index_keys()
        checks["keys"] = True
    with suppress(OSError):
        checks["disk"] = shutil.disk_usage(settings.DATA).free > _MIN_FREE_BYTES
    ready = all(checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)
