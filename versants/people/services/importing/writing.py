"""Workbooks that go out: the model of a kind, and the rows that stayed behind with what is wrong beside them."""

from __future__ import annotations

import io
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from versants.core.sheets import harmless
from versants.people.services.importing.kinds import LANGUAGES, Kind
from versants.people.services.importing.reading import Grid
from versants.people.services.importing.running import FAULTY, Report

MODEL_ROWS = 1_000  # drop-downs reach so far
MOST_IN_LIST = 255  # characters of a drop-down written in the cell itself


def _book() -> tuple[io.BytesIO, Any]:
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    return buffer, xlsxwriter.Workbook(buffer, options)


def model(kind: Kind, language: str) -> bytes:
    """The model file of a kind in French, Dutch or English: a head with notes, drop-downs, one example that is known
    as such and skipped."""
    with translation.override(language if language in LANGUAGES else "fr"):
        buffer, book = _book()
        head = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
        needed = book.add_format(
            {"bold": True, "bottom": 2, "text_wrap": True, "valign": "top", "underline": 1}
        )
        soft = book.add_format({"italic": True, "font_color": "#666666", "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(str(kind.label)[:31])
        words = book.add_worksheet(_("Words")[:31])
        for at, column in enumerate(kind.columns):
            label = str(column.label)
            sheet.write_string(0, at, label, needed if column.required else head)
            expected = str(column.expected)
            note = (_("Needed.") + " " if column.required else "") + expected[:1].upper() + expected[1:]
            if note:
                sheet.write_comment(0, at, note, {"x_scale": 2})
            sheet.set_column(at, at, max(14, min(34, len(label) + 4)), text)
            example = column.example_in(translation.get_language() or "fr")
            if example:
                sheet.write_string(1, at, harmless(example), soft)
            if column.choices is not None:
                _drop_down(sheet, words, at, [str(m.label) for m in column.choices if m.value != ""], label)
        sheet.freeze_panes(1, 1)
        words.set_column(0, len(kind.columns), 24)
        book.close()
    return buffer.getvalue()


def _drop_down(sheet: Any, words: Any, at: int, labels: list[str], head: str) -> None:
    """A list one may choose from; another text is allowed with a question, for cells that take several."""
    words.write_string(0, at, head)
    for row, label in enumerate(labels, 1):
        words.write_string(row, at, label)
    letter = xlsxwriter.utility.xl_col_to_name(at)
    source = f"='{words.get_name()}'!${letter}$2:${letter}${len(labels) + 1}"
    sheet.data_validation(
        1, at, MODEL_ROWS, at, {"validate": "list", "source": source, "error_type": "information"}
    )


def remarks_head() -> str:
    """The head above what is wrong; a file that comes back with it is read as if it were not there."""
    return _("To correct")


def left_behind(grid: Grid, report: Report) -> bytes:
    """The faulty rows as they came, with what is wrong and what is expected in a last column.

    Cells keep their text; one that a spreadsheet would run as a formula is made plain text.
    """
    faulty = {one.row: one for one in report.outcomes if one.state == FAULTY}
    buffer, book = _book()
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True})
    plain = book.add_format({"num_format": "@"})
    wrong = book.add_format({"num_format": "@", "bg_color": "#FFE3B3"})
    wrapped = book.add_format({"text_wrap": True})
    title = "".join("-" if letter in "[]:*?/\\" else letter for letter in grid.sheet or _("Rows"))
    sheet = book.add_worksheet(title[:31].strip("'") or None)
    heads = next((cells for number, cells in grid.rows if number == report.head_row), ())
    width = max([len(heads), *(len(cells) for number, cells in grid.rows if number in faulty)], default=0)
    for at, cell in enumerate(heads):
        sheet.write_string(0, at, harmless(cell.text), bold)
    sheet.write_string(0, width, remarks_head(), bold)
    line = 0
    for number, cells in grid.rows:
        if number not in faulty:
            continue
        line += 1
        named = {fault.column for fault in faulty[number].faults}
        for at, cell in enumerate(cells):
            marked = at < len(heads) and heads[at].text in named
            sheet.write_string(line, at, harmless(cell.text), wrong if marked else plain)
        sentences = [
            (f"{fault.column}: " if fault.column else "")
            + str(fault.wrong)
            + (f" ({_('expected:')} {fault.expected})" if fault.expected else "")
            for fault in faulty[number].faults
        ]
        sheet.write_string(line, width, harmless("\n".join(sentences)), wrapped)
    sheet.set_column(0, max(0, width - 1), 18)
    sheet.set_column(width, width, 70)
    sheet.freeze_panes(1, 0)
    book.close()
    return buffer.getvalue()
