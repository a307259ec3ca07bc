"""The language model of ``docs/mesh-model.md`` as rows and columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import InstanceError
from .fairness import groups, worst_many
from .linear import INFEASIBLE, Linear, Solved
from .queues import Queue, pieces
from .staffing import Staffing, reserved

__all__ = ["Flows", "Model", "Stop", "served"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Stop = Callable[[], bool]


@dataclass(frozen=True, eq=False, slots=True)
class Flows:
    """Requests a year: ``visits`` (arcs,), ``calls`` (classes,) by phone or video, ``lines`` hours (line arcs,)."""

    value: float
    visits: Floats
    calls: Floats
    lines: Floats


def served(data: Staffing, queues: Sequence[Queue], worth: Floats, recruits: Ints) -> Flows:
    """The best service with these recruits."""
    model = Model(data, queues, worth, recruits=recruits)
    solved = model.solve(None)
    if solved.status != "optimal":
        raise InstanceError(f"HiGHS ends with {solved.status!r} on a model that always has an answer")
    return model.flows(solved)


class Model:
    """Columns: recruits (pools), z, what groups have beyond z, visits (arcs), calls (classes), lines (line arcs).

    Hours and requests a year.
    """

    def __init__(
        self,
        data: Staffing,
        queues: Sequence[Queue],
        worth: Floats,
        recruits: Ints | None = None,
        whole: bool = False,
    ) -> None:
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
        self.group, names = groups(data)
        fair = study.fairness.weight * total if names else 0.0
        self.worst = linear.columns(np.array([fair]), 0.0, 1.0)
        self.beyond = linear.columns(np.full(len(names), fair / max(1, worst_many(len(names)))), 0.0, 1.0)
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
        self._queues(queues, worth)
        self._limits()
        if fair:
            self._fairness(len(names))

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

    def _queues(self, queues: Sequence[Queue], worth: Floats) -> None:
        """Busy lines: a reach set is served no more than one queue of all its people carries."""
        data = self.data
        n = len(data.buckets)
        hold = (data.minutes + 2 * data.least) / 60
        site = np.flatnonzero(data.site)
        calls = np.flatnonzero(~data.site)
        ones = np.ones
        every = [  # hours with each way counted as the nearest's; visits; calls; calls instead of visits
            (
                (data.bucket[data.arc_class], self.visits, hold[data.arc_class]),
                (data.line_bucket, self.lines, ones(len(data.line_pool))),
            ),
            ((data.bucket[data.arc_class], self.visits, ones(len(data.arc_class))),),
            ((data.bucket[calls], self.calls[calls], ones(len(calls))),),
            ((data.bucket[site], self.calls[site], ones(len(site))),),
        ]
        self.sums = [self.linear.columns(np.zeros(n), 0.0, np.inf) for _ in every]
        for total, terms in zip(self.sums, every, strict=True):
            self.linear.rows(
                np.zeros(n),
                np.zeros(n),
                np.concatenate([*(term[0] for term in terms), np.arange(n)]),
                np.concatenate([*(term[1] for term in terms), total]),
                np.concatenate([*(term[2] for term in terms), -ones(n)]),
            )
        which = {"all": (0,), "site": (1,), "calls": (2,), "either": (1, 3)}
        there = np.array([pool.n for pool in data.pools], dtype=np.int64)
        most = np.array([pool.most for pool in data.pools], dtype=np.int64)
        high: list[float] = []
        row: list[int] = []
        column: list[int] = []
        value: list[float] = []
        for one, each in zip(queues, worth.tolist(), strict=True):
            rate = each / one.presence
            now, more = rate * one.people(there), rate * one.people(most)
            mine = [int(self.sums[i][g]) for i in which[one.part] for g in one.buckets]
            new = [
                (int(self.recruits[k]), float(count) * rate)
                for k, count in zip(one.pools.tolist(), one.counts, strict=True)
                if most[k] and count
            ]
            for i, base, step in pieces(one.load, one.presence, now, now + more):
                r = len(high)
                high.append(one.scale * (base + step * (now - i)))
                row += [r] * len(mine)
                column += mine
                value += [1.0] * len(mine)
                if step:
                    row += [r] * len(new)
                    column += [k for k, _ in new]
                    value += [-one.scale * step * count for _, count in new]
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
            (
                limits.budget,
                np.array([reserved(self.data.study, pool) for pool in self.data.pools], dtype=np.float64),
            ),
        ):
            if top is not None:
                zero = np.zeros(len(self.recruits), dtype=np.int64)
                self.linear.rows(np.array([-np.inf]), np.array([float(top)]), zero, self.recruits, each)

    def _fairness(self, many: int) -> None:
        """Each group's share without service (by phone instead of on site: in part) is at most z and what it has beyond."""
        data, group = self.data, self.group
        inside = group >= 0
        total = np.bincount(group[inside], weights=data.requests[inside], minlength=many)
        lost = np.where(data.site, data.study.rules.fallback_weight or 0.0, 0.0)
        arcs = np.flatnonzero(inside[data.arc_class])
        mine = group[data.arc_class[arcs]]
        every = np.arange(many)
        self.linear.rows(  # sum of served / total + z + beyond >= 1
            np.ones(many),
            np.full(many, np.inf),
            np.concatenate([mine, group[inside], every, every]),
            np.concatenate([self.visits[arcs], self.calls[inside], np.repeat(self.worst, many), self.beyond]),
            np.concatenate([1 / total[mine], ((1 - lost[inside]) / total[group[inside]]), np.ones(2 * many)]),
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

        def summed(where: Ints, what: Floats) -> Floats:
            return np.asarray(np.bincount(where, weights=what, minlength=n), dtype=np.float64)

        at = data.bucket[data.arc_class]
        called = np.where(data.site, 0.0, flows.calls), np.where(data.site, flows.calls, 0.0)
        values[self.sums[0]] = summed(at, hold[data.arc_class] * flows.visits)
        values[self.sums[0]] += summed(data.line_bucket, flows.lines)
        values[self.sums[1]] = summed(at, flows.visits)
        values[self.sums[2]], values[self.sums[3]] = (summed(data.bucket, one) for one in called)
        values[self.worst] = 1.0
        return values
