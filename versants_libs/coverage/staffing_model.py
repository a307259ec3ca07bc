"""The language model of ``docs/mesh-model.md`` as rows and columns, and its best plan with a bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crew import crew_with
from .errors import InstanceError
from .fairness import groups, worst_many
from .linear import INFEASIBLE, Linear, Solved
from .prediction import predict
from .queues import Queue, agreeing, pieces, queues_of
from .staffing import Staffing, reserved

__all__ = ["Agreed", "Chosen", "Flows", "best", "judged"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 4  # plans predicted, each from the prediction of the one before
Stop = Callable[[], bool]


@dataclass(frozen=True, eq=False, slots=True)
class Flows:
    """Requests a year: ``visits`` (arcs,), ``calls`` (classes,) by phone or video, ``lines`` hours (line arcs,)."""

    value: float
    visits: Floats
    calls: Floats
    lines: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Agreed:
    """What is served, in the model in which people are ``worth`` (queues,) what agrees with ``predicted``."""

    flows: Flows
    worth: Floats
    predicted: Mapping[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """``recruits`` int64 (pools,), what is served before and with them, ``bound`` and whether it was proved best."""

    recruits: Ints
    queues: tuple[Queue, ...]
    before: Agreed
    after: Agreed
    bound: float
    optimal: bool


def best(
    data: Staffing,
    *,
    seconds: float = 600.0,
    gap: float = 0.0,
    exact: float = 0.0,
    rounds: int = ROUNDS,
    known: Chosen | None = None,
    stop: Stop | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Chosen:
    """The plan of the smallest objective found in ``seconds`` of processor, with the bound of its own model.

    What people are worth (:func:`~.queues.agreeing`) is first that of recruiting nobody, or of ``known``, an answer that
    the limits allow too; each of the ``rounds`` solves the model, predicts what its plan holds and begins again from there,
    until the same plan comes back. A proof as near as ``gap`` is enough, but only after ``exact`` seconds of a round: what
    can be proved in so little time is, and is then the same whatever gap was asked for. The best of the plans, each by
    the model that agrees with its own prediction, is answered. Without ``rounds`` everybody is worth one. Raises
    InstanceError where HiGHS finds the model unsound, which no study should.
    """
    began = time.process_time()

    def over() -> bool:
        return time.process_time() - began >= seconds or (stop is not None and stop())

    say = progress or (lambda text, share: None)
    queues = queues_of(data) if known is None else known.queues
    none = np.zeros(len(data.pools), dtype=np.int64)
    say("before", 0.05)
    before = _agreed(data, queues, none, rounds > 0) if known is None else known.before
    most = np.array([pool.most for pool in data.pools])
    number, budget = data.study.limits.number, data.study.limits.budget
    if not most.any() or number == 0 or (budget is not None and not affordable(data, none).any()):
        return Chosen(none, queues, before, before, before.flows.value, True)
    seen: dict[bytes, Agreed] = {none.tobytes(): before}
    now = none
    if known is not None:
        now = known.recruits
        seen[now.tobytes()] = known.after
    bounds: dict[bytes, float] = {}
    for i in range(max(1, rounds)):
        if i and over():
            break
        say("bound" if not i else "search", 0.1 + 0.85 * i / max(1, rounds))
        until = time.process_time() + (seconds - (time.process_time() - began)) / (max(1, rounds) - i)

        def late(until: float = until) -> bool:
            return over() or time.process_time() >= until

        chosen, bound = _searched(data, queues, seen[now.tobytes()], now, gap, exact, late)
        bounds[now.tobytes()] = bound
        if chosen.tobytes() in seen:
            break
        now = chosen
        seen[now.tobytes()] = _agreed(data, queues, now, rounds > 0)
        if not rounds:
            bounds[now.tobytes()] = bound
    key = min(seen, key=lambda one: seen[one].flows.value)
    recruits, after = np.frombuffer(key, dtype=np.int64), seen[key]
    if key not in bounds:
        say("proof", 0.95)
        bounds[key] = _searched(data, queues, after, recruits, gap, exact, over)[1]
    value = after.flows.value
    bound = min(bounds[key], value)
    return Chosen(recruits, queues, before, after, bound, _near(value, bound, 1e-6))


def judged(data: Staffing, recruits: Ints) -> Agreed:
    """What these recruits (pools,) serve, in the model that agrees with what is predicted of them."""
    return _agreed(data, queues_of(data), recruits, True)


def _agreed(data: Staffing, queues: Sequence[Queue], recruits: Ints, predicting: bool) -> Agreed:
    """The service of these recruits in the model that agrees with what is predicted of them."""
    found = predict(crew_with(data, recruits))
    worth = np.ones(len(queues))
    if predicting:
        many = recruits + np.array([pool.n for pool in data.pools])
        worth = agreeing(data, queues, many, found["served"], found["site"])
    return Agreed(_flows(data, queues, worth, recruits), worth, found)


def _searched(
    data: Staffing, queues: Sequence[Queue], where: Agreed, first: Ints, gap: float, exact: float, over: Stop
) -> tuple[Ints, float]:
    """The best recruits found where people are worth so much, and the bound.

    The relaxation gives a bound; its rounding, or ``first``, a start; branch and bound the rest, to the end within
    ``exact`` seconds, then until ``gap``.
    """
    until = time.process_time() + exact

    def soon() -> bool:
        return over() or time.process_time() >= until

    start, after = first, where.flows
    if over():
        return start, 0.0
    relaxed = _Model(data, queues, where.worth).solve(over)
    if relaxed.status != "optimal":
        return start, 0.0
    bound = max(0.0, relaxed.value)
    rounded = _rounded(data, relaxed.values[: len(data.pools)])
    flows = _flows(data, queues, where.worth, rounded)
    if flows.value < after.value:
        start, after = rounded, flows
    for near, end in (*(((0.0, soon),) if exact > 0 and gap > 0 else ()), (gap, over)):
        if _near(after.value, bound, near) or over():
            break
        model = _Model(data, queues, where.worth, whole=True)
        found = model.solve(end, gap=near, start=model.point(start, after))
        bound = max(bound, min(found.bound, after.value))
        if len(found.values):
            chosen = np.round(found.values[: len(data.pools)]).astype(np.int64)
            flows = _flows(data, queues, where.worth, chosen)
            if flows.value < after.value:
                start, after = chosen, flows
    return start, min(bound, after.value)


def _near(value: float, bound: float, gap: float) -> bool:
    return value - bound <= max(gap * abs(value), 1e-9)


def affordable(data: Staffing, chosen: Ints) -> NDArray[np.bool_]:
    """Of which pools one more fits."""
    limits = data.study.limits
    cost = np.array([reserved(data.study, pool) for pool in data.pools])
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
        fits = affordable(data, chosen) & (rest > 1e-6)
        if not fits.any():
            return chosen
        k = int(np.argmax(np.where(fits, rest, -1.0)))
        chosen[k] += 1
        rest[k] = 0.0


def _flows(data: Staffing, queues: Sequence[Queue], worth: Floats, recruits: Ints) -> Flows:
    """The best service with these recruits."""
    model = _Model(data, queues, worth, recruits=recruits)
    solved = model.solve(None)
    if solved.status != "optimal":
        raise InstanceError(f"HiGHS ends with {solved.status!r} on a model that always has an answer")
    return model.flows(solved)


class _Model:
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
