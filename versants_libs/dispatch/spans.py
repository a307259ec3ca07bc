"""Sets of whole numbers as sorted, disjoint, closed intervals ``(low, high)``: the possible starts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Starts", "dilate", "first_at", "intersect", "union"]

#: Sorted, disjoint, non-empty closed intervals.
Starts = Sequence[tuple[int, int]]


def union(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union of closed intervals; empty ones (low > high) are dropped, adjacent ones joined."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(i for i in intervals if i[0] <= i[1]):
        if merged and low <= merged[-1][1] + 1:
            if high > merged[-1][1]:
                merged[-1] = (merged[-1][0], high)
        else:
            merged.append((low, high))
    return merged


def intersect(one: Starts, two: Starts) -> list[tuple[int, int]]:
    """What is in both."""
    out: list[tuple[int, int]] = []
    if not one or not two:
        return out
    # Asked some thousand times for one answer: each interval is read once, and nothing is called.
    i = j = 0
    n, m = len(one), len(two)
    low, high = one[0]
    first, last = two[0]
    while True:
        a = low if low > first else first
        b = high if high < last else last
        if a <= b:
            out.append((a, b))
        if high < last:
            i += 1
            if i == n:
                return out
            low, high = one[i]
        else:
            j += 1
            if j == m:
                return out
            first, last = two[j]


def dilate(starts: Starts, least: int, most: int) -> list[tuple[int, int]]:
    """The t for which some start lies in ``[t + least, t + most]``."""
    if least == most:
        return [(low - least, high - least) for low, high in starts] if least else list(starts)
    return union((low - most, high - least) for low, high in starts)


def first_at(starts: Starts, at: int, step: int = 1) -> int | None:
    """The first element that is at least ``at`` and a multiple of ``step``; None if there is none."""
    for low, high in starts:
        first = -(-max(low, at) // step) * step
        if first <= high:
            return first
    return None
