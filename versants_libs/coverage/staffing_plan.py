"""``plan``: from a study to its result, the value that ``R.json`` holds (``docs/schema/mesh-result.json``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from .account import gained, not_recruitable, recruits_json, state_of
from .digest import CLASS_FIELDS
from .queues import Queue
from .result_files import RESULT
from .staffing import POINTS, Staffing, passed_over, reserved, staffing
from .staffing_search import ROUNDS, Agreed, Chosen, best
from .study import Study
from .study_files import fingerprint
from .travel import Travel, gaps

__all__ = ["RESULT", "plan"]

_PROVED = 1e-6  # of the objective: so near its bound a plan is proved best
_SEARCH = 0.7  # of the work, as it is told, where gains are wanted as well
ALIKE = 0.005  # of the objective: what is nearer is as good, for all that is known of the figures
_LOOKED_AT = 60_000  # classes judged: so many other communes, fewer in a large study


def plan(
    study: Study,
    travel: Travel,
    *,
    seconds: float = 600.0,
    gap: float = 0.0,
    exact: float = 0.0,
    points: int = POINTS,
    rounds: int = ROUNDS,
    gains: bool = True,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Whom to recruit where, with the bound that no other choice of this model can beat.

    Parameters
    ----------
    seconds : of processor; the best found so far is answered then. ``stop`` ends it too.
    gap : a proof this near (share of the objective) is enough, after ``exact`` seconds of processor in each round: what
        can be proved to the end within them has one answer, whatever the gap.
    points : communes are gathered to so many at most.
    rounds : plans predicted, each from the prediction of the one before; 0: everybody is worth one.
    gains : say of each recruit what it gains and who loses, which predicts a year for each, beyond ``seconds``. Without,
        the answer is one case among others to be compared, not the result that ``R.json`` holds.
    progress : told (what is being done, share of the work from 0 to 1).

    Raises InstanceError, TravelError.
    """
    began = time.process_time()
    data = staffing(study, travel, limit=points)
    say = progress or (lambda text, share: None)
    search = _SEARCH if gains else 1.0
    chosen = best(
        data,
        seconds=seconds,
        gap=gap,
        exact=exact,
        rounds=rounds,
        stop=stop,
        progress=lambda text, share: say(text, search * share),
    )
    before = state_of(data, chosen.before.flows, chosen.recruits * 0, chosen.before.predicted)
    after = state_of(data, chosen.after.flows, chosen.recruits, chosen.after.predicted)
    objective = after.value["objective"]
    bound = min(chosen.bound, objective)
    away = objective - bound
    recruits = recruits_json(data, chosen, after)
    if gains:
        more = gained(data, chosen, before, after, lambda share: say("gains", search + (1 - search) * share))
        alike = _alike(data, chosen)
        recruits = [
            {**one, **more[one["candidate"]], "alike": alike.get(one["candidate"], [])} for one in recruits
        ]
        recruits.sort(key=lambda one: (-one["unserved_less"], one["candidate"]))
    return {
        "format": RESULT,
        "study": fingerprint(study),
        "name": study.name,
        "travel": {"provider": travel.provider, "date": travel.date, **_missing(study, travel)},
        "objective": objective,
        "bound": bound,
        "gap": away / objective if objective > 0 else 0.0,
        "optimal": chosen.optimal or away <= _PROVED * objective,
        "seconds": round(time.process_time() - began, 2),
        "points": data.points,
        "recruits": recruits,
        "passed_over": [
            {"candidate": one.id, "why": why} for one in study.candidates if (why := passed_over(study, one))
        ],
        "not_recruitable": not_recruitable(data, after),
        "equity": after.value["equity"],
        "before": {**before.value, **_agreed(data, chosen.judge.queues, chosen.before)},
        "after": {**after.value, **_agreed(data, chosen.judge.queues, chosen.after)},
    }


def _missing(study: Study, travel: Travel) -> dict[str, Any]:
    """What a matrix of travel times does not say; nothing of others."""
    found = gaps(study, travel)
    return {} if found is None else {"gaps": asdict(found)}


def _alike(data: Staffing, chosen: Chosen) -> dict[str, list[dict[str, Any]]]:
    """By candidate recruited, other communes where the same people would do as well: by ALIKE of the objective at most.

    Each is judged with all others staying, by the model that agrees with its own prediction, so many that the work is
    bounded by the size of the study and the answer is the same on every machine.
    """
    left = max(1, _LOOKED_AT // max(1, len(data.classes)))
    least = chosen.after.flows.value
    budget = data.study.limits.budget
    cost = np.array([reserved(data.study, pool) for pool in data.pools])
    found: dict[str, list[dict[str, Any]]] = {}
    for k in np.flatnonzero(chosen.recruits).tolist():
        pool, n = data.pools[k], int(chosen.recruits[k])
        for j, other in enumerate(data.pools):
            moved = chosen.recruits.copy()
            moved[k] -= n
            moved[j] += n
            same = (other.kind, other.languages) == (pool.kind, pool.languages) and other.home != pool.home
            if not same or moved[j] > other.most or (budget is not None and cost @ moved > budget):
                continue
            if not left:
                break
            left -= 1
            more = chosen.judge(moved).flows.value - least
            if more <= ALIKE * least:
                one = {"candidate": other.by.partition(":")[2], "commune": other.home, "objective_more": more}
                found.setdefault(pool.by.partition(":")[2], []).append(one)
    for places in found.values():
        places.sort(key=lambda one: (one["objective_more"], one["candidate"]))
    return found


def _agreed(data: Staffing, queues: Sequence[Queue], state: Agreed) -> dict[str, Any]:
    """What is predicted to be held, and what people are worth in a model that says the same (1 where it is not named)."""
    fill = state.predicted["fill"]
    at = [fill[key[1]] for key in data.classes]
    total = float(data.requests.sum())
    return {
        "predicted": {
            "share": float(data.requests @ np.array(at)) / total if total else 1.0,
            "languages": fill,
            "wait_phone": state.predicted["wait_phone"],
            "wait_site": state.predicted["wait_site"],
            "classes": [
                {
                    **dict(zip(CLASS_FIELDS, key, strict=True)),
                    "held": min(float(held), 1.0),
                    "site": min(float(site), float(held), 1.0),
                }
                for key, held, site in zip(
                    data.classes, state.predicted["served"], state.predicted["site"], strict=True
                )
                if held > 0
            ],
        },
        "worth": [
            {
                "part": one.part,
                "asked": ["/".join(data.buckets[g]) for g in one.buckets],
                "worth": float(worth),
            }
            for one, worth in zip(queues, state.worth, strict=True)
            if worth != 1.0
        ],
    }
