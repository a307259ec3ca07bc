"""The semester's table as a workbook, in French or Dutch: the same sheets as the page shows, hidden cells included."""

from __future__ import annotations

import io

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.templatetags.versants import starts
from versants.programme.services import page
from versants.programme.services.figures import VERSANTS, Figures, definition

LANGUAGES = ("fr", "nl", "en")
_NAME_CHARS = 31  # of a sheet, by Excel's rule


def semester_workbook(*, actor: Actor, semester: str, language: str) -> bytes:
    """The workbook of a semester. Text is always written as text: nothing in it can become a formula."""
    figures = Figures(actor)
    chosen = figures.semester(semester)
    with translation.override(language if language in LANGUAGES else "fr"):
        sheets = [
            page.by_versant(figures.interventions, figures.semesters, VERSANTS),
            page.by_measure(figures, chosen),
            page.by_kind(figures, chosen),
        ]
        return _write(sheets, chosen.key, figures.minimum)


def _write(sheets: list[page.Sheet], semester: str, minimum: int) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(
        buffer,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(
        {
            "title": _("Semester %(semester)s") % {"semester": semester},
            "created": clock.now().replace(tzinfo=None),
        }
    )
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    total = book.add_format({"bold": True, "top": 1})
    plain = book.add_format({})
    # Hours keep their tenth in every cell: 49,0 under 86,8.
    tenths = {plain: book.add_format({"num_format": "0.0"})}
    tenths[total] = book.add_format({"bold": True, "top": 1, "num_format": "0.0"})
    for sheet in sheets:
        work = book.add_worksheet(sheet.title[:_NAME_CHARS])
        work.write_string(0, 0, sheet.corner, head)
        for i, column in enumerate(sheet.columns, 1):
            work.write_string(0, i, column, head)
        for row, line in enumerate(sheet.lines, 1):
            look = total if line.total else plain
            work.write_string(row, 0, starts(line.label), look)
            for i, figure in enumerate(line.figures, 1):
                if figure.value is None:
                    work.write_string(row, i, page.HIDDEN, look)
                else:
                    kept = tenths[look] if isinstance(figure.value, float) else look
                    work.write_number(row, i, figure.value, kept)
        work.set_column(0, 0, 28)
        work.set_column(1, len(sheet.columns), 13)
        work.freeze_panes(1, 1)
        if sheet.has_hidden:
            work.write_string(len(sheet.lines) + 2, 0, small_sentence(minimum))
    _definitions(book, head)
    book.close()
    return buffer.getvalue()


def small_sentence(minimum: int) -> str:
    """What a hidden cell means."""
    return _("A dot hides figures under %(n)d, and those from which they could be worked out.") % {
        "n": minimum
    }


def _definitions(book: xlsxwriter.Workbook, head: object) -> None:
    work = book.add_worksheet(_("Definitions")[:_NAME_CHARS])
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    work.write_string(0, 0, _("Figure"), head)
    work.write_string(0, 1, _("What counts"), head)
    work.write_string(0, 2, _("Valid from"), head)
    names = {
        "intervention": _("Interventions"),
        "person": _("Persons accompanied"),
        "unmet": _("Needs not met"),
    }
    row = 0
    for key, name in names.items():
        found = definition(key)
        if found is None:
            continue
        row += 1
        work.write_string(row, 0, name)
        work.write_string(row, 1, text_of(found))
        work.write_datetime(row, 2, found.valid_from, day)
    work.set_column(0, 0, 28)
    work.set_column(1, 1, 100)
    work.set_column(2, 2, 14)


def text_of(found: object) -> str:
    """A definition in the reader's language."""
    language = (translation.get_language() or "fr")[:2]
    return getattr(found, f"text_{language}", "") or found.text_en  # type: ignore[attr-defined]
