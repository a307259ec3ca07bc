"""The list of requests as a file: the same filters, the same rights, no words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from versants.core import audit, clock
from versants.mobile.models import Request
from versants.mobile.services import wording
from versants.mobile.views.inbox import check_may_read_inbox, table

_MOST_ROWS = 20_000


def _heads() -> list[str]:
    return [
        _("Number"),
        _("Asked at"),
        _("Promised by"),
        _("Answered at"),
        _("Urgency"),
        _("State"),
        _("Team"),
        _("Place"),
        _("Commune"),
        _("Country"),
        _("For whom"),
        _("How many"),
        _("Codes"),
        _("Languages"),
        _("How"),
    ]


def _rows(found: Any) -> Iterator[list[Any]]:
    for one in found[:_MOST_ROWS]:
        request: Request = one
        commune = request.commune
        yield [
            request.number,
            *(
                clock.local(at).replace(tzinfo=None) if at else None
                for at in (request.asked_at, request.promised_at, request.answered_at)
            ),
            request.get_urgency_display(),
            request.get_state_display(),
            request.team.name,
            request.site.name if request.site_id else "",
            commune.name if commune else "",
            commune.country if commune else "",
            wording.who_for(request),
            request.n_people,
            ", ".join(row.code_given or row.person.code for row in request.persons.all()),
            ", ".join(row.language.name for row in request.languages.all()),
            request.get_mode_display(),
        ]


def harmless(value: Any) -> Any:
    """Text that a spreadsheet would take for a formula is kept as text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


@require_safe
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """``xlsx`` or ``csv`` of what the filters of the address show."""
    check_may_read_inbox(request.actor)
    found = table(request).selection
    audit.record("requests.exported", kind=kind)
    name = f"{_('requests')}-{clock.today():%Y-%m-%d}.{kind}"
    if kind == "csv":
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        writer.writerow(_heads())
        for row in _rows(found):
            writer.writerow([f"{v:%Y-%m-%d %H:%M}" if hasattr(v, "hour") else harmless(v) for v in row])
        response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    else:
        stream = io.BytesIO()
        book = xlsxwriter.Workbook(
            stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        )
        sheet = book.add_worksheet(_("Requests")[:31])
        bold, instant = book.add_format({"bold": True}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for column, head in enumerate(_heads()):
            sheet.write_string(0, column, head, bold)
        for number, row in enumerate(_rows(found), 1):
            for column, value in enumerate(row):
                if hasattr(value, "hour"):
                    sheet.write_datetime(number, column, value, instant)
                elif isinstance(value, int):
                    sheet.write_number(number, column, value)
                elif value is not None:
                    sheet.write_string(number, column, str(value))
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 14, 18)
        book.close()
        response = HttpResponse(
            stream.getvalue(),
            content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response
