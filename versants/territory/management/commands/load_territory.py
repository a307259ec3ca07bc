from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from versants.territory.loading import load


class Command(BaseCommand):
    help = "load communes, languages, reception centres and emergency numbers, where they changed"
    requires_system_checks = ()  # answers from data alone, and at once

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="load even what has not changed")

    def handle(self, *args: Any, **options: Any) -> None:
        for each in load(force=options["force"]):
            state = "loaded" if each.changed else "unchanged"
            self.stderr.write(f"{each.name}: {each.rows} rows, {state}")
