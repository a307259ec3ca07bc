"""The page: send, look, confirm, fetch what is faulty, take back; nothing one sends makes it fall over."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.imports import sheets
from tests.imports.sheets import as_csv, as_xlsx
from versants.core import jobs
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.models import Job, Message
from versants.mobile.models import RequestLink
from versants.people.models import Import, Professional, Site
from versants.people.services.importing import kinds, service
from versants.people.services.importing.rows import EXAMPLE


def send(client, kind, data, name="liste.xlsx"):
    return client.post(reverse("imports"), {"kind": kind, "file": SimpleUploadedFile(name, data)})


GOOD = as_csv([["Nom", "Commune", "E-mail"], ["B", "Tournai", "b@example.org"]])


@pytest.mark.parametrize("language", ["fr", "nl", "en"])
def test_a_file_is_sent_looked_at_confirmed_and_taken_back(house, client_for, language):
    client = client_for(house.coordinator, language)
    assert client.get(reverse("imports")).status_code == 200
    answer = send(client, "centres", GOOD, "<b>liste.csv")
    page = client.get(answer.url)
    assert "&lt;b&gt;liste.csv" in page.content.decode()
    assert not Site.objects.filter(name="B").exists()
    imported = Import.objects.get()
    answer = client.post(reverse("import_confirm", args=[imported.uid]), follow=True)
    assert answer.status_code == 200
    assert Site.objects.filter(name="B").exists()
    assert 'data-test="import"' in client.get(reverse("imports")).content.decode()
    answer = client.post(reverse("import_undo", args=[imported.uid]), follow=True)
    assert answer.status_code == 200
    assert not Site.objects.filter(name="B").exists()
    assert client.post(reverse("import_undo", args=[imported.uid])).status_code == 409


def test_what_cannot_be_read_is_said_beside_the_file(house, client_for):
    client = client_for(house.coordinator)
    for data, sentence in ((b"PK\x03\x04x", "XLSX ou en CSV"), (b"", "vide"), (b"x" * 2_000_001, "2 Mo")):
        answer = send(client, "centres", data)
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
    assert send(client, "nothing", GOOD).status_code == 422
    assert Import.objects.count() == 0


def test_faulty_rows_are_shown_and_fetched(house, client_for):
    client = client_for(house.coordinator)
    answer = send(
        client,
        "centres",
        as_csv([["Nom", "Commune", "Couleur"], ["B", "Atlantide", "bleu"], ["C", "Lille", ""]]),
    )
    page = client.get(answer.url).content.decode()
    assert "Atlantide" in page
    assert "Couleur" in page
    imported = Import.objects.get()
    assert client.post(reverse("import_confirm", args=[imported.uid])).status_code == 422
    left = client.get(reverse("import_left", args=[imported.uid]))
    assert left["Cache-Control"] == "no-store"
    sheet = openpyxl.load_workbook(io.BytesIO(left.content)).worksheets[0]
    assert [cell.value for cell in sheet[2]][:2] == ["B", "Atlantide"]
    client.post(reverse("import_confirm", args=[imported.uid]), {"good": "1"})
    assert Site.objects.filter(name="C").exists()
    assert client.post(reverse("import_discard", args=[imported.uid])).status_code == 409


def test_models_are_sent_in_the_language_asked(house, client_for):
    client = client_for(house.coordinator, "fr")
    answer = client.get(reverse("import_model"), {"kind": "professionals", "lang": "nl"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    assert sheet.cell(1, 1).value == "Voornaam"
    assert client.get(reverse("import_model"), {"kind": "x", "lang": "y"}).status_code == 200


def test_many_rows_are_a_job_under_the_membership_that_asked(house, client_for):
    client = client_for(house.coordinator)
    rows = [["Nom", "Commune"], *[[f"Centre {n}", "Tournai"] for n in range(70)]]
    answer = send(client, "centres", as_xlsx(rows))
    job = Job.objects.get()
    assert answer.url == reverse("job", args=[job.uid])
    assert job.params == {"uid": str(Import.objects.get().uid)}
    with translation.override("en"):  # the worker's own
        jobs.run(job.pk, house.actor)
        job.refresh_from_db()
        assert (job.state, job.result) == ("done", {"rows": 70})
        assert job.result_url == reverse("import", args=[Import.objects.get().uid])
        answer = client.post(reverse("import_confirm", args=[Import.objects.get().uid]))
        confirming = Job.objects.latest("pk")
        jobs.run(confirming.pk, house.actor)
        confirming.refresh_from_db()
        assert confirming.result == {"new": 70, "changed": 0}
        jobs._RUNNERS[confirming.kind](
            jobs.Face(confirming.pk, house.actor), **confirming.params
        )  # twice is once
    assert Site.objects.filter(name__startswith="Centre ").count() == 70
    assert client.get(reverse("import", args=[Import.objects.get().uid])).status_code == 200


def test_each_imported_centre_gets_its_link_once(house, client_for, bring_in):
    bring_in(house, "centres", GOOD)
    client = client_for(house.coordinator)
    assert "b@example.org" in client.get(reverse("links")).content.decode()
    client.post(reverse("links_send"))
    client.post(reverse("links_send"))
    message = Message.objects.get(about="link.sent")
    assert message.address == "b@example.org"
    assert "/r/" in message.body
    assert RequestLink.objects.get().site.name == "B"


def test_a_page_of_three_imports_asks_as_often_as_one_of_one(
    house, client_for, bring_in, django_assert_max_num_queries
):
    client = client_for(house.coordinator)
    bring_in(house, "centres", GOOD)
    client.get(reverse("imports"))
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(reverse("imports"))
    for name in "CD":
        bring_in(house, "centres", as_csv([["Nom", "Commune"], [name, "Tournai"]]))
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("imports"))


# -- the command ------------------------------------------------------------------------------------------------------


def run(*words, capsys):
    try:
        call_command(*words)
        code = 0
    except SystemExit as exc:
        code = exc.code
    said = capsys.readouterr()
    return code, said.out, said.err


def test_the_command_shows_writes_and_takes_back(house, tmp_path: Path, capsys):
    file = tmp_path / "centres.csv"
    file.write_bytes(GOOD)
    code, out, _err = run("import", "centres", str(file), "--dry-run", "--json", capsys=capsys)
    answer = json.loads(out)
    assert (code, answer["new"], answer["imported"]) == (0, 1, False)
    assert not Site.objects.filter(name="B").exists()
    code, out, _err = run(
        "import", "centres", str(file), "--json", "--as", house.coordinator.account.email, capsys=capsys
    )
    answer = json.loads(out)
    assert (code, answer["imported"]) == (0, True)
    code, out, _err = run("import_undo", answer["uid"], "--json", capsys=capsys)
    assert (code, json.loads(out)["kept"]) == (0, [])
    assert not Site.objects.filter(name="B").exists()


def test_the_command_names_file_line_and_column_and_writes_nothing(house, tmp_path: Path, capsys):
    file = tmp_path / "centres.csv"
    file.write_bytes(as_csv([["Nom", "Commune"], ["B", "Atlantide"], ["C", "Lille"]]))
    code, _out, err = run("import", "centres", str(file), "--lang", "en", capsys=capsys)
    assert code == 2
    assert err.startswith(f"{file}:2:Commune: “Atlantide” no commune")
    assert not Site.objects.filter(name="C").exists()
    code, _out, _err = run("import", "centres", str(file), "--good-rows", capsys=capsys)
    assert (code, Site.objects.filter(name="C").exists()) == (0, True)
    code, _out, err = run("import", "moons", str(file), capsys=capsys)
    assert (code, err) == (
        2,
        "kind: moons is unknown, expected one of centres, professionals, requests, agreements, past\n",
    )
    assert run("import", "centres", str(tmp_path / "none"), capsys=capsys)[0] == 2
    assert run("import", "centres", str(file), "--as", "nobody@example.org", capsys=capsys)[0] == 2
    model = tmp_path / "model.xlsx"
    assert run("import_model", "past", str(model), "--lang", "nl", capsys=capsys)[0] == 0
    assert openpyxl.load_workbook(model).worksheets[0].cell(1, 1).value == "Maand"


def test_the_first_house_is_founded_once(db, capsys):
    words = ["found", "--organisation", "Maison", "--team", "Équipe", "--commune", "Tournai", "--email", "A@example.org",
             "--name", "Anne", "--json"]  # fmt: skip
    code, out, _err = run(*words, capsys=capsys)
    answer = json.loads(out)
    from versants.people.models import Account, Membership

    assert code == 0
    assert Account.objects.get(email="a@example.org").check_password(answer["password"])
    assert Membership.objects.get().role == "coordinator"
    assert run(*words, capsys=capsys)[0] == 1


def test_who_has_no_communes_or_nobody_yet_hears_what_comes_first(db, tmp_path: Path, capsys):
    words = [
        "found",
        "--organisation",
        "M",
        "--team",
        "É",
        "--commune",
        "Atlantide",
        "--email",
        "a@example.org",
        "--name",
        "A",
    ]
    assert run(*words, capsys=capsys)[0] == 2
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE territory_commune CASCADE")
    code, _out, err = run(*words, capsys=capsys)
    assert (code, "versants manage load_territory" in err) == (3, True)
    code, _out, err = run("import", "centres", str(tmp_path / "list.csv"), capsys=capsys)
    assert (code, "versants found" in err) == (2, True)


# -- any table --------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["", "Tournai", "Mouscron", "Anne", "français C1", "psychologue", "interprète", "01/02/2026", "oui", "crise", "urgent",
     "mardi", "13:30", "16:30", "31/12/2027", "5", "12,5", "=1+1", "Centre A", "a@example.org", "permanence", "juré",
     "lun-ven 9h-17h", "03/2026"]
)  # fmt: skip
CELLS = st.one_of(
    WORDS,
    WORDS,
    st.text(max_size=10),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
)


# What a column may well hold, beside its own example and its own words.
LIKELY = {
    "centre": ["Centre A"],
    "name": ["B", "C"],
    "weekday": ["mardi"],
    "commune": ["Lille", "Tournai", "7700"],
}


def label_of(member, language):
    with translation.override(language):
        return str(member.label)


def fitting(column, language):
    """Cells that this column may take."""
    found = [
        EXAMPLE.sub("", column.example_in(language)).strip(),
        *LIKELY.get(column.key, []),
    ]
    if column.choices is not None:
        found += [label_of(member, language) for member in column.choices]
    return st.sampled_from([one for one in found if one] or [""])


@st.composite
def tables(draw, kind):
    language = draw(st.sampled_from(kinds.LANGUAGES))
    cells = [
        st.integers(0, 9).flatmap(
            lambda n, c=column: CELLS if n == 0 else st.just("") if n < 3 else fitting(c, language)
        )
        if not column.required
        else st.integers(0, 19).flatmap(lambda n, c=column: CELLS if n == 0 else fitting(c, language))
        for column in kind.columns
    ]
    rows = draw(st.lists(st.tuples(*cells), min_size=1, max_size=3))
    return [[column.label_in(language) for column in kind.columns], *rows]


@pytest.mark.parametrize("key", ["centres", "professionals", "requests", "agreements", "past"])
def test_any_table_gives_a_page_and_goes_back_whole(house, client_for, key):
    """Whatever the cells: no traceback; imported twice is imported once; taken back, all is as before."""
    from tests.imports.test_import import state

    client = client_for(house.coordinator)
    Site.objects.create(
        organisation=house.organisation, name="Centre A", commune_id="BE-57081", lat=50.6, lon=3.4
    )
    applied = []
    before = state()

    # An agreement is up to sixty visits.
    n = 5 if key == "agreements" else 14

    @given(tables(kinds.kind(key)))
    @settings(max_examples=n, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def check(rows):
        try:
            data = as_csv(rows)
        except UnicodeEncodeError:
            return
        answer = send(client, key, data)
        assert answer.status_code in {302, 422}
        if answer.status_code == 422:
            return
        imported = Import.objects.latest("pk")
        assert client.get(answer.url).status_code == 200
        answer = client.post(reverse("import_confirm", args=[imported.uid]), {"good": "1"})
        assert answer.status_code in {302, 422}
        imported.refresh_from_db()
        if imported.state != "applied":
            assert state() == before
            return
        applied.append(imported.n_new)
        with acting(house.actor):
            again = service.receive(actor=house.actor, kind_key=key, name="x", data=data)
            report = service.preview(actor=house.actor, imported=again)
        assert report.n("new") + report.n("changed") == 0
        assert client.post(reverse("import_undo", args=[imported.uid])).status_code == 302
        assert state() == before

    check()
    assert applied, "the tables drawn are never good: the property says nothing"


def test_rows_of_a_stranger_change_nothing_here(house, client_for, world):
    """Another team's coordination does not open, confirm or take back what is not theirs."""
    send(client_for(house.coordinator), "professionals", as_csv(sheets.PROFESSIONALS))
    imported = Import.objects.get()
    client = client_for(world.coordinator)
    assert client.get(reverse("import", args=[imported.uid])).status_code == 404
    for name in ("import_confirm", "import_undo", "import_discard"):
        assert client.post(reverse(name, args=[imported.uid])).status_code == 404
    assert not Professional.objects.filter(last_name="Essai0").exists()
    assert Actor.for_membership(world.coordinator).team != house.team.pk


def test_faults_are_worded_in_the_language_of_who_reads_them(house, client_for):
    rows = [
        ["Nom", "Commune", "E-mail"],
        ["B", "Tournai", "ceci-n-est-pas"],
        ["C", "Tournai", ""],
        ["C", "Tournai", ""],
    ]
    answer = send(client_for(house.coordinator, "fr"), "centres", as_csv(rows))
    for language, sentences in (
        ("fr", ("Cela ne peut pas être lu", "Cela dit la même chose que la ligne 3")),
        ("nl", ("Dit kan niet worden gelezen", "Dit zegt hetzelfde als rij 3")),
        ("en", ("This cannot be read", "This says the same thing as row 3")),
    ):
        text = client_for(house.coordinator, language).get(answer.url).content.decode()
        text = text[text.index('data-test="faults"') :]
        assert [one for one in sentences if one not in text] == [], (language, text)
    left = client_for(house.coordinator, "en").get(answer.url + "left/").content
    said = [str(cell.value) for row in openpyxl.load_workbook(io.BytesIO(left)).active for cell in row]
    assert any("this cannot be read" in one for one in said)


def test_a_report_of_before_keeps_its_texts(house, client_for):
    """Reports used to hold the sentences of the language of sending."""
    client = client_for(house.coordinator, "nl")
    rows = [["Nom", "Commune", "Couleur"], ["B", "Atlantide", "bleu"]]
    answer = send(client, "centres", as_csv(rows))
    imported = Import.objects.get()
    with acting(house.actor):
        found = json.loads(vault.read(imported, "report"))
        found["outcomes"][0]["faults"][0] |= {"wrong": "aucune commune <b>", "expected": "son nom"}
        found["outcomes"][0]["notices"] = ["un avis"]
        vault.write(imported, "report", json.dumps(found))
        imported.save()
    text = client.get(answer.url).content.decode()
    assert "Aucune commune &lt;b&gt;" in text
    assert "son nom" in text
