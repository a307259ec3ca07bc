"""``outbox``: the messages that the demonstration world has sent. Refused elsewhere, exit 3."""

from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandParser

from versants.demo import answers


class Command(BaseCommand):
    help = "Messages sent in the demonstration world."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options: object) -> None:
        found = answers.outbox()
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        for one in found:
            self.stdout.write(
                f"{one['at']}  {one['channel']:<5} {one['to']:<28} {one['about']}\n    {one['body'].strip()}"
            )
