"""The report in French and Dutch, from a study of Kortrijk that is really planned."""

import io
import json
import re
from dataclasses import replace

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from versants.networks.report.annex import annex
from versants.networks.report.content import document
from versants.networks.report.pdf import compiled, pdf
from versants.networks.report.source import Scenario, Source
from versants.territory.shapes import DATA
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study_files import load_study
from versants_libs.coverage.territory import load_territory
from versants_libs.coverage.travel import travel_of

STUDY = "--arrondissement Courtrai --name Kortrijk --kinds helper --number 3 --languages tir,prs,hye --chosen-on 2026-11-27"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mesh")
    call_command("mesh_study", *STUDY.split(), "--out", str(folder / "study.json"))
    study = load_study(folder / "study.json")
    result = plan(study, travel_of(study, folder), seconds=20)
    (folder / "r.json").write_text(json.dumps(result))
    return folder


@pytest.fixture(scope="module")
def source(files):
    study = load_study(files / "study.json")
    result = json.loads((files / "r.json").read_text())
    cases = [Scenario("=1+1", 0.5, 12.0, 900.0)]
    return Source(study, result, load_territory(DATA), travel_of(study, files), scenarios=cases)


def said(source, language):
    with translation.override(language):
        return document(source)


def sentences(value):
    if isinstance(value, str):
        return [] if value.startswith("<svg") else [value]
    if isinstance(value, dict):
        return [one for part in value.values() for one in sentences(part)]
    return [one for part in value for one in sentences(part)] if isinstance(value, list) else []


def test_first_page_is_plain_words_three_numbers_and_two_maps(source):
    told = said(source, "fr")
    assert len(told["numbers"]) == 3
    assert [caption for _svg, caption in told["maps"]] == ["Aujourd’hui", "Avec les recrues"]
    assert 60 <= len(" ".join(told["plain"]).split()) <= 250
    assert "27 novembre 2026" in told["subtitle"]
    titles = [block["text"] for block in told["blocks"] if block["kind"] == "h"]
    assert titles.index("Qui recruter, et où") < titles.index("Qui y perd") < titles.index("Sources")


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_nothing_of_the_report_stays_in_english(source, language):
    told, english = said(source, language), set(sentences(said(source, "en")))
    same = {one for one in sentences(told) if one in english and re.search(r"[a-z]{3} [a-z]{3}", one)}
    # The list of publications keeps their titles.
    assert {one for one in same if not re.match(r"INSEE|UNHCR R|OSRM|Ogryczak|©", one)} == set()


def test_talks_refused_and_the_cap_of_the_law_are_there_for_helpers(source):
    text = "\n".join(sentences(said(source, "nl")))
    assert "Geweigerde gesprekken" in text
    assert "1.692,51" in text
    none = Source(source.study, {**source.result, "recruits": []}, source.territory, source.travel)
    assert "Geweigerde gesprekken" not in "\n".join(sentences(said(none, "nl")))


def test_every_assumption_has_its_source_in_the_report(source):
    blocks = said(source, "fr")["blocks"]
    table = next(b for b in blocks if b["kind"] == "table" and b["head"] == ["Quoi", "Valeur", "Source"])
    assert len(table["rows"]) >= 18
    assert all(what and value and cited for what, value, cited in table["rows"])


def test_armenian_is_not_recruitable_here_and_says_what_replaces_it(source):
    assert [code for code, _instead in source.unrecruitable] == ["hye"]
    assert "phone" in source.unrecruitable[0][1]


def test_the_same_study_gives_the_same_bytes(source):
    assert pdf(source, "nl") == pdf(source, "nl")
    assert pdf(source, "fr")[:4] == b"%PDF"
    assert annex(source, "fr") == annex(source, "fr")


def test_annex_opens_and_holds_every_commune(source):
    book = openpyxl.load_workbook(io.BytesIO(annex(source, "nl")))
    rows = list(book["Per gemeente"].iter_rows(min_row=2, values_only=True))
    assert len(rows) == len(source.digest.places["after"]) == 12
    assert {row[1] for row in rows} <= {town.uid for town in source.territory.towns}


def test_a_letter_the_font_lacks_is_an_error_not_a_box(source):
    from datetime import UTC, datetime

    told = {**said(source, "fr"), "title": "\u0627"}
    with pytest.raises(LookupError, match="\u0627"):
        compiled(told, at=datetime.fromtimestamp(0, UTC))


def test_an_answer_to_another_study_is_refused(source, files, tmp_path):
    with pytest.raises(InstanceError, match="another study"):
        Source(replace(source.study, name="other"), source.result, source.territory, source.travel)
    call_command("mesh_study", *STUDY.split(), "--minutes", "30", "--out", str(tmp_path / "other.json"))
    with pytest.raises(CommandError, match="another study") as refused:
        call_command(
            "mesh_report",
            str(tmp_path / "other.json"),
            str(files / "r.json"),
            "--out",
            str(tmp_path / "f.pdf"),
        )
    assert refused.value.returncode == 2
    assert not (tmp_path / "f.pdf").exists()


def test_a_broken_file_is_named_with_line_and_column(files, tmp_path):
    (tmp_path / "bad.json").write_text('{"study": \n nothing}')
    with pytest.raises(CommandError, match=r"bad\.json:2:2: not JSON") as refused:
        call_command(
            "mesh_report",
            str(files / "study.json"),
            str(tmp_path / "bad.json"),
            "--out",
            str(tmp_path / "f.pdf"),
        )
    assert refused.value.returncode == 2


def test_an_unknown_arrondissement_names_those_there_are(tmp_path):
    with pytest.raises(CommandError, match="Courtrai"):
        call_command("mesh_study", "--arrondissement", "Courtrais", "--out", str(tmp_path / "s.json"))


def test_the_first_page_says_what_simulated_years_hold_not_only_what_the_plan_serves(source):
    one = {"predicted": 0.5, "ci95": [0.2, 0.5]}
    fill = {
        "tir": {**one, "simulated": 0.5, "requests": 300},
        "prs": {**one, "simulated": 0.1, "requests": 100},
    }
    held = said(replace(source, simulated={"fill": fill}), "nl")["plain"]
    assert "gaat 40% van de gesprekken door" in held[1]
    assert not any("gesimuleerde" in text for text in said(source, "nl")["plain"])
