"""What share of its requests a loss system loses: birth and death of busy people among those who are there.

Each new request finds nobody with probability (1 - yes) to the power of the free. How many are there is averaged over. The
next call comes when some of the busy have ended their talk, some of those out on visits are back, and others have taken one
in the meantime, but among the same people: where nobody is there, calling again finds nobody again, and where all were busy
each further call finds little else. Calls that were independent of each other would promise far too much.

The loops are those of the compiled module, ``native/losses.hpp``; :func:`twin` says the same in arrays, some times slower,
the same to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_native: Any
try:
    from . import _native
except ImportError:  # no compiler when it was installed: the twin works
    _native = None

__all__ = ["NEVER", "available", "steady", "twin"]

Floats = NDArray[np.float64]

NEVER = 1e-9  # that so many are there at once: not looked at


def available() -> bool:
    """Whether the compiled module was built."""
    return _native is not None


def steady(
    there: Floats,
    usual: Floats,
    own: Floats,
    other: Floats,
    yes: float,
    again: Floats,
    back: Floats,
    tries: int,
) -> tuple[Floats, Floats, Floats]:
    """Of loads (loads, systems) the shares lost, lost but served at a later call, and these times the number of that call.

    ``there`` (systems, most + 1): how likely so many are there. ``usual`` (systems,): how many in the mean, above 0.
    ``own``, ``other`` (loads, systems): erlangs of the system's requests, and of work for others when as many as usual are
    there. ``yes``: that somebody free takes a request. ``again`` (systems,): minutes until the next call over those of a
    talk, 0 or more; ``back`` (systems, most + 1): how many more are there at the next call, where so many are; ``tries``:
    how many further calls.
    """
    if not available():
        return twin(there, usual, own, other, yes, again, back, tries)
    lost, later, calls = (np.zeros(own.shape) for _ in range(3))
    given = [np.ascontiguousarray(one, dtype=np.float64) for one in (there, usual, own, other, again, back)]
    _native.steady(*given[:4], yes, *given[4:], tries, lost, later, calls)
    return lost, later, calls


def twin(
    there: Floats,
    usual: Floats,
    own: Floats,
    other: Floats,
    yes: float,
    again: Floats,
    back: Floats,
    tries: int,
) -> tuple[Floats, Floats, Floats]:
    """What :func:`steady` says, in arrays."""
    lost, later, calls = (np.zeros(own.shape) for _ in range(3))
    most = there.shape[1] - 1
    for n in range(most + 1):
        at = np.flatnonzero(there[:, n] > NEVER)
        if not len(at):
            continue
        chance = there[at, n]
        load = (own[:, at] + other[:, at] * n / usual[at])[:, :, None]
        busy = np.arange(n + 1)
        refuse = (1 - yes) ** (n - busy)
        weight = np.ones((*load.shape[:2], n + 1))  # of so many busy, over that of nobody
        weight[:, :, 1:] = np.cumprod(load * ((1 - refuse[:-1]) / busy[1:]), axis=2)
        total = weight.sum(axis=2)
        refused = weight * refuse
        lost[:, at] += chance * refused.sum(axis=2) / total
        if not tries:
            continue
        step = np.minimum(again[at], 1.0)[:, None]
        come = back[at, n, None]
        for one in range(1, tries + 1):
            # Who is there stays there; of the busy, all talks being as long, more have ended the longer one has called.
            ended = step / np.maximum(1 - (one - 1) * step, step)
            free = np.clip(n - busy * (1 - ended) + come, 0.0, most)
            taken = load * step * _takes(free / 2, yes)
            takes = _takes(np.clip(free - taken, 0.0, most), yes)
            served = (refused * takes).sum(axis=2)
            later[:, at] += chance * served / total
            calls[:, at] += chance * served / total * one
            refused = refused * (1 - takes)
    return lost, later, calls


def _takes(free: Floats, yes: float) -> Floats:
    """That one of so many free says yes, straight between whole numbers."""
    whole = np.floor(free)
    none = (1 - yes) ** whole
    return np.asarray(1 - none + (free - whole) * yes * none)
