"""``versants migrate``: Django's own, which with ``--json`` says what it applied."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from versants.launch.prepare import pending


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON value: what was applied")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options.pop("json", False):
            super().handle(*args, **options)
            return
        before = pending()
        super().handle(*args, **{**options, "verbosity": 0})
        left = pending()
        self.stdout.write(
            json.dumps({"applied": [one for one in before if one not in left], "pending": left})
        )
