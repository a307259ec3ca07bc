"""``versants import undo UID [--as EMAIL] [--json]``: take a whole import back."""

from __future__ import annotations

import importlib
import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from versants.core.access.scope import Actor, acting
from versants.core.errors import VersantsError
from versants.people.models import Import
from versants.people.services.importing import service

# The module is called as the command is, and that is a word of the language.
_import = importlib.import_module("versants.people.management.commands.import")
refuse = _import.refuse


class Command(BaseCommand):
    help = "Take a whole import back; what was changed or built on since is kept and listed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uid", type=UUID, help="as “versants import” said it")
        parser.add_argument("--json", action="store_true")
        _import.add_actor(parser)

    def handle(self, *args: object, **options: Any) -> None:
        membership = _import.acting_as(options["actor"])
        actor = Actor.for_membership(membership)
        with translation.override(options["lang"] or membership.account.language), acting(actor):
            imported = Import.objects.visible_to(actor).filter(uid=options["uid"]).first()
            if imported is None:
                refuse(f"uid: this team has no import {options['uid']}")
            try:
                kept = service.take_back(actor=actor, imported=imported)
            except VersantsError as exc:
                refuse(f"{options['uid']}: {exc.message}", 1)
        if options["json"]:
            self.stdout.write(json.dumps({"uid": str(imported.uid), "kept": [one.as_json() for one in kept]}))
            return
        for one in kept:
            self.stdout.write(f"row {one.row}: {one.label}: {one.why}")
        self.stdout.write(f"taken back, {len(kept)} kept")
