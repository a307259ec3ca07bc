"""Erlang's loss formula, for whole and broken numbers of people."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["carried"]


def carried(load: float, most: int) -> NDArray[np.float64]:
    """float64 (most + 1,): the load (erlangs) that 0, 1, ... people carry of the ``load`` that is offered.

    a (1 - B(c, a)) with B(0) = 1, B(c) = a B(c-1) / (c + a B(c-1)) (Erlang 1917). It rises with falling steps
    (concave), so the straight pieces between whole numbers are never above the tangents.
    """
    values = np.zeros(most + 1)
    lost = 1.0
    for c in range(1, most + 1):
        lost = load * lost / (c + load * lost)
        values[c] = load * (1.0 - lost)
    return values
