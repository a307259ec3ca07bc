"""``versants states``: every state and every way from one to another, from the tables the services ask."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from versants.mobile.services.states import MACHINES, Machine


def as_json() -> dict[str, Any]:
    """Each machine by its name: states and transitions."""
    return {
        name: {
            "states": list(machine.states),
            "transitions": [
                {"from": one.source, "event": one.event, "to": one.target, "who": one.who}
                for one in machine.transitions
            ],
        }
        for name, machine in MACHINES.items()
    }


def as_markdown() -> str:
    """The diagrams and tables of docs/states.md."""
    parts = [
        "# States",
        "",
        "Drawn from the tables the services ask (`versants/mobile/services/states.py`) by `versants states --write`.",
        "A state without a way out is an end.",
    ]
    for name, machine in MACHINES.items():
        parts += [
            "",
            f"## {name.capitalize()}",
            "",
            "```mermaid",
            *_diagram(machine),
            "```",
            "",
            *_table(machine),
        ]
    return "\n".join(parts) + "\n"


def _diagram(machine: Machine) -> list[str]:
    lines = ["stateDiagram-v2", f"    [*] --> {machine.states[0]}"]
    lines += [f"    {one.source} --> {one.target}: {one.event}" for one in machine.transitions]
    left = {one.source for one in machine.transitions}
    return lines + [f"    {state} --> [*]" for state in machine.states if state not in left]


def _table(machine: Machine) -> list[str]:
    lines = ["| from | event | to | who |", "| --- | --- | --- | --- |"]
    return lines + [
        f"| {one.source} | {one.event} | {one.target} | {one.who} |" for one in machine.transitions
    ]


class Command(BaseCommand):
    """Prints the tables; ``--write`` renews docs/states.md, ``--check`` says whether it is current (exit 1 if not)."""

    help = "states and transitions of requests, bookings and offers"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON value on standard output")
        parser.add_argument("--write", action="store_true", help="renew docs/states.md")
        parser.add_argument("--check", action="store_true", help="exit 1 if docs/states.md is not current")

    def handle(self, *args: Any, **options: Any) -> None:
        page = Path(settings.PROJECT) / "docs" / "states.md"
        if options["write"]:
            page.write_text(as_markdown(), encoding="utf-8")
        elif options["check"]:
            if not page.exists() or page.read_text(encoding="utf-8") != as_markdown():
                self.stderr.write("docs/states.md is not current: run versants states --write")
                raise SystemExit(1)
        elif options["json"]:
            self.stdout.write(json.dumps(as_json()))
        else:
            self.stdout.write(as_markdown())
