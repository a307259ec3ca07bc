"""Files from outside, by the page that takes them: type, size, what swells, what names itself out of its folder."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from versants.people.models import Import
from versants.people.services.importing import reading

pytestmark = pytest.mark.django_db
SHEET = b"Nom;Commune;Code postal\r\nCentre;Mouscron;7700\r\n"


def workbook(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content)
    return buffer.getvalue()


def send(client, content: bytes, name: str = "centres.csv", kind: str = "text/csv"):
    return client.post("/imports/", {"kind": "centres", "file": SimpleUploadedFile(name, content, kind)})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b"MZ\x90\x00" + bytes(300)),
        ("x.pdf", b"%PDF-1.7\n1 0 obj\n"),
        ("x.html", b"<html><script>alert(1)</script></html>"),
        ("x.xlsx", b"PK\x03\x04" + b"\0" * 40),
        ("x.xls", b"\xd0\xcf\x11\xe0" + bytes(600)),
        ("x.xlsx", workbook({"../../etc/passwd": b"x", "[Content_Types].xml": b"<x/>"})),
        ("x.xlsx", workbook({f"p{n}.xml": b"" for n in range(reading.MAX_PARTS + 1)})),
        ("x.xlsx", workbook({"xl/worksheets/sheet1.xml": b" " * (reading.MAX_UNPACKED + 1)})),
        ("empty.csv", b""),
    ],
    ids=["program", "pdf", "html", "no-zip", "old-excel", "path", "parts", "swells", "empty"],
)
def test_what_is_no_table_is_refused_with_a_sentence_and_kept_nowhere(house, client_for, name, content):
    answer = send(client_for(house.coordinator), content, name)
    assert answer.status_code == 422
    assert 'class="err"' in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("entity", ['SYSTEM "file:///etc/passwd"', 'SYSTEM "http://127.0.0.1:9/x"', '"lol"'])
def test_entities_of_a_workbook_are_never_opened(house, client_for, entity):
    evil = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e {entity}>]><x>&e;</x>'.encode()
    parts = ("[Content_Types].xml", "xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml")
    answer = send(client_for(house.coordinator), workbook(dict.fromkeys(parts, evil)), "x.xlsx")
    assert answer.status_code == 422
    assert "root:" not in answer.content.decode()
    assert not Import.objects.exists()


def test_a_file_too_large_is_refused_before_it_is_read(house, client_for):
    answer = send(client_for(house.coordinator), SHEET + b"x;y;z\r\n" * (reading.MAX_BYTES // 7 + 1))
    assert answer.status_code in {413, 422}
    assert not Import.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../evil.csv", "..\\..\\evil.csv", "/etc/cron.d/evil", "<b>x</b>.csv", "a\u202evsc.csv"]
)
def test_a_name_that_climbs_out_of_its_folder_is_only_a_name(house, client_for, name, tmp_path, settings):
    settings.DATA = tmp_path
    before = sorted(tmp_path.rglob("*"))
    answer = send(client_for(house.coordinator), SHEET, name)
    assert answer.status_code in {302, 422}
    assert (
        sorted(tmp_path.rglob("*")) == before
    )  # the file is sealed in the database, nothing lands on the disk
    if answer.status_code == 302:
        page = client_for(house.coordinator).get(answer.url).content.decode()
        assert "<b>x</b>" not in page
        assert "../" not in page
