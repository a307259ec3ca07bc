"""``versants audit``: does the log hold, and taking it up again after a restore."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from versants.core import verifying


class Command(BaseCommand):
    help = "the sealed log of actions and readings"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        verify = actions.add_parser("verify", help="exit 1 and the first break if it does not hold")
        resume = actions.add_parser(
            "resume", help="after a restore, or when the file of heads was lost: the newest seal here counts"
        )
        resume.add_argument("--because", required=True, help="why, kept for ever in the file of heads")
        for one in (verify, resume):
            one.add_argument("--json", action="store_true", help="answer as one JSON value")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "resume":
            line = verifying.resume(options["because"].strip()[:200])
            if options["json"]:
                self.stdout.write(json.dumps(line))
            self.stderr.write(f"The log goes on after seal {line['resume']}.")
            return
        found = verifying.verify()
        if options["json"]:
            self.stdout.write(json.dumps(found))
        else:
            self._tell(found)
        if not found["holds"]:
            raise SystemExit(1)

    def _tell(self, found: dict[str, Any]) -> None:
        broken = found["first_break"]
        self.stdout.write("The log holds." if broken is None else "THE LOG DOES NOT HOLD.")
        if broken is not None:
            where = ", ".join(
                f"{name} {broken[name]}" for name in ("segment", "seal", "event") if broken[name] is not None
            )
            self.stdout.write(f"  {broken['kind']}: {broken['text']}" + (f" ({where})" if where else ""))
        self.stdout.write(
            f"  sealed up to {found['sealed_up_to'] or 'nothing yet'}: {found['events']} events in {found['seals']}"
            f" seals of {found['segments']} months, {found['pruned']} of them past their period and gone"
        )
        self.stdout.write(
            f"  waiting: {found['unsealed']}"
            + (f", the oldest for {found['oldest_unsealed_s']} s" if found["unsealed"] else "")
        )
