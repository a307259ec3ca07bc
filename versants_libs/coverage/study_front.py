"""``front`` of a study: what each further recruit, or euro, still buys; a bound at every point."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .account import paid, state_of
from .errors import InstanceError
from .staffing import POINTS, Staffing, staffing
from .staffing_search import Chosen, best
from .study import Study
from .travel import Travel

__all__ = ["study_front"]

_ROUNDS = 2  # the point before says already what people are worth
_PATIENCE = 2  # exchanges in vain: each point begins from a plan that was bettered so


def study_front(
    study: Study,
    travel: Travel,
    *,
    points: int = 20,
    seconds: float = 1800.0,
    gap: float = 0.02,
    limit: int = POINTS,
    wider: float = 1.0,
    by: str | None = None,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> list[dict[str, Any]]:
    """From recruiting nobody to the study's limit in ``points`` steps, evenly: of its number, or of its budget without one.

    ``wider``: to so many times that limit. ``by``: "number" or "budget", where both are limited; the other one stays as it
    is. InstanceError where there is none.

    ``seconds`` of processor for all; each point may use an even part of what is left. Each has ``number`` or ``budget``,
    ``recruits`` by candidate, ``cost`` euros a year they cost whatever they work, ``cost_more`` euros a year more than
    without them, ``objective``, ``bound``, ``gap``, ``left`` (what the bound leaves open, as a share of all requests:
    the objective is in requests), ``unserved`` (share of requests, in the model), ``minutes_mean`` and
    ``worst_minutes`` (on site, mean and mean of the worst tenth, not served counting the standard), ``gini`` and
    ``theil`` of these minutes with the part ``between`` versants, and ``worst_language`` (share not served, in the
    model). ``predicted``: the ``share`` of requests held, and the group held least, ``language`` and ``versant``, each
    with its ``key`` and ``share``. Each point begins from the one before, which its limit allows too. Fewer points where
    ``stop`` says so, or where numbers coincide.
    """
    began = time.process_time()
    limits = study.limits
    by_number = limits.number is not None if by is None else by == "number"
    wanted = limits.number if by_number else limits.budget
    if wanted is None:
        raise InstanceError(f"a front by {by}, of which the study has no limit")
    top = float(wanted) * wider
    wide = replace(limits, number=int(top)) if by_number else replace(limits, budget=top)
    data = staffing(replace(study, limits=wide), travel, limit=limit)
    levels = [top * i / max(1, points - 1) for i in range(points)] if points > 1 else [top]
    if by_number:
        levels = [float(one) for one in sorted({round(one) for one in levels})]
    found: list[dict[str, Any]] = []
    known: Chosen | None = None
    base: float | None = None
    for i, level in enumerate(levels):
        if stop is not None and stop():
            break
        part = replace(limits, number=int(level)) if by_number else replace(limits, budget=level)
        left = seconds - (time.process_time() - began)
        chosen = known = best(
            replace(data, study=replace(study, limits=part)),
            seconds=max(0.0, left / (len(levels) - i)),
            gap=gap,
            rounds=_ROUNDS,
            patience=_PATIENCE,
            known=known,
            stop=stop,
        )
        value = state_of(data, chosen.after.flows, chosen.recruits, chosen.after.predicted).value
        bound = min(chosen.bound, value["objective"])
        if base is None:
            base = float(paid(data, chosen.recruits * 0, chosen.before.predicted["worked"]).sum())
        asked = float(data.requests.sum())
        recruits = {
            pool.by.partition(":")[2]: int(n)
            for pool, n in zip(data.pools, chosen.recruits, strict=True)
            if n
        }
        minutes = value["equity"].get("minutes", {})
        found.append(
            {
                ("number" if by_number else "budget"): int(level) if by_number else level,
                "recruits": recruits,
                "cost": sum(pool.cost * int(n) for pool, n in zip(data.pools, chosen.recruits, strict=True)),
                "cost_more": value["cost_year"] - base,
                "objective": value["objective"],
                "bound": bound,
                "left": (value["objective"] - bound) / asked if asked else 0.0,
                "gap": (value["objective"] - bound) / value["objective"] if value["objective"] > 0 else 0.0,
                "unserved": sum(one["unserved"] for one in value["languages"].values()) / asked
                if asked
                else 0.0,
                "minutes_mean": minutes.get("mean"),
                "worst_minutes": minutes.get("worst_mean"),
                "gini": minutes.get("gini"),
                "theil": minutes.get("theil"),
                "between": minutes.get("theil_between"),
                "worst_language": max(
                    (one["share_unserved"] for one in value["languages"].values()), default=0.0
                ),
                "predicted": _predicted(data, chosen),
            }
        )
        if progress is not None:
            progress("front", (i + 1) / len(levels))
    return found


def _predicted(data: Staffing, chosen: Chosen) -> dict[str, Any]:
    """What is predicted to be held: of all requests, of the language and of the versant that are held least."""
    served = np.asarray(chosen.after.predicted["served"], dtype=np.float64)
    held = data.requests * served
    total = float(data.requests.sum())
    return {
        "share": float(held.sum()) / total if total else 1.0,
        "language": _least(data, held, 1),
        "versant": _least(data, held, 6),
    }


def _least(data: Staffing, held: NDArray[np.float64], at: int) -> dict[str, Any]:
    """The group held least, by the place ``at`` of its name in a class."""
    names = sorted({key[at] for key in data.classes})
    number = {name: i for i, name in enumerate(names)}
    group = np.array([number[key[at]] for key in data.classes], dtype=np.int64)
    asked = np.bincount(group, data.requests, len(names))
    shares = np.bincount(group, held, len(names)) / np.maximum(asked, 1e-12)
    if not names:
        return {"key": "", "share": 1.0}
    worst = int(np.argmin(shares))
    return {"key": names[worst], "share": float(shares[worst])}
