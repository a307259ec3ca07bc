"""The part of a result that only a prediction can say, worked out again by the planner's own code.

A recomputation and no second opinion: :mod:`.staffing_check` shares nothing with the planner, this module shares all. It
finds a figure that was changed, not a mistake of the prediction (simulated years find that).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .account import Flow, State, gained, paid, recruits_json
from .crew import crew_with
from .digest import CLASS_FIELDS
from .prediction import predict
from .staffing import Staffing, staffing
from .staffing_check import check
from .staffing_model import Flows
from .staffing_search import Agreed, Chosen, Judge
from .study import Study
from .travel import Travel

__all__ = ["Verdict", "again", "verify"]

CLOSE = 1e-6
#: What somebody is worth is read off a curve that may be nearly flat: a rounding of what is carried shows this much.
WORTH_CLOSE = 1e-4

ONCE = "predicted, worth, hours and costs"
EACH = "unserved_less, minutes_less, gains and loses of each recruit"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``wrong``: what does not hold. ``again``: recomputed by the planner's own code. ``open``: not recomputed."""

    wrong: tuple[str, ...]
    again: tuple[str, ...]
    open: tuple[str, ...]


def verify(study: Study, result: Mapping[str, Any], travel: Travel, *, whole: bool = False) -> Verdict:
    """All that can be said of a result. ``whole``: a year is predicted for each recruit too.

    Raises PathError where ``result`` has another form than ``docs/schema/mesh-result.json``; TravelError.
    """
    wrong = check(study, result, travel)
    if wrong:  # what follows reads the flows
        return Verdict(tuple(wrong), (), ("bound", "seconds", ONCE, EACH))
    wrong = again(study, result, travel, whole=whole)
    left = () if whole or not result["recruits"] else (EACH,)
    return Verdict(tuple(wrong), (ONCE, EACH) if whole else (ONCE,), ("bound", "seconds", *left))


def again(study: Study, result: Mapping[str, Any], travel: Travel, *, whole: bool = False) -> list[str]:
    """Differences of what is predicted of a result that :func:`~.staffing_check.check` has passed."""
    data = staffing(study, travel, points=result["points"])
    many = {f"candidate:{one['candidate']}": int(one["n"]) for one in result["recruits"]}
    recruits = np.array([many.get(pool.by, 0) for pool in data.pools], dtype=np.int64)
    judge = Judge(data)
    wrong: list[str] = []
    states = []
    for name, chosen in (("before", recruits * 0), ("after", recruits)):
        found = predict(crew_with(data, chosen))
        worth = judge.worth(chosen, found)
        wrong += _predicted(data, name, result[name]["predicted"], found)
        cost = float(paid(data, chosen, found["worked"]).sum())
        held = (1 - study.behaviour.cancelled) * float(data.requests @ found["served"])
        wrong += _number(f"{name}: cost_year", result[name]["cost_year"], cost)
        each = cost / held if held else 0.0
        wrong += _number(f"{name}: cost_per_assignment", result[name]["cost_per_assignment"], each)
        stated = {(one["part"], frozenset(one["asked"])): one["worth"] for one in result[name]["worth"]}
        for queue, value in zip(judge.queues, worth.tolist(), strict=True):
            asked = frozenset("/".join(data.buckets[g]) for g in queue.buckets)
            said = stated.pop((queue.part, asked), 1.0)
            if abs(said - value) > WORTH_CLOSE * max(1.0, value):
                what = f"worth of {queue.part} of {', '.join(sorted(asked))}"
                wrong.append(f"{name}: {what}: {said:.9g} said, {value:.9g} agrees with the prediction")
        wrong += [
            f"{name}: worth of {part} of {', '.join(sorted(asked))}: there is no such queue"
            for part, asked in stated
        ]
        empty = Flows(0.0, np.zeros(0), np.zeros(0), np.zeros(0))
        states.append(Agreed(empty, worth, found))
    chosen_ = Chosen(recruits, judge, states[0], states[1], 0.0, False)
    before, after = (_state(data, result[name]) for name in ("before", "after"))
    own = {one["candidate"]: one for one in recruits_json(data, chosen_, after)}
    more = gained(data, chosen_, before, after) if whole else {}
    for i, one in enumerate(result["recruits"]):
        where = f"$.recruits[{i}]"
        for field in ("hours", "cost"):
            wrong += _number(f"{where}.{field}", one[field], own[one["candidate"]][field])
        for field, value in more.get(one["candidate"], {}).items():
            if isinstance(value, list):
                wrong += _lines(f"{where}.{field}", one[field], value)
            else:
                wrong += _number(f"{where}.{field}", one[field], value)
    return wrong


def _number(what: str, said: float | None, found: float | None) -> list[str]:
    if said is None or found is None:
        return [] if said is found else [f"{what}: {said} said, {found} predicted again"]
    if abs(said - found) <= CLOSE * max(1.0, abs(found)):
        return []
    return [f"{what}: {said:.9g} said, {found:.9g} predicted again"]


def _predicted(data: Staffing, name: str, said: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    fill = found["fill"]
    total = float(data.requests.sum())
    held = sum(float(data.requests[d]) * fill[key[1]] for d, key in enumerate(data.classes))
    wrong = _number(f"{name}: predicted.share", said["share"], held / total if total else 1.0)
    for field in ("wait_phone", "wait_site"):
        wrong += _number(f"{name}: predicted.{field}", said[field], found[field])
    for language in sorted(said["languages"].keys() | fill.keys()):
        what = f"{name}: predicted.languages.{language}"
        wrong += _number(what, said["languages"].get(language), fill.get(language))
    shares = {tuple(one[field] for field in CLASS_FIELDS): one for one in said["classes"]}
    for key, held, site in zip(data.classes, found["served"], found["site"], strict=True):
        one = shares.get(key, {"held": 0.0, "site": 0.0})
        what = f"{name}: predicted of {'/'.join(key)}"
        wrong += _number(f"{what}, held", one["held"], min(float(held), 1.0))
        wrong += _number(f"{what}, site", one["site"], min(float(site), float(held), 1.0))
    return wrong


def _lines(what: str, said: Sequence[Mapping[str, Any]], found: Iterable[Mapping[str, Any]]) -> list[str]:
    """Communes and languages, whatever their order."""
    one, other = ({(row["commune"], row["language"]): row for row in rows} for rows in (said, found))
    wrong = [f"{what}: a commune and language is named twice"] if len(one) != len(said) else []
    for key in sorted(one.keys() | other.keys()):
        a, b = one.get(key, {}), other.get(key, {})
        for field in ("requests", "minutes"):
            if field in a or field in b:
                wrong += _number(f"{what}, {'/'.join(key)}, {field}", a.get(field), b.get(field))
    return wrong


def _state(data: Staffing, said: Mapping[str, Any]) -> State:
    """A state of the result as the account has it."""
    names = ("point", "language", "mode", "band", "talk", "country", "versant")
    number = {key: d for d, key in enumerate(data.classes)}
    pool = {one.by: k for k, one in enumerate(data.pools)}
    far = {
        (d, k): minutes
        for d, k, minutes in zip(
            data.arc_class.tolist(), data.arc_pool.tolist(), data.arc_far.tolist(), strict=True
        )
    }
    own, fallback, away = (np.zeros(len(data.classes)) for _ in range(3))
    flows = []
    for row in said["flows"]:
        d, k = number[tuple(row[name] for name in names)], pool[row["by"]]
        way = far[d, k] if data.site[d] and row["how"] == "own" else 0.0
        flows.append(Flow(d, k, row["how"], row["requests"], way))
        (own if row["how"] == "own" else fallback)[d] += row["requests"]
        away[d] += 2 * way * row["requests"]
    return State(tuple(flows), own, fallback, away, {})
