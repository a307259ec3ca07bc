"""Bytes into cells: encodings, separators, limits, and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.imports.sheets import as_csv, as_xlsx
from versants.core.errors import BadInput
from versants.people.services.importing import reading
from versants.people.services.importing.reading import read


def texts(grid):
    return [[cell.text for cell in cells] for _number, cells in grid.rows]


@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_csv_is_read_whatever_its_encoding_and_separator(mark, encoding):
    rows = [["Prénom", "Né à", "Œuvre"], ["Chloé", "Liévin, Nord", "a;b"], ["Jan", "“Brugge”", "x y"]]
    assert texts(read(as_csv(rows, mark, encoding))) == rows


def test_rows_keep_the_numbers_the_spreadsheet_shows():
    grid = read(b"a;b\n\n1;2\n;;\n3;4\n")
    assert [number for number, _cells in grid.rows] == [1, 3, 5]


def test_xlsx_takes_the_sheet_of_the_kind_else_the_first():
    data = as_xlsx([["une"]], "Lisez-moi", Centres=[["Nom"], ["A"]])
    assert texts(read(data, ["Centres"])) == [["Nom"], ["A"]]
    assert read(data, ["Demandes"]).sheet == "Lisez-moi"


def test_xlsx_keeps_days_numbers_and_text_apart():
    grid = read(as_xlsx([[date(2026, 3, 4), 12.0, 30.4, "04/03/2026"]]))
    cells = grid.rows[0][1]
    assert [cell.text for cell in cells] == ["04/03/2026", "12", "30.4", "04/03/2026"]
    assert isinstance(cells[0].value, datetime)


def test_a_formula_is_never_worked_out_and_never_taken_for_empty():
    book = openpyxl.Workbook()
    book.active.append(["Nom", "Nombre"])
    book.active.append(["A", "=1+1"])
    out = io.BytesIO()
    book.save(out)
    cell = read(out.getvalue()).rows[1][1][1]
    assert cell.lost
    assert cell.text == "=1+1"


def test_a_formula_shows_what_it_showed_when_it_was_saved():
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_formula(0, 0, "=1+1", None, 2)
    book.close()
    cell = read(out.getvalue()).rows[0][1][0]
    assert (cell.lost, cell.text) == (False, "2")


def refused(data: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        read(data)
    return caught.value.code


def test_what_is_too_big_or_no_spreadsheet_is_refused_with_a_sentence(monkeypatch):
    assert refused(b"x" * (reading.MAX_BYTES + 1)) == "sheet.too_big"
    assert refused(b"\xd0\xcf\x11\xe0" + b"\0" * 600) == "sheet.old_excel"
    assert refused(b"PK\x03\x04" + b"broken" * 20) == "sheet.unreadable"
    assert refused(b"\0\1\2\3" * 30) == "sheet.unreadable"
    assert refused(b"") == "sheet.empty"
    assert refused(b"a;" * 90 + b"b") == "sheet.too_many_columns"
    monkeypatch.setattr(reading, "MAX_ROWS", 10)
    assert refused(b"a;b\n" * 40) == "sheet.too_many_rows"


def bomb(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return out.getvalue()


def test_a_file_that_swells_when_unpacked_is_refused_before_it_does():
    data = bomb(xl__sharedStrings=b"0" * (reading.MAX_UNPACKED + 1))
    assert len(data) < 100_000
    assert refused(data) == "sheet.too_big"


def test_a_file_with_entities_is_refused():
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    assert refused(bomb(xl__workbook=laughs)) == "sheet.unreadable"


def test_a_text_made_harmless_on_its_way_out_comes_back_as_it_was():
    assert read(b"'=1+1;'+32 000;l'eau;'a").rows[0][1][0].text == "=1+1"
    assert texts(read(b"x;'+32 000;l'eau;'a")) == [["x", "+32 000", "l'eau", "'a"]]


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_rows_or_a_sentence(data):
    for content in (data, b"PK\x03\x04" + data):
        try:
            grid = read(content)
        except BadInput:
            continue
        assert grid.rows


@given(
    st.lists(
        st.lists(
            st.one_of(
                st.text(max_size=12),
                st.integers(-(10**9), 10**9),
                st.floats(allow_nan=False, allow_infinity=False),
                st.booleans(),
                st.dates(date(1990, 1, 1), date(2100, 1, 1)),
            ),
            max_size=6,
        ),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_table_of_cells_is_read(rows):
    for make in (as_xlsx, as_csv):
        try:
            data = make(rows)
        except (UnicodeEncodeError, ValueError):
            continue
        with suppress(BadInput):
            read(data)
