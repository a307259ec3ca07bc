"""``seed_demo``: fill an empty database with the demonstration world. Runs as the owner of the tables."""

from __future__ import annotations

import json
import time

from django.core.management.base import BaseCommand, CommandError, CommandParser

from versants.core import clock
from versants.demo import loading
from versants.demo.making import make_world


class Command(BaseCommand):
    help = "Fill an empty database with the demonstration world (fictional people, real places)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON value on standard output")

    def handle(self, *args: object, **options: object) -> None:
        began = time.monotonic()
        world = make_world(clock.today(), clock.now())
        made = time.monotonic()
        try:
            counts = loading.load(world)
        except loading.NotEmpty as exc:
            raise CommandError(str(exc.message), returncode=3) from exc
        seconds = {"making": round(made - began, 1), "loading": round(time.monotonic() - made, 1)}
        if options["json"]:
            self.stdout.write(json.dumps({**loading.as_of(world), "seconds": seconds, "rows": counts}))
        else:
            total = sum(counts.values())
            self.stdout.write(f"demo world: {total} rows in {sum(seconds.values()):.1f} s")
