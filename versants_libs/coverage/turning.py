"""What nobody knows is a range: where along it another choice of recruits becomes the better one.

Answers found at several places of the range are all judged at each of its steps, their recruits kept as they are, by the
model that agrees with its own prediction there (``docs/mesh-model.md``). No new answer is looked for between the steps.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .assumptions import Sizing, parse
from .errors import InstanceError
from .staffing import Staffing, split_languages, staffing
from .staffing_search import Judge
from .study import Study
from .travel import Travel

__all__ = ["UNKNOWN", "ranges", "simple_range", "study_at", "turning"]

Floats = NDArray[np.float64]

#: The share of talks a helper may take; what is added for those who no longer ask.
UNKNOWN = ("simple", "discouraged")


def simple_range(study: Study) -> tuple[float, float, float]:
    """Least and most share of talks a helper may take, and the one that is planned with: means over requests."""
    n = np.array([row.requests for row in study.demand])
    ends = np.array([(*row.simple, study.simple_share(row)) for row in study.demand]).reshape(-1, 3)
    total = float(n.sum())
    low, high, at = (n @ ends / total).tolist() if total else (0.0, 0.0, 0.0)
    return low, high, at


def ranges(study: Study, discouraged: float | None = None) -> list[tuple[str, tuple[float, float], float]]:
    """Each unknown with its range and what the study takes of it.

    ``discouraged``: what the study adds for those who no longer ask; by default what its assumptions say, to a hundredth.
    """
    low, high, at = simple_range(study)
    added = _discouraged(study) if discouraged is None else discouraged
    least, most = Sizing().discouraged
    return [("simple", (low, high), at), ("discouraged", (min(least, added), max(most, added)), added)]


def _discouraged(study: Study) -> float:
    """What the sentences of a study say it adds; nothing where none says so."""
    for one in parse(study.assumptions):
        found = re.match(r"\+(\d+)%", one.value) if one.key == "discouraged" else None
        if found:
            return int(found[1]) / 100
    return 0.0


def study_at(study: Study, what: str, value: float, at: float) -> Study:
    """The study were the unknown ``value``; it is ``at`` now. Raises InstanceError for another unknown."""
    if what == "discouraged":
        more = (1 + value) / (1 + at)
        return replace(
            study, demand=tuple(replace(row, requests=row.requests * more) for row in study.demand)
        )
    if what != "simple":
        raise InstanceError(f"{what!r} is none of {', '.join(UNKNOWN)}")
    low, high, _at = simple_range(study)
    part = (value - low) / (high - low) if high > low else 0.0
    rows = []
    for row in study.demand:
        share = row.simple[0] + part * (row.simple[1] - row.simple[0])
        rows.append(replace(row, simple=(share, share)))
    return replace(study, demand=tuple(rows))


def turning(
    study: Study,
    travel: Travel,
    what: str,
    ends: tuple[float, float],
    at: float,
    answers: Sequence[Mapping[str, int]],
    *,
    points: Mapping[str, str] | None = None,
    steps: int = 5,
    tolerance: float = 0.005,
    progress: Callable[[float], None] | None = None,
) -> dict[str, Any] | None:
    """Which of ``answers`` (recruits by candidate) is best along ``ends``, of an unknown that the study takes as ``at``.

    The first of them is the study's own. It counts as the best wherever no other is better by more than ``tolerance``,
    and is always told.

    ``low``, ``high``, ``at``, ``values`` (``steps`` of them, evenly, and ``at``), ``answers``, and by answer and value the
    ``objective`` and the share predicted to be ``served``; ``best``: by value, which answer; ``turns``: ``value`` where
    answer ``to`` is better than ``from``, straight between two steps. An answer without which nothing is worse by more
    than ``tolerance`` (of the objective: what a proof leaves open) is left out, unless it is the study's. None where
    nothing depends on the unknown.
    Raises InstanceError for an unknown, a candidate or a step that is none.
    """
    low, high = ends
    if steps < 2:
        raise InstanceError(f"{steps} steps, 2 or more expected")
    if not high > low:
        return None
    values = sorted({*np.linspace(low, high, steps).tolist(), min(max(at, low), high)})
    distinct = list({tuple(sorted(one.items())): dict(one) for one in answers}.values())
    tried = [staffing(study_at(study, what, value, at), travel, points=points) for value in values]
    if what == "simple" and not split_languages(study, tried[0].pools):
        return None
    objective, served = np.zeros((len(distinct), len(values))), np.zeros((len(distinct), len(values)))
    for i, data in enumerate(tried):
        for a, one in enumerate(distinct):
            objective[a, i], served[a, i] = _judge(data, one)
        if progress is not None:
            progress((i + 1) / len(values))
    kept = _needed(objective, tolerance)
    felt = _felt(objective[kept], tolerance)
    best = np.argmin(felt, axis=0)
    told = sorted({0, *best.tolist()})
    kept, felt = [kept[a] for a in told], felt[told]
    objective, served = objective[kept], served[kept]
    best = np.searchsorted(told, best).tolist()
    return {
        "what": what,
        "low": low,
        "high": high,
        "at": at,
        "values": values,
        "answers": [distinct[a] for a in kept],
        "objective": objective.tolist(),
        "served": served.tolist(),
        "best": best,
        "turns": _turns(values, felt, best),
    }


def _judge(data: Staffing, recruits: Mapping[str, int]) -> tuple[float, float]:
    """Objective and share predicted to be served with these recruits."""
    at = {pool.by: k for k, pool in enumerate(data.pools)}
    chosen = np.zeros(len(data.pools), dtype=np.int64)
    for candidate, n in recruits.items():
        if f"candidate:{candidate}" not in at:
            raise InstanceError("a recruit who is no candidate of this study", [candidate])
        chosen[at[f"candidate:{candidate}"]] = n
    found = Judge(data)(chosen)
    total = float(data.requests.sum())
    held = float(data.requests @ np.asarray(found.predicted["served"]))
    return found.flows.value, held / total if total else 1.0


def _felt(objective: Floats, tolerance: float) -> Floats:
    """The objectives, that of the study's own answer as small as it may be without the proof telling."""
    felt = objective.copy()
    felt[0] /= 1 + tolerance
    return felt


def _needed(objective: Floats, tolerance: float) -> list[int]:
    """The first answer, and those that are somewhere better than all others by more than ``tolerance``.

    Those least missed go first.
    """
    kept = list(range(len(objective)))
    least = objective.min(axis=0) * (1 + tolerance) + 1e-9
    while len(kept) > 1:
        over = []
        for a in kept[1:]:
            others = objective[[b for b in kept if b != a]].min(axis=0)
            over.append((float((others - least).max()), a))
        loss, a = min(over, key=lambda one: (one[0], -one[1]))
        if loss > 0:
            break
        kept.remove(a)
    return kept


def _turns(values: Sequence[float], objective: Floats, best: Sequence[int]) -> list[dict[str, Any]]:
    found = []
    for i in range(1, len(values)):
        a, b = best[i - 1], best[i]
        if a == b:
            continue
        before = float(objective[b, i - 1] - objective[a, i - 1])
        after = float(objective[a, i] - objective[b, i])
        part = before / (before + after) if before + after > 0 else 1.0
        value = values[i - 1] + part * (values[i] - values[i - 1])
        found.append({"value": float(value), "from": a, "to": b})
    return found
