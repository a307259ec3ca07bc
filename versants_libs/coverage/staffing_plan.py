"""``plan``: from a study to its result, the value that ``R.json`` holds (``docs/schema/mesh-result.json``)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .account import not_recruitable, recruits_json, state_of
from .staffing import POINTS, passed_over, staffing
from .staffing_model import best
from .study import Study
from .study_files import fingerprint
from .travel import Travel

__all__ = ["RESULT", "plan"]

RESULT = "versants-mesh-result-1"


def plan(
    study: Study,
    travel: Travel,
    *,
    seconds: float = 600.0,
    gap: float = 0.0,
    points: int = POINTS,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> dict[str, Any]:
    """Whom to recruit where, with the bound that no other choice of this model can beat.

    Parameters
    ----------
    seconds : of processor; the best found so far is answered then. ``stop`` ends it too.
    gap : a proof this near (share of the objective) is enough.
    points : communes are gathered to so many at most.
    progress : told (what is being done, share of the work from 0 to 1).

    Raises InstanceError, TravelError.
    """
    began = time.process_time()
    data = staffing(study, travel, limit=points)
    chosen = best(data, seconds=seconds, gap=gap, stop=stop, progress=progress)
    before = state_of(data, chosen.before, chosen.recruits * 0)
    after = state_of(data, chosen.after, chosen.recruits)
    objective = after.value["objective"]
    bound = min(chosen.bound, objective)
    away = objective - bound
    return {
        "format": RESULT,
        "study": fingerprint(study),
        "name": study.name,
        "travel": {"provider": travel.provider, "date": travel.date},
        "objective": objective,
        "bound": bound,
        "gap": away / objective if objective > 0 else 0.0,
        "optimal": chosen.optimal,
        "seconds": round(time.process_time() - began, 2),
        "points": data.points,
        "recruits": recruits_json(data, chosen, before, after),
        "passed_over": [
            {"candidate": one.id, "why": why} for one in study.candidates if (why := passed_over(study, one))
        ],
        "not_recruitable": not_recruitable(data, after),
        "equity": after.value["equity"],
        "before": before.value,
        "after": after.value,
    }
