"""``mesh check``: whatever is changed in an answer is noticed, and what nobody recomputed is said."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest

from versants_libs.coverage.cli import main
from versants_libs.coverage.staffing_again import verify
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study import TravelSource
from versants_libs.coverage.study_files import PathError, load_study
from versants_libs.coverage.travel import MatrixTable, travel_of

EXAMPLE = Path(__file__).parent / "studies" / "example.json"
STUDY = load_study(EXAMPLE)
TRAVEL = travel_of(STUDY, EXAMPLE.parent)
RESULT = plan(STUDY, TRAVEL)
#: Predicted for each recruit: only ``--whole`` sees a change.
EACH = ("unserved_less", "minutes_less", "gains", "loses")


def leaves(value, path=()):
    """(path, value) of one leaf of each kind: lists and tables whose names are data give their first entry."""
    if isinstance(value, dict):
        named = {"points", "languages", "versants", "group_means"} & set(path[-1:])
        for key, one in list(value.items())[: 1 if named else None]:
            yield from leaves(one, (*path, key))
    elif isinstance(value, list):
        if value:
            yield from leaves(value[0], (*path, 0))
    else:
        yield path, value


def changed(path, value):
    found = copy.deepcopy(RESULT)
    at = found
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return found


def other(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return {"certified": "helper", "full": "working", "simple": "any", "any": "simple"}.get(
            value, value + "x"
        )
    return value * 1.02 + 0.02 if isinstance(value, float) else value + 1


def noticed(found, whole):
    try:
        return bool(verify(STUDY, found, TRAVEL, whole=whole).wrong)
    except PathError:
        return True


LEAVES = [path for path, _ in leaves(RESULT) if path != ("seconds",)]


def test_what_was_planned_holds():
    assert len(LEAVES) > 100
    for whole in (False, True):
        found = verify(STUDY, RESULT, TRAVEL, whole=whole)
        assert found.wrong == ()
        assert found.open[:2] == ("bound", "seconds")
        assert len(found.open) == 3 - whole


@pytest.mark.parametrize("path", LEAVES, ids=lambda path: ".".join(map(str, path)))
def test_every_figure_and_word_that_is_changed_is_noticed(path):
    value = RESULT
    for key in path:
        value = value[key]
    whole = path[0] == "recruits" and path[2] in EACH

    assert noticed(changed(path, other(value)), whole)


def _worth_three(found):
    for one in found["after"]["worth"]:
        one["worth"] = 3.0


def _optimal_with_a_gap(found):
    found["bound"] = found["objective"] / 2
    found["gap"] = 0.5


def _nothing_passed_over(found):
    found["passed_over"] = []


def _nobody_missing(found):
    found["not_recruitable"] = []


def _best_known(found):
    found["optimal"] = False


def _no_group(found):
    del found["before"]["equity"]["without"]["group_means"]


def _point_dropped(found):
    del found["points"]["BE-34022"]


def test_what_a_matrix_does_not_say_is_compared_too():
    uids = [one.uid for one in STUDY.communes]
    far = TRAVEL.minutes(uids, uids)
    pairs = {(a, b): float(far[i, j]) for i, a in enumerate(uids) for j, b in enumerate(uids) if (i + j) % 3}
    study = replace(STUDY, travel=TravelSource("matrix", "2026-01", file="m.csv"))
    travel = MatrixTable(pairs, "2026-01")
    found = plan(study, travel)
    assert found["travel"]["gaps"]["unknown"] > 0
    assert verify(study, found, travel, whole=True).wrong == ()
    found["travel"]["gaps"]["unknown"] = 0
    assert any(one.startswith("travel.gaps:") for one in verify(study, found, travel).wrong)
    del found["travel"]["gaps"]
    assert any(one.startswith("travel.gaps:") for one in verify(study, found, travel).wrong)


def test_nothing_is_said_to_be_predicted_again_where_the_flows_do_not_hold():
    found = verify(STUDY, changed(("objective",), 1.0), TRAVEL, whole=True)
    assert found.again == ()
    assert len(found.open) == 4


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_worth_three, "agrees with the prediction"),
        (_optimal_with_a_gap, "optimal: said of a plan with a gap of 50.00%"),
        (_best_known, "optimal: not said"),
        (_nothing_passed_over, "passed_over: tir-roeselare (speakers)"),
        (_nobody_missing, "not_recruitable: nothing said, ukr recomputed"),
        (_no_group, "group_means"),
        (_point_dropped, "$.points: none for BE-34022"),
    ],
)
def test_what_is_left_out_or_does_not_fit_is_said(change, said):
    found = copy.deepcopy(RESULT)
    change(found)

    assert any(said in one for one in verify(STUDY, found, TRAVEL).wrong)


OBJECTS = sorted({path[:-1] for path in LEAVES if isinstance(path[-1], str)}, key=str)
NAMES_ARE_DATA = {"points", "languages", "versants", "group_means"}


@pytest.mark.parametrize("path", [path for path in OBJECTS if not NAMES_ARE_DATA & set(path[-1:])], ids=str)
def test_an_unknown_field_is_refused_with_its_place(path):
    found = copy.deepcopy(RESULT)
    at = found
    for key in path:
        at = at[key]
    at["approved"] = True

    with pytest.raises(PathError, match=r"approved: an unknown field"):
        verify(STUDY, found, TRAVEL)


def test_a_field_that_is_missing_or_no_number_is_said_with_its_place(tmp_path, capsys):
    file = tmp_path / "R.json"
    for path, value, said in (
        (("after", "worth", 0, "worth"), float("nan"), "$.after.worth[0].worth: NaN found"),
        (("recruits", 0, "n"), 1.5, "$.recruits[0].n: 1.5 found, a whole number"),
        (("before", "predicted"), {}, "$.before.predicted: no field 'share'"),
        (("objective",), "3", '$.objective: "3" found, a number'),
    ):
        file.write_text(json.dumps(changed(path, value)))
        assert main(["check", str(EXAMPLE), str(file)]) == 2
        error = capsys.readouterr().err
        assert f"{file}: {said}" in error
        assert "Error(" not in error


def test_the_command_says_what_it_did_not_recompute_and_what_the_same_code_did(tmp_path, capsys):
    file = tmp_path / "R.json"
    file.write_text(json.dumps(RESULT))

    assert main(["check", str(EXAMPLE), str(file)]) == 0
    told = capsys.readouterr().out.splitlines()
    assert "bound: not recomputed" in told
    assert any("gains" in line and line.endswith(": not recomputed") for line in told)
    assert any("predicted" in line and "no second opinion" in line for line in told)

    assert main(["check", str(EXAMPLE), str(file), "--whole", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["not_recomputed"] == ["bound", "seconds"]
    assert len(value["recomputed_by_the_same_code"]) == 2

    file.write_text(json.dumps(changed(("recruits", 0, "unserved_less"), 9000.0)))
    assert main(["check", str(EXAMPLE), str(file)]) == 0
    capsys.readouterr()
    assert main(["check", str(EXAMPLE), str(file), "--whole"]) == 1
    assert "$.recruits[0].unserved_less: 9000 said" in capsys.readouterr().out
