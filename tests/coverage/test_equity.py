"""Measures against examples worked by hand and against their definitions."""

import math

import numpy as np
import pytest

from versants_libs.coverage import (
    InstanceError,
    equity,
    gini,
    k_sum,
    lorenz,
    ordered_mean,
    quantile,
    theil,
    worst_share_mean,
)

FAR = np.array([4.0, 1.0, 3.0, 2.0])
ONE = np.ones(4)


def test_by_hand():
    # 1, 2, 3, 4: mean 2.5; differences of all 16 ordered pairs sum to 20, so Gini = 20 / 16 / 2 / 2.5.
    assert gini(FAR, ONE) == pytest.approx(0.25)
    assert worst_share_mean(FAR, ONE, 0.25) == 4
    assert worst_share_mean(FAR, ONE, 0.5) == 3.5
    # The worst three eighths: one whole client at 4 and half of one at 3.
    assert worst_share_mean(FAR, ONE, 0.375) == pytest.approx((4 + 1.5) / 1.5)
    assert worst_share_mean(FAR, ONE, 1.0) == 2.5
    assert quantile(FAR, ONE, 0.5) == 2
    assert quantile(FAR, ONE, 0.51) == 3
    assert quantile(FAR, ONE, 1.0) == 4
    assert k_sum(FAR, 2) == 7
    assert ordered_mean(FAR, [0, 0, 0, 1]) == 4
    assert ordered_mean(FAR, ONE) == 2.5
    expected = sum(x / 2.5 * math.log(x / 2.5) for x in (1, 2, 3, 4)) / 4
    assert theil(FAR, ONE) == pytest.approx(expected)
    people, borne = lorenz(FAR, ONE)
    assert people.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert borne == pytest.approx([0, 0.1, 0.3, 0.6, 1])


@pytest.mark.parametrize("seed", range(30))
def test_against_the_definitions(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 12))
    far, weight = np.round(rng.random(n) * 10, seed % 3), rng.integers(0, 4, n).astype(float)
    weight[0] += 1
    if not (far * weight).sum():
        far[0] = 1
    each = np.repeat(far, weight.astype(int))  # one line a person
    mean = each.mean()
    assert gini(far, weight) == pytest.approx(np.abs(each[:, None] - each[None]).mean() / 2 / mean, abs=1e-12)
    groups = [str(i % 3) for i in range(n)]
    found = equity(far, weight, groups)
    assert found.theil == pytest.approx(found.theil_between + found.theil_within, abs=1e-12)
    assert found.mean == pytest.approx(mean)
    assert found.largest == each.max()
    assert found.median <= found.p90 <= found.largest
    assert found.mean - 1e-12 <= found.worst_mean <= found.largest + 1e-12
    # The worst share's mean is the least over thresholds of t + mean(excess over t) / share (Rockafellar, Uryasev 2000).
    share = 0.3
    least = min(t + np.maximum(each - t, 0).mean() / share for t in each)
    assert worst_share_mean(far, weight, share) == pytest.approx(least)


def test_what_is_the_same_for_all_is_not_unequal():
    same = equity(np.full(4, 7.0), ONE, list("aabb"))
    assert (same.gini, same.theil, same.theil_between, same.theil_within) == pytest.approx((0, 0, 0, 0))
    nothing = equity(np.zeros(4), ONE, list("aabb"))
    assert (nothing.gini, nothing.theil, nothing.worst_mean) == (0, 0, 0)


def test_the_unit_changes_no_index_and_order_nothing():
    weight = np.array([1.0, 5.0, 2.0, 3.0])
    a = equity(FAR, weight, list("abab"))
    b = equity(FAR[::-1] * 60, weight[::-1] * 1000, list("baba"))
    assert (a.gini, a.theil, a.theil_between) == pytest.approx((b.gini, b.theil, b.theil_between))
    assert a.worst_mean * 60 == pytest.approx(b.worst_mean)


def test_moving_distance_from_the_worst_to_the_best_lowers_every_index():
    before, after = equity([1.0, 5.0, 9.0], np.ones(3)), equity([2.0, 5.0, 8.0], np.ones(3))
    assert after.gini < before.gini
    assert after.theil < before.theil
    assert after.worst_mean < before.worst_mean


@pytest.mark.parametrize(
    "call",
    [
        lambda: gini([1.0], [0.0]),
        lambda: gini([-1.0], [1.0]),
        lambda: theil([1.0, 2.0], [1.0]),
        lambda: worst_share_mean([1.0], [1.0], 0),
        lambda: k_sum(FAR, 5),
        lambda: ordered_mean(FAR, [1.0]),
        lambda: equity(FAR, ONE, ["a"]),
    ],
)
def test_what_has_no_answer_is_refused(call):
    with pytest.raises(InstanceError):
        call()
