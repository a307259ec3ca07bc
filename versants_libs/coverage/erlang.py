"""Erlang's loss formula, for whole numbers of people who are there all the time or a part of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["carried"]


def carried(load: float, most: int, presence: float = 1.0) -> NDArray[np.float64]:
    """float64 (most + 1,): the load (erlangs) that 0, 1, ... people carry of the ``load`` that is offered.

    a (1 - B(c, a)) with B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)) (Erlang 1917). It rises with falling steps
    (concave), so the straight pieces between whole numbers are never above the tangents. Where each is there for the
    share ``presence`` of the time only, whoever else is: the mean over how many are (binomial), concave as well.
    """
    values = np.zeros(most + 1)
    lost = 1.0
    for c in range(1, most + 1):
        lost = load * lost / (c + load * lost)
        values[c] = load * (1.0 - lost)
    if presence >= 1.0:
        return values
    mean = np.zeros(most + 1)
    there = np.zeros(most + 1)  # how likely so many are there, of n
    there[0] = 1.0
    for n in range(1, most + 1):
        there[1 : n + 1] = there[1 : n + 1] * (1 - presence) + there[:n] * presence
        there[0] *= 1 - presence
        mean[n] = float(there[: n + 1] @ values[: n + 1])
    return mean
