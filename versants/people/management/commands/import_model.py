"""``versants import model KIND FILE [--lang fr|nl|en]``: the model file of a kind of import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from versants.core.errors import VersantsError
from versants.people.management.commands.import_undo import refuse
from versants.people.services.importing import kinds, writing


class Command(BaseCommand):
    help = "The model file of a kind of import: a head with notes, drop-downs, one example."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", help=", ".join(one.key for one in kinds.kinds()))
        parser.add_argument("file", help="the XLSX to write")
        parser.add_argument("--lang", default="fr", choices=kinds.LANGUAGES)

    def handle(self, *args: object, **options: Any) -> None:
        path = Path(options["file"])
        try:
            path.write_bytes(writing.model(kinds.kind(options["kind"]), options["lang"]))
        except VersantsError as exc:
            known = ", ".join(exc.facts.get("known", ()))
            refuse(f"kind: {options['kind']} is unknown, expected one of {known}")
        except OSError as exc:
            refuse(f"{path}: {exc.strerror}, expected a file that can be written")
