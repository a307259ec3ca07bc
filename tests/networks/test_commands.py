"""`mesh study` and `mesh report` on files: what they refuse, before which work, and what one takes of the others."""

import json

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from versants.territory.shapes import DATA
from versants_libs.coverage.cli import main as mesh
from versants_libs.coverage.study_files import fingerprint, load_study

STUDY = "--arrondissement Courtrai --name Kortrijk --kinds helper --number 2 --languages tir,prs --chosen-on 2026-11-27"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mesh")
    call_command("mesh_study", *STUDY.split(), "--out", str(folder / "study.json"))
    words = ["plan", str(folder / "study.json"), "--seconds", "10", "--out", str(folder / "r.json")]
    assert mesh(words) == 0
    return folder


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--number", "-3", "0 or more"),
        ("--budget", "-3", "0 or more"),
        ("--budget", "inf", "0 or more"),
        ("--minutes", "nan", "above 0"),
        ("--minutes", "0", "above 0"),
        ("--discouraged", "-2", "from 0 to 1"),
        ("--phone-share", "72", "from 0 to 1"),
        ("--most-asked", "0", "1 or more"),
        ("--weight", "0", "above 0"),
        ("--kinds", ",", "helper"),
        ("--kinds", "wizard", "one of sworn, certified, helper"),
        ("--versant", "XX", "one of hauts-de-france, wallonie, west-vlaanderen, FR, WAL, VLA"),
        ("--languages", "klingon", "ISO 639-3 codes"),
        ("--chosen-on", "31/12/2099", "as 2026-11-27"),
        ("--chosen-on", "20261101", "as 2026-11-27"),
        ("--chosen-on", "2099-12-31", "not after today"),
    ],
)
def test_options_of_which_no_study_can_be_made_are_refused(tmp_path, option, value, expected):
    words = ["mesh_study", "--arrondissement", "Courtrai", "--meaning", "worst_language"]
    out = tmp_path / "s.json"
    with pytest.raises(CommandError, match=f"^{option} {value}: .*{expected}.* expected") as refused:
        call_command(*words, f"{option}={value}", "--out", str(out))
    assert refused.value.returncode == 2
    assert not out.exists()


def test_a_study_for_a_missing_folder_and_a_language_named_twice(tmp_path):
    words = ["mesh_study", "--arrondissement", "Courtrai", "--languages", "tir,prs,tir", "--out"]
    with pytest.raises(CommandError, match="there is no folder") as refused:
        call_command(*words, str(tmp_path / "none" / "s.json"))
    assert refused.value.returncode == 2
    call_command(*words, str(tmp_path / "twice.json"))
    call_command(*words[:-2], "tir,prs", "--out", str(tmp_path / "once.json"))
    assert (tmp_path / "twice.json").read_bytes() == (tmp_path / "once.json").read_bytes()


@pytest.mark.parametrize("option", ["--out", "--annex"])
def test_a_report_for_a_missing_folder_is_refused_before_it_is_made(files, tmp_path, monkeypatch, option):
    def never(*_args):
        raise AssertionError("a report for nothing")

    monkeypatch.setattr("versants.networks.management.commands.mesh_report.pdf", never)
    paths = {"--out": str(tmp_path / "f.pdf"), option: str(tmp_path / "none" / "f")}
    words = [word for pair in paths.items() for word in pair]
    with pytest.raises(CommandError, match=f"^{option} .*there is no folder") as refused:
        call_command("mesh_report", str(files / "study.json"), str(files / "r.json"), *words)
    assert refused.value.returncode == 2


def test_a_study_without_travel_times_is_planned_and_reported_with_the_same_roads(files, tmp_path):
    value = json.loads((files / "study.json").read_text())
    travel = value.pop("travel")
    (tmp_path / "study.json").write_text(json.dumps(value))
    names = [str(tmp_path / name) for name in ("study.json", "r.json", "r.pdf")]
    assert mesh(["plan", names[0], "--seconds", "5", "--out", names[1]], territory=DATA) == 0

    call_command("mesh_report", *names[:2], "--out", names[2])

    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    (tmp_path / "roads.json").write_text(json.dumps({"knots_km": travel["knots_km"], "minutes": []}))
    with pytest.raises(CommandError, match=r"roads\.json:.*both columns rising") as refused:
        call_command("mesh_report", *names[:2], "--out", names[2], "--roads", str(tmp_path / "roads.json"))
    assert refused.value.returncode == 2


def test_the_command_takes_a_simulation_of_this_plan_and_no_other(files, tmp_path, capsys):
    study, result, years = str(files / "study.json"), str(files / "r.json"), tmp_path / "s.json"
    assert mesh(["simulate", study, result, "--replications", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    out = ["mesh_report", study, result, "--out", str(tmp_path / "r.pdf"), "--simulation", str(years)]

    years.write_text(json.dumps(found))
    call_command(*out)
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")

    wrong = [
        ({"study": "0"}, "another study"),
        ({"study": None}, "which study"),
        ({"recruits": {}}, "other recruits"),
        ({"fill": None}, "no field 'fill'"),
    ]
    for change, said_of_it in wrong:
        years.write_text(json.dumps({**found, **change}))
        with pytest.raises(CommandError, match=rf"s\.json: .*{said_of_it}.*mesh simulate") as refused:
            call_command(*out)
        assert refused.value.returncode == 2


def test_a_result_in_another_form_is_named_before_a_simulation_is_held_against_it(files, tmp_path):
    result = json.loads((files / "r.json").read_text())
    bad, years = tmp_path / "bad.json", tmp_path / "s.json"
    bad.write_text(json.dumps({**result, "recruits": None}))
    years.write_text(json.dumps({"study": result["study"], "recruits": {}, "fill": {}}))
    words = ["mesh_report", str(files / "study.json"), str(bad), "--out", str(tmp_path / "r.pdf")]

    with pytest.raises(CommandError, match=r"bad\.json: \$\.recruits: null found") as refused:
        call_command(*words, "--simulation", str(years))
    assert refused.value.returncode == 2


def test_a_front_names_the_study_it_answers(files, capsys):
    assert mesh(["front", str(files / "study.json"), "--points", "1", "--seconds", "5", "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["study"] == fingerprint(load_study(files / "study.json"))


def test_the_report_takes_front_and_turning_points_of_this_plan_and_no_other(files, tmp_path, capsys):
    study, result = str(files / "study.json"), str(files / "r.json")
    words = ["turning", study, result, "--seconds", "5", "--steps", "2", "--discouraged", "0.1", "--json"]
    assert mesh(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["what"], one["low"], one["at"], one["high"]) for one in found["turns"]] == [
        ("simple", pytest.approx(0.1), pytest.approx(0.25), pytest.approx(0.4)),
        ("discouraged", 0.0, 0.1, 0.3),
    ]
    assert all(one["answers"][0] == found["recruits"] for one in found["turns"])
    assert mesh(["front", study, "--wider", "2", "--points", "5", "--seconds", "5", "--json"]) == 0
    front = json.loads(capsys.readouterr().out)
    assert [one["number"] for one in front["points"]] == [0, 1, 2, 3, 4]
    turning, points = tmp_path / "t.json", tmp_path / "p.json"
    points.write_text(json.dumps(front))
    turning.write_text(json.dumps(found))
    out = [
        "mesh_report",
        study,
        result,
        "--out",
        str(tmp_path / "r.pdf"),
        "--annex",
        str(tmp_path / "a.xlsx"),
    ]
    out += ["--front", str(points), "--turning", str(turning)]

    call_command(*out)
    sheets = openpyxl.load_workbook(tmp_path / "a.xlsx").sheetnames
    assert {"Où la réponse bascule", "Moins ou plus de recrues"} <= set(sheets)
    wrong = [
        ({"study": "0"}, "another study"),
        ({"recruits": {}}, "other recruits"),
        ({"turns": None}, "no field 'turns'"),
    ]
    for change, said_of_it in wrong:
        turning.write_text(json.dumps({**found, **change}))
        with pytest.raises(CommandError, match=rf"t\.json: .*{said_of_it}.*mesh turning") as refused:
            call_command(*out)
        assert refused.value.returncode == 2


def test_the_report_says_what_a_matrix_and_a_study_leave_out(files, tmp_path, capsys):
    value = json.loads((files / "study.json").read_text())
    value["travel"] = {"provider": "matrix", "date": "2026-11", "file": "m.csv"}
    value["people"][0]["languages"]["hye"] = "full"
    study = tmp_path / "study.json"
    study.write_text(json.dumps(value))
    here, there = value["communes"][0]["uid"], value["communes"][1]["uid"]
    (tmp_path / "m.csv").write_text(f"origin,destination,minutes\n{here},{there},9\n")
    words = [str(study), str(tmp_path / "r.json")]
    assert mesh(["plan", words[0], "--seconds", "5", "--out", words[1]]) == 0
    planned = capsys.readouterr().err.splitlines()

    call_command("mesh_report", *words, "--out", str(tmp_path / "r.pdf"))

    assert capsys.readouterr().err.splitlines() == planned
    assert [line.partition(": ")[2].partition(" ")[0] for line in planned] == [
        "$.people[0].languages.hye:",
        "travel:",
        "travel:",
    ]
    gaps = json.loads((tmp_path / "r.json").read_text())["travel"]["gaps"]
    assert f"{gaps['unknown']} of {gaps['needed']} ways" in planned[1]
    assert gaps["unknown"] > gaps["within"] > 0


def test_a_file_of_requests_that_is_not_there(tmp_path):
    words = [
        "mesh_study",
        "--arrondissement",
        "Courtrai",
        "--requests",
        "nowhere.csv",
        "--out",
        str(tmp_path / "s.json"),
    ]
    with pytest.raises(CommandError, match=r"^nowhere\.csv: there is no such file$"):
        call_command(*words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("pmedian --p 2 --seconds -1", "'-1' found, a number of 0 or more expected"),
        ("pmedian --p 2 --gap x", "'x' found, a number from 0 to 1 expected"),
        ("cover --p 2 --minutes -5", "'-5' found, a number above 0 expected"),
        ("pmedian --p 2 --communes .", ".: a folder found, a file expected"),
    ],
)
def test_a_slip_says_what_was_found_and_what_is_expected(words, said, capsys):
    assert mesh(words.split()) == 2
    assert said in capsys.readouterr().err


def test_travel_that_grows_is_said_to_be_more():
    from versants_libs.coverage.study_cli import _less_road

    assert [_less_road(one) for one in (392.4, -392.4, 0.2)] == [
        "392 minutes of travel less", "392 minutes of travel more", "0 minutes of travel less"
    ]  # fmt: skip
