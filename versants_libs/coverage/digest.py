"""What a result says commune by commune and language by language, before and after, for pages and reports.

Reads a :class:`~.study.Study` and the JSON value of a result (``docs/schema/mesh-result.json``); decides nothing. What is
served, of a language, of a commune, of everything, is one and the same: what the result predicts to be held. Of results
made before there was a prediction, it is what the plan holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .equity import lorenz
from .errors import InstanceError
from .staffing import Class, asked, pools_of, split_languages
from .study import Study
from .travel import Travel

__all__ = ["CLASS_FIELDS", "LEAST_LOST", "Digest", "Line", "Place", "Worse", "digest", "less"]

#: What a result says of a class to name it.
CLASS_FIELDS = ("point", "language", "mode", "band", "talk", "country", "versant")
LEAST_LOST = 0.01  # talks a year: less is no loss

Floats = NDArray[np.float64]
Side = Literal["before", "after"]
SIDES: tuple[Side, Side] = ("before", "after")


@dataclass(frozen=True, slots=True)
class Place:
    """A commune's talks: ``requests`` a year of all modes, the share ``fill`` that is held, by any way.

    ``visits``: those of them asked on site; of these the plan goes to the share ``gone``, ``minutes`` one way.
    """

    requests: float
    fill: float
    minutes: float | None
    visits: float = 0.0
    gone: float = 0.0


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
    """``places``: by side and uid, communes with requests of their own; their mean is the share of everything.

    ``worse``: every commune and language of which less is held than before. ``curve``: Lorenz by side.
    """

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
    sums, parts = _asked(study, result)
    shares = {side: _shares(result[side], sums) for side in SIDES}
    places = {side: _places(study, result, side, travel, parts, shares[side]) for side in SIDES}
    languages = _languages(result)
    return Digest(
        places=places,
        languages=languages,
        groups=_groups(places, group) if group else (),
        worse=_worse(study, result, parts, shares),
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


Shares = Mapping[Class, tuple[float, float]]  # held, and held on site
Parts = Mapping[Class, Mapping[str, float]]


def _asked(study: Study, result: Mapping[str, Any]) -> tuple[dict[Class, list[float]], Parts]:
    points: Mapping[str, str] = result["points"]
    own = {one.uid: points.get(one.uid, one.uid) for one in study.communes}
    return asked(study, own, split_languages(study, pools_of(study)))


def _shares(state: Mapping[str, Any], sums: Mapping[Class, list[float]]) -> Shares:
    """Of each class's requests, those held and those held on site: as predicted, else as planned."""
    found: dict[Class, tuple[float, float]] = {}
    said = state.get("predicted", {}).get("classes")
    if said is not None:
        for one in said:
            found[_class(one)] = (float(one["held"]), float(one["site"]))
    else:
        for flow in state["flows"]:
            key = _class(flow)
            held, site = found.get(key, (0.0, 0.0))
            more = float(flow["requests"]) / sums[key][0] if key in sums else 0.0
            on_site = more if flow["mode"] == "on_site" and flow["how"] == "own" else 0.0
            found[key] = (min(held + more, 1.0), min(site + on_site, 1.0))
    lost = sorted({"/".join(key) for key in set(found) - set(sums)})
    if lost:
        raise InstanceError("the result is of another study: requests it names are not there", lost)
    return found


def _class(one: Mapping[str, Any]) -> Class:
    point, language, mode, band, talk, country, versant = (str(one[name]) for name in CLASS_FIELDS)
    return (point, language, mode, band, talk, country, versant)


def _places(
    study: Study, result: Mapping[str, Any], side: Side, travel: Travel, parts: Parts, shares: Shares
) -> dict[str, Place]:
    """What is asked in each commune and held; communes of one cluster share the roads to their cluster."""
    points: Mapping[str, str] = result["points"]
    homes = {f"person:{one.id}": one.home for one in study.people}
    homes |= {f"candidate:{one.id}": one.commune for one in study.candidates}
    every: dict[str, list[float]] = {}  # all, held, on site
    at_point: dict[str, float] = {}
    for key, communes in parts.items():
        held, _site = shares.get(key, (0.0, 0.0))
        for uid, many in communes.items():
            one = every.setdefault(uid, [0.0, 0.0, 0.0])
            one[0] += many
            one[1] += many * held
            if key[2] == "on_site":
                one[2] += many
                at_point[key[0]] = at_point.get(key[0], 0.0) + many
    gone: dict[str, float] = {}
    ways: list[tuple[str, str, float]] = []
    for flow in result[side]["flows"]:
        if flow["mode"] != "on_site" or flow["how"] != "own":
            continue
        if flow["by"] not in homes:
            raise InstanceError(
                "the result is of another study: somebody it names is not there", [flow["by"]]
            )
        gone[flow["point"]] = gone.get(flow["point"], 0.0) + flow["requests"]
        ways.append((homes[flow["by"]], flow["point"], flow["requests"]))
    minutes = _mean_minutes(study, ways, travel)
    found = {}
    for uid, (many, held, visits) in every.items():
        point = points.get(uid, uid)
        share = min(gone.get(point, 0.0) / at_point[point], 1.0) if visits > 0 else 0.0
        found[uid] = Place(
            many, min(held / many, 1.0), minutes.get(point) if visits > 0 else None, visits, share
        )
    return found


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


def less(held: float, site: float, fallback: float | None) -> float:
    """Talks a year lost where ``held`` fewer are held, ``site`` fewer on site: by phone instead counts ``fallback``."""
    missed = max(held, 0.0)
    return missed + (fallback or 0.0) * max(site - missed, 0.0)


def _worse(
    study: Study, result: Mapping[str, Any], parts: Parts, shares: Mapping[Side, Shares]
) -> tuple[Worse, ...]:
    """Each loss once, in whatever language; of results that predict nothing by commune, those beside the recruits."""
    lost: dict[tuple[str, str], float] = {}
    if all("classes" in result[side].get("predicted", {}) for side in SIDES):
        falls: dict[tuple[str, str], list[float]] = {}
        for key, communes in parts.items():
            (held, site), (then, there) = (shares[side].get(key, (0.0, 0.0)) for side in SIDES)
            for uid, many in communes.items():
                fall = falls.setdefault((uid, key[1]), [0.0, 0.0])
                fall[0] += many * (held - then)
                fall[1] += many * (site - there)
        lost = {at: less(held, site, study.rules.fallback_weight) for at, (held, site) in falls.items()}
    else:
        for recruit in result["recruits"]:
            for one in recruit["loses"]:
                lost[one["commune"], one["language"]] = float(one["requests"])
    ordered = sorted(lost.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Worse(*at, n) for at, n in ordered if n > LEAST_LOST)


def _curve(study: Study, places: Mapping[str, Place]) -> tuple[Floats, Floats]:
    """Lorenz curve of minutes by on-site request; one that nobody serves counts the standard's minutes."""
    most = study.standard.minutes_on_site
    minutes, weight = [], []
    for place in places.values():
        if place.minutes is not None and place.gone > 0:
            minutes.append(place.minutes)
            weight.append(place.visits * place.gone)
        if place.visits > 0 and place.gone < 1:
            minutes.append(most)
            weight.append(place.visits * (1 - place.gone))
    if not minutes:
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    return lorenz(np.array(minutes), np.array(weight))
