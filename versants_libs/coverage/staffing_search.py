"""The best plan of the language model, with a bound: what is found by solving it, then by exchanging recruits.

The model's constants hold for one plan (:mod:`.worth`), so a plan is judged by the model that agrees with its own
prediction, and the search goes from plan to plan: the model of one is solved to the end, the answer judged, and so on; then
one recruit after the other is exchanged, the exchanges that the model's prices promise most judged first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crew import crew_with
from .linear import Solved
from .prediction import predict
from .queues import Queue, queues_of
from .staffing import Staffing, reserved
from .staffing_model import Flows, Model, Stop, served
from .study import Limits
from .worth import agreeing, alone

__all__ = ["ROUNDS", "Agreed", "Chosen", "Judge", "best", "looks_at"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 4  # plans predicted, each from the prediction of the one before
_LOOKED_AT = 60_000  # classes judged by exchanges: so many plans, fewer in a large study
_MOST_LOOKS = 60
PATIENCE = 8  # plans judged one after the other of which none is better
_LEAST = 1e-9  # of the objective: smaller gains are rounding


@dataclass(frozen=True, eq=False, slots=True)
class Agreed:
    """What is served, in the model in which people are ``worth`` (queues,) what agrees with ``predicted``."""

    flows: Flows
    worth: Floats
    predicted: Mapping[str, Any]


class Judge:
    """Judges plans of one study, whatever its limits. ``queues``: the model's rows; ``alone`` (queues,): what the first
    ones are worth."""

    def __init__(self, data: Staffing, predicting: bool = True) -> None:
        every = Limits(number=sum(pool.most for pool in data.pools))
        self.data = replace(data, study=replace(data.study, limits=every))
        self.predicting = predicting
        self.queues: tuple[Queue, ...] = queues_of(data)
        self.alone = alone(data, self.queues) if predicting else np.ones(len(self.queues))
        self.there = np.array([pool.n for pool in data.pools], dtype=np.int64)

    def worth(self, recruits: Ints, predicted: Mapping[str, Any]) -> Floats:
        """What people are worth, float64 (queues,), with these ``recruits`` (pools,) of whom so much is ``predicted``."""
        if not self.predicting:
            return np.ones(len(self.queues))
        many, served_, site = recruits + self.there, predicted["served"], predicted["site"]
        return agreeing(self.data, self.queues, many, served_, site, self.alone)

    def __call__(self, recruits: Ints) -> Agreed:
        """What these recruits (pools,) serve, in the model that agrees with what is predicted of them."""
        found = predict(crew_with(self.data, recruits))
        worth = self.worth(recruits, found)
        return Agreed(served(self.data, self.queues, worth, recruits), worth, found)


@dataclass(frozen=True, eq=False, slots=True)
class Chosen:
    """``recruits`` int64 (pools,), what is served before and with them, ``bound`` and whether it was proved best."""

    recruits: Ints
    judge: Judge
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
    patience: int = PATIENCE,
    known: Chosen | None = None,
    stop: Stop | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Chosen:
    """The plan of the smallest objective found in ``seconds`` of processor, with the bound of its own model.

    What people are worth (:mod:`.worth`) is first that of recruiting nobody, or of ``known``, an answer that
    the limits allow too; each of the ``rounds`` solves the model, predicts what its plan holds and begins again from there,
    until the same plan comes back. A proof as near as ``gap`` is enough, but only after ``exact`` seconds of a round: what
    can be proved in so little time is, and is then the same whatever gap was asked for. The best of the plans, each by
    the model that agrees with its own prediction, is then bettered by exchanges, until ``patience`` of them were in vain,
    and answered. Without ``rounds`` everybody is worth one and nothing is exchanged. Raises InstanceError where HiGHS finds
    the model unsound, which no study should.
    """
    began = time.process_time()

    def over() -> bool:
        return time.process_time() - began >= seconds or (stop is not None and stop())

    say = progress or (lambda text, share: None)
    judge = Judge(data, rounds > 0) if known is None else known.judge
    none = np.zeros(len(data.pools), dtype=np.int64)
    say("before", 0.05)
    before = judge(none) if known is None else known.before
    most = np.array([pool.most for pool in data.pools])
    number, budget = data.study.limits.number, data.study.limits.budget
    if not most.any() or number == 0 or (budget is not None and not affordable(data, none).any()):
        return Chosen(none, judge, before, before, before.flows.value, True)
    seen: dict[bytes, Agreed] = {none.tobytes(): before}
    now = none
    if known is not None:
        now = known.recruits
        seen[now.tobytes()] = known.after
    bounds: dict[bytes, float] = {}
    for i in range(max(1, rounds)):
        if i and over():
            break
        say("bound" if not i else "search", 0.1 + 0.7 * i / max(1, rounds))
        until = time.process_time() + (seconds - (time.process_time() - began)) / (max(1, rounds) - i)

        def late(until: float = until) -> bool:
            return over() or time.process_time() >= until

        chosen, bound = _searched(data, judge, seen[now.tobytes()], now, gap, exact, late)
        bounds[now.tobytes()] = bound
        if chosen.tobytes() in seen:
            break
        now = chosen
        seen[now.tobytes()] = judge(now)
        if not rounds:
            bounds[now.tobytes()] = bound
    key = min(seen, key=lambda one: seen[one].flows.value)
    recruits, after = np.frombuffer(key, dtype=np.int64), seen[key]
    if rounds:
        say("search", 0.8)
        recruits, after = _exchanged(data, judge, recruits, after, set(seen), patience, over)
        key = recruits.tobytes()
    if key not in bounds:
        say("proof", 0.95)
        bounds[key] = _searched(data, judge, after, recruits, gap, exact, over)[1]
    value = after.flows.value
    bound = min(bounds[key], value)
    return Chosen(recruits, judge, before, after, bound, _near(value, bound, 1e-6))


def _searched(
    data: Staffing, judge: Judge, where: Agreed, first: Ints, gap: float, exact: float, over: Stop
) -> tuple[Ints, float]:
    """The best recruits found where people are worth so much, and the bound.

    The relaxation gives a bound; its rounding, or ``first``, a start; branch and bound the rest, to the end within
    ``exact`` seconds, then until ``gap``.
    """
    until = time.process_time() + exact
    queues = judge.queues

    def soon() -> bool:
        return over() or time.process_time() >= until

    start, after = first, where.flows
    if over():
        return start, 0.0
    relaxed = Model(data, queues, where.worth).solve(over)
    if relaxed.status != "optimal":
        return start, 0.0
    bound = max(0.0, relaxed.value)
    rounded = _rounded(data, relaxed.values[: len(data.pools)])
    flows = served(data, queues, where.worth, rounded)
    if flows.value < after.value:
        start, after = rounded, flows
    for near, end in (*(((0.0, soon),) if exact > 0 and gap > 0 else ()), (gap, over)):
        if _near(after.value, bound, near) or over():
            break
        model = Model(data, queues, where.worth, whole=True)
        found = model.solve(end, gap=near, start=model.point(start, after))
        bound = max(bound, min(found.bound, after.value))
        if len(found.values):
            chosen = np.round(found.values[: len(data.pools)]).astype(np.int64)
            flows = served(data, queues, where.worth, chosen)
            if flows.value < after.value:
                start, after = chosen, flows
    return start, min(bound, after.value)


def _near(value: float, bound: float, gap: float) -> bool:
    return value - bound <= max(gap * abs(value), 1e-9)


def looks_at(data: Staffing) -> int:
    """How many exchanges are judged at most: by the size of the study, so that the answer is the same on every machine."""
    return max(4, min(_MOST_LOOKS, _LOOKED_AT // max(1, len(data.classes))))


def _exchanged(
    data: Staffing,
    judge: Judge,
    recruits: Ints,
    after: Agreed,
    seen: set[bytes],
    patience: int,
    over: Stop,
) -> tuple[Ints, Agreed]:
    """From a plan to one that no exchange looked at betters: one recruit more, or one in another's place."""
    left = looks_at(data)
    better = True
    while better:
        better, vain = False, patience
        for moved in _exchanges(data, judge, recruits, after, min(left, vain), over):
            if moved.tobytes() in seen:
                continue
            if not left or not vain or over():
                break
            left, vain = left - 1, vain - 1
            seen.add(moved.tobytes())
            found = judge(moved)
            if found.flows.value < after.flows.value * (1 - _LEAST):
                recruits, after, better = moved, found, True
                break
    return recruits, after


def _exchanges(
    data: Staffing, judge: Judge, recruits: Ints, after: Agreed, most: int, over: Stop
) -> Iterator[Ints]:
    """Plans one exchange away, those first that would cost least by the prices of the model, which promise too much.

    Only ``most`` of the recruits are given up, those whose place costs least.
    """

    model = Model(data, judge.queues, after.worth, recruits=recruits)
    warm = model.linear.again(over)

    def solved(rest: Ints) -> Solved:
        return warm.solve(model.recruits, rest.astype(np.float64))

    here = solved(recruits)
    if here.status != "optimal":
        return
    found: list[tuple[float, int, int]] = []
    given_up = sorted(np.flatnonzero(recruits).tolist(), key=lambda k: (-here.reduced[k], k))
    for k in (-1, *given_up[:most]):
        rest = recruits.copy()
        if k >= 0:
            rest[k] -= 1
        may = affordable(data, rest)
        if not may.any():
            continue
        one = here if k < 0 else solved(rest)
        if one.status != "optimal":
            return
        found += [
            (one.value + float(one.reduced[j]), k, j)
            for j in np.flatnonzero(may).tolist()
            if j != k and one.value + one.reduced[j] < after.flows.value
        ]
    for _, k, j in sorted(found):
        moved = recruits.copy()
        moved[j] += 1
        if k >= 0:
            moved[k] -= 1
        yield moved


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
