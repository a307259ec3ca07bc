"""Applying a sheet: each row in a savepoint of its own, all rows in one transaction. A preview does the same and
takes it all back, so that what it says is what happens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.errors import VersantsError
from versants.people.models import Organisation, Team
from versants.people.services.importing import values
from versants.people.services.importing.journal import Change, Journal
from versants.people.services.importing.kinds import Head, Kind, find_head, missing
from versants.people.services.importing.places import Gazetteer
from versants.people.services.importing.reading import Grid
from versants.people.services.importing.rows import Fault, Faulty, Row
from versants.people.services.importing.said import Said, as_json, kept, of_json
from versants.people.services.importing.said import Said as _

NEW, CHANGED, SAME, FAULTY, EXAMPLE = "new", "changed", "same", "faulty", "example"


@dataclass
class Outcome:
    """What becomes of one row of the sheet."""

    row: int
    state: str
    title: str = ""
    created: list[Said | str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notices: list[Said | str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


@dataclass
class Report:
    """What a sheet would do, or did."""

    outcomes: list[Outcome]
    unknown: list[str]
    doubled: list[str]
    missing: list[tuple[Said | str, Said | str]]  # head, what is expected there
    head_row: int = 1

    def n(self, state: str) -> int:
        return sum(one.state == state for one in self.outcomes)

    @property
    def n_rows(self) -> int:
        """Rows that say something, the example aside."""
        return sum(one.state != EXAMPLE for one in self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Sentences as source and facts: whoever opens it reads them in their own language."""
        found = asdict(self)
        for one, outcome in zip(found["outcomes"], self.outcomes, strict=True):
            one["created"] = [as_json(text) for text in outcome.created]
            one["changes"] = [change.as_json() for change in outcome.changes]
            one["notices"] = [as_json(text) for text in one["notices"]]
            for fault in one["faults"]:
                fault |= {"wrong": as_json(fault["wrong"]), "expected": as_json(fault["expected"])}
        found["missing"] = [(as_json(label), as_json(expected)) for label, expected in found["missing"]]
        return found

    @property
    def digest(self) -> str:
        """What happens to the rows, in one word: if it changes between preview and confirmation, people look again."""
        seen = [
            (
                *(one.row, one.state, one.title),
                *([as_json(text) for text in one.created], [change.as_json() for change in one.changes]),
            )
            for one in self.outcomes
        ]
        return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Report:
        outcomes = [
            Outcome(
                **{
                    **one,
                    "created": [of_json(text) for text in one["created"]],
                    "changes": [Change.of_json(change) for change in one["changes"]],
                    "notices": [of_json(text) for text in one["notices"]],
                    "faults": [
                        Fault(f["column"], f["cell"], of_json(f["wrong"]), of_json(f["expected"]))
                        for f in one["faults"]
                    ],
                }
            )
            for one in found["outcomes"]
        ]
        return cls(
            outcomes,
            found["unknown"],
            found["doubled"],
            [(of_json(label), of_json(expected)) for label, expected in found["missing"]],
            found["head_row"],
        )


class Run:
    """What a kind works with while its rows are applied."""

    def __init__(self, *, actor: Actor, organisation: Organisation, team: Team, head: Head) -> None:
        self.actor, self.organisation, self.team, self.head = actor, organisation, team, head
        self.journal = Journal()
        self.places = Gazetteer()
        self.today = clock.today()
        self._claimed: dict[int, int] = {}
        self.remembered: dict[str, Any] = {}  # of the kinds; only what no row of this file can change

    def claim(self, row: Row, pk: int) -> None:
        """This row says what is known of one thing; another row of the file that finds the same thing is at fault."""
        known = self._claimed.setdefault(pk, row.number)
        if known != row.number:
            row.fault(
                "", _("this says the same thing as row %(n)s") % {"n": known}, _("one row for each thing")
            )
            row.check()


Progress = Callable[[int], None]  # per cent of the rows


def understand(kind: Kind, grid: Grid) -> tuple[Head, list[Row], Report]:
    """The head and the rows of a sheet, and a report that names what is unknown or missing."""
    head = find_head(kind, grid.rows)
    body = [one for one in grid.rows if one[0] > head.number]
    orders = {}
    for key, places in head.places.items():
        cells = [row[at] for _number, row in body for at in places if at < len(row)]
        orders[key] = values.order_of(cells, head.language)
    rows = [Row(kind, head, number, cells, orders, grid.from_1904) for number, cells in body]
    lacking = [(kept(column.label), kept(column.expected)) for column in missing(kind, head)]
    return head, rows, Report([], list(head.unknown), list(head.doubled), lacking, head.number)


def apply(kind: Kind, run: Run, rows: list[Row], report: Report, progress: Progress | None = None) -> Report:
    """Apply the rows in the current transaction; the outcomes are added to ``report``. Faulty rows write nothing."""
    with connection.cursor() as cursor:  # what the database would only say at the end, it says at its row
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    seen: dict[tuple[Any, ...], int] = {}
    for done, row in enumerate(rows):
        if progress is not None:
            progress(100 * done // max(1, len(rows)))
        if row.is_example:
            report.outcomes.append(Outcome(row.number, EXAMPLE))
            continue
        report.outcomes.append(_one(kind, run, row, seen))
    return report


def _one(kind: Kind, run: Run, row: Row, seen: dict[tuple[Any, ...], int]) -> Outcome:
    mark = run.journal.mark()
    run.journal.begin(row.number)
    title = ", ".join(cell.text for cell in row.cells[:6] if cell)[:80]
    try:
        with transaction.atomic():
            key = kind.key_of(row, run)
            if key is not None and key in seen:
                row.fault(
                    "",
                    _("this says the same thing as row %(n)s") % {"n": seen[key]},
                    _("one row for each thing"),
                )
            # Reads all of the row before it writes, so that all that is wrong is said at once.
            kind.apply(row, run)
            row.check()
            if key is not None:
                seen[key] = row.number
    except Faulty:
        pass
    except VersantsError as exc:
        row.fault("", kept(exc.message))
    except IntegrityError as exc:
        row.fault("", _sentence(exc))
    except DatabaseError as exc:
        if not _is_about_values(exc):
            raise
        row.fault("", _("the database refuses this row"))
    if row.faults:
        run.journal.back_to(mark)
        return Outcome(row.number, FAULTY, title, faults=row.faults, notices=row.notices)
    journal = run.journal
    state = NEW if journal.created else CHANGED if journal.changes else SAME
    if journal.created and journal.changes:
        state = CHANGED
    return Outcome(row.number, state, title, list(journal.created), list(journal.changes), row.notices)


def _is_about_values(exc: DatabaseError) -> bool:
    """Values out of range, or row security: this row cannot be written. Anything else is no matter of the row."""
    code = getattr(getattr(exc.__cause__, "diag", None), "sqlstate", "") or ""
    return code.startswith("22") or code == "42501"


def _sentence(exc: IntegrityError) -> Said | str:
    """The sentence of the constraint that refused, found by its name."""
    name = getattr(getattr(exc.__cause__, "diag", None), "constraint_name", "") or ""
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return str(constraint.get_violation_error_message())
    return _("the database refuses this row")


class _TakenBack(Exception):
    pass


def rehearse(
    kind: Kind, run: Run, rows: list[Row], report: Report, progress: Progress | None = None
) -> Report:
    """``apply``, and all of it taken back."""
    with suppress(_TakenBack), transaction.atomic():
        apply(kind, run, rows, report, progress)
        raise _TakenBack
    return report
