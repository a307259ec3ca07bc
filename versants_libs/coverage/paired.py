"""Two scenarios simulated with the same random numbers: what one holds more or less than the other, and how sure that is.

A busy year is busy in both, so that the difference within each year varies far less than either share does (common random
numbers; Law, Simulation Modeling and Analysis, 5th edition 2015, 11.2). The interval is of the differences, year by year.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InstanceError
from .simulation import Years

__all__ = ["Apart", "Totals", "apart", "student", "totals"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Totals:
    """Requests ``asked`` and ``held`` in each year simulated, both (years,)."""

    asked: Floats
    held: Floats

    def __post_init__(self) -> None:
        if self.asked.ndim != 1 or self.asked.shape != self.held.shape or not len(self.asked):
            raise InstanceError("as many years of requests asked and held, one at least")
        if not (
            np.all(np.isfinite(self.asked)) and np.all(self.held >= 0) and np.all(self.held <= self.asked)
        ):
            raise InstanceError("no year holds more than is asked, or less than nothing")

    @property
    def share(self) -> float | None:
        """Of all years together; None where nobody asks."""
        every = float(self.asked.sum())
        return float(self.held.sum()) / every if every else None

    def first(self, n: int) -> Totals:
        """The first ``n`` years."""
        return Totals(self.asked[:n], self.held[:n])

    def to_json(self) -> dict[str, list[float]]:
        """As plain lists."""
        return {"asked": self.asked.tolist(), "held": self.held.tolist()}

    @classmethod
    def of(cls, asked: ArrayLike, held: ArrayLike) -> Totals:
        """From lists."""
        return cls(np.asarray(asked, dtype=np.float64), np.asarray(held, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Apart:
    """``share`` held in the scenario, ``difference`` to the other one, both 0 to 1; ``ci95`` of the difference, None of a
    single year; over so many ``years``.
    """

    share: float
    difference: float
    ci95: tuple[float, float] | None
    years: int

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Apart:
        """What :meth:`to_json` wrote."""
        ends = kept["ci95"]
        interval = (float(ends[0]), float(ends[1])) if ends else None
        return cls(float(kept["share"]), float(kept["difference"]), interval, int(kept["years"]))

    def to_json(self) -> dict[str, Any]:
        """As plain JSON."""
        ends = list(self.ci95) if self.ci95 else None
        return {"share": self.share, "difference": self.difference, "ci95": ends, "years": self.years}


def totals(years: Years) -> Totals:
    """What simulated years ask for and hold, in whatever way, languages and places together."""
    held = (years.own + years.fallback).sum(axis=1)
    return Totals.of(years.requests.sum(axis=1), held)


def apart(scenario: Totals, other: Totals) -> Apart | None:
    """The scenario's share held minus the other's, with the 95 % interval of the paired ratio estimators (Student).

    Year ``i`` of both must come from the same seed and replication; of the longer one as many years are taken as the
    shorter one has. None where nobody asks for anything in one of them.
    """
    n = min(len(scenario.asked), len(other.asked))
    one, two = scenario.first(n), other.first(n)
    if one.share is None or two.share is None:
        return None
    difference = one.share - two.share
    if n < 2:
        return Apart(one.share, difference, None, n)
    off = _off(one, one.share) - _off(two, two.share)
    half = student(n - 1) * math.sqrt(float(off @ off) / (n - 1) / n)
    return Apart(one.share, difference, (difference - half, difference + half), n)


def _off(years: Totals, share: float) -> Floats:
    """How far each year is from the share of all: they sum to nothing."""
    return (years.held - share * years.asked) / float(years.asked.mean())


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's distribution: within 0.004 of the exact one.

    Exact for 1 and 2; else the expansion of Cornish and Fisher (Abramowitz and Stegun 26.7.5).
    """
    if freedom < 1:
        raise ValueError(f"{freedom} degrees of freedom, 1 or more expected")
    if freedom == 1:
        return math.tan(0.475 * math.pi)
    if freedom == 2:
        return 0.95 * math.sqrt(2 / (1 - 0.95**2))
    z, n = 1.959963984540054, float(freedom)
    terms: Sequence[float] = (
        z,
        (z**3 + z) / 4 / n,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96 / n**2,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384 / n**3,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160 / n**4,
    )
    return sum(terms)
