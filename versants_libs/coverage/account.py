"""What a plan is worth, said in people's terms: served by language and versant, minutes, equity, who gains, who loses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .crew import crew_with
from .digest import CLASS_FIELDS, LEAST_LOST, less
from .equity import equity
from .fairness import groups, worst
from .prediction import predict
from .staffing import Staffing, may
from .staffing_model import Flows
from .staffing_search import Chosen

__all__ = ["State", "gained", "not_recruitable", "paid", "recruits_json", "state_of"]

Floats = NDArray[np.float64]

LEAST = 1e-6  # requests a year: less is rounding
LISTED = 25  # communes named for one recruit


@dataclass(frozen=True, slots=True)
class Flow:
    """``requests`` a year of class ``d`` that pool ``k`` serves, ``how`` own mode or phone; ``far`` minutes one way."""

    d: int
    k: int
    how: str
    requests: float
    far: float


@dataclass(frozen=True, eq=False, slots=True)
class State:
    """One plan's service. ``own``, ``fallback``, ``away`` (minutes both ways) float64 (classes,): a year."""

    flows: tuple[Flow, ...]
    own: Floats
    fallback: Floats
    away: Floats
    value: dict[str, Any]


def _flows(data: Staffing, flows: Flows) -> list[Flow]:
    """The model's flows by class and pool; calls are shared out among a bucket's people one after the other."""
    found = [
        Flow(int(d), int(k), "own", float(x), float(far))
        for d, k, x, far in zip(data.arc_class, data.arc_pool, flows.visits, data.arc_far, strict=True)
        if x > LEAST
    ]
    by_bucket: dict[int, list[tuple[int, float]]] = {}
    for g, k, hours in zip(
        data.line_bucket.tolist(), data.line_pool.tolist(), flows.lines.tolist(), strict=True
    ):
        if hours > 0:
            by_bucket.setdefault(g, []).append((k, hours))
    left = {g: list(reversed(line)) for g, line in by_bucket.items()}
    for d in np.flatnonzero(flows.calls > LEAST).tolist():
        line = left.get(int(data.bucket[d]), [])
        each = float(data.minutes[d]) / 60
        wanted = float(flows.calls[d]) * each
        while wanted > 1e-12 and line:
            k, hours = line.pop()
            taken = min(hours, wanted)
            wanted -= taken
            if hours - taken > 1e-12:
                line.append((k, hours - taken))
            if taken / each > LEAST:
                found.append(Flow(d, k, "phone" if data.site[d] else "own", taken / each, 0.0))
    return found


def paid(data: Staffing, recruits: NDArray[np.int64], worked: Floats) -> Floats:
    """Euros a year by pool, float64 (pools,): what recruits cost however little they work, and each hour ``worked``
    (people, as :func:`~.crew.crew_with` has them); a helper's hours within the cap of the law.
    """
    cap = data.study.rules.helper_hours_year
    found = np.array([int(many) * pool.cost for many, pool in zip(recruits, data.pools, strict=True)])
    at = 0
    for k, pool in enumerate(data.pools):
        there = pool.n + int(recruits[k])
        hours = worked[at : at + there]
        at += there
        if pool.kind == "helper" and cap is not None:
            hours = np.minimum(hours, cap)
        found[k] += pool.cost_hour * float(hours.sum())
    return found


def state_of(
    data: Staffing, flows: Flows, recruits: NDArray[np.int64], predicted: Mapping[str, Any]
) -> State:
    """Everything that is said of a plan, recomputed from its flows; the objective is of these flows.

    The cost is of the hours ``predicted`` to be worked: among people who may all take a call the flows are indifferent.
    """
    study = data.study
    found = _flows(data, flows)
    n = len(data.classes)
    own, fallback, away = np.zeros(n), np.zeros(n), np.zeros(n)
    cost = float(paid(data, recruits, predicted["worked"]).sum())
    for one in found:
        (own if one.how == "own" else fallback)[one.d] += one.requests
        away[one.d] += 2 * one.far * one.requests
    lost = np.maximum(data.requests - own - fallback, 0.0)
    limit = study.rules.fallback_weight or 0.0
    languages = _grouped(data, 1, own, fallback, lost)
    versants = _grouped(data, 6, own, fallback, lost)
    fair = 0.0
    total = float(data.requests.sum())
    group, names = groups(data)
    if names:
        asked, missed = (
            np.bincount(group[group >= 0], one[group >= 0])
            for one in (data.requests, lost + limit * fallback)
        )
        fair = study.fairness.weight * total * worst((missed / asked).tolist())
    terms = {
        "unserved": float((data.weight * lost).sum()),
        "fallback": float(limit * (data.weight * fallback).sum()),
        "travel": float(study.alpha * away.sum()),
        "fairness": fair,
    }
    visited = float(own[data.site].sum())
    # Hours are those of talks that take place, so the talks they are shared among are, too.
    held = (1 - study.behaviour.cancelled) * float(data.requests @ predicted["served"])
    value = {
        "objective": sum(terms.values()),
        "terms": terms,
        "languages": languages,
        "versants": versants,
        "minutes_mean": float(away.sum()) / 2 / visited if visited else 0.0,
        "cost_year": cost,
        "cost_per_assignment": cost / held if held else 0.0,
        "equity": _equity(data, own, fallback, away, lost),
        "flows": [_flow_json(data, one) for one in found],
    }
    return State(tuple(found), own, fallback, away, value)


def _flow_json(data: Staffing, one: Flow) -> dict[str, Any]:
    return {
        **dict(zip(CLASS_FIELDS, data.classes[one.d], strict=True)),
        "by": data.pools[one.k].by,
        "how": one.how,
        "requests": one.requests,
    }


def _grouped(
    data: Staffing, at: int, own: Floats, fallback: Floats, lost: Floats
) -> dict[str, dict[str, float]]:
    table: dict[str, list[float]] = {}
    for d, key in enumerate(data.classes):
        one = table.setdefault(key[at], [0.0, 0.0, 0.0, 0.0])
        for i, values in enumerate((data.requests, own, fallback, lost)):
            one[i] += float(values[d])
    names = ("requests", "own_mode", "fallback", "unserved")
    return {
        name: {**dict(zip(names, one, strict=True)), "share_unserved": one[3] / one[0]}
        for name, one in sorted(table.items())
    }


def _equity(data: Staffing, own: Floats, fallback: Floats, away: Floats, lost: Floats) -> dict[str, Any]:
    """By commune: on-site minutes one way (what is not served on site counts the standard's) and the share not served."""
    versant = {one.uid: one.versant for one in data.study.communes}
    sites: dict[str, list[float]] = {}
    every: dict[str, list[float]] = {}
    standard = data.study.standard.minutes_on_site
    for d, parts in enumerate(data.parts):
        r = float(data.requests[d])
        minutes = (float(away[d]) / 2 + standard * max(0.0, r - float(own[d]))) / r
        missing = float(lost[d]) / r
        for uid, many in parts.items():
            one = every.setdefault(uid, [0.0, 0.0])
            one[0] += many * missing
            one[1] += many
            if data.site[d]:
                one = sites.setdefault(uid, [0.0, 0.0])
                one[0] += many * minutes
                one[1] += many
    found: dict[str, Any] = {}
    for name, table in (("minutes", sites), ("without", every)):
        if table:
            uids = sorted(table)
            values = [max(0.0, table[uid][0] / table[uid][1]) for uid in uids]
            weights = [table[uid][1] for uid in uids]
            found[name] = equity(values, weights, [versant[uid] for uid in uids]).to_json()
    return found


def recruits_json(data: Staffing, chosen: Chosen, after: State) -> list[dict[str, Any]]:
    """Each recruitment, with the work it does."""
    work: dict[int, float] = {}
    for one in after.flows:
        work[one.k] = work.get(one.k, 0.0) + one.requests
    candidates = {f"candidate:{one.id}": one for one in data.study.candidates}
    there = np.array([pool.n for pool in data.pools], dtype=np.int64) + chosen.recruits
    first = np.cumsum(there) - there
    cost = paid(data, chosen.recruits, chosen.after.predicted["worked"])
    found = []
    for k in np.flatnonzero(chosen.recruits).tolist():
        candidate, n = candidates[data.pools[k].by], int(chosen.recruits[k])
        found.append(
            {
                "candidate": candidate.id,
                "commune": candidate.commune,
                "languages": dict(candidate.languages),
                "kind": candidate.kind,
                "n": n,
                # Others' hours are the price of talks, whoever takes them.
                "cost": float(cost[k]) if candidate.kind == "helper" else n * candidate.cost,
                "lead_months": candidate.lead_months,
                "requests": work.get(k, 0.0),
                "hours": float(chosen.after.predicted["worked"][first[k] : first[k] + n].sum()),
            }
        )
    return sorted(found, key=lambda one: str(one["candidate"]))


def gained(
    data: Staffing,
    chosen: Chosen,
    before: State,
    after: State,
    progress: Callable[[float], None] | None = None,
) -> dict[str, dict[str, Any]]:
    """By recruited candidate, what is predicted to be missed without it while all others stay, and who loses.

    Minutes are an account of the plan's flows: a class's change is shared among the recruits that serve it, as their
    requests are; where none does, among those who freed its people from other work. The year is predicted once for each
    recruit; ``progress`` is told the share done.
    """
    parts = _parts(data, chosen, before, after)
    saved_of = before.away - after.away
    recruits = np.flatnonzero(chosen.recruits).tolist()
    found: dict[str, dict[str, Any]] = {}
    for i, k in enumerate(recruits):
        if progress is not None:
            progress(i / len(recruits))
        pool = data.pools[k]
        gains: dict[tuple[str, str], list[float]] = {}
        without = chosen.recruits.copy()
        without[k] = 0
        served = chosen.after.predicted["served"] - predict(crew_with(data, without))["served"]
        more_of = data.requests * served
        minutes = 0.0
        mine = parts.get(k, {})
        for d in sorted({*mine, *np.flatnonzero(np.abs(more_of) > LEAST).tolist()}):
            more, saved = float(more_of[d]), float(saved_of[d]) * mine.get(d, 0.0)
            minutes += saved
            for uid, many in data.parts[d].items():
                gain = gains.setdefault((uid, data.classes[d][1]), [0.0, 0.0])
                gain[0] += more * many / float(data.requests[d])
                gain[1] += saved * many / float(data.requests[d])
        best = sorted(gains.items(), key=lambda item: (-item[1][0], item[0]))[:LISTED]
        found[pool.by.removeprefix("candidate:")] = {
            "unserved_less": float(more_of.sum()),
            "minutes_less": minutes,
            "gains": [
                {"commune": uid, "language": language, "requests": gain[0], "minutes": gain[1]}
                for (uid, language), gain in best
                if gain[0] > 0.01 or gain[1] > 1
            ],
            "loses": _losers(data, pool.languages, chosen),
        }
    return found


def _parts(data: Staffing, chosen: Chosen, before: State, after: State) -> dict[int, dict[int, float]]:
    """Recruit -> class -> its share of the class's change."""
    recruits = set(np.flatnonzero(chosen.recruits).tolist())
    shares: dict[int, dict[int, float]] = {}  # class -> recruit -> requests
    moved: dict[tuple[int, int], float] = {}  # (class, person) -> requests more than before
    for sign, flows in ((1.0, after.flows), (-1.0, before.flows)):
        for one in flows:
            if one.k in recruits:
                inside = shares.setdefault(one.d, {})
                inside[one.k] = inside.get(one.k, 0.0) + one.requests
            else:
                moved[one.d, one.k] = moved.get((one.d, one.k), 0.0) + sign * one.requests
    relief: dict[int, dict[int, float]] = {}  # person -> recruit -> requests taken over
    for (d, k), more in moved.items():
        whole = sum(shares.get(d, {}).values())
        if more < -LEAST and whole > 0:
            for j, many in shares[d].items():
                own = relief.setdefault(k, {})
                own[j] = own.get(j, 0.0) - more * many / whole
    freed: dict[int, dict[int, float]] = {}
    for (d, k), more in moved.items():
        if more > LEAST and d not in shares and k in relief:
            whole = sum(relief[k].values())
            for j, many in relief[k].items():
                own = freed.setdefault(d, {})
                own[j] = own.get(j, 0.0) + more * many / whole
    found: dict[int, dict[int, float]] = {}
    for d, inside in {**freed, **shares}.items():
        whole = sum(inside.values())
        for j, many in inside.items():
            found.setdefault(j, {})[d] = many / whole
    return found


def _losers(data: Staffing, languages: Iterable[str], chosen: Chosen) -> list[dict[str, Any]]:
    """Communes predicted to be served less in one of these languages than before, or by phone instead of on site."""
    before, after = chosen.before.predicted, chosen.after.predicted
    held, site = before["served"] - after["served"], before["site"] - after["site"]
    spoken = set(languages)
    falls: dict[tuple[str, str], list[float]] = {}
    for d, key in enumerate(data.classes):
        if key[1] in spoken:
            for uid, many in data.parts[d].items():
                fall = falls.setdefault((uid, key[1]), [0.0, 0.0])
                fall[0] += many * float(held[d])
                fall[1] += many * float(site[d])
    table = {at: less(gone, off, data.study.rules.fallback_weight) for at, (gone, off) in falls.items()}
    worst = sorted(
        ((many, at) for at, many in table.items() if many > LEAST_LOST), key=lambda one: (-one[0], one[1])
    )
    return [
        {"commune": uid, "language": language, "requests": many} for many, (uid, language) in worst[:LISTED]
    ]


def not_recruitable(data: Staffing, after: State) -> list[dict[str, Any]]:
    """Languages below the standard that no admissible candidate interprets, and what replaces people on the spot."""
    study = data.study
    offered = {
        language
        for pool in data.pools
        if pool.most
        for language in pool.languages
        if may(study, pool, language, "simple")
    }
    languages: Mapping[str, Mapping[str, float]] = after.value["languages"]
    found = []
    for language, one in languages.items():
        missing = (one["unserved"] + one["fallback"]) / one["requests"]
        if language in offered or missing <= 1 - study.standard.fill:
            continue
        ways = {"phone": 0.0, "video": 0.0, "neighbouring_side": 0.0}
        for flow in after.flows:
            key = data.classes[flow.d]
            if key[1] != language:
                continue
            if data.pools[flow.k].country != key[5]:
                ways["neighbouring_side"] += flow.requests
            elif flow.how == "phone" or key[2] != "on_site":
                ways["video" if key[2] == "video" else "phone"] += flow.requests
        way = max(ways, key=lambda name: ways[name])
        many = ways[way]
        found.append(
            {
                "language": language,
                "share_unserved": one["share_unserved"],
                "instead": way if many > LEAST else "nothing",
                "share_replaced": many / one["requests"],
            }
        )
    return found
