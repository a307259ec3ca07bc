"""``versants access-matrix --json``: every address by role, situation and class, with what is expected."""

from __future__ import annotations

import json

from django.core.management.base import BaseCommand, CommandParser

from versants.core.access.classes import Role
from versants.core.web import pages
from versants.core.web.addresses import addresses

SITUATIONS = ("own", "other", "other_versant")
ANONYMOUS = "anonymous"


def expected(page: pages.Page, role: str, situation: str) -> str:
    """``open``, ``refused`` or ``login``; a list that opens shows only rows of the reader's own."""
    if page.public:
        return "open"
    if role == ANONYMOUS:
        return "login"
    if role not in page.roles:
        return "refused"
    if page.subject and situation != "own" and role not in page.elsewhere:
        return "refused"
    if page.subject and situation == "own" and role in page.by_grant:
        return "refused"
    return "open"


def matrix() -> list[dict[str, str]]:
    """One line per address, method, role and situation."""
    routes: dict[str, str] = {}
    for address in addresses():
        routes.setdefault(address.name, address.route)
    return [
        {
            "url": routes[page.name],
            "method": method,
            "role": role,
            "situation": situation,
            "class": page.data_class,
            "expected": expected(page, role, situation),
        }
        for page in pages.pages()
        for method in page.methods
        for role in (*sorted(Role.values), ANONYMOUS)
        for situation in (SITUATIONS if page.subject and role != ANONYMOUS else SITUATIONS[:1])
    ]


class Command(BaseCommand):
    help = "Every address by role, situation and data class, with what is expected."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: object, **options: bool) -> None:
        rows = matrix()
        if options["json"]:
            self.stdout.write(json.dumps(rows))
            return
        for row in rows:
            self.stdout.write(
                "  ".join(row[key] for key in ("method", "url", "role", "situation", "expected"))
            )
