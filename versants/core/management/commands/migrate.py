"""``versants migrate``: Django's own, which with ``--json`` says what it applied."""

from __future__ import annotations

import json
import os
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from versants.launch.prepare import pending

#: A migration that waits for a table makes everybody behind it wait too: it gives up after so long.
LOCK_TIMEOUT_S = int(os.environ.get("VERSANTS_LOCK_TIMEOUT") or 5)
LOCK_NOT_AVAILABLE = "55P03"


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON value: what was applied")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError where a table stays in use: whoever works goes on working, nothing was changed."""
        with connections[options["database"]].cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_TIMEOUT_S}s"])
        try:
            self._migrate(*args, **options)
        except OperationalError as exc:
            if getattr(exc.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            raise CommandError(
                f"A table is in use for more than {LOCK_TIMEOUT_S} seconds; this step was not taken, and those before it"
                " stand. Try again in a quiet moment, or allow more with VERSANTS_LOCK_TIMEOUT (seconds)."
            ) from exc

    def _migrate(self, *args: Any, **options: Any) -> None:
        if not options.pop("json", False):
            super().handle(*args, **options)
            return
        before = pending()
        super().handle(*args, **{**options, "verbosity": 0})
        left = pending()
        self.stdout.write(
            json.dumps({"applied": [one for one in before if one not in left], "pending": left})
        )
