from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from versants.core import clock
from versants.networks.management.options import OF_NO_USE
from versants.networks.report.annex import annex
from versants.networks.report.pdf import LANGUAGES, pdf
from versants.networks.report.source import Scenario, Source
from versants.territory.shapes import DATA
from versants_libs.coverage.console import Refusal, writable
from versants_libs.coverage.errors import FormatError, InstanceError
from versants_libs.coverage.files import read_text, roads
from versants_libs.coverage.metric import RoadMinutes
from versants_libs.coverage.staffing_again import verify
from versants_libs.coverage.study import Study
from versants_libs.coverage.study_files import PathError, fingerprint, load_study
from versants_libs.coverage.study_slips import warnings
from versants_libs.coverage.territory import load_territory
from versants_libs.coverage.travel import gaps, travel_of

_SAID = 3  # differences named where there are many


class Command(BaseCommand):
    help = "the report of a study, for a council: PDF, and its annex as a workbook"
    suppressed_base_arguments = OF_NO_USE
    requires_system_checks = ()  # needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("study", type=Path, metavar="STUDY", help="what was asked")
        parser.add_argument("result", type=Path, metavar="R", help="what mesh plan answered")
        parser.add_argument("--lang", choices=LANGUAGES, default="fr")
        parser.add_argument("--name", default="", help="what the study is called in that language")
        parser.add_argument("--out", type=Path, required=True, metavar="F.pdf")
        parser.add_argument("--annex", type=Path, metavar="F.xlsx")
        parser.add_argument("--simulation", type=Path, metavar="S", help="what mesh simulate answered")
        parser.add_argument("--front", type=Path, metavar="P", help="what mesh front answered")
        parser.add_argument("--turning", type=Path, metavar="T", help="what mesh turning answered")
        parser.add_argument(
            "--roads",
            type=Path,
            default=DATA / "travel_time_model.json",
            metavar="JSON",
            help="knots_km and minutes, where the study names no travel times",
        )
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
            writable(options["out"])
            if options["annex"] is not None:
                writable(options["annex"], "--annex")
            study = load_study(study_file, clock.today())
            known = fingerprint(study)
            result = _json(options["result"])
            bare = Source(
                study,
                result,
                load_territory(DATA),
                travel_of(study, study_file.parent, _roads(options["roads"], study)),
                called=options["name"],
            )
            _hold(options["result"], bare)
            source = replace(
                bare,
                scenarios=[_scenario(text) for text in options["scenario"]],
                simulated=_simulation(options["simulation"], known, result)
                if options["simulation"]
                else None,
                front=_front(options["front"], known) if options["front"] else {},
                turns=_turning(options["turning"], known, result) if options["turning"] else [],
            )
            missing = gaps(study, source.travel)
            for line in (*warnings(study), *(missing.told() if missing else ())):
                self.stderr.write(f"{study_file}: {line}")
            made = pdf(source, options["lang"])
            sheets = annex(source, options["lang"]) if options["annex"] else None
        except (FormatError, PathError) as exc:
            raise CommandError(f"{study_file}:{exc}", returncode=2) from exc
        except InstanceError as exc:
            raise CommandError(str(exc), returncode=2) from exc
        except Refusal as exc:
            raise CommandError(str(exc), returncode=exc.code) from exc
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


def _roads(path: Path, study: Study) -> RoadMinutes | None:
    """What mesh plan plans with where the study names no travel times."""
    if study.travel.knots_km or study.travel.provider != "piecewise":
        return None
    try:
        return roads(read_text(path))
    except OSError as exc:
        raise CommandError(f"{path}: cannot be read ({exc.strerror})", returncode=2) from exc
    except (FormatError, InstanceError) as exc:
        raise CommandError(f"{path}:{exc}", returncode=2) from exc


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except FormatError as exc:
        raise CommandError(f"{path}:{exc}", returncode=2) from exc
    except json.JSONDecodeError as exc:
        raise CommandError(f"{path}:{exc.lineno}:{exc.colno}: not JSON: {exc.msg}", returncode=2) from exc
    if not isinstance(found, dict):
        raise CommandError(f"{path}:1:1: a JSON object expected", returncode=2)
    return found


def _checked_study(path: Path, found: dict[str, Any], known: str, command: str) -> None:
    """Does a file answer this study? It says so by the study's fingerprint."""
    if found.get("study") is None:
        raise CommandError(
            f"{path}: does not say which study it answers, run “mesh {command}” again", returncode=2
        )
    if found["study"] != known:
        raise CommandError(
            f"{path}: answers another study than this one, run “mesh {command}” on this study", returncode=2
        )


def _simulation(path: Path, known: str, result: dict[str, Any]) -> dict[str, Any]:
    found = _json(path)
    if not isinstance(found.get("fill"), dict):
        raise CommandError(
            f"{path}: no field 'fill', an answer of “mesh simulate --json” expected", returncode=2
        )
    _checked_study(path, found, known, "simulate --json")
    _checked_recruits(path, found, result, "simulate --json")
    return found


def _checked_recruits(path: Path, found: dict[str, Any], result: dict[str, Any], command: str) -> None:
    if found.get("recruits") != {one["candidate"]: one["n"] for one in result["recruits"]}:
        raise CommandError(
            f"{path}: is of other recruits than those of the result, run “mesh {command}” on it",
            returncode=2,
        )


def _turning(path: Path, known: str, result: dict[str, Any]) -> list[dict[str, Any]]:
    found = _json(path)
    if not isinstance(found.get("turns"), list):
        raise CommandError(
            f"{path}: no field 'turns', an answer of “mesh turning --json” expected", returncode=2
        )
    _checked_study(path, found, known, "turning --json")
    _checked_recruits(path, found, result, "turning --json")
    turns: list[dict[str, Any]] = found["turns"]
    return turns


def _front(path: Path, known: str) -> dict[str, Any]:
    found = _json(path)
    points = found.get("points")
    if not isinstance(points, list) or not points or "predicted" not in points[0]:
        raise CommandError(f"{path}: no points, an answer of “mesh front” expected", returncode=2)
    _checked_study(path, found, known, "front --json")
    return {"by": "number" if "number" in points[0] else "budget", "points": points}


def _scenario(text: str) -> Scenario:
    name, equals, path = text.partition("=")
    if not equals:
        raise CommandError(f"--scenario {text}: a name, an equals sign and a file expected", returncode=2)
    return Scenario.of(name, _json(Path(path)))
