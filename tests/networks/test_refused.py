"""What `mesh report` refuses, and what it takes along."""

import json
from dataclasses import replace

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from tests.networks.reports import STUDY, said, sentences
from versants.networks.report.source import Source
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study_files import fingerprint, load_study
from versants_libs.coverage.travel import travel_of


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


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("recruits", 0, "cost"), 1.0, r"\$\.recruits\[0\]\.cost: 1 said"),
        (("after", "predicted", "share"), 0.99, r"after: predicted: 0\.99 said"),
        (("recruits", 0, "n"), None, r"r\.json: \$\.recruits\[0\]\.n: null found, a whole number"),
    ],
)
def test_no_report_is_made_of_an_answer_that_does_not_hold(files, tmp_path, path, value, said):
    result = json.loads((files / "r.json").read_text())
    at = result
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    (tmp_path / "r.json").write_text(json.dumps(result))
    out = tmp_path / "f.pdf"
    with pytest.raises(CommandError, match=said) as refused:
        call_command("mesh_report", str(files / "study.json"), str(tmp_path / "r.json"), "--out", str(out))
    assert refused.value.returncode == 2
    assert not out.exists()


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


def test_the_command_takes_a_desks_own_counts_and_the_report_says_whose_figures_it_has(source, tmp_path):
    counts, out = tmp_path / "desk.csv", tmp_path / "s.json"
    counts.write_text(
        "versant,language,commune,requests\nwest-vlaanderen,tir,,900\nwest-vlaanderen,prs,,600\n"
    )
    asked = [*STUDY.split(), "--out", str(out)]
    for more, key in (
        ((), "demand_public:"),
        (("--requests", str(counts)), "demand_unused:"),
        (("--requests", str(counts), "--demand", "public"), "demand_public:"),
        (("--requests", str(counts), "--demand", "register"), "demand_register:"),
    ):
        call_command("mesh_study", *asked, *more)
        assert any(one.startswith(key) for one in load_study(out).assumptions), more
    whose = {
        "fr": "Demandes en 12 mois\u00a0: 1\u202f500 (Flandre",
        "nl": "in 12 maanden: 1.500 (West-Vlaanderen).",
    }
    study = load_study(out)
    result = plan(study, source.travel, seconds=5, gains=False)
    result["recruits"] = []
    own = Source(study, result, source.territory, source.travel)
    for language, words_ in whose.items():
        assert words_ in "\n".join(sentences(said(own, language)["blocks"]))
        assert "own register" not in "\n".join(sentences(said(own, language)))
    mixed = replace(own.study, assumptions=(*own.study.assumptions, "demand_public:wallonie | 2025 | x"))
    plain = sentences(said(replace(own, study=mixed, strict=False), "nl")["blocks"])
    assert any("twee bronnen" in text and "Wallonië" in text for text in plain)
    for wrong in (("--demand", "register"), ("--requests", str(tmp_path / "none.csv"))):
        with pytest.raises(CommandError) as refused:
            call_command("mesh_study", *asked, *wrong)
        assert refused.value.returncode == 2


def test_the_command_names_the_study_in_the_language_of_the_report(files, tmp_path):
    for language, town in (("fr", "Courtrai"), ("nl", "Kortrijk")):
        out = ["--out", str(tmp_path / "r.pdf"), "--annex", str(tmp_path / "r.xlsx"), "--lang", language]
        call_command("mesh_report", str(files / "study.json"), str(files / "r.json"), *out, "--name", town)
        assert openpyxl.load_workbook(tmp_path / "r.xlsx").properties.title.endswith(f": {town}")


def test_the_command_takes_the_front_along_and_refuses_what_is_none(files, tmp_path):
    from versants_libs.coverage.study_front import study_front

    study = load_study(files / "study.json")
    points = study_front(study, travel_of(study, files), points=2, seconds=20)
    points[1]["recruits"] = {}  # another plan than the study's
    (tmp_path / "front.json").write_text(json.dumps({"study": fingerprint(study), "points": points}))
    out = ["mesh_report", str(files / "study.json"), str(files / "r.json"), "--out", str(tmp_path / "r.pdf")]
    call_command(*out, "--annex", str(tmp_path / "r.xlsx"), "--front", str(tmp_path / "front.json"))
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets[6]
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == [0, 3]
    assert sheet.cell(3, 15).value, "the study's own plan stands at its limit"
    with pytest.raises(CommandError, match="mesh front"):
        call_command(*out, "--front", str(files / "r.json"))
    for other, expected in (({"study": "0"}, "another study"), ({}, "which study")):
        (tmp_path / "front.json").write_text(json.dumps({**other, "points": points}))
        with pytest.raises(CommandError, match=rf"front\.json: .*{expected}.*mesh front") as refused:
            call_command(*out, "--front", str(tmp_path / "front.json"))
        assert refused.value.returncode == 2


def test_the_command_takes_the_persons_a_desk_knows_of(tmp_path):
    known, out = tmp_path / "known.csv", tmp_path / "s.json"
    asked = [*STUDY.split(), "--out", str(out), "--speakers", str(known)]
    known.write_text("commune,language,persons\nBE-34022,tir,5000\n")
    call_command("mesh_study", *asked)
    assert any(one.startswith("speakers_known | ") for one in load_study(out).assumptions)
    known.write_text("commune,language,persons\n34022,tir,5000\n")
    with pytest.raises(CommandError, match=r"known.csv:2:1: commune: '34022' found") as refused:
        call_command("mesh_study", *asked)
    assert refused.value.returncode == 2


def test_the_command_takes_traffic_by_versant(tmp_path):
    out = tmp_path / "s.json"
    asked = [*STUDY.split(), "--out", str(out)]
    call_command("mesh_study", *asked, "--peak", "VLA=1.25")
    assert load_study(out).peak == {"west-vlaanderen": 1.25}
    for wrong in ("VLA", "VLA=0.9", "VLA=nan", "VLA=4", "NL=1.2"):
        with pytest.raises(CommandError, match=r"as FR=1\.2") as refused:
            call_command("mesh_study", *asked, "--peak", wrong)
        assert refused.value.returncode == 2
