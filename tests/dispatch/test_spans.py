"""Sets of starts against sets of numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from versants_libs.dispatch.spans import dilate, intersect, union

INTERVALS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=6)


def numbers(intervals):
    return {n for low, high in intervals for n in range(low, high + 1)}


@given(INTERVALS, INTERVALS)
def test_what_is_in_both_is_what_both_hold(one, two):
    a, b = union(one), union(two)
    both = intersect(a, b)
    assert numbers(both) == numbers(a) & numbers(b)
    assert all(low <= high for low, high in both)
    assert both == sorted(both)


@given(INTERVALS, st.integers(0, 5), st.integers(0, 5))
def test_a_span_of_lags_is_every_start_with_another_within_reach(one, least, more):
    starts = union(one)
    reach = dilate(starts, least, least + more)
    there = numbers(starts)
    expected = {t for t in range(-20, 50) if any(t + lag in there for lag in range(least, least + more + 1))}
    assert numbers(reach) == expected
