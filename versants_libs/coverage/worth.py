"""What people are worth in a queue: the share of their time left for it, so that it serves what is predicted.

Constants of the model of one plan (``docs/mesh-model.md``): read off the prediction of that plan, and, where the plan has
nobody, off the prediction of a crew in which every queue that somebody could serve has somebody (:func:`alone`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .crew import crew_with
from .erlang import carried
from .prediction import predict
from .queues import STEP, Queue
from .staffing import Staffing

__all__ = ["agreeing", "alone", "first_ones"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_LEAST, _MOST = 1e-3, 3.0  # what somebody is worth, within reason


def agreeing(
    data: Staffing, queues: Sequence[Queue], many: Ints, served: Floats, site: Floats, alone: Floats
) -> Floats:
    """What people are worth in each queue so that with ``many`` of each pool it serves what was predicted.

    ``served``, ``site`` float64 (classes,): predicted shares, by any way and on site. Queues of several languages are only
    loosened, never tightened: what is shared between languages is the plan's to choose. Where nobody is there: ``alone``
    (queues,).
    """
    found = _read_off(data, queues, many, served, site)
    return np.where(np.isnan(found), alone, found)


def alone(data: Staffing, queues: Sequence[Queue]) -> Floats:
    """What the first ones are worth in each queue nobody there serves; 1 where nobody ever could. float64 (queues,)."""
    there = np.array([pool.n for pool in data.pools], dtype=np.int64)
    first = first_ones(data, queues)
    if not first.any():
        return np.ones(len(queues))
    found = predict(crew_with(data, first))
    worth = _read_off(data, queues, there + first, found["served"], found["site"])
    return np.where(np.isnan(worth), 1.0, worth)


def first_ones(data: Staffing, queues: Sequence[Queue]) -> Ints:
    """One recruit, int64 (pools,), for each queue nobody is there for: of the pool that counts most in such queues.

    Pools are taken one by one until every queue has somebody that somebody could serve, whatever the limits are.
    """
    there = np.array([pool.n for pool in data.pools], dtype=np.int64)
    most = np.array([pool.most for pool in data.pools], dtype=np.int64)
    empty = [one for one in queues if one.people(there) <= 0 and one.people(most) > 0]
    chosen = np.zeros(len(data.pools), dtype=np.int64)
    while empty:
        counted = np.zeros(len(data.pools))
        for one in empty:
            counted[one.pools] += one.load * np.minimum(one.counts, 1.0)
        k = int(np.argmax(np.where((most > 0) & (chosen == 0), counted, -1.0)))
        chosen[k] = 1
        empty = [one for one in empty if one.people(chosen) <= 0]
    return chosen


def _read_off(data: Staffing, queues: Sequence[Queue], many: Ints, served: Floats, site: Floats) -> Floats:
    """NaN where nobody is there."""
    hold = (data.minutes + 2 * data.least) / 60
    hours = data.requests * (site * hold + (served - site) * data.minutes / 60)
    found = np.full(len(queues), np.nan)
    for i, one in enumerate(queues):
        there = one.people(many)
        if there <= 0:
            continue
        if one.part == "all":
            goal = float(hours[one.classes].sum())
        else:
            goal = float((data.requests * (site if one.part == "site" else served))[one.classes].sum())
        worth = _needed(one, goal / one.scale, there) * one.presence / there
        found[i] = np.clip(max(worth, 1.0) if one.part == "all" else worth, _LEAST, _MOST)
    return found


def _needed(one: Queue, goal: float, there: float) -> float:
    """How many people carry so much (broken number)."""
    most = int(np.ceil(_MOST * there / one.presence)) + 1
    values = carried(one.load, most, one.presence)
    short = np.flatnonzero(np.diff(values) < STEP * one.load)
    values = values[: int(short[0]) + 1] if len(short) else values
    return float(np.interp(goal, values, np.arange(len(values))))
