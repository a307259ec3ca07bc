"""``versants doctor``: what is wrong here, in sentences; exit 1 if anything is."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from versants.core import deployment
from versants.core.diagnoses import examine


class Command(BaseCommand):
    help = "say what works here and what does not"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer as one JSON value")

    def handle(self, *args: Any, **options: Any) -> None:
        found, notes = examine(), deployment.notes()
        well = not any(found.values())
        if options["json"]:
            self.stdout.write(json.dumps({"well": well, "checks": found, "notes": notes}))
        else:
            for key, troubles in found.items():
                self.stdout.write(f"{key:<16} {'well' if not troubles else 'TROUBLE'}")
                for sentence in troubles:
                    self.stdout.write(f"    {sentence}")
            for sentence in notes:
                self.stdout.write(f"note             {sentence}")
        if not well:
            raise SystemExit(1)
