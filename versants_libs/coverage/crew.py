"""People one by one, and in which order a request is offered to them: what the simulation and the prediction share."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .staffing import Staffing, staffing
from .study import Study
from .travel import Travel

__all__ = ["DAYS", "Crew", "crew_of", "crew_with", "multiplier_norm", "tries_of"]

Floats = NDArray[np.float64]

DAYS = 364  # of the year that is simulated: 52 weeks, the first day a Monday


@dataclass(frozen=True, eq=False, slots=True)
class Crew:
    """``names`` of people; ``key`` 32 bits from each name; ``share`` (people, bands): how much of a band they are there,
    weeks of absence not taken off; ``cap`` hours a year (inf: none).

    ``visits``: for each on-site class, people in the order they are asked, helpers first for simple talks, then by
    minutes: (person, minutes). ``calls``: for each bucket the helpers asked first (for simple talks) and the others.
    """

    data: Staffing
    names: tuple[str, ...]
    key: tuple[int, ...]
    share: Floats
    cap: Floats
    visits: tuple[tuple[tuple[int, float], ...], ...]
    calls: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


def crew_of(study: Study, travel: Travel, result: Mapping[str, Any]) -> Crew:
    """The people of a study and those a result recruits."""
    data = staffing(study, travel, points=result["points"])
    chosen = {f"candidate:{one['candidate']}": int(one["n"]) for one in result["recruits"]}
    return crew_with(data, np.array([chosen.get(pool.by, 0) for pool in data.pools], dtype=np.int64))


def crew_with(data: Staffing, recruits: NDArray[np.int64]) -> Crew:
    """The people there and so many ``recruits`` (pools,)."""
    study = data.study
    bands = [band.id for band in study.bands]
    length = {band.id: band.hours_week for band in study.bands}
    here = 1.0 - study.behaviour.absence
    cap = study.rules.helper_hours_year
    names: list[str] = []
    whose: list[list[int]] = []
    share: list[list[float]] = []
    caps: list[float] = []
    helper: list[bool] = []
    for pool, more in zip(data.pools, recruits.tolist(), strict=True):
        people = []
        for i in range(pool.n + more):
            people.append(len(names))
            names.append(f"{pool.by}#{i}")
            share.append([pool.hours.get(one, 0.0) / here / length[one] if here else 0.0 for one in bands])
            helper.append(pool.kind == "helper")
            caps.append(cap if cap is not None and pool.kind == "helper" else np.inf)
        whose.append(people)
    visits: list[list[tuple[bool, float, int]]] = [[] for _ in data.classes]
    for d, k, far in zip(data.arc_class.tolist(), data.arc_pool.tolist(), data.arc_far.tolist(), strict=True):
        simple = data.classes[d][4] == "simple"
        visits[d] += [(simple and not helper[person], far, person) for person in whose[k]]
    calls: list[tuple[list[int], list[int]]] = [([], []) for _ in data.buckets]
    for g, k in zip(data.line_bucket.tolist(), data.line_pool.tolist(), strict=True):
        simple = data.buckets[g][2] == "simple"
        for person in whose[k]:
            calls[g][0 if simple and helper[person] else 1].append(person)
    return Crew(
        data=data,
        names=tuple(names),
        key=tuple(zlib.crc32(name.encode()) for name in names),
        share=np.array(share, dtype=np.float64).reshape(len(names), len(bands)),
        cap=np.array(caps, dtype=np.float64),
        visits=tuple(tuple((person, far) for _, far, person in sorted(line)) for line in visits),
        calls=tuple((tuple(first), tuple(rest)) for first, rest in calls),
    )


def multiplier_norm(study: Study) -> tuple[float, float]:
    """(share of days in a burst, what a burst makes of the mean): a year's mean stays what the study says."""
    how = study.behaviour
    inside = 1.0 - float(np.exp(-how.bursts * how.burst_days / DAYS))
    return inside, 1.0 + (how.burst_factor - 1.0) * inside


def tries_of(study: Study) -> int:
    """How often a call by phone that finds nobody is made again: within the time it may wait."""
    how, longest = study.behaviour, study.standard.phone_answer_minutes
    if not how.retries or how.retry_minutes > longest:
        return 0
    return min(how.retries, int(longest / how.retry_minutes + 1e-9)) if how.retry_minutes else how.retries
