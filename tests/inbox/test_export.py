"""The list as a file: the same filters and rights as the page, and nothing that runs when it is opened."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest

from tests.requests.making import ask_by_phone
from versants.core.models import AuditEvent
from versants.mobile.exports import harmless
from versants.people.models import Site


def read_csv(answer) -> list[dict[str, str]]:
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def read_xlsx(answer) -> list[dict]:
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_both_files_say_what_the_list_says(asked, client_for):
    client = client_for(asked.coordinator, "en")
    plain, book = read_csv(client.get("/requests/export.csv")), read_xlsx(client.get("/requests/export.xlsx"))
    assert [row["Number"] for row in plain] == [asked.crisis.number, asked.own.number]
    assert [row["Number"] for row in book] == [row["Number"] for row in plain]
    own = plain[1]
    assert own["Place"] == "Le Refuge"
    assert own["Languages"] == "Tigrinya"
    assert own["Codes"] == asked.person.code
    assert book[1]["Persons"] == 1
    assert book[1]["Asked"].strftime("%Y-%m-%d %H:%M") in {own["Asked"]}


@pytest.mark.parametrize("role", ["coordinator", "desk"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_other_teams_go_without_words_and_codes(asked, client_for, role, kind):
    answer = client_for(getattr(asked, role), "en").get(f"/requests/export.{kind}?team=all")
    rows = read_csv(answer) if kind == "csv" else read_xlsx(answer)
    text = repr(rows)
    assert asked.theirs.number in text
    assert asked.french_person.code not in text
    assert "Zzcanari" not in text
    assert "0320" not in text
    assert (asked.person.code in text) == (role == "coordinator")


def test_filters_of_the_page_hold_for_the_file(asked, client_for):
    client = client_for(asked.coordinator, "en")
    rows = read_csv(client.get("/requests/export.csv?team=all&language=prs"))
    assert [row["Number"] for row in rows] == [asked.theirs.number]


def test_no_page_cuts_the_file(asked, client_for, monkeypatch):
    monkeypatch.setattr("versants.mobile.views.inbox.PER_PAGE", 1)
    assert len(read_csv(client_for(asked.coordinator, "en").get("/requests/export.csv?page=2"))) == 2


def test_nothing_runs_when_the_file_is_opened(asked, client_for):
    Site.objects.filter(pk=asked.refuge.pk).update(name='=HYPERLINK("http://x","y")')
    client = client_for(asked.coordinator, "en")
    place = read_csv(client.get("/requests/export.csv"))[0]["Place"]
    assert place == '\'=HYPERLINK("http://x","y")'
    sheet = openpyxl.load_workbook(io.BytesIO(client.get("/requests/export.xlsx").content)).active
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


@pytest.mark.parametrize("text", ["=1+1", "+32", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_cell_that_could_run_is_text(text):
    assert harmless(text) == f"'{text}"


def test_plain_text_is_left_alone():
    assert harmless("Le Refuge - nuit") == "Le Refuge - nuit"


def test_an_export_is_written_down(asked, client_for):
    client_for(asked.coordinator).get("/requests/export.csv")
    event = AuditEvent.objects.get(action="requests.exported")
    assert event.facts == {"kind": "csv"}
    assert not AuditEvent.objects.filter(action="request.read").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_the_number_of_queries_does_not_grow(asked, client_for, django_assert_num_queries, count):
    for _ in range(count):
        ask_by_phone(asked, person_codes=[asked.person.code])
    client = client_for(asked.coordinator)
    client.get("/requests/export.csv")
    with django_assert_num_queries(
        16
    ):  # session, account, memberships, scope, teams, languages, matters, rows, audit
        assert len(read_csv(client.get("/requests/export.csv"))) == 2 + count


def test_the_files_stand_under_the_list_and_not_among_its_filters(asked, client_for):
    page = client_for(asked.coordinator).get("/requests/?team=all").content.decode()
    filters = page[page.index('<form class="filters"') :].partition("</form>")[0]
    assert "export" not in filters
    assert page.index('data-test="export-xlsx"') > page.index("</table>")
    assert 'href="/requests/export.csv?team=all" data-keeps-query' in page
