"""``versants may READER CLASS PERSON [--at INSTANT] --json``: three booleans, always equal."""

from __future__ import annotations

import json
import sys
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils.dateparse import parse_datetime

from versants.core.access.classes import PERSON_CLASSES
from versants.core.access.scope import Actor
from versants.core.ids import clean_code
from versants.people.models import Membership
from versants.people.services.reading import find_person, may


class Command(BaseCommand):
    help = "May this reader see this class of this person's data: asked three ways."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reader", help="e-mail of an account, or e-mail:ROLE for one of its memberships")
        parser.add_argument("data_class", help=", ".join(PERSON_CLASSES))
        parser.add_argument("person", help="a programme code")
        parser.add_argument("--at", default="", help="an instant, ISO 8601; now by default")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options: str) -> None:
        if options["at"]:
            settings.FROZEN_NOW = self._instant(options["at"])
        email, _, role = options["reader"].partition(":")
        memberships = Membership.objects.active().filter(account__email=email.lower())
        if role:
            memberships = memberships.filter(role=role)
        membership = memberships.order_by("pk").first()
        if membership is None:
            self._refuse(f"reader: no active membership of {email}, expected the e-mail of an account")
        if options["data_class"] not in PERSON_CLASSES:
            self._refuse(
                f"class: {options['data_class']} is unknown, expected one of {', '.join(PERSON_CLASSES)}"
            )
        code = clean_code(options["person"])
        if code is None:
            self._refuse(f"person: {options['person']} is not a programme code, expected one like V7K4-2M9X")
        person = find_person(code)
        if person is None:
            self._refuse(f"person: nobody has the code {code}")
        answer = may(Actor.for_membership(membership), options["data_class"], person)
        if options["json"]:
            self.stdout.write(json.dumps(answer))
        else:
            word = "yes" if answer["service"] else "no"
            self.stdout.write(f"{word} ({', '.join(answer['because']) or 'nothing opens it'})")
        if len({answer["queryset"], answer["service"], answer["row_security"]}) != 1:
            print("the three answers differ: this is a fault, please report it", file=sys.stderr)
            raise SystemExit(3)
        raise SystemExit(0 if answer["service"] else 1)

    def _instant(self, text: str) -> str:
        try:
            at = parse_datetime(text)
        except ValueError:
            at = None
        if at is None:
            self._refuse(f"--at: {text} is no instant, expected one like 2026-11-24T17:40:00+01:00")
        return text

    def _refuse(self, sentence: str) -> NoReturn:
        print(sentence, file=sys.stderr)
        raise SystemExit(2)
