"""Bytes of a spreadsheet -> rows of cells. XLSX and CSV; nothing is evaluated, nothing grows without limit."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from versants.core.errors import BadInput
from versants.core.sheets import as_typed
from versants.territory.folding import fold

MAX_BYTES = 2_000_000
MAX_UNPACKED = 40_000_000  # bytes; a sheet of 5,000 rows and 40 columns is about 15 million
MAX_PARTS = 2_000  # files inside a workbook
MAX_ROWS = 5_000
MAX_COLUMNS = 80
MAX_CHARS = 2_000  # in one cell
SEPARATORS = (";", "\t", ",")
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# Text, and yet no table: a document or a page saved from a browser.
_NO_TABLE = (b"%PDF-", b"{\\rtf", b"<!doctype", b"<html", b"<?xml")

Value = str | int | float | bool | datetime | date | time | None


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell. ``lost``: a formula nobody has worked out, or one that ended in an error."""

    value: Value = None
    lost: bool = False

    @property
    def text(self) -> str:
        """As the person who typed it would read it; an empty cell gives an empty text."""
        value = self.value
        if value is None:
            return ""
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        if isinstance(value, datetime):
            plain = value.time() == time(0)
            return f"{value:%d/%m/%Y}" if plain else f"{value:%d/%m/%Y %H:%M}"
        if isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        if isinstance(value, time):
            return f"{value:%H:%M}"
        value = str(value)
        return " ".join(value.split()) if "\n" not in value else value.strip()

    def __bool__(self) -> bool:
        return self.lost or bool(self.text)


EMPTY = Cell()


@dataclass(frozen=True)
class Grid:
    """A sheet. ``rows``: (number as the spreadsheet shows it, cells), without the empty ones."""

    rows: tuple[tuple[int, tuple[Cell, ...]], ...]
    sheet: str = ""
    from_1904: bool = False  # which day the serial 0 is


def read(content: bytes, sheets: Iterable[str] = ()) -> Grid:
    """The sheet called as one of ``sheets``, else the first.

    Raises BadInput ``sheet.too_big``, ``sheet.unreadable``, ``sheet.old_excel``, ``sheet.too_many_rows``,
    ``sheet.too_many_columns``, ``sheet.empty``.
    """
    if len(content) > MAX_BYTES:
        raise BadInput(
            "sheet.too_big", _("This file is too big: up to 2 MB. Split it, by year for instance.")
        )
    if content.startswith(_OLD_EXCEL):
        raise BadInput(
            "sheet.old_excel", _("This is an old Excel file. Save it as XLSX or CSV and send it again.")
        )
    if (
        content[:200]
        .lstrip(b"\xef\xbb\xbf \t\r\n")
        .lower()
        .startswith(tuple(mark.lower() for mark in _NO_TABLE))
    ):
        raise _unreadable()
    grid = _xlsx(content, [fold(name) for name in sheets]) if content.startswith(_ZIP) else _csv(content)
    if not grid.rows:
        raise BadInput("sheet.empty", _("This sheet is empty."))
    return grid


def _unreadable(exc: Exception | None = None) -> BadInput:
    error = BadInput(
        "sheet.unreadable", _("This file cannot be read. Expected: a spreadsheet saved as XLSX or CSV.")
    )
    error.__cause__ = exc
    return error


def _kept(rows: Iterable[tuple[int, list[Cell]]]) -> Iterator[tuple[int, tuple[Cell, ...]]]:
    n = 0
    for number, cells in rows:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(cells) > MAX_COLUMNS:
            raise BadInput("sheet.too_many_columns", _("This sheet has more than 80 columns."))
        n += 1
        if n > MAX_ROWS + 25:  # a few lines of titles above the head
            raise BadInput(
                "sheet.too_many_rows", _("This sheet has more than 5,000 rows. Split it and send the parts.")
            )
        yield number, tuple(cells)


# -- XLSX -------------------------------------------------------------------------------------------------------------


def _xlsx(content: bytes, wanted: list[str]) -> Grid:
    _check_archive(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # openpyxl speaks of styles and extensions that are no matter here
            return _sheet(content, wanted)
    except BadInput:
        raise
    except Exception as exc:  # a broken workbook breaks openpyxl in a hundred ways, and all mean the same
        raise _unreadable(exc) from exc


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise BadInput(
                    "sheet.too_big", _("This file is too big once unpacked. Send a sheet without pictures.")
                )
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    with archive.open(part) as file:
                        head = file.read(2048)
                    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                        raise _unreadable()
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
    ) as exc:
        raise _unreadable(exc) from exc
    except ValueError as exc:
        raise _unreadable(exc) from exc


def _sheet(content: bytes, wanted: list[str]) -> Grid:
    from openpyxl import load_workbook

    # What each formula showed when the file was saved; nothing is worked out here.
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    try:
        names = [sheet.title for sheet in book.worksheets]
        if not names:
            raise _unreadable()
        name = next((one for one in names if fold(one) in wanted), names[0])
        from_1904 = book.epoch.year == 1904
        rows = list(_kept(_cells(book[name])))
    finally:
        book.close()
    return Grid(tuple(_with_lost(content, name, rows)), name, from_1904)


def _cells(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    sheet.reset_dimensions()  # what the file says of its own size is not believed
    for number, row in enumerate(sheet.iter_rows(), 1):
        yield number, [_cell(one) for one in row]


def _cell(one: Any) -> Cell:
    value = one.value
    if one.data_type == "e":
        return Cell(str(value), lost=True)
    if isinstance(value, timedelta):
        minutes = value.total_seconds() // 60
        value = time(int(minutes) // 60, int(minutes) % 60) if 0 <= minutes < 1440 else str(value)
    if isinstance(value, str):
        return Cell(as_typed(value[: MAX_CHARS + 1].replace("\0", "")))
    if isinstance(value, float) and value != value:
        return EMPTY
    return Cell(value)


def _with_lost(content: bytes, name: str, rows: list[tuple[int, tuple[Cell, ...]]]) -> Any:
    """The same rows; a formula that was saved without its result is marked, so that it is not taken for empty."""
    if b"<f" not in _raw_sheets(content):
        return rows
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    found = {number: list(cells) for number, cells in rows}
    try:
        sheet = book[name]
        sheet.reset_dimensions()
        for number, row in enumerate(sheet.iter_rows(), 1):
            for column, one in enumerate(row[:MAX_COLUMNS]):
                if one.data_type != "f":
                    continue
                cells = found.setdefault(number, [])
                cells += [EMPTY] * (column + 1 - len(cells))
                if not cells[column]:
                    cells[column] = Cell(str(one.value)[:MAX_CHARS], lost=True)
    finally:
        book.close()
    return sorted((number, tuple(cells)) for number, cells in found.items())


def _raw_sheets(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(part) for part in archive.infolist() if "worksheets/" in part.filename)


# -- CSV --------------------------------------------------------------------------------------------------------------


def decode(content: bytes) -> str:
    """UTF-8 with or without its mark, UTF-16 with its mark, else Windows-1252 (which holds Latin-1)."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable()


def separator(text: str) -> str:
    """The one of ``;``, tab and ``,`` that cuts the first lines most evenly into more than one column."""
    best, best_score = SEPARATORS[0], (0, 0, 0)
    for rank, mark in enumerate(SEPARATORS):
        widths = [len(line) for line in _lines(text, mark, 20) if any(cell.strip() for cell in line)]
        if not widths:
            continue
        width, times = Counter(widths).most_common(1)[0]
        score = (times if width > 1 else 0, width, -rank)
        if score > best_score:
            best, best_score = mark, score
    return best


def _lines(text: str, mark: str, most: int | None = None) -> Iterator[list[str]]:
    for number, line in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=mark)):
        if most is not None and number >= most:
            return
        yield line


def _csv(content: bytes) -> Grid:
    text = decode(content)
    if "\0" in text:
        raise _unreadable()
    try:
        mark = separator(text)
        cells = (
            (number, [Cell(as_typed(cell[: MAX_CHARS + 1])) if cell.strip() else EMPTY for cell in line])
            for number, line in enumerate(_lines(text, mark), 1)
        )
        return Grid(tuple(_kept(cells)))
    except csv.Error as exc:
        raise _unreadable(exc) from exc
