"""Loss systems: the compiled loops and their twin, and Erlang's formula where all say yes."""

from __future__ import annotations

import numpy as np
import pytest

from tests.coverage import tiny_studies as tiny
from versants_libs.coverage.crew import crew_with
from versants_libs.coverage.losses import available, steady, twin
from versants_libs.coverage.prediction import predict
from versants_libs.coverage.staffing import staffing
from versants_libs.coverage.study import WEEKS

native = pytest.mark.skipif(not available(), reason="the compiled module was not built")


def systems(seed, n=50, most=12):
    """Presence, loads and second calls of loss systems, some of them with nobody ever there."""
    rng = np.random.default_rng(seed)
    there = rng.random((n, most + 1)) * (rng.random((n, most + 1)) < 0.6)
    there[:, 0] += 0.01
    there[0] = np.eye(most + 1)[0]
    there /= there.sum(axis=1, keepdims=True)
    usual = np.maximum(there @ np.arange(most + 1), 1e-12)
    own, other = rng.random((3, n)) * 9, rng.random((3, n)) * 3
    back = rng.normal(0, 1, there.shape) * (rng.random(n) < 0.7)[:, None]
    return there, usual, own, other, rng.random(n) * 2, back


def erlang_b(load, many):
    """Erlang's loss formula (1917), by its recurrence."""
    lost = 1.0
    for one in range(1, many + 1):
        lost = load * lost / (one + load * lost)
    return lost


@native
@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("yes", [0.0, 0.3, 0.85, 1.0])
@pytest.mark.parametrize("tries", [0, 1, 4])
def test_the_compiled_module_and_its_twin_say_the_same(seed, yes, tries):
    there, usual, own, other, again, back = systems(seed)
    given = (there, usual, own, other, yes, again, back, tries)
    for one, two in zip(steady(*given), twin(*given), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("compute", [steady, twin])
def test_where_everybody_says_yes_the_share_lost_is_erlangs(compute):
    for many in range(1, 9):
        there = np.eye(many + 1)[many:]
        for load in (0.1, 1.0, 7.5):
            own = np.array([[load]])
            lost, later, calls = compute(
                there, np.array([float(many)]), own, own * 0, 1.0, np.ones(1), there * 0, 0
            )
            assert lost[0, 0] == pytest.approx(erlang_b(load, many), rel=1e-12)
            assert later[0, 0] == calls[0, 0] == 0


@pytest.mark.parametrize("compute", [steady, twin])
def test_shares_stay_shares_and_nobody_there_loses_all(compute):
    for seed in range(30):
        there, usual, own, other, again, back = systems(seed)
        lost, later, calls = compute(there, usual, own, other, 0.7, again, back, 3)
        assert ((lost >= 0) & (lost <= 1 + 1e-12)).all()
        assert ((later >= 0) & (later <= lost + 1e-12)).all()
        assert ((calls >= later - 1e-12) & (calls <= 3 * later + 1e-12)).all()
        assert lost[:, 0] == pytest.approx(1.0)
        _, later, _ = compute(there, usual, own, other, 0.7, again, back * 0, 3)
        assert later[:, 0] == pytest.approx(0.0)


@pytest.mark.parametrize("compute", [steady, twin])
def test_calling_again_finds_nobody_again_on_days_when_nobody_is_there(compute):
    """Half of the days one is there: what is lost on the others stays lost however often one calls."""
    there, one = np.array([[0.5, 0.5]]), np.array([[0.3]])
    lost, later, _ = compute(there, np.array([0.5]), one, one * 0, 1.0, np.ones(1), there * 0, 50)
    assert lost[0, 0] == pytest.approx(0.5 + 0.5 * erlang_b(0.3, 1))
    assert later[0, 0] == pytest.approx(0.5 * erlang_b(0.3, 1), rel=1e-6)


@pytest.mark.parametrize("compute", [steady, twin])
def test_calling_again_finds_who_is_back_from_a_visit(compute):
    """Half of the time nobody is there; in a quarter of these somebody is back at the next call, if nobody takes it."""
    there, own = np.array([[0.5, 0.5, 0.0]]), np.array([[1e-9]])
    back = np.array([[0.25, 0.0, 0.0]])
    lost, later, _ = compute(there, np.array([0.5]), own, own * 0, 1.0, np.zeros(1), back, 1)
    assert lost[0, 0] == pytest.approx(0.5)
    assert later[0, 0] == pytest.approx(0.5 * 0.25)


@pytest.mark.parametrize("compute", [steady, twin])
def test_somebody_busy_is_free_before_all_of_a_talk_has_gone_by(compute):
    """One who is always there, few calls: a talk has ended after one part of it as likely as after two, three or all."""
    there, own = np.array([[0.0, 1.0]]), np.array([[1e-9]])
    lost, later, calls = compute(there, np.ones(1), own, own * 0, 1.0, np.full(1, 0.25), there * 0, 4)
    assert later[0, 0] == pytest.approx(lost[0, 0])
    assert calls[0, 0] / later[0, 0] == pytest.approx((1 + 2 + 3 + 4) / 4)


@native
def test_tables_that_do_not_fit_are_refused():
    from versants_libs.coverage import _native

    there, usual, own, other, again, back = systems(1)
    good = [there, usual, own, other, 0.5, again, back, 1, own * 0, own * 0, own * 0]
    assert _native.steady(*good) is None
    short = {
        0: there[1:],
        1: usual[1:],
        2: own[:, 1:].copy(),
        3: other[1:],
        5: again[1:],
        6: back[:, 1:].copy(),
        8: own[1:],
        9: own[1:],
        10: own[1:],
    }
    for at, bad in short.items():
        with pytest.raises(ValueError, match="do not fit"):
            _native.steady(*good[:at], bad, *good[at + 1 :])
    with pytest.raises(ValueError, match="a share from 0 to 1"):
        _native.steady(*good[:4], 1.5, *good[5:])
    with pytest.raises(ValueError, match="0 or more"):
        _native.steady(*good[:7], -1, *good[8:])


def test_nobody_is_predicted_to_work_more_hours_than_there_are():
    """Talks that end after hours were counted whole: somebody of one hour a week worked nearly two."""
    for seed in range(40, 125):
        study = tiny.random_study(seed)
        data = staffing(study, tiny.travel(study))
        crew = crew_with(data, np.array([pool.most for pool in data.pools], dtype=np.int64))
        week = crew.share @ np.array([band.hours_week for band in study.bands])
        there = week * WEEKS * (1 - study.behaviour.absence)
        assert (predict(crew)["worked"] <= there * (1 + 1e-9)).all(), seed
