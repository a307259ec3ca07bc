"""Where the answer turns: two recruits, one number to recruit, an unknown that decides between them."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from versants_libs.coverage.cli import main
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study import (
    Band,
    Candidate,
    Commune,
    Demand,
    Fairness,
    Limits,
    Rules,
    Standard,
    Study,
    TravelSource,
)
from versants_libs.coverage.study_files import fingerprint, write_study
from versants_libs.coverage.travel import travel_of
from versants_libs.coverage.turning import _needed, _turns, ranges, simple_range, study_at, turning

BAND = Band("day", (1, 2, 3, 4, 5), 8.0, 18.0)


def candidate(name, language, kind):
    return Candidate(
        id=name,
        commune="BE-1",
        languages={language: "full"},
        hours={"day": 50.0},
        kind=kind,
        most=1,
        speakers=100.0,
    )


# 300 calls in Arabic, of which a helper may take 10 to 90 %; 150 in Dari, which a certified interpreter takes whole. One
# recruit: the helper is worth 300 s calls, the other 150, so the answer turns near s = 50 %.
STUDY = Study(
    name="turn",
    communes=(Commune("BE-1", 50.8, 3.2, 1000.0, "west-vlaanderen", "BE"),),
    bands=(BAND,),
    demand=(
        Demand("BE-1", "arb", "phone", "day", 300.0, 20.0, (0.1, 0.9)),
        Demand("BE-1", "prs", "phone", "day", 150.0, 20.0, (0.1, 0.9)),
    ),
    people=(),
    candidates=(candidate("helper", "arb", "helper"), candidate("dari", "prs", "certified")),
    limits=Limits(number=1),
    standard=Standard(),
    rules=Rules(simple="low", fallback_weight=None),
    fairness=Fairness(),
    travel=TravelSource(knots_km=(0.0, 10.0), minutes=(0.0, 10.0)),
)
TRAVEL = travel_of(STUDY, None)
ANSWERS = [{"helper": 1}, {"dari": 1}]


def test_the_answer_turns_where_the_hand_says():
    found = turning(STUDY, TRAVEL, "simple", (0.1, 0.9), 0.1, ANSWERS, steps=9)

    (turn,) = found["turns"]
    assert turn["value"] == pytest.approx(0.5, abs=0.02)
    assert found["answers"][turn["from"]] == {"dari": 1}
    assert found["answers"][turn["to"]] == {"helper": 1}
    assert found["served"][turn["to"]] == sorted(found["served"][turn["to"]])


@pytest.mark.parametrize("value", [0.3, 0.7])
def test_on_either_side_the_plan_itself_answers_so(value):
    found = turning(STUDY, TRAVEL, "simple", (0.1, 0.9), 0.1, ANSWERS)
    (turn,) = found["turns"]
    side = turn["from"] if value < turn["value"] else turn["to"]
    result = plan(study_at(STUDY, "simple", value, 0.1), TRAVEL, seconds=20)

    assert {one["candidate"]: one["n"] for one in result["recruits"]} == found["answers"][side]


def test_an_answer_judged_where_it_was_planned_has_the_objective_of_its_plan():
    result = plan(STUDY, TRAVEL, seconds=20)
    found = turning(STUDY, TRAVEL, "discouraged", (0.0, 0.3), 0.0, ANSWERS[::-1])

    assert found["turns"] == []
    (answer,) = found["answers"]
    assert answer == {one["candidate"]: one["n"] for one in result["recruits"]}
    assert found["objective"][0][0] == pytest.approx(result["objective"])
    assert found["served"][0][0] == pytest.approx(result["after"]["predicted"]["share"])
    asked = [sum(row.requests for row in study_at(STUDY, "discouraged", v, 0.0).demand) for v in (0.0, 0.3)]
    assert asked == pytest.approx([450.0, 585.0])


def test_nothing_turns_where_nobody_takes_simple_talks_only_or_the_range_is_a_point():
    others = replace(STUDY, candidates=(STUDY.candidates[1],))
    assert turning(others, TRAVEL, "simple", (0.1, 0.9), 0.1, [{"dari": 1}]) is None
    assert turning(STUDY, TRAVEL, "simple", (0.4, 0.4), 0.4, ANSWERS) is None
    assert simple_range(STUDY) == pytest.approx((0.1, 0.9, 0.1))


def test_the_command_says_where_the_answer_turns(tmp_path, capsys):
    """Discouraged requests are added to both alike: nothing turns there."""
    study, answer = tmp_path / "study.json", tmp_path / "r.json"
    study.write_text(write_study(STUDY))
    assert main(["plan", str(study), "--out", str(answer)]) == 0
    capsys.readouterr()
    assert main(["turning", str(study), str(answer), "--steps", "9", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["study"] == fingerprint(STUDY)
    assert found["recruits"] == {"dari": 1}
    share, discouraged = found["turns"]
    (turn,) = share["turns"]
    assert turn["value"] == pytest.approx(0.5, abs=0.02)
    assert [share["answers"][turn[end]] for end in ("from", "to")] == [{"dari": 1}, {"helper": 1}]
    assert (discouraged["turns"], discouraged["low"], discouraged["high"]) == ([], 0.0, 0.3)
    assert main(["turning", str(study), str(answer), "--steps", "9"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "simple, 10% to 90%, 10% in the study: 1 x dari at first",
        f"  from {turn['value']:.1%} on: 1 x helper",
        "discouraged, 0% to 30%, 0% in the study: 1 x dari all along",
    ]

    study.write_text(write_study(replace(STUDY, candidates=(STUDY.candidates[1],))))
    assert main(["turning", str(study), str(answer)]) == 2
    assert "answers another study" in capsys.readouterr().err
    assert main(["plan", str(study), "--out", str(answer)]) == 0
    capsys.readouterr()
    assert main(["turning", str(study), str(answer), "--steps", "1"]) == 2
    assert "2 or more" in capsys.readouterr().err
    assert main(["turning", str(study), str(answer), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["still"] == ["simple"]


def test_the_range_holds_what_the_study_adds_by_its_own_words():
    told = " | ".join(("discouraged", "+12% (0%-30%)", "nowhere"))
    assert {what: (ends, at) for what, ends, at in ranges(STUDY)}["discouraged"] == ((0.0, 0.3), 0.0)
    (_, simple, _), (_, ends, at) = ranges(replace(STUDY, assumptions=(told,)))
    assert (simple, ends, at) == (pytest.approx((0.1, 0.9)), (0.0, 0.3), 0.12)
    assert ranges(STUDY, 0.5)[1] == ("discouraged", (0.0, 0.5), 0.5)


def test_what_is_no_unknown_and_who_is_no_candidate_is_refused():
    with pytest.raises(InstanceError, match="none of simple"):
        study_at(STUDY, "weather", 0.1, 0.0)
    with pytest.raises(InstanceError, match="no candidate"):
        turning(STUDY, TRAVEL, "simple", (0.1, 0.9), 0.1, [{"nobody": 1}])
    with pytest.raises(InstanceError, match="2 or more"):
        turning(STUDY, TRAVEL, "simple", (0.1, 0.9), 0.1, ANSWERS, steps=1)


def test_answers_that_a_proof_cannot_tell_apart_count_as_one():
    objective = np.array([[100.0, 100.0, 100.0], [99.9, 100.1, 99.9], [120.0, 100.0, 80.0]])

    assert _needed(objective, 0.005) == [0, 2], "of two alike, the study's own stays"
    assert _needed(objective[[1, 0, 2]], 0.005) == [0, 2]
    assert _needed(objective, 0.0) == [0, 1, 2]
    assert _turns([0.0, 1.0], np.array([[10.0, 12.0], [11.0, 9.0]]), [0, 1]) == [
        {"value": pytest.approx(0.25), "from": 0, "to": 1}
    ]


def test_the_studys_own_answer_is_the_best_where_the_proof_cannot_tell(monkeypatch):
    """Another one is 0.4 % better everywhere, a third one 30 % at the high end alone."""
    said = {"own": [100.0, 100.0, 100.0], "like": [99.6, 99.6, 99.6], "late": [140.0, 110.0, 70.0]}

    def judge(data, recruits):
        (name,) = recruits
        return said[name][steps.pop(0)], 0.5

    monkeypatch.setattr(sys.modules[turning.__module__], "_judge", judge)
    answers = [{"own": 1}, {"like": 1}, {"late": 1}]
    steps = [i for i in range(3) for _ in answers]
    found = turning(STUDY, TRAVEL, "discouraged", (0.0, 0.3), 0.0, answers, steps=3)
    assert found["answers"] == [{"own": 1}, {"late": 1}]
    assert found["best"] == [0, 0, 1]
    (turn,) = found["turns"]
    assert (turn["from"], turn["to"]) == (0, 1)
    # 110 against 99.5 in the middle, 70 against it at the end
    assert turn["value"] == pytest.approx(0.15 + 0.15 * 10.5 / 40.0, abs=1e-3)

    said["late"] = [99.0, 99.0, 99.0]
    steps = [i for i in range(3) for _ in answers]
    found = turning(STUDY, TRAVEL, "discouraged", (0.0, 0.3), 0.0, answers, steps=3)
    assert found["answers"] == [{"own": 1}, {"late": 1}], (
        "the study's own is told though it is never the best"
    )
    assert (found["best"], found["turns"]) == ([1, 1, 1], [])
