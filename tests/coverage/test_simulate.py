"""Years of requests: held against formulas, against themselves, and against what was predicted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from versants_libs.coverage import study as s
from versants_libs.coverage.cli import main
from versants_libs.coverage.crew import crew_of
from versants_libs.coverage.erlang import carried
from versants_libs.coverage.prediction import predict
from versants_libs.coverage.simulation import run_years, simulate
from versants_libs.coverage.staffing_plan import plan
from versants_libs.coverage.study_files import load_study
from versants_libs.coverage.travel import travel_of

EXAMPLE = Path(__file__).parent / "studies" / "example.json"
STUDY = load_study(EXAMPLE)
TRAVEL = travel_of(STUDY, EXAMPLE.parent)
ALWAYS = s.Band("always", (1, 2, 3, 4, 5, 6, 7), 0, 24)
PLAIN = s.Behaviour(answer_yes=1.0, absence=0.0, cancelled=0.0, retries=0)


@pytest.fixture(scope="module")
def result():
    return plan(STUDY, TRAVEL)


def queue(people, requests=8760.0, minutes=60.0, hours=168.0, behaviour=PLAIN, **demand):
    """One language by phone, day and night, and so many people."""
    place = s.Commune("BE-1", 50.8, 3.3, 1.0, "a", "BE")
    row = {"mode": "phone", "requests": requests, "minutes": minutes} | demand
    return s.Study(
        "queue",
        (place,),
        (ALWAYS,),
        (s.Demand("BE-1", "tir", band="always", **row),),
        tuple(
            s.Person(f"p{i}", "BE-1", {"tir": "full"}, {"always": hours}, "certified") for i in range(people)
        ),
        (),
        s.Limits(0),
        behaviour=behaviour,
        travel=s.TravelSource(knots_km=(0.0, 10.0), minutes=(3.0, 20.0)),
    )


def simulated(study, replications=6, seed=3):
    travel = travel_of(study, Path())
    found = simulate(study, plan(study, travel), travel, replications=replications, seed=seed)
    return found["fill"]["tir"], found


@pytest.mark.parametrize("people", [1, 2, 4])
def test_a_queue_with_everybody_there_loses_what_erlang_says(people):
    study = queue(people, requests=2 * 8736.0)  # two erlangs
    exact = carried(2.0, people)[people] / 2.0

    fill, _ = simulated(study)

    assert fill["simulated"] == pytest.approx(exact, abs=0.01)
    # calls of a day begin with nobody busy: the prediction knows, Erlang's formula does not
    assert fill["predicted"] == pytest.approx(fill["simulated"], abs=0.015)


def test_somebody_there_a_third_of_the_time_serves_less_than_a_third():
    fill, _ = simulated(queue(1, requests=8736.0, hours=56.0))

    assert fill["simulated"] == pytest.approx(
        1 / 3 / 2, abs=0.02
    )  # there one day in three, and then half is lost
    assert fill["predicted"] == pytest.approx(fill["simulated"], abs=0.02)


def test_calls_made_again_are_answered_more_often_and_later():
    once, _ = simulated(queue(2, requests=2 * 8736.0, minutes=20.0 * 3))
    again = replace(PLAIN, retries=1, retry_minutes=10.0)
    twice, found = simulated(queue(2, requests=2 * 8736.0, minutes=20.0 * 3, behaviour=again))
    late = replace(again, retry_minutes=11.0)  # beyond the standard of ten minutes
    never, _ = simulated(queue(2, requests=2 * 8736.0, minutes=20.0 * 3, behaviour=late))

    assert twice["simulated"] > once["simulated"] + 0.02
    assert twice["predicted"] == pytest.approx(twice["simulated"], abs=0.02)
    assert 0 < found["wait_min"]["phone"]["simulated"] < 10
    assert never["simulated"] == once["simulated"]


def test_seasons_bursts_and_cancelled_requests_keep_the_year_as_large_as_the_study_says():
    season = (1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5)
    how = replace(PLAIN, season=season, bursts=3.0, burst_days=10.0, burst_factor=2.0, cancelled=0.25)
    fill, _ = simulated(queue(2, requests=8000.0, behaviour=how), replications=30)
    even, _ = simulated(queue(2, requests=8000.0, behaviour=replace(PLAIN, cancelled=0.25)), replications=6)

    assert fill["requests"] == pytest.approx(6000, rel=0.02)
    assert fill["simulated"] < even["simulated"] - 0.005
    assert fill["predicted"] == pytest.approx(fill["simulated"], abs=0.02)


def test_the_prediction_is_within_two_points_for_every_language(result):
    found = simulate(STUDY, result, TRAVEL, replications=60, seed=5)

    for language, one in found["fill"].items():
        low, high = one["ci95"]
        assert low < one["simulated"] < high
        assert one["requests"] >= 100, language
        assert one["predicted"] == pytest.approx(one["simulated"], abs=0.02), language
        assert high - low < 0.03
    total, fill = found["total"], found["fill"].values()
    asked = sum(one["requests"] for one in fill)
    assert total["requests"] == pytest.approx(asked)
    held = sum(one["requests"] * one["simulated"] for one in fill)
    assert total["simulated"] == pytest.approx(held / asked)
    assert total["ci95"][0] < total["simulated"] < total["ci95"][1]
    assert total["predicted"] == pytest.approx(result["after"]["predicted"]["share"])
    assert found["wait_min"]["phone"]["simulated"] > 0
    assert found["wait_min"]["on_site"]["simulated"] >= STUDY.behaviour.answer_minutes


def behaving(**how):
    return replace(STUDY, behaviour=replace(STUDY.behaviour, **how))


@pytest.mark.parametrize(
    "study",
    [
        behaving(retries=2, retry_minutes=5.0),
        behaving(retries=3, retry_minutes=3.0),
        behaving(retries=5, retry_minutes=1.0),
        behaving(retries=0),
        behaving(absence=0.3),
        behaving(answer_yes=0.6),
        behaving(season=(2.0, 2.0, 2.0, *(2 / 3,) * 9)),
        behaving(bursts=6.0, burst_days=7.0, burst_factor=3.0),
        STUDY.with_rules(fallback_weight=None),
        replace(STUDY, limits=s.Limits(20)),
        replace(STUDY, demand=tuple(replace(row, mode="on_site") for row in STUDY.demand)),
        replace(STUDY, demand=tuple(replace(row, mode="phone") for row in STUDY.demand)),
    ],
    ids=lambda study: "",
)
def test_the_prediction_holds_however_people_answer_and_whatever_is_asked(study):
    """Calls made again among the same people, people who are out together, days when few do all the work."""
    found = plan(study, TRAVEL, gains=False, seconds=20)
    years = simulate(study, found, TRAVEL, replications=24, seed=3)
    for language, one in years["fill"].items():
        assert one["predicted"] == pytest.approx(one["simulated"], abs=0.02), language
    phone = years["wait_min"]["phone"]
    if phone["simulated"]:
        assert phone["predicted"] == pytest.approx(phone["simulated"], rel=0.25)


def test_scenarios_see_the_same_requests(result):
    closed = STUDY.with_rules(border="closed", helpers=False)
    other = plan(closed, TRAVEL)
    one = run_years(crew_of(STUDY, TRAVEL, result), seed=4, count=2)
    two = run_years(crew_of(closed, TRAVEL, other), seed=4, count=2)

    assert one.requests.sum(axis=1).tolist() == two.requests.sum(axis=1).tolist()
    assert two.own.sum() < one.own.sum()


def test_recruits_who_are_not_asked_change_nothing_for_others(result):
    nobody = {**result, "recruits": []}
    with_, without = (run_years(crew_of(STUDY, TRAVEL, r), seed=4, count=3) for r in (result, nobody))
    languages = [key[1] for key in crew_of(STUDY, TRAVEL, result).data.classes]
    tir = np.array([one == "tir" for one in languages])

    assert without.own[:, tir].sum() == 0
    assert with_.own[:, tir].sum() > 0


def test_the_same_seed_is_the_same_year_however_it_is_spread(result):
    crew = crew_of(STUDY, TRAVEL, result)
    whole = run_years(crew, seed=9, count=4)
    parts = run_years(crew, seed=9, count=1) + run_years(crew, seed=9, first=1, count=3)

    assert whole.own.tolist() == parts.own.tolist()
    assert whole.waited.tolist() == parts.waited.tolist()
    assert run_years(crew, seed=10, count=1).own.tolist() != whole.own[:1].tolist()


def test_nobody_is_asked_beyond_what_the_law_allows_helpers():
    study = replace(STUDY, rules=replace(STUDY.rules, helper_hours_year=12.0, simple="high"))
    crew = crew_of(study, TRAVEL, plan(study, TRAVEL))
    helpers = np.array(["h1" in name or "kortrijk" in name for name in crew.names])
    worked = run_years(crew, seed=1, count=2).worked

    assert helpers.any()
    assert worked[:, helpers].max() <= 12.0
    assert worked[:, ~helpers].min() > 12.0
    assert predict(crew)["worked"][helpers].max() <= 12.0 * 1.1


def test_nobody_serves_what_nobody_can():
    fill, _ = simulated(queue(0), replications=1)

    assert fill["simulated"] == fill["predicted"] == 0.0
    assert fill["ci95"] is None


def test_a_year_in_which_nobody_asks_is_an_answer():
    quiet = queue(2, requests=0.0)
    for study in (quiet, replace(quiet, demand=())):
        travel = travel_of(study, Path())
        found = simulate(study, plan(study, travel), travel, replications=2)
        assert (found["total"]["predicted"], found["total"]["simulated"]) == (None, None)
        assert found["total"]["requests"] == 0


def test_simulate_on_files(tmp_path, capsys, result):
    file = tmp_path / "R.json"
    file.write_text(json.dumps(result))

    assert main(["simulate", str(EXAMPLE), str(file), "--replications", "2", "--seed", "7", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"fill", "wait_min", "s_per_replication"} <= set(found)
    assert set(found["fill"]["tir"]) == {"predicted", "simulated", "ci95", "requests"}
    assert main(["simulate", str(EXAMPLE), str(file), "--replications", "2"]) == 0
    assert "tir" in capsys.readouterr().out

    file.write_text(json.dumps({**result, "study": "0"}))
    assert main(["simulate", str(EXAMPLE), str(file)]) == 2
    assert "another study" in capsys.readouterr().err
