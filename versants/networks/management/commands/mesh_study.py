from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from versants.core import clock
from versants.networks.management.options import OF_NO_USE
from versants.territory.shapes import DATA
from versants_libs.coverage.building import Choice, build_study, most_asked
from versants_libs.coverage.console import SURROUNDINGS, Refusal, writable
from versants_libs.coverage.errors import FormatError, InstanceError
from versants_libs.coverage.files import read_text
from versants_libs.coverage.needs import DEMANDS, Register, read_register, read_speakers
from versants_libs.coverage.study import (
    BORDERS,
    KINDS,
    MEANINGS,
    SIMPLE,
    Fairness,
    Standard,
    Study,
    TravelSource,
)
from versants_libs.coverage.study_files import write_study
from versants_libs.coverage.study_slips import date_slip
from versants_libs.coverage.territory import OWN_LANGUAGE, Territory, load_territory
from versants_libs.coverage.travel import TravelError, source_of, travel_of, ways_of, with_minutes

SHORT = {"FR": "hauts-de-france", "WAL": "wallonie", "VLA": "west-vlaanderen"}

MOST_PEAK = 3.0


class Command(BaseCommand):
    help = (
        "a study from public figures: demand, who is there, who could be recruited, what is taken for granted"
    )
    suppressed_base_arguments = OF_NO_USE
    requires_system_checks = ()  # needs no database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--arrondissement", default="", metavar="NAME", help="French name, e.g. Courtrai")
        parser.add_argument("--versant", action="append", default=[], help="code, or FR, WAL, VLA; several")
        parser.add_argument(
            "--languages", default="", metavar="A,B", help="ISO 639-3; by default the most asked"
        )
        parser.add_argument(
            "--most-asked",
            type=int,
            default=30,
            metavar="N",
            help="languages, where none is named; default 30",
        )
        parser.add_argument("--number", type=int, metavar="N", help="recruits at most; 6 without a budget")
        parser.add_argument("--budget", type=float, metavar="EUR", help="euros a year at most")
        parser.add_argument("--kinds", default="helper,certified", metavar="A,B", help="who may be recruited")
        parser.add_argument(
            "--minutes",
            type=float,
            default=60.0,
            metavar="M",
            help="on the road at most, one way; default 60",
        )
        parser.add_argument(
            "--peak",
            action="append",
            default=[],
            metavar="FR=1.2",
            help="what traffic makes of minutes on the road there, 1 to 3; several",
        )
        parser.add_argument(
            "--travel",
            default="",
            metavar="PROVIDER=WHERE",
            help="minutes asked for once and kept: osrm=URL, valhalla=URL or matrix=FILE; by default the shipped model",
        )
        parser.add_argument(
            "--travel-date", default="", metavar="DATE", help="of its data: day, month or year"
        )
        parser.add_argument(
            "--phone-share",
            type=float,
            metavar="SHARE",
            help="talks by telephone or video; by default as the desk's requests tell, else 0.72",
        )
        parser.add_argument(
            "--demand",
            choices=DEMANDS,
            default="auto",
            help="where requests are counted; auto without a file: public",
        )
        parser.add_argument(
            "--requests",
            type=Path,
            metavar="CSV",
            help=(
                "a desk's own in twelve months: versant, language, commune (uid, may be empty), requests; where known "
                "mode (on_site, phone, video, remote), band (office, evening), minutes"
            ),
        )
        parser.add_argument(
            "--speakers",
            type=Path,
            metavar="CSV",
            help="persons a desk knows of: commune (uid), language, persons; fewer than five count as nobody",
        )
        parser.add_argument(
            "--discouraged",
            type=float,
            default=0.0,
            metavar="SHARE",
            help="added for those who no longer ask",
        )
        parser.add_argument(
            "--border", choices=BORDERS, default="open", help="closed: everybody works in their own country"
        )
        parser.add_argument("--simple", choices=SIMPLE, default="middle", help="talks a helper may take")
        parser.add_argument("--no-helpers", action="store_true", help="none is recruited")
        parser.add_argument("--meaning", choices=MEANINGS, default="sum", help="what equitable means")
        parser.add_argument("--weight", type=float, default=1.0, help="of the meaning, in requests")
        parser.add_argument(
            "--chosen-by", default="", metavar="WHO", help="an organisation or a role, nobody's name"
        )
        parser.add_argument("--chosen-on", default="", metavar="DATE", help="as 2026-11-27")
        parser.add_argument("--name", default="", help="what the study is called; by default its territory")
        parser.add_argument("--out", type=Path, required=True, metavar="STUDY.json")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        territory = load_territory(DATA)
        versants = tuple(SHORT.get(one.upper(), one) for one in options["versant"])
        kinds = tuple(one for one in options["kinds"].split(",") if one)
        asked = list(dict.fromkeys(one for one in options["languages"].split(",") if one))
        _known("--versant", versants, (*OWN_LANGUAGE, *SHORT))
        _known("--kinds", kinds, KINDS)
        _known("--languages", asked, territory.languages, "ISO 639-3 codes, as apc or tir")
        number = options["number"]
        if number is None and options["budget"] is None:
            number = 6
        meaning = options["meaning"]
        try:
            towns = territory.area(versants=versants, arrondissement=options["arrondissement"])
            register = None
            reading = options["requests"]
            if reading:
                register = read_register(read_text(reading), territory)
            if options["speakers"]:
                reading = options["speakers"]
                known = read_speakers(read_text(reading), territory)
                register = replace(register or Register(), speakers=known)
            study = build_study(
                territory,
                Choice(
                    name=options["name"] or options["arrondissement"] or ", ".join(versants) or "Versants",
                    towns=towns,
                    languages=asked
                    or most_asked(territory, towns, options["most_asked"], register, options["demand"]),
                    number=number,
                    budget=options["budget"],
                    kinds=kinds,
                    standard=Standard(minutes_on_site=options["minutes"]),
                    fairness=Fairness(
                        meaning,
                        options["weight"] if meaning != "sum" else 0.0,
                        options["chosen_by"],
                        options["chosen_on"],
                    ),
                    border=options["border"],
                    helpers=not options["no_helpers"],
                    simple=options["simple"],
                    phone_share=options["phone_share"],
                    discouraged=options["discouraged"],
                    register=register,
                    demand=options["demand"],
                    peak=_peaks(options["peak"]),
                ),
            ).study
            if options["travel"]:
                study = replace(study, travel=_minutes(study, territory, options))
        except TravelError as exc:
            raise CommandError(str(exc), returncode=SURROUNDINGS) from exc
        except FileNotFoundError as exc:
            raise CommandError(f"{reading}: there is no such file", returncode=2) from exc
        except OSError as exc:
            raise CommandError(f"{reading}: {exc.strerror}", returncode=2) from exc
        except FormatError as exc:
            raise CommandError(f"{reading}:{exc}", returncode=2) from exc
        except InstanceError as exc:
            raise CommandError(str(exc), returncode=2) from exc
        options["out"].write_text(write_study(study), encoding="utf-8")
        if options["json"]:
            said = {
                "communes": len(study.communes),
                "requests": round(sum(row.requests for row in study.demand), 1),
                "languages": len(study.languages),
                "people": len(study.people),
                "candidates": len(study.candidates),
            }
            self.stdout.write(json.dumps(said))


def _minutes(study: Study, territory: Territory, options: dict[str, Any]) -> TravelSource:
    """What a provider answers for the study's ways; a file may name any commune. Raises InstanceError, TravelError."""
    source = source_of(options["travel"], options["travel_date"])
    places = tuple(town.commune() for town in territory.towns)
    travel = travel_of(replace(study, communes=places, travel=source), Path())
    return with_minutes(source, travel, ways_of([study]))


def _known(option: str, given: Iterable[str], known: Collection[str], expected: str = "") -> None:
    """Words of an option that are not known. Raises CommandError, exit 2."""
    for one in given:
        if one not in known:
            raise CommandError(
                f"{option} {one}: {expected or 'one of ' + ', '.join(known)} expected", returncode=2
            )


def _check(options: dict[str, Any]) -> None:
    """Options of which no study can be made. Raises CommandError, exit 2."""
    weight = options["meaning"] != "sum"
    needed = (
        ("number", "a whole number of 0 or more", lambda n: n is None or n >= 0),
        ("budget", "euros a year of 0 or more", lambda n: n is None or 0 <= n < inf),
        ("most_asked", "a whole number of 1 or more", lambda n: n >= 1),
        ("minutes", "minutes above 0", lambda n: 0 < n < inf),
        ("phone_share", "a share from 0 to 1", lambda n: n is None or 0 <= n <= 1),
        ("discouraged", "a share from 0 to 1", lambda n: 0 <= n <= 1),
        ("weight", "a number above 0", lambda n: 0 < n < inf or not weight),
        ("kinds", f"one of {', '.join(KINDS)} at least", lambda text: text.strip(", ") != ""),
        ("chosen_on", "a day as 2026-11-27, not after today", _is_past),
        (
            "travel_date",
            "a day, a month or a year (2026-11), not after today",
            lambda text: not date_slip(text, clock.today(), part=True),
        ),
    )
    for name, expected, right in needed:
        if not right(options[name]):
            said = f"{options[name]:g}" if isinstance(options[name], float) else options[name]
            raise CommandError(f"--{name.replace('_', '-')} {said}: {expected} expected", returncode=2)
    try:
        writable(options["out"])
    except Refusal as exc:
        raise CommandError(str(exc), returncode=exc.code) from exc


def _peaks(said: list[str]) -> dict[str, float]:
    """Factors by versant. Raises CommandError, exit 2."""
    found = {}
    for one in said:
        where, _sign, text = one.partition("=")
        versant = SHORT.get(where.upper(), where)
        try:
            factor = float(text)
        except ValueError:
            factor = 0.0
        if versant not in OWN_LANGUAGE or not 1 <= factor <= MOST_PEAK or versant in found:
            expected = f"a versant and its factor from 1 to {MOST_PEAK:g} as FR=1.2, each versant once"
            raise CommandError(f"--peak {one}: {expected} expected", returncode=2)
        found[versant] = factor
    return found


def _is_past(text: str) -> bool:
    try:
        day = clock.read_day(text) if text else None
    except ValueError:
        return False
    return day is None or (day.isoformat() == text and day <= clock.today())
