"""``demo logins|links|scenario``: what the demonstration world offers. Refused elsewhere, exit 3."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from versants.demo import answers


class Command(BaseCommand):
    help = "Logins, links and scenes of the demonstration world."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="logins|links|scenario")
        for name, what in (("logins", "an account per role"), ("links", "pages that open without a login")):
            parts.add_parser(name, help=what).add_argument("--json", action="store_true")
        scenario = parts.add_parser("scenario", help="set the scene and print its pages")
        scenario.add_argument("name", choices=sorted(answers.SCENES))
        scenario.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options: Any) -> None:
        if options["part"] == "logins":
            self._show(answers.logins(), options["json"])
        elif options["part"] == "links":
            self._show(answers.links(), options["json"])
        else:
            self._show(answers.SCENES[options["name"]](), options["json"])

    def _show(self, value: Any, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(value, ensure_ascii=False))
            return
        for line in value if isinstance(value, list) else _lines(value):
            if isinstance(line, dict):
                line = f"{line['role']:<18} {line['email']:<26} {line['password']:<20} {line['organisation']}"
            self.stdout.write(str(line))


def _lines(value: dict[str, Any], before: str = "") -> list[str]:
    found = []
    for key, part in value.items():
        name = f"{before}{key}"
        if isinstance(part, dict):
            found += _lines(part, f"{name} ")
        else:
            found.append(f"{name:<18} {part if part is not None else 'not in this version'}")
    return found
