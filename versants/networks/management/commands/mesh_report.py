from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from versants.networks.report.annex import annex
from versants.networks.report.pdf import LANGUAGES, pdf
from versants.networks.report.source import Scenario, Source
from versants.territory.shapes import DATA
from versants_libs.coverage.errors import FormatError, InstanceError
from versants_libs.coverage.files import read_text
from versants_libs.coverage.staffing_again import verify
from versants_libs.coverage.study_files import PathError, load_study
from versants_libs.coverage.territory import load_territory
from versants_libs.coverage.travel import travel_of

_SAID = 3  # differences named where there are many


class Command(BaseCommand):
    help = "the report of a study, for a council: PDF, and its annex as a workbook"
    requires_system_checks = ()  # needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", type=Path, metavar="STUDY", help="what was asked")
        parser.add_argument("result", type=Path, metavar="R", help="what mesh plan answered")
        parser.add_argument("--lang", choices=LANGUAGES, default="fr")
        parser.add_argument("--out", type=Path, required=True, metavar="F.pdf")
        parser.add_argument("--annex", type=Path, metavar="F.xlsx")
        parser.add_argument("--simulation", type=Path, metavar="S", help="what mesh simulate answered")
        parser.add_argument("--front", type=Path, metavar="P", help="what mesh front answered")
        parser.add_argument(
            "--scenario",
            action="append",
            default=[],
            metavar="NAME=R",
            help="another answer to set beside it",
        )
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        study_file: Path = options["study"]
        try:
            study = load_study(study_file)
            source = Source(
                study,
                _json(options["result"]),
                load_territory(DATA),
                travel_of(study, study_file.parent),
                scenarios=[_scenario(text) for text in options["scenario"]],
                simulated=_json(options["simulation"]) if options["simulation"] else None,
                front=_front(options["front"]) if options["front"] else {},
            )
            _hold(options["result"], source)
            made = pdf(source, options["lang"])
            sheets = annex(source, options["lang"]) if options["annex"] else None
        except (FormatError, PathError) as exc:
            raise CommandError(f"{study_file}:{exc}", returncode=2) from exc
        except InstanceError as exc:
            raise CommandError(str(exc), returncode=2) from exc
        except KeyError as exc:
            raise CommandError(
                f"{options['result']}: no field {exc}, an answer of “mesh plan” expected", returncode=2
            ) from exc
        options["out"].write_bytes(made)
        if sheets is not None:
            options["annex"].write_bytes(sheets)
        if options["json"]:
            self.stdout.write(
                json.dumps({"bytes": len(made), "lang": options["lang"], "study": source.result["study"]})
            )


def _hold(path: Path, source: Source) -> None:
    """Nothing is printed of an answer that its study does not bear out."""
    try:
        found = verify(source.study, source.result, source.travel)
    except PathError as exc:
        raise CommandError(f"{path}: {exc}", returncode=2) from exc
    if found.wrong:
        said = "; ".join(found.wrong[:_SAID])
        more = f"; and {len(found.wrong) - _SAID} more" if len(found.wrong) > _SAID else ""
        raise CommandError(
            f"{path}: no report is made of an answer that does not hold: {said}{more}", returncode=2
        )


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except json.JSONDecodeError as exc:
        raise CommandError(f"{path}:{exc.lineno}:{exc.colno}: not JSON: {exc.msg}", returncode=2) from exc
    if not isinstance(found, dict):
        raise CommandError(f"{path}:1:1: a JSON object expected", returncode=2)
    return found


def _front(path: Path) -> dict[str, Any]:
    points = _json(path).get("points")
    if not isinstance(points, list) or not points or "predicted" not in points[0]:
        raise CommandError(f"{path}: no points, an answer of “mesh front” expected", returncode=2)
    return {"by": "number" if "number" in points[0] else "budget", "points": points}


def _scenario(text: str) -> Scenario:
    name, equals, path = text.partition("=")
    if not equals:
        raise CommandError(f"--scenario {text}: a name, an equals sign and a file expected", returncode=2)
    return Scenario.of(name, _json(Path(path)))
