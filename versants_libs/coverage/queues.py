"""Row 4 of ``docs/mesh-model.md``: what one queue of all who speak a language can serve.

A reach set is served by its people only, so it is one queue at best. What its people are worth: :mod:`.worth`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .erlang import carried
from .staffing import Staffing, may, year_hours

__all__ = ["PARTS", "STEP", "Queue", "pieces", "queues_of"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP = 1e-4  # steps of the carried load smaller than this share of it are left out
#: Of several languages: hours of all. Of one: on-site talks held on site, calls, on-site talks held at all.
PARTS = ("all", "site", "calls", "either")


@dataclass(frozen=True, eq=False, slots=True)
class Queue:
    """A part of a reach set. ``buckets`` of one band; ``pools`` and what one of each counts, before their worth.

    ``load`` erlangs offered; ``scale`` makes requests (hours, for "all") a year of erlangs carried; ``presence``: how much
    of one person is there, so that people are ``counts / presence``.
    """

    band: str
    part: str
    buckets: tuple[int, ...]
    classes: Ints
    pools: Ints
    counts: Floats
    load: float
    scale: float
    presence: float

    def people(self, many: Ints) -> float:
        """Sum of the counts of so many of each of all pools."""
        return float(self.counts @ many[self.pools])


def _sets(data: Staffing) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Band and buckets of each reach set, once.

    By band: each language, its talks that need somebody fully trained, and the languages of each profile together;
    over all countries, and by country where the border or somebody's sides divide them.
    """
    study = data.study
    countries = sorted({key[3] for key in data.buckets})
    divided = study.rules.border == "closed" or any(pool.sides for pool in data.pools)
    zones = [tuple(countries)] + ([(one,) for one in countries] if divided and len(countries) > 1 else [])
    asked = {key[0] for key in data.buckets}
    groups: set[tuple[str, ...]] = {(one,) for one in asked}
    for pool in data.pools:
        spoken = sorted(one for one in pool.languages if one in asked and may(study, pool, one, "simple"))
        if len(spoken) > 1:
            groups.add(tuple(spoken))
    by_key = {key: g for g, key in enumerate(data.buckets)}
    found: set[tuple[int, ...]] = set()
    for band in sorted({key[1] for key in data.buckets}):
        for group in sorted(groups):
            for talks in (("any",), ("any", "simple")):
                for zone in zones:
                    keys = [(one, band, talk, country) for one in group for talk in talks for country in zone]
                    inside = tuple(sorted(by_key[key] for key in keys if key in by_key))
                    if inside and inside not in found:
                        found.add(inside)
                        yield band, inside


def queues_of(data: Staffing) -> tuple[Queue, ...]:
    """Every row 4 of the model."""
    study = data.study
    length = {band.id: band.hours_week for band in study.bands}
    yes = study.behaviour.answer_yes
    able: dict[int, set[int]] = {}
    for g, k in zip(data.line_bucket.tolist(), data.line_pool.tolist(), strict=True):
        able.setdefault(g, set()).add(k)
    classes: list[list[int]] = [[] for _ in data.buckets]
    for d, g in enumerate(data.bucket.tolist()):
        classes[g].append(d)
    reach: list[dict[int, float]] = [{} for _ in data.buckets]  # requests on site each pool can go to
    for d, k in zip(data.arc_class.tolist(), data.arc_pool.tolist(), strict=True):
        one = reach[int(data.bucket[d])]
        one[k] = one.get(k, 0.0) + float(data.requests[d])
    hold = (data.minutes + 2 * data.least) / 60
    ever = np.array([pool.n + pool.most for pool in data.pools], dtype=np.float64)
    found: list[Queue] = []
    for band, inside in _sets(data):
        year = year_hours(study, band)
        every = np.array([d for g in inside for d in classes[g]], dtype=np.int64)
        site = every[data.site[every]]
        pools = sorted(set().union(*(able.get(g, set()) for g in inside)))
        single = len({data.buckets[g][0] for g in inside}) == 1
        parts = [("all", every)]
        if single:
            parts = [("site", site), ("calls", every[~data.site[every]])]
            parts += [("either", site)] if study.rules.fallback_weight is not None else []
        for part, mine in parts:
            load = float((hold[mine] * data.requests[mine]).sum()) / year
            if load <= 0:
                continue
            asked = float(data.requests[mine].sum())
            near = (
                {k: sum(reach[g].get(k, 0.0) for g in inside) / asked for k in pools}
                if part == "site"
                else {}
            )
            counts = np.array(
                [
                    data.pools[k].hours[band] / length[band] * yes * near.get(k, float(part != "site"))
                    for k in pools
                ]
            )
            whole = float(counts @ ever[pools]) if pools else 0.0
            square = float(counts**2 @ ever[pools]) if pools else 0.0
            found.append(
                Queue(
                    band,
                    part,
                    inside,
                    mine,
                    np.array(pools, dtype=np.int64),
                    counts,
                    load,
                    year if part == "all" else asked / load,
                    1.0 if part == "all" or not whole else square / whole,
                )
            )
    return tuple(found)


def pieces(load: float, presence: float, now: float, ever: float) -> list[tuple[int, float, float]]:
    """(i, carried by i, one more's step) for whole numbers i from the people there ``now`` to all there can be ``ever``.

    The first step below STEP of the load is nothing, and so are all after it: there the curve ends flat.
    """
    last = int(np.ceil(ever))
    values = carried(load, last + 1, presence)
    short = np.flatnonzero(np.diff(values) < STEP * load)
    end = int(short[0]) if len(short) else last + 1
    first = min(int(now), end)
    found = [(i, float(values[i]), float(values[i + 1] - values[i])) for i in range(first, min(last, end))]
    return (
        [*found, (end, float(values[end]), 0.0)]
        if end <= last
        else found or [(first, float(values[first]), 0.0)]
    )
