"""``front`` of a study: what each further recruit, or euro, still buys; a bound at every point."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .account import state_of
from .staffing import POINTS, staffing
from .staffing_model import Chosen, best
from .study import Study
from .travel import Travel

__all__ = ["study_front"]

_ROUNDS = 2  # the point before says already what people are worth


def study_front(
    study: Study,
    travel: Travel,
    *,
    points: int = 20,
    seconds: float = 1800.0,
    gap: float = 0.02,
    limit: int = POINTS,
    stop: Callable[[], bool] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> list[dict[str, Any]]:
    """From recruiting nobody to the study's limit in ``points`` steps, evenly: of its number, or of its budget without one.

    ``seconds`` of processor for all; each point may use an even part of what is left. Each has ``number`` or ``budget``,
    ``recruits`` by candidate, ``cost`` euros a year, ``objective``, ``bound``, ``gap``, ``unserved`` (share of requests),
    ``minutes_mean`` and ``worst_minutes`` (on site, mean and mean of the worst tenth, not served counting the standard),
    ``worst_language`` (share not served). Each point begins from the one before, which its limit allows too. Fewer points
    where ``stop`` says so, or where numbers coincide.
    """
    began = time.process_time()
    data = staffing(study, travel, limit=limit)
    limits = study.limits
    by_number = limits.number is not None
    top = float(limits.number if limits.number is not None else limits.budget or 0.0)
    levels = [top * i / max(1, points - 1) for i in range(points)] if points > 1 else [top]
    if by_number:
        levels = [float(one) for one in sorted({round(one) for one in levels})]
    found: list[dict[str, Any]] = []
    known: Chosen | None = None
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
            known=known,
            stop=stop,
        )
        value = state_of(data, chosen.after.flows, chosen.recruits).value
        bound = min(chosen.bound, value["objective"])
        asked = sum(one["requests"] for one in value["languages"].values())
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
                "objective": value["objective"],
                "bound": bound,
                "gap": (value["objective"] - bound) / value["objective"] if value["objective"] > 0 else 0.0,
                "unserved": sum(one["unserved"] for one in value["languages"].values()) / asked
                if asked
                else 0.0,
                "minutes_mean": minutes.get("mean"),
                "worst_minutes": minutes.get("worst_mean"),
                "worst_language": max(
                    (one["share_unserved"] for one in value["languages"].values()), default=0.0
                ),
            }
        )
        if progress is not None:
            progress("front", (i + 1) / len(levels))
    return found
