"""The language model of ``docs/mesh-model.md`` as rows and columns, and its best plan with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .erlang import carried
from .errors import InstanceError
from .linear import INFEASIBLE, Linear, Solved
from .staffing import Staffing, may, year_hours

__all__ = ["Chosen", "Flows", "best", "reach_sets"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEP = 1e-4  # steps of the carried load smaller than this share of it are left out
_ROUNDS = 8  # greedy repairs of a rounded plan
Stop = Callable[[], bool]


@dataclass(frozen=True, eq=False, slots=True)
class Flows:
    """Requests a year: ``visits`` (arcs,), ``calls`` (classes,) by phone or video, ``lines`` hours (line arcs,)."""

    value: float
    visits: Floats
    calls: Floats
    lines: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """``recruits`` int64 (pools,), what is served before and with them, ``bound`` and whether it was proved best."""

    recruits: Ints
    before: Flows
    after: Flows
    bound: float
    optimal: bool


@dataclass(frozen=True, slots=True)
class ReachSet:
    """Requests of these ``buckets`` can be served by the ``pools`` only: together they are one queue at best."""

    band: str
    buckets: tuple[int, ...]
    pools: tuple[int, ...]


def reach_sets(data: Staffing) -> list[ReachSet]:
    """Sets of buckets whose loss is bounded by Erlang's formula, each once.

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
    able: dict[int, set[int]] = {}
    for g, k in zip(data.line_bucket.tolist(), data.line_pool.tolist(), strict=True):
        able.setdefault(g, set()).add(k)
    by_key = {key: g for g, key in enumerate(data.buckets)}
    found: dict[tuple[int, ...], ReachSet] = {}
    for band in sorted({key[1] for key in data.buckets}):
        for group in sorted(groups):
            for talks in (("any",), ("any", "simple")):
                for zone in zones:
                    keys = [(one, band, talk, country) for one in group for talk in talks for country in zone]
                    inside = tuple(sorted(by_key[key] for key in keys if key in by_key))
                    if inside and inside not in found:
                        pools = sorted(set().union(*(able.get(g, set()) for g in inside)))
                        found[inside] = ReachSet(band, inside, tuple(pools))
    return list(found.values())


def best(
    data: Staffing,
    *,
    seconds: float = 600.0,
    gap: float = 0.0,
    stop: Stop | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Chosen:
    """The plan of the smallest objective, or the best found in ``seconds`` of processor, with a bound.

    The relaxation gives a bound; its rounding, repaired, a start; branch and bound the rest, until ``gap``.
    Raises InstanceError where HiGHS finds the model unsound, which no study should.
    """
    began = time.process_time()

    def over() -> bool:
        return time.process_time() - began >= seconds or (stop is not None and stop())

    say = progress or (lambda text, share: None)
    none = np.zeros(len(data.pools), dtype=np.int64)
    say("before", 0.05)
    before = _flows(data, none)
    most = np.array([pool.most for pool in data.pools])
    number, budget = data.study.limits.number, data.study.limits.budget
    if not most.any() or number == 0 or (budget is not None and not _affordable(data, none).any()):
        return Chosen(none, before, before, before.value, True)
    say("bound", 0.2)
    relaxed = _Model(data).solve(over)
    start, after, bound = none, before, 0.0
    if relaxed.status == "optimal":
        bound = max(0.0, relaxed.value)
        wished = relaxed.values[: len(most)]
        start = _rounded(data, wished)
        after = _flows(data, start)
        if before.value <= after.value:
            start, after = none, before
    say("search", 0.4)
    optimal = _near(after.value, bound, gap)
    if not optimal and not over():
        model = _Model(data, whole=True)
        found = model.solve(over, gap=gap, start=model.point(start, after))
        bound = max(bound, min(found.bound, after.value))
        if len(found.values):
            chosen = np.round(found.values[: len(most)]).astype(np.int64)
            flows = _flows(data, chosen)
            if flows.value < after.value:
                start, after = chosen, flows
        optimal = found.status == "optimal"
    bound = min(bound, after.value)
    return Chosen(start, before, after, bound, (optimal and gap == 0) or _near(after.value, bound, 1e-6))


def _near(value: float, bound: float, gap: float) -> bool:
    return value - bound <= max(gap * abs(value), 1e-9)


def _affordable(data: Staffing, chosen: Ints) -> NDArray[np.bool_]:
    """Of which pools one more fits."""
    limits = data.study.limits
    cost = np.array([pool.cost for pool in data.pools])
    room = chosen < np.array([pool.most for pool in data.pools])
    if limits.number is not None and chosen.sum() >= limits.number:
        return np.zeros(len(cost), dtype=bool)
    if limits.budget is not None:
        room &= cost <= limits.budget - float(cost @ chosen) + 1e-9
    return room


def _rounded(data: Staffing, wished: Floats) -> Ints:
    """Whole recruits near what the relaxation wishes: rounded down, then the largest rests that still fit."""
    chosen = np.floor(wished + 1e-6).astype(np.int64)
    rest = wished - chosen
    while True:
        fits = _affordable(data, chosen) & (rest > 1e-6)
        if not fits.any():
            return chosen
        k = int(np.argmax(np.where(fits, rest, -1.0)))
        chosen[k] += 1
        rest[k] = 0.0


def _flows(data: Staffing, recruits: Ints) -> Flows:
    """The best service with these recruits."""
    model = _Model(data, recruits=recruits)
    solved = model.solve(None)
    if solved.status != "optimal":
        raise InstanceError(f"HiGHS ends with {solved.status!r} on a model that always has an answer")
    return model.flows(solved)


class _Model:
    """Columns: recruits (pools), z, visits (arcs), calls (classes), lines (line arcs). Hours and requests a year."""

    def __init__(self, data: Staffing, recruits: Ints | None = None, whole: bool = False) -> None:
        self.data = data
        study = data.study
        limit = study.rules.fallback_weight
        n = len(data.classes)
        self.linear = linear = Linear()
        most = np.array([pool.most for pool in data.pools], dtype=np.float64)
        fixed = None if recruits is None else recruits.astype(np.float64)
        low, high = (np.zeros(len(most)), most) if fixed is None else (fixed, fixed)
        self.recruits = linear.columns(np.zeros(len(most)), low, high, whole=whole and fixed is None)
        total = float(data.requests.sum())
        fair = study.fairness.weight * total if study.fairness.meaning != "sum" else 0.0
        self.worst = linear.columns(np.array([fair]), 0.0, 1.0)
        w = data.weight
        self.visits = linear.columns(
            2 * study.alpha * data.arc_far - w[data.arc_class], 0.0, data.requests[data.arc_class]
        )
        lost = np.where(data.site, 1.0 if limit is None else limit, 0.0)
        top = np.where(data.site & (limit is None), 0.0, data.requests)
        self.calls = linear.columns(w * (lost - 1.0), 0.0, top)
        self.lines = linear.columns(np.zeros(len(data.line_pool)), 0.0, np.inf)
        linear.offset = float((w * data.requests).sum())
        arcs = np.arange(len(data.arc_class))
        every = np.arange(n)
        linear.rows(  # no class is served more than it asks
            np.full(n, -np.inf),
            data.requests,
            np.concatenate([data.arc_class, every]),
            np.concatenate([self.visits, self.calls]),
            np.ones(len(arcs) + n),
        )
        linear.rows(  # what is served without a way is worked by somebody
            np.zeros(len(data.buckets)),
            np.zeros(len(data.buckets)),
            np.concatenate([data.bucket, data.line_bucket]),
            np.concatenate([self.calls, self.lines]),
            np.concatenate([data.minutes / 60, -np.ones(len(data.line_pool))]),
        )
        self._hours()
        self._queues()
        self._limits()
        if fair:
            self._fairness()

    def _hours(self) -> None:
        """Nobody works more than their hours; helpers not more than the law allows."""
        data, study = self.data, self.data.study
        row_of: dict[tuple[int, str], int] = {}
        entries: list[tuple[int, int, float]] = []
        cap = study.rules.helper_hours_year
        n_bands = {band.id: b for b, band in enumerate(study.bands)}
        band_of = np.array([n_bands[key[3]] for key in data.classes], dtype=np.int64)
        line_band = np.array([n_bands[key[1]] for key in data.buckets], dtype=np.int64)
        high: list[float] = []
        for k, pool in enumerate(data.pools):
            for band, hours in pool.hours.items():
                row_of[k, band] = len(high)
                entries.append((len(high), int(self.recruits[k]), -hours * 52.0))
                high.append(pool.n * hours * 52.0)
        look = np.full((len(data.pools), len(study.bands)), -1, dtype=np.int64)
        for (k, band), r in row_of.items():
            look[k, n_bands[band]] = r
        busy = (data.minutes[data.arc_class] + 2 * data.arc_far) / 60
        rows = [
            look[data.arc_pool, band_of[data.arc_class]],
            look[data.line_pool, line_band[data.line_bucket]],
        ]
        columns = [self.visits, self.lines]
        values = [busy, np.ones(len(data.line_pool))]
        if cap is not None:
            helper = np.full(len(data.pools), -1, dtype=np.int64)
            for k, pool in enumerate(data.pools):
                if pool.kind == "helper":
                    helper[k] = len(high)
                    entries.append((len(high), int(self.recruits[k]), -cap))
                    high.append(pool.n * cap)
            for pools, column, value in (
                (data.arc_pool, self.visits, busy),
                (data.line_pool, self.lines, np.ones(len(data.line_pool))),
            ):
                theirs = helper[pools] >= 0
                rows.append(helper[pools][theirs])
                columns.append(column[theirs])
                values.append(value[theirs])
        rows.append(np.array([one[0] for one in entries], dtype=np.int64))
        columns.append(np.array([one[1] for one in entries], dtype=np.int64))
        values.append(np.array([one[2] for one in entries], dtype=np.float64))
        self.linear.rows(
            np.full(len(high), -np.inf),
            np.array(high, dtype=np.float64),
            np.concatenate(rows),
            np.concatenate(columns),
            np.concatenate(values),
        )

    def _queues(self) -> None:
        """Busy lines: the hours a set of buckets is served are no more than one queue of all its people carries."""
        data, study = self.data, self.data.study
        n = len(data.buckets)
        load = self.linear.columns(np.zeros(n), 0.0, np.inf)  # hours, each way counted as the nearest's
        self.loads = load
        hold = (data.minutes + 2 * data.least) / 60
        self.linear.rows(
            np.zeros(n),
            np.zeros(n),
            np.concatenate([data.bucket[data.arc_class], data.line_bucket, np.arange(n)]),
            np.concatenate([self.visits, self.lines, load]),
            np.concatenate([hold[data.arc_class], np.ones(len(data.line_pool)), -np.ones(n)]),
        )
        offered = np.bincount(data.bucket, weights=hold * data.requests, minlength=n)
        hours = {band.id: band.hours_week for band in study.bands}
        high: list[float] = []
        row: list[int] = []
        column: list[int] = []
        value: list[float] = []
        for one in reach_sets(data):
            year = year_hours(study, one.band)
            there = {k: data.pools[k].hours[one.band] / hours[one.band] for k in one.pools}
            there = {k: share * study.behaviour.answer_yes for k, share in there.items()}
            now = sum(share * data.pools[k].n for k, share in there.items())
            ever = now + sum(share * data.pools[k].most for k, share in there.items())
            erlangs = float(offered[list(one.buckets)].sum()) / year
            for i, base, step in pieces(erlangs, now, ever):
                r = len(high)
                high.append(year * (base + step * (now - i)))
                for g in one.buckets:
                    row.append(r)
                    column.append(int(load[g]))
                    value.append(1.0)
                for k, share in there.items():
                    if data.pools[k].most and step:
                        row.append(r)
                        column.append(int(self.recruits[k]))
                        value.append(-year * step * share)
        self.linear.rows(
            np.full(len(high), -np.inf),
            np.array(high),
            np.array(row, dtype=np.int64),
            np.array(column, dtype=np.int64),
            np.array(value),
        )

    def _limits(self) -> None:
        limits = self.data.study.limits
        for top, each in (
            (limits.number, np.ones(len(self.recruits))),
            (limits.budget, np.array([pool.cost for pool in self.data.pools], dtype=np.float64)),
        ):
            if top is not None:
                zero = np.zeros(len(self.recruits), dtype=np.int64)
                self.linear.rows(np.array([-np.inf]), np.array([float(top)]), zero, self.recruits, each)

    def _fairness(self) -> None:
        """z is at least every group's share without service (by phone instead of on site: in part)."""
        data, study = self.data, self.data.study
        at = 1 if study.fairness.meaning == "worst_language" else 6
        names = sorted({key[at] for key in data.classes})
        number = {name: i for i, name in enumerate(names)}
        group = np.array([number[key[at]] for key in data.classes], dtype=np.int64)
        total = np.bincount(group, weights=data.requests, minlength=len(names))
        lost = np.where(data.site, study.rules.fallback_weight or 0.0, 0.0)
        self.linear.rows(  # sum of served / total + z >= 1
            np.ones(len(names)),
            np.full(len(names), np.inf),
            np.concatenate([group[data.arc_class], group, np.arange(len(names))]),
            np.concatenate([self.visits, self.calls, np.repeat(self.worst, len(names))]),
            np.concatenate(
                [1 / total[group[data.arc_class]], (1 - lost) / total[group], np.ones(len(names))]
            ),
        )

    def solve(self, stop: Stop | None, gap: float = 0.0, start: Floats | None = None) -> Solved:
        """HiGHS' answer."""
        solved = self.linear.solve(stop, gap=gap, start=start)
        if solved.status == INFEASIBLE:
            raise InstanceError("HiGHS finds no plan at all, though recruiting nobody is one")
        return solved

    def flows(self, solved: Solved) -> Flows:
        """What is served."""
        values = solved.values
        return Flows(
            solved.value,
            np.maximum(values[self.visits], 0.0),
            np.maximum(values[self.calls], 0.0),
            np.maximum(values[self.lines], 0.0),
        )

    def point(self, recruits: Ints, flows: Flows) -> Floats:
        """A start: recruits only matter; HiGHS completes the rest itself."""
        data = self.data
        values = np.zeros(self.linear.n_columns)
        values[self.recruits] = recruits
        values[self.visits], values[self.calls], values[self.lines] = flows.visits, flows.calls, flows.lines
        hold = (data.minutes + 2 * data.least) / 60
        n = len(data.buckets)
        values[self.loads] = np.bincount(
            data.bucket[data.arc_class], weights=hold[data.arc_class] * flows.visits, minlength=n
        ) + np.bincount(data.line_bucket, weights=flows.lines, minlength=n)
        values[self.worst] = 1.0
        return values


def pieces(erlangs: float, now: float, ever: float) -> list[tuple[int, float, float]]:
    """(i, carried by i, one more's step) for whole numbers i from the people there ``now`` to all there can be ``ever``.

    The first step below STEP of the load is nothing, and so are all after it: there the curve ends flat.
    """
    last = int(np.ceil(ever))
    values = carried(erlangs, last + 1)
    short = np.flatnonzero(np.diff(values) < STEP * erlangs)
    end = int(short[0]) if len(short) else last + 1
    first = min(int(now), end)
    found = [(i, float(values[i]), float(values[i + 1] - values[i])) for i in range(first, min(last, end))]
    return (
        [*found, (end, float(values[end]), 0.0)]
        if end <= last
        else found or [(first, float(values[first]), 0.0)]
    )
