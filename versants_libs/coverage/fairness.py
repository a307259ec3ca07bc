"""What "equitable" adds to the sum: the share not served of the groups, languages or versants, that are served worst.

It is the mean of the worst third of them, each counting once: the conditional mean of Ogryczak and Sliwinski (2003, EJOR
148, 80-91), which is the worst group alone where there are three or fewer. The worst alone would say nothing where some
group stays without anybody whatever is recruited. A group that nobody there and no candidate could serve is left out: no
choice changes it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .staffing import Staffing

__all__ = ["groups", "worst", "worst_many"]

Ints = NDArray[np.int64]

PART = 3  # one of so many groups counts


def groups(data: Staffing) -> tuple[Ints, list[str]]:
    """The group of each class, int64 (classes,), -1 where it is left out, and the groups' names; none for the sum."""
    at = {"worst_language": 1, "worst_versant": 6}.get(data.study.fairness.meaning)
    if at is None:
        return np.full(len(data.classes), -1), []
    somebody = np.zeros(len(data.buckets), dtype=bool)
    somebody[data.line_bucket] = True
    can = somebody[data.bucket] & (~data.site | (data.study.rules.fallback_weight is not None))
    can[data.arc_class] = True
    names = sorted({data.classes[d][at] for d in np.flatnonzero(can).tolist()})
    number = {name: i for i, name in enumerate(names)}
    return np.array([number.get(key[at], -1) for key in data.classes], dtype=np.int64), names


def worst_many(many: int) -> int:
    """How many of so many groups count."""
    return -(-many // PART)


def worst(shares: Iterable[float]) -> float:
    """Mean of the largest third of the groups' shares; 0 where there are none."""
    line = sorted(shares, reverse=True)
    k = worst_many(len(line))
    return sum(line[:k]) / k if k else 0.0
