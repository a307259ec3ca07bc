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
    i = j = 0
    while i < len(one) and j < len(two):
        low = max(one[i][0], two[j][0])
        high = min(one[i][1], two[j][1])
        if low <= high:
            out.append((low, high))
        if one[i][1] < two[j][1]:
            i += 1
        else:
            j += 1
    return out


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
