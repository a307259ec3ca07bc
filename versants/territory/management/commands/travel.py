from __future__ import annotations

import json
from difflib import get_close_matches
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from versants.core.errors import BadInput
from versants.territory import travel
from versants.territory.models import Commune
from versants.territory.search import find_communes


def commune(text: str) -> Commune:
    """The commune meant by a uid. Raises BadInput ``commune.unknown``, naming what may have been meant."""
    found = Commune.objects.filter(uid=text.strip().upper()).first()
    if found is not None:
        return found
    near = [f"{each.uid} ({each.name})" for each in find_communes(text, limit=3)]
    if not near:
        near = get_close_matches(text.upper(), Commune.objects.values_list("uid", flat=True), n=3)
    meant = f" Did you mean {', '.join(near)}?" if near else ""
    raise BadInput(
        "commune.unknown",
        f"“{text}” is no commune of the three territories; a uid like BE-57096 or FR-59350 is expected."
        f"{meant}",
    )


class Command(BaseCommand):
    help = "minutes by car and kilometres as the crow flies between two communes"
    requires_system_checks = ()  # answers from data alone, and at once

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("origin", metavar="FROM", help="uid of a commune, e.g. BE-57096")
        parser.add_argument("destination", metavar="TO", help="uid of a commune, e.g. FR-59350")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        origin, destination = commune(options["origin"]), commune(options["destination"])
        start, end = (
            travel.Point(each.lat, each.lon, versant=each.versant) for each in (origin, destination)
        )
        source = travel.provider()
        km = float(travel.great_circle_km(start.lat, start.lon, end.lat, end.lon))
        answer = {
            "minutes": round(source.minutes(start, end), 1),
            "km": round(km, 2),
            "provider": source.name,
            "date": source.date,
        }
        if options["json"]:
            self.stdout.write(json.dumps(answer))
            return
        self.stdout.write(
            f"{origin.name} to {destination.name}: {answer['minutes']} minutes,"
            f" {answer['km']} km as the crow flies ({source.name}, {source.date})"
        )
