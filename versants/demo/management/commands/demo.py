"""``demo logins|links|scenario``: what the demonstration world offers. Refused elsewhere, exit 3.

``demo --visits N`` writes the large demonstration world into an empty database.
"""

from __future__ import annotations

import json
import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from versants.demo import answers, loading
from versants.demo.large import bulk
from versants.demo.world import SEED
from versants.launch.up import open_to_others


class Command(BaseCommand):
    help = "Logins, links and scenes of the demonstration world."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--visits", type=int, metavar="N", help="fill an empty database with N visits and their people"
        )
        parser.add_argument("--seed", default=SEED, help="another world of the same size")
        parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
        parts = parser.add_subparsers(dest="part", metavar="logins|links|scenario")
        for name, what in (("logins", "an account per role"), ("links", "pages that open without a login")):
            parts.add_parser(name, help=what).add_argument("--json", action="store_true")
        scenario = parts.add_parser("scenario", help="set the scene and print its pages")
        scenario.add_argument("name", choices=sorted(answers.SCENES))
        scenario.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options: Any) -> None:
        if options["visits"] is not None:
            if options["part"]:
                raise CommandError("--visits stands alone.", returncode=2)
            self._large(options["visits"], options["seed"], options["json"])
        elif options["part"] == "logins":
            self._show(answers.logins(), options["json"])
        elif options["part"] == "links":
            self._show(answers.links(), options["json"])
        elif options["part"] == "scenario":
            self._show(answers.SCENES[options["name"]](), options["json"])
        else:
            raise CommandError("Say what: logins, links, scenario NAME, or --visits N.", returncode=2)

    def _large(self, visits: int, seed: str, as_json: bool) -> None:
        if not bulk.LEAST <= visits <= bulk.MOST:
            raise CommandError(
                f"--visits {visits}: a number from {bulk.LEAST:,} to {bulk.MOST:,} is expected.", returncode=2
            )
        if said := open_to_others(os.environ.get("VERSANTS_HOST", "")):
            raise CommandError(
                f"{said} is open to others, and the passwords of the demonstration world are public:"
                " it is not loaded here.",
                returncode=3,
            )
        try:
            loaded = bulk.load(visits, tell=lambda text: self.stderr.write(f"  {text}"), seed=seed)
        except loading.NotEmpty as exc:
            raise CommandError(str(exc.message), returncode=3) from exc
        rows = bulk.check(loaded)
        if as_json:
            value = {**loading.as_of(loaded.world), "visits": visits, "seconds": loaded.seconds, "rows": rows}
            self.stdout.write(json.dumps(value))
            return
        self.stdout.write(
            f"large demo world: {visits:,} visits, {sum(rows.values()):,} rows in {sum(loaded.seconds.values()):.0f} s"
        )

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
