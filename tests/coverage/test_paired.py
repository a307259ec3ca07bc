"""The difference of two scenarios simulated with the same random numbers."""

import json
from pathlib import Path

import numpy as np
import pytest

from versants_libs.coverage import InstanceError, plan, travel_of
from versants_libs.coverage.crew import crew_of
from versants_libs.coverage.paired import Totals, apart, student, totals
from versants_libs.coverage.simulation import run_years
from versants_libs.coverage.study_files import load_study

STUDY = sorted(Path(__file__).with_name("studies").glob("*.json"))[0]


def unpaired_half(one, two):
    """Half the interval of somebody who does not know that the years are the same."""
    n = len(one.asked)
    errors = [
        np.sum((it.held - it.share * it.asked) ** 2) / it.asked.mean() ** 2 / (n - 1) / n for it in (one, two)
    ]
    return student(n - 1) * np.sqrt(sum(errors))


def test_three_years_by_hand():
    # 60, 70 and 80 of 100 against 50, 62 and 70: 10, 8 and 10 points, 28/3 in the mean, their deviation 0.011547.
    # Student's quantile for two degrees of freedom is 4.30265: 4.30265 * 0.011547 / sqrt(3) = 0.028684.
    asked = [100.0] * 3
    found = apart(Totals.of(asked, [60, 70, 80]), Totals.of(asked, [50, 62, 70]))
    assert (found.share, found.years) == (pytest.approx(0.7), 3)
    assert found.difference == pytest.approx(0.28 / 3)
    assert found.ci95 == pytest.approx((0.28 / 3 - 0.028684, 0.28 / 3 + 0.028684), abs=1e-6)


def test_years_of_different_size_weigh_as_much_as_they_ask():
    # 90 of 100 and 100 of 300 are 190 of 400, not the mean of 0.9 and a third.
    found = apart(Totals.of([100, 300], [90, 100]), Totals.of([100, 300], [50, 150]))
    assert found.share == pytest.approx(190 / 400)
    assert found.difference == pytest.approx(190 / 400 - 0.5)


def test_it_covers_what_is_known_and_is_narrower_than_without_pairs():
    """Years are good or bad by up to 20 points in both alike; the second holds 5 points fewer of whatever is asked."""
    random = np.random.default_rng(7)
    inside, narrower, rounds = 0, 0, 1500
    for _ in range(rounds):
        year = random.uniform(0.5, 0.7, 10)
        asked = random.poisson(2000, 10)
        one, two = (
            Totals.of(asked, np.minimum(asked, random.binomial(asked, share)))
            for share in (year - 0.05, year)
        )
        found = apart(one, two)
        low, high = found.ci95
        inside += low <= -0.05 <= high
        narrower += (high - low) / 2 < unpaired_half(one, two)
    assert 0.935 <= inside / rounds <= 0.965  # 0.95, give or take 2.7 standard errors
    assert narrower == rounds


def test_years_that_are_really_simulated_are_closer_in_pairs():
    study = load_study(STUDY)
    travel = travel_of(study, STUDY.parent)
    result = plan(study, travel, seconds=10)
    assert result["recruits"]
    with_them, without = (
        totals(run_years(crew_of(study, travel, one), seed=3, count=12))
        for one in (result, {**result, "recruits": []})
    )
    assert with_them.asked.tolist() == without.asked.tolist(), "the same requests"
    found = apart(without, with_them)
    low, high = found.ci95
    assert high < 0, "whoever is recruited is missed"
    assert (high - low) / 2 < 0.7 * unpaired_half(without, with_them)


def test_one_year_has_no_interval_and_the_longer_is_cut_to_the_shorter():
    longer = Totals.of([10, 10, 50], [5, 5, 50])
    assert apart(Totals.of([10], [6]), longer).ci95 is None
    found = apart(Totals.of([10, 10], [6, 6]), longer)
    assert (found.years, found.difference) == (2, pytest.approx(0.1))
    assert json.loads(json.dumps(found.to_json()))["ci95"] == pytest.approx([0.1, 0.1])


def test_nobody_asking_is_no_share_and_nonsense_is_refused():
    assert apart(Totals.of([0, 0], [0, 0]), Totals.of([1, 1], [1, 1])) is None
    for asked, held in (([1, 2], [1]), ([1], [2]), ([1], [-1]), ([], []), ([np.nan], [0])):
        with pytest.raises(InstanceError):
            Totals.of(asked, held)
    with pytest.raises(ValueError, match="freedom"):
        student(0)


@pytest.mark.parametrize(
    ("freedom", "value"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (9, 2.2622), (19, 2.0930), (100, 1.9840)],
)
def test_students_quantile_is_that_of_the_tables(freedom, value):
    assert student(freedom) == pytest.approx(value, abs=4e-3 if freedom == 3 else 1e-3)
