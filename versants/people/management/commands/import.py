"""``versants import KIND FILE [--dry-run] [--good-rows] [--as EMAIL] [--json]``: a team's spreadsheet, seen or written.

``versants import model KIND FILE`` writes a model, ``versants import undo UID`` takes an import back.
"""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandParser
from django.utils import translation

from versants.core.access.scope import Actor, acting
from versants.core.errors import ActionDenied, VersantsError
from versants.people.models import Import, Membership
from versants.people.models.imports import IMPORTING_ROLES
from versants.people.services.importing import kinds, reading, service
from versants.people.services.importing.running import FAULTY, Report


def known_kinds() -> str:
    return ", ".join(one.key for one in kinds.kinds())


def refuse(sentence: str, code: int = 2) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(code)


def add_actor(parser: CommandParser) -> None:
    parser.add_argument(
        "--as",
        dest="actor",
        default="",
        help="whose membership it runs under: an account's e-mail, or e-mail:ROLE; may be left out if only one"
        " account may import",
    )
    parser.add_argument("--lang", default="", choices=["", *kinds.LANGUAGES], help="of the sentences")


def acting_as(text: str) -> Membership:
    """The membership named, or the only one there is."""
    found = Membership.objects.active().filter(role__in=IMPORTING_ROLES).select_related("account", "team")
    if text:
        email, _, role = text.partition(":")
        found = found.filter(account__email=email.lower())
        if role:
            found = found.filter(role=role)
    several = list(found.order_by("pk")[:2])
    if not several:
        who = f"has the e-mail {text}" if text else "is here yet (“versants found” makes the first)"
        refuse(f"--as: nobody who may import {who}, expected a coordinator or an interpreting desk")
    if len(several) > 1 and not text:
        refuse("--as: several accounts may import, expected the e-mail of one")
    return several[0]


class Command(BaseCommand):
    help = "Centres, professionals, open requests, standing agreements, past months from XLSX or CSV."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", help=known_kinds())
        parser.add_argument("file", help="XLSX or CSV; .gz is read too")
        parser.add_argument("--dry-run", action="store_true", help="show what it would do, write nothing")
        parser.add_argument(
            "--good-rows", action="store_true", help="import the good rows although some are faulty"
        )
        parser.add_argument("--json", action="store_true")
        add_actor(parser)

    def handle(self, *args: object, **options: Any) -> None:
        membership = acting_as(options["actor"])
        actor = Actor.for_membership(membership)
        with translation.override(options["lang"] or membership.account.language):
            path = Path(options["file"])
            try:
                with acting(actor):
                    answer, refused = self._import(actor, options, path)
            except ActionDenied as exc:
                refuse(f"{path}: {exc.message}", 1)
            except VersantsError as exc:
                if exc.code == "import.kind":
                    refuse(f"kind: {options['kind']} is unknown, expected one of {known_kinds()}")
                refuse(f"{path}: {exc.message}")
            self._say(answer, options["json"])
            if refused:
                raise SystemExit(2)

    def _import(self, actor: Actor, options: dict[str, Any], path: Path) -> tuple[dict[str, Any], bool]:
        kind = kinds.kind(options["kind"])
        imported = service.receive(actor=actor, kind_key=kind.key, name=path.name, data=self._bytes(path))
        report = service.preview(actor=actor, imported=imported)
        imported.refresh_from_db()
        self._tell(path, report)
        faulty = bool(report.missing) or (report.n(FAULTY) > 0 and not options["good_rows"])
        nothing = not imported.n_new + imported.n_changed
        if not options["dry_run"] and not faulty and not nothing:
            imported = service.confirm(actor=actor, imported=imported, only_good=options["good_rows"])
        elif imported.is_open:
            service.discard(actor=actor, imported=imported)
            imported.refresh_from_db()
        return self._answer(imported, report, options["dry_run"]), faulty

    def _bytes(self, path: Path) -> bytes:
        try:
            data = path.read_bytes()
            if path.suffix != ".gz":
                return data
            with gzip.open(path) as file:
                return file.read(reading.MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as exc:
            refuse(f"{path}: {getattr(exc, 'strerror', None) or 'not a gzip file'}, expected a spreadsheet")

    def _tell(self, path: Path, report: Report) -> None:
        """FILE:LINE:COLUMN: what is wrong, what is expected."""
        for label, expected in report.missing:
            print(f"{path}:{report.head_row}:{label}: missing, expected {expected}", file=sys.stderr)
        for name in report.unknown:
            print(f"{path}:{report.head_row}:{name}: unknown column, left out", file=sys.stderr)
        for one in report.outcomes:
            for fault in one.faults:
                said = f"{fault.wrong}, {fault.expected}" if fault.expected else fault.wrong
                cell = f" “{fault.cell}”" if fault.cell else ""
                print(f"{path}:{one.row}:{fault.column or '-'}:{cell} {said}", file=sys.stderr)

    def _answer(self, imported: Import, report: Report, dry_run: bool) -> dict[str, Any]:
        return {
            "uid": str(imported.uid),
            "kind": imported.kind,
            "dry_run": dry_run,
            "imported": imported.state == "applied",
            "rows": report.n_rows,
            "new": imported.n_new,
            "changed": imported.n_changed,
            "same": imported.n_same,
            "faulty": imported.n_faulty,
            "unknown_columns": report.unknown,
            "missing_columns": [str(label) for label, _expected in report.missing],
            "errors": [
                {
                    "row": one.row,
                    "column": fault.column,
                    "cell": fault.cell,
                    "wrong": str(fault.wrong),
                    "expected": str(fault.expected),
                }
                for one in report.outcomes
                for fault in one.faults
            ],
        }

    def _say(self, answer: dict[str, Any], as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        done = "imported" if answer["imported"] else "nothing written"
        self.stdout.write(
            f"{done}: {answer['new']} new, {answer['changed']} changed, {answer['same']} there already,"
            f" {answer['faulty']} faulty ({answer['uid']})"
        )
