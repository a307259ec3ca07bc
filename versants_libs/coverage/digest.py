"""What a result says commune by commune and language by language, before and after, for pages and reports.

Reads a :class:`~.study.Study` and the JSON value of a result (``docs/schema/mesh-result.json``); decides nothing. What is
served of a language is what the result predicts; of results made before there was a prediction, what the plan holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .equity import lorenz
from .errors import InstanceError
from .study import Study
from .travel import Travel

__all__ = ["Digest", "Line", "Place", "Worse", "digest"]

Floats = NDArray[np.float64]
Side = Literal["before", "after"]
SIDES: tuple[Side, Side] = ("before", "after")


@dataclass(frozen=True, slots=True)
class Place:
    """A commune's on-site talks: ``requests`` a year, the share served on site, minutes one way of those served."""

    requests: float
    fill: float
    minutes: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """A language, or a group of communes: requests a year, and the share that is served, before and after."""

    key: str
    requests: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Worse:
    """Who has less than before: a commune and language, requests a year fewer."""

    commune: str
    language: str
    requests: float


@dataclass(frozen=True)
class Digest:
    """``places``: by side and uid, communes with on-site requests of their own. ``curve``: Lorenz by side."""

    places: Mapping[Side, Mapping[str, Place]]
    languages: tuple[Line, ...]
    groups: tuple[Line, ...]
    worse: tuple[Worse, ...]
    curve: Mapping[Side, tuple[Floats, Floats]]
    unserved: Mapping[Side, float]
    requests: float

    def share_unserved(self, side: Side) -> float:
        """Of all requests, those served in no way: as predicted, where the result says so."""
        return self.unserved[side] / self.requests if self.requests else 0.0


def digest(
    study: Study, result: Mapping[str, Any], travel: Travel, group: Mapping[str, str] | None = None
) -> Digest:
    """Read ``result`` of ``study`` with its ``travel`` times. ``group``: each commune's arrondissement (none: no groups).

    Raises InstanceError where the result names places or people the study has not.
    """
    places = {side: _places(study, result, side, travel) for side in SIDES}
    languages = _languages(result)
    return Digest(
        places=places,
        languages=languages,
        groups=_groups(places, group) if group else (),
        worse=_worse(result),
        curve={side: _curve(study, places[side]) for side in SIDES},
        unserved={
            side: sum(
                float(one["requests"]) * (1 - _share(result[side], code))
                for code, one in result[side]["languages"].items()
            )
            for side in SIDES
        },
        requests=sum(float(one["requests"]) for one in result["after"]["languages"].values()),
    )


def _share(state: Mapping[str, Any], language: str) -> float:
    """Of a language's requests, those that are served."""
    predicted = state.get("predicted", {}).get("languages", {})
    if language in predicted:
        return float(predicted[language])
    return 1 - float(state["languages"][language]["share_unserved"])


def _places(study: Study, result: Mapping[str, Any], side: Side, travel: Travel) -> dict[str, Place]:
    """Communes of one cluster share what their cluster has."""
    points: Mapping[str, str] = result["points"]
    homes = {f"person:{one.id}": one.home for one in study.people}
    homes |= {f"candidate:{one.id}": one.commune for one in study.candidates}
    asked: dict[str, float] = {}
    at_point: dict[str, float] = {}
    for row in study.demand:
        if row.mode == "on_site":
            asked[row.commune] = asked.get(row.commune, 0.0) + row.requests
            point = points.get(row.commune, row.commune)
            at_point[point] = at_point.get(point, 0.0) + row.requests
    served: dict[str, float] = {}
    ways: list[tuple[str, str, float]] = []
    for flow in result[side]["flows"]:
        if flow["mode"] != "on_site" or flow["how"] != "own":
            continue
        if flow["by"] not in homes:
            raise InstanceError(
                "the result is of another study: somebody it names is not there", [flow["by"]]
            )
        served[flow["point"]] = served.get(flow["point"], 0.0) + flow["requests"]
        ways.append((homes[flow["by"]], flow["point"], flow["requests"]))
    minutes = _mean_minutes(study, ways, travel)
    return {
        uid: Place(
            n,
            min(served.get(points.get(uid, uid), 0.0) / at_point[points.get(uid, uid)], 1.0),
            minutes.get(points.get(uid, uid)),
        )
        for uid, n in asked.items()
        if n > 0
    }


def _mean_minutes(study: Study, ways: list[tuple[str, str, float]], travel: Travel) -> dict[str, float]:
    if not ways:
        return {}
    versant = {one.uid: one.versant for one in study.communes}
    origins = sorted({home for home, _point, _n in ways})
    ends = sorted({point for _home, point, _n in ways})
    lost = sorted(set(ends) - set(versant))
    if lost:
        raise InstanceError("the result is of another study: a place it names is not there", lost)
    far = travel.minutes(origins, ends)
    row = {uid: i for i, uid in enumerate(origins)}
    column = {uid: i for i, uid in enumerate(ends)}
    total: dict[str, float] = {}
    weight: dict[str, float] = {}
    for home, point, n in ways:
        peak = study.peak.get(versant[point], 1.0)
        total[point] = total.get(point, 0.0) + n * float(far[row[home], column[point]]) * peak
        weight[point] = weight.get(point, 0.0) + n
    return {point: total[point] / weight[point] for point in total if weight[point] > 0}


def _languages(result: Mapping[str, Any]) -> tuple[Line, ...]:
    lines = [
        Line(code, float(one["requests"]), _share(result["before"], code), _share(result["after"], code))
        for code, one in result["after"]["languages"].items()
    ]
    return tuple(sorted(lines, key=lambda one: (-one.requests, one.key)))


def _groups(places: Mapping[Side, Mapping[str, Place]], group: Mapping[str, str]) -> tuple[Line, ...]:
    asked: dict[str, float] = {}
    served: dict[tuple[str, Side], float] = {}
    for side in SIDES:
        for uid, place in places[side].items():
            name = group.get(uid, "")
            if side == "after":
                asked[name] = asked.get(name, 0.0) + place.requests
            served[name, side] = served.get((name, side), 0.0) + place.requests * place.fill
    return tuple(
        Line(name, n, served[name, "before"] / n, served[name, "after"] / n)
        for name, n in sorted(asked.items(), key=lambda pair: (-pair[1], pair[0]))
    )


def _worse(result: Mapping[str, Any]) -> tuple[Worse, ...]:
    """Each loss once: every recruit of a language names the same."""
    lost = {
        (one["commune"], one["language"]): float(one["requests"])
        for recruit in result["recruits"]
        for one in recruit["loses"]
    }
    return tuple(Worse(*key, n) for key, n in sorted(lost.items(), key=lambda pair: (-pair[1], pair[0])))


def _curve(study: Study, places: Mapping[str, Place]) -> tuple[Floats, Floats]:
    """Lorenz curve of minutes by on-site request; one that nobody serves counts the standard's minutes."""
    if not places:
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    most = study.standard.minutes_on_site
    minutes, weight = [], []
    for place in places.values():
        if place.minutes is not None and place.fill > 0:
            minutes.append(place.minutes)
            weight.append(place.requests * place.fill)
        if place.fill < 1:
            minutes.append(most)
            weight.append(place.requests * (1 - place.fill))
    return lorenz(np.array(minutes), np.array(weight))
