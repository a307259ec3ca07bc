"""``versants found``: the first organisation, team and coordinator of an empty product, so that somebody can sign in.

Everybody else comes by import and by invitation.
"""

from __future__ import annotations

import json
import secrets
import sys
from datetime import timedelta
from typing import Any, NoReturn

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from versants.core import clock
from versants.core.access.classes import Role
from versants.people.enums import OrganisationKind, TeamKind
from versants.people.models import Account, Membership, Organisation, Site, Team
from versants.territory.models import Commune
from versants.territory.search import find_communes


class Command(BaseCommand):
    help = "The first organisation, its team and its coordinator. Refused once there is an organisation."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organisation", required=True, help="its name")
        parser.add_argument("--team", required=True, help="its name")
        parser.add_argument(
            "--commune", required=True, help="where its office is: a name or a code such as BE-57081"
        )
        parser.add_argument("--email", required=True, help="of the coordinator, who signs in with it")
        parser.add_argument("--name", required=True, help="of the coordinator")
        parser.add_argument("--language", default="fr", choices=["fr", "nl", "en"])
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            validate_email(options["email"])
        except ValidationError:
            self._refuse(f"--email: {options['email']}, expected an e-mail address", 2)
        place = self._commune(options["commune"])
        password = secrets.token_urlsafe(15)
        with transaction.atomic():
            if Organisation.objects.exists():
                self._refuse("this product has organisations already; coordination invites the others", 1)
            self._found(options, place, password)
        answer = {"email": options["email"].lower(), "password": password}
        self.stdout.write(
            json.dumps(answer)
            if options["json"]
            else f"{answer['email']} signs in with {password} and changes it on the page of the account"
        )

    def _commune(self, text: str) -> Commune:
        found = list(Commune.objects.filter(pk=text.upper())) or find_communes(text, limit=1)
        if not found and not Commune.objects.exists():
            self._refuse("no communes are there yet: run “versants manage load_territory” first", 3)
        if not found:
            self._refuse(f"--commune: {text}, expected a commune of the three territories", 2)
        return found[0]

    def _found(self, options: dict[str, Any], place: Commune, password: str) -> None:
        house = Organisation.objects.create(
            name=options["organisation"],
            short_name=options["organisation"][:40],
            kind=OrganisationKind.CARE,
            versant=place.versant,
            is_partner=True,
        )
        office = Site.objects.create(
            organisation=house,
            name=options["team"],
            kind="office",
            commune=place,
            lat=place.lat,
            lon=place.lon,
        )
        team = Team.objects.create(
            organisation=house,
            name=options["team"],
            kind=TeamKind.INTEGRAPSY,
            versant=place.versant,
            base=office,
            email=options["email"].lower(),
        )
        account = Account.objects.create_user(
            options["email"], password, name=options["name"], language=options["language"]
        )
        Membership.objects.create(
            account=account,
            organisation=house,
            team=team,
            role=Role.COORDINATOR,
            versant=place.versant,
            period=(clock.today() - timedelta(days=1), None),
        )

    def _refuse(self, sentence: str, code: int) -> NoReturn:
        print(sentence, file=sys.stderr)
        raise SystemExit(code)
