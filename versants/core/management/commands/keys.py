"""``versants keys``: which keys there are, changing them while people work, and getting them back after a fire."""

from __future__ import annotations

import getpass
import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from versants.core import erasure, sealing
from versants.core.crypto import recovery, rotation

ACTIONS = {
    "status": "keys, what each wraps, what is left to do, whether the recovery export was confirmed",
    "rotate": "new wrapping keys, then everything wrapped anew, while people work",
    "export": "write the recovery export and show its passphrase, once",
    "confirm": "read the export back with its passphrase: only then it counts",
    "recover": "write the keys of an export where they are missing",
    "replay": "destroy again the keys of everybody erased: after a restore",
}


class Command(BaseCommand):
    help = "the keys of sealed text: " + ", ".join(ACTIONS)
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, words in ACTIONS.items():
            action = actions.add_parser(name, help=words, description=words)
            action.add_argument("--json", action="store_true", help="answer as one JSON value")
            if name in {"export", "confirm", "recover"}:
                action.add_argument("file", type=Path)
                action.add_argument(
                    "--passphrase-file", type=Path, help="read the passphrase there instead of asking"
                )
            if name == "rotate":
                action.add_argument("--holder", help="one holder's key only, as “status” names it")
                action.add_argument("--batch", type=int, default=rotation.BATCH, help="rows in a transaction")
                action.add_argument(
                    "--retire", action="store_true", help="destroy older keys that nothing needs any more"
                )
                other = action.add_mutually_exclusive_group()
                other.add_argument(
                    "--accounts", action="store_true", help="the key of second factors, no other"
                )
                other.add_argument(
                    "--signing", action="store_true", help="the key that signs the log, no other"
                )
                other.add_argument("--index", action="store_true", help="the key of look-ups, no other")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        answer = getattr(self, f"_{action}")(options)
        if options["json"]:
            self.stdout.write(json.dumps(answer))

    def _say(self, text: str) -> None:
        self.stderr.write(text)

    def _status(self, options: dict[str, Any]) -> dict[str, Any]:
        found = rotation.status()
        if options["json"]:
            return found
        for one in found["keys"]:
            words = "in use" if one["active"] else "older"
            words += "" if one["at_hand"] else ", NOT AT HAND"
            self.stdout.write(
                f"{one['id']:<34} {one['name']:<40} {words}, {one['age_days']} days, wraps {one['wraps']}"
            )
        self.stdout.write(f"To wrap anew: {found['to_wrap_anew']}")
        for key, n in found["to_do"].items():
            if n:
                self.stdout.write(f"To do, {key}: {n}")
        state = found["recovery"]
        words = f"confirmed {state['confirmed_at']}" if state["confirmed_at"] else "never confirmed"
        if state["confirmed_at"] and state["keys_not_covered"]:
            words += f", {state['keys_not_covered']} keys are newer or other"
        self.stdout.write(f"Recovery export: {words}")
        return found

    def _rotate(self, options: dict[str, Any]) -> dict[str, Any]:
        began, heard = time.monotonic(), {}
        if (options["signing"] or options["index"]) and (options["holder"] or options["retire"]):
            raise CommandError(
                "--signing changes the key that signs the log and --index the key of look-ups, and nothing else: they take"
                " no --holder, and no older key is destroyed: what it signed must stay verifiable, what it hashed must"
                " still be found."
            )
        if options["signing"]:
            return self._rotate_signing()

        def tell(what: str, done: int, of: int) -> None:
            heard[what] = done
            self._say(f"{what}: {done}" + (f" of {of}" if of else ""))

        holder, batch = options["holder"], max(1, options["batch"])
        done = None
        if options["accounts"]:
            rotation.rotate_accounts(batch=batch, tell=tell)
        elif options["index"]:
            rotation.rotate_index(batch=batch, tell=tell)
        else:
            done = rotation.rotate(holder="" if holder == "house" else holder, batch=batch, tell=tell)
        retired = rotation.retire() if options["retire"] else []
        for key_id in retired:
            self._say(f"retired: {key_id}")
        self._say("Keys are new: make and confirm another recovery export (versants keys export FILE).")
        return {
            "rotation": done.pk if done else None,
            "done": heard,
            "retired": retired,
            "seconds": round(time.monotonic() - began, 2),
        }

    def _rotate_signing(self) -> dict[str, Any]:
        changed = sealing.renew_signer()
        self._say(f"Seals from {changed['until'] + 1} on are signed by {changed['new']}.")
        self._say("Keys are new: make and confirm another recovery export (versants keys export FILE).")
        return changed

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        own = options["passphrase_file"]
        passphrase = own.read_text().strip() if own else recovery.draw_passphrase()
        keys = recovery.export(options["file"], passphrase)
        self._say(f"{options['file']}: {len(keys)} keys, encrypted.")
        if not own:
            if not options["json"]:
                self.stdout.write(_PAPER.format(passphrase=_on_paper(passphrase)))
            self._say("It is not shown again. Write it down, then: versants keys confirm FILE")
        return {"file": str(options["file"]), "keys": keys, "passphrase": None if own else passphrase}

    def _confirm(self, options: dict[str, Any]) -> dict[str, Any]:
        lacking = recovery.confirm(options["file"], _passphrase(options))
        if lacking:
            self._say(f"This export lacks {len(lacking)} keys: make another one (versants keys export FILE).")
            if options["json"]:
                self.stdout.write(json.dumps({"confirmed": False, "lacking": lacking}))
            raise SystemExit(1)
        self._say("The export was read back whole and holds every key.")
        return {"confirmed": True, "lacking": []}

    def _recover(self, options: dict[str, Any]) -> dict[str, Any]:
        new = recovery.recover(options["file"], _passphrase(options))
        self._say(f"{len(new)} keys written.")
        return {"written": new}

    def _replay(self, options: dict[str, Any]) -> dict[str, Any]:
        done = erasure.replay()
        self._say(f"{done.erasures} erasures known, {done.keys} keys destroyed again.")
        return {"erasures": done.erasures, "keys": done.keys}


_PAPER = """
  Versants: passphrase of the recovery export

{passphrase}

  Two people of the care organisations keep it, on paper, apart from the file.
"""


def _on_paper(passphrase: str) -> str:
    groups = passphrase.split("-")
    half = len(groups) // 2
    return "\n".join("      " + "   ".join(part) for part in (groups[:half], groups[half:]))


def _passphrase(options: dict[str, Any]) -> str:
    if options["passphrase_file"]:
        return str(options["passphrase_file"].read_text().strip())
    if sys.stdin.isatty():
        return getpass.getpass("Passphrase: ")
    return sys.stdin.readline().strip()
