"""The inbox as a file: the rows of the list under the same rights and filters, never the words of a request."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import xlsxwriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.sheets import harmless
from versants.mobile.enums import Audience, Urgency
from versants.mobile.models import Request
from versants.mobile.services import inbox
from versants.territory.models import Versant

CHUNK = 500

Cell = str | int | datetime | None


def heads() -> list[str]:
    """The first row."""
    return [
        _("Number"),
        _("Team"),
        _("Urgency"),
        _("State"),
        _("Asked"),
        _("Promised before"),
        _("Answered"),
        _("Place"),
        _("Commune"),
        _("Versant"),
        _("Languages"),
        _("For whom"),
        _("Persons"),
        _("Codes"),
    ]


def rows(actor: Actor, found: QuerySet[Request]) -> Iterator[list[Cell]]:
    """One row per request of ``found`` (from ``inbox.with_parts``), in its order. Codes of the actor's own team only."""
    for request in found.iterator(chunk_size=CHUNK):
        commune = request.commune
        yield [
            request.number,
            request.team.name,
            str(Urgency(request.urgency).label),
            inbox.mark_of(request)[1],
            request.asked_at,
            request.promised_at,
            request.answered_at,
            request.site.name if request.site is not None else "",
            commune.name if commune is not None else "",
            str(Versant(commune.versant).label) if commune is not None else "",
            ", ".join(one.language.name for one in request.languages.all()),
            str(Audience(request.audience).label),
            request.n_people,
            ", ".join(inbox.code_of(one) for one in inbox.known_persons(actor, request)),
        ]


def as_csv(lines: Iterable[list[Cell]]) -> bytes:
    """UTF-8 with a mark, so that a spreadsheet reads the accents; separated by semicolons as spreadsheets here expect."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow([harmless(head) for head in heads()])
    for line in lines:
        writer.writerow([_in_text(cell) for cell in line])
    return text.getvalue().encode("utf-8-sig")


def _in_text(cell: Cell) -> Any:
    if isinstance(cell, datetime):
        return f"{clock.local(cell):%Y-%m-%d %H:%M}"
    return harmless(cell) if isinstance(cell, str) else "" if cell is None else cell


def as_xlsx(lines: Iterable[list[Cell]]) -> bytes:
    """A workbook of one sheet; instants are local wall time. Text is always written as text."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(buffer, options)
    book.set_properties({"created": clock.now().replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"})
    instant = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet(_("Requests")[:31])
    names = heads()
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, bold)
    last = 0  # where the filter ends
    for last, line in enumerate(lines, 1):
        for column, cell in enumerate(line):
            _write(sheet, last, column, cell, instant)
    sheet.set_column(0, len(names) - 1, 18)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, last, len(names) - 1)
    book.close()
    return buffer.getvalue()


def _write(sheet: Any, row: int, column: int, cell: Cell, instant: Any) -> None:
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, clock.local(cell).replace(tzinfo=None), instant)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell)
    elif cell:
        sheet.write_string(row, column, cell)
