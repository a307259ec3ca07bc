"""The search among plans: against every plan the limits allow, each judged by the model that agrees with its prediction."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.coverage import tiny_studies as tiny
from versants_libs.coverage import study as s
from versants_libs.coverage.staffing import reserved, staffing
from versants_libs.coverage.staffing_search import Judge, best, looks_at
from versants_libs.coverage.worth import alone, first_ones

SPOKEN = ["apc", "kat", "prs", "sqi", "tir", "ukr"]
LIMITS = (s.Limits(3), s.Limits(4), s.Limits(None, 700.0))


def study_of(seed):
    """Six languages, seven candidates, of whom up to two may be recruited each."""
    study, rng = tiny.random_study(seed, SPOKEN), np.random.default_rng(seed)
    bands, places = [one.id for one in study.bands], [one.uid for one in study.communes]
    candidates = tuple(
        s.Candidate(
            f"c{i}",
            str(rng.choice(places)),
            languages={str(one): "full" for one in rng.permutation(SPOKEN)[: 1 + int(rng.random() < 0.3)]},
            hours={one: float(rng.integers(1, 6)) for one in bands},
            kind=("helper", "certified")[int(rng.random() < 0.4)],
            most=int(rng.integers(1, 3)),
            speakers=300.0,
            cost=float(rng.integers(1, 5)) * 100,
            cost_hour=0.0,
        )
        for i in range(7)
    )
    meaning = ("worst_language", "sum")[seed % 2]
    return replace(
        study,
        candidates=candidates,
        limits=LIMITS[seed % 3],
        fairness=s.Fairness(meaning, 1.0, "", "2026-01-01"),
    )


def allowed(data):
    """Every choice of recruits within the limits."""
    limits = data.study.limits
    cost = np.array([reserved(data.study, pool) for pool in data.pools])
    for many in itertools.product(*(range(pool.most + 1) for pool in data.pools)):
        recruits = np.array(many, dtype=np.int64)
        if limits.number is not None and recruits.sum() > limits.number:
            continue
        if limits.budget is None or cost @ recruits <= limits.budget + 1e-9:
            yield recruits


@pytest.mark.parametrize("seed", [0, 1, 5, 7, 10, 14])
def test_no_plan_the_limits_allow_is_judged_better(seed):
    study = study_of(seed)
    data = staffing(study, tiny.travel(study))
    chosen = best(data)
    judge = Judge(data)

    least = min(judge(recruits).flows.value for recruits in allowed(data))
    assert chosen.after.flows.value == pytest.approx(least, rel=1e-4)


def test_the_first_ones_are_worth_what_is_predicted_of_them():
    """A row nobody serves: its worth is that of its first ones, and a plan of just these agrees."""
    seen = 0
    for seed in range(6):
        study = study_of(seed)
        data = staffing(study, tiny.travel(study))
        judge = Judge(data)
        there = np.array([pool.n for pool in data.pools], dtype=np.int64)
        first = first_ones(data, judge.queues)
        most = np.array([pool.most for pool in data.pools], dtype=np.int64)
        assert (first <= np.minimum(most, 1)).all()
        for one in judge.queues:
            assert one.people(first + there) > 0 or one.people(most + there) <= 0
        if not first.any():
            continue
        after = judge(first)
        empty = [i for i, one in enumerate(judge.queues) if one.people(there) <= 0 < one.people(first)]
        assert after.worth[empty] == pytest.approx(alone(data, judge.queues)[empty])
        nobody = judge(np.zeros(len(data.pools), dtype=np.int64))
        assert nobody.worth[empty] == pytest.approx(after.worth[empty])
        seen += len(empty)
    assert seen > 10


def test_few_plans_are_judged_in_a_large_study():
    study = study_of(0)
    data = staffing(study, tiny.travel(study))
    assert looks_at(data) == 60
    assert looks_at(replace(data, classes=data.classes * 3_000)) < 60
    assert looks_at(replace(data, classes=data.classes * 100_000)) == 4
