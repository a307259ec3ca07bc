"""``demo_logins``: the same as ``demo logins``, for the start of the product."""

from __future__ import annotations

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "One login per role of the demonstration world."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options: object) -> None:
        call_command("demo", "logins", *(["--json"] if options["json"] else []), stdout=self.stdout)
