from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count

from versants.territory import sources
from versants.territory.models import Commune, DataSource, Language, ReceptionCentre, Versant
from versants.territory.shapes import communes as boundaries


class Command(BaseCommand):
    help = "communes, centres and languages: counts, and whether they are the shipped ones"
    requires_system_checks = ()  # answers from data alone, and at once

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="subcommand", required=True, metavar="check")
        check = commands.add_parser("check", help="count what the database holds; exit 1 if it is not whole")
        check.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        counted = dict(Commune.objects.values_list("versant").annotate(Count("uid")).order_by())
        answer = {
            "communes": sum(counted.values()),
            "by_versant": {versant: counted.get(versant, 0) for versant in Versant.values},
            "centres": ReceptionCentre.objects.count(),
            "languages": Language.objects.count(),
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            for name, value in answer.items():
                self.stdout.write(f"{name}: {value}")
        wrong = problems()
        for sentence in wrong:
            self.stderr.write(sentence)
        if wrong:
            raise SystemExit(1)


def problems() -> list[str]:
    """What is not as shipped, one sentence each; none when all is well."""
    found = []
    loaded = dict(DataSource.objects.values_list("name", "sha256"))
    for name in sources.ORIGINS:
        if loaded.get(name) != sources.digest(sources.content(name)):
            found.append(f"{name} is not loaded in this version: run “versants manage load_territory”.")
    uids = set(Commune.objects.values_list("uid", flat=True))
    if uids != {shape.id for shape in boundaries()}:
        found.append("Communes and boundaries do not name the same places.")
    return found
