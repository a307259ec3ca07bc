"""A study as arrays: classes of requests, pools of people alike, who may serve what, and how many minutes away.

The sets of ``docs/mesh-model.md``. Communes are gathered to at most so many points, people who are alike to pools; phone
and video know no place, only a country. Everything is counted for a year.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .metric import Sphere
from .pmedian import assignment, pmedian
from .problem import Problem
from .study import WEEKS, Candidate, Person, Study
from .travel import Travel

__all__ = ["POINTS", "Bucket", "Class", "Pool", "Staffing", "asked", "passed_over", "reserved", "staffing"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POINTS = 60  # communes are gathered to so many points at most

#: point (a commune; empty by phone and video), language, mode, band, talk, country, versant
Class = tuple[str, str, str, str, str, str, str]
#: language, band, talk, country
Bucket = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Pool:
    """People who are alike: ``n`` there, ``most`` more to recruit. ``hours``: present in a week, absence taken off."""

    by: str
    home: str
    country: str
    languages: Mapping[str, str]
    kind: str
    sides: tuple[str, ...]
    hours: Mapping[str, float]
    n: int
    most: int
    cost: float
    cost_hour: float


@dataclass(frozen=True, eq=False, slots=True)
class Staffing:
    """The model's data.

    ``requests``, ``minutes``, ``weight`` float64 (classes,): a year, of one talk, of one request. ``least``: one way, by
    the nearest who may come (0 where nobody may or nobody has to). ``site`` bool: on site. Arcs: on-site class, pool,
    minutes one way. A bucket is what needs no way: language, band, talk, country; ``bucket`` int64 (classes,) says whose
    phone calls a class's are, ``line`` arcs who may take a bucket's. ``parts``: a class's communes and their requests.
    """

    study: Study
    points: dict[str, str]
    classes: tuple[Class, ...]
    requests: Floats
    minutes: Floats
    weight: Floats
    least: Floats
    parts: tuple[dict[str, float], ...]
    pools: tuple[Pool, ...]
    arc_class: Ints
    arc_pool: Ints
    arc_far: Floats
    site: NDArray[np.bool_]
    buckets: tuple[Bucket, ...]
    bucket: Ints
    line_bucket: Ints
    line_pool: Ints


def passed_over(study: Study, one: Candidate) -> str | None:
    """Why a candidate cannot be recruited: speakers, helpers, level, hours; None where it can."""
    if one.speakers < study.rules.least_speakers:
        return "speakers"
    if one.kind == "helper" and not study.rules.helpers:
        return "helpers"
    if not any(level in ("full", "working") for level in one.languages.values()):
        return "level"
    return None if any(hours > 0 for hours in one.hours.values()) else "hours"


def most_of(study: Study, one: Candidate) -> int:
    """How many of a candidate at most: each recruit needs ``least_speakers`` likely speakers."""
    if passed_over(study, one):
        return 0
    least = study.rules.least_speakers
    return min(one.most, int(one.speakers // least)) if least > 0 else one.most


def reserved(study: Study, pool: Pool) -> float:
    """Euros a year a budget counts for one recruit: for a helper the allowance of every hour they may work, too.

    What others are paid by the hour is the price of talks, whoever takes them, and no budget of recruitment.
    """
    if pool.kind != "helper":
        return pool.cost
    cap = study.rules.helper_hours_year
    hours = WEEKS * sum(pool.hours.values())
    return pool.cost + pool.cost_hour * (hours if cap is None else min(hours, cap))


def may(study: Study, pool: Pool, language: str, talk: str) -> bool:
    """May somebody of the pool interpret such a talk at all?"""
    level = pool.languages.get(language, "basic")
    if talk == "simple":
        return level in ("full", "working")
    return level == "full" and pool.kind != "helper"


def crosses(study: Study, pool: Pool, country: str) -> bool:
    """May somebody of the pool serve a request of this country?"""
    if pool.country == country:
        return True
    return study.rules.border == "open" and (not pool.sides or country in pool.sides)


def pools_of(study: Study) -> tuple[Pool, ...]:
    """People there, those who are alike as one, then candidates that may be recruited."""
    country = {one.uid: one.country for one in study.communes}
    here = 1.0 - study.behaviour.absence
    alike: dict[object, list[Person]] = {}
    for person in study.people:
        if person.kind == "helper" and not study.rules.helpers:
            continue
        key = (
            person.home,
            tuple(sorted(person.languages.items())),
            tuple(sorted(person.hours.items())),
            person.kind,
            tuple(sorted(person.sides)),
            person.cost,
        )
        alike.setdefault(key, []).append(person)
    pools = [
        Pool(
            by=f"person:{group[0].id}",
            home=group[0].home,
            country=country[group[0].home],
            languages=group[0].languages,
            kind=group[0].kind,
            sides=group[0].sides,
            hours={band: hours * here for band, hours in group[0].hours.items() if hours > 0},
            n=len(group),
            most=0,
            cost=0.0,
            cost_hour=group[0].cost,
        )
        for group in alike.values()
    ]
    for one in study.candidates:
        if most_of(study, one) > 0:
            pools.append(
                Pool(
                    by=f"candidate:{one.id}",
                    home=one.commune,
                    country=country[one.commune],
                    languages=one.languages,
                    kind=one.kind,
                    sides=one.sides,
                    hours={band: hours * here for band, hours in one.hours.items() if hours > 0},
                    n=0,
                    most=most_of(study, one),
                    cost=one.cost,
                    cost_hour=one.cost_hour,
                )
            )
    return tuple(pools)


def gathered(study: Study, limit: int = POINTS) -> dict[str, str]:
    """Each commune with on-site requests and the commune that stands for it, of the same versant and country.

    Where there are more than ``limit``, p-medians by requests on the sphere, each side having points by its requests.
    """
    asked: dict[str, float] = {}
    for row in study.demand:
        if row.mode == "on_site" and row.requests > 0:
            asked[row.commune] = asked.get(row.commune, 0.0) + row.requests
    if len(asked) <= limit:
        return {uid: uid for uid in sorted(asked)}
    place = study.place
    groups: dict[tuple[str, str], list[str]] = {}
    for uid in sorted(asked):
        groups.setdefault((place[uid].country, place[uid].versant), []).append(uid)
    total = sum(asked.values())
    points: dict[str, str] = {}
    for uids in groups.values():
        share = sum(asked[uid] for uid in uids) / total
        p = min(len(uids), max(1, int(limit * share)))
        far = Sphere([place[uid].lat for uid in uids], [place[uid].lon for uid in uids])
        problem = Problem(tuple(uids), tuple(uids), np.array([asked[uid] for uid in uids]), far)
        answer = pmedian(problem, p, seconds=5.0, gap=0.02)
        goes, _ = assignment(problem, answer.sites)
        points |= dict(zip(uids, goes, strict=True))
    return points


def split_languages(study: Study, pools: Sequence[Pool]) -> set[str]:
    """Languages of which somebody interprets simple talks only: there talks are told apart."""
    return {
        language
        for pool in pools
        for language in pool.languages
        if may(study, pool, language, "simple") and not may(study, pool, language, "any")
    }


def asked(
    study: Study, points: Mapping[str, str], split: Collection[str]
) -> tuple[dict[Class, list[float]], dict[Class, dict[str, float]]]:
    """Requests, their minutes and their weight, summed up by class; and each class's requests by commune.

    ``split``: languages of which simple talks are told apart.
    """
    place = study.place
    sums: dict[Class, list[float]] = {}
    parts: dict[Class, dict[str, float]] = {}
    for row in study.demand:
        if row.requests <= 0:
            continue
        commune = place[row.commune]
        point = points[row.commune] if row.mode == "on_site" else ""
        simple = study.simple_share(row) if row.language in split else 0.0
        for talk, share in (("simple", simple), ("any", 1.0 - simple)):
            if share <= 0:
                continue
            key = (point, row.language, row.mode, row.band, talk, commune.country, commune.versant)
            many = row.requests * share
            one = sums.setdefault(key, [0.0, 0.0, 0.0])
            one[0] += many
            one[1] += many * row.minutes
            one[2] += many * row.weight
            whose = parts.setdefault(key, {})
            whose[row.commune] = whose.get(row.commune, 0.0) + many
    return sums, parts


def staffing(
    study: Study, travel: Travel, points: Mapping[str, str] | None = None, limit: int = POINTS
) -> Staffing:
    """The model's data; ``points``: the communes' points, where they are decided already. May raise TravelError."""
    pools = pools_of(study)
    points = dict(gathered(study, limit) if points is None else points)
    sums, parts = asked(study, points, split_languages(study, pools))
    classes = tuple(sorted(sums))
    table = np.array([sums[key] for key in classes]).reshape(-1, 3)
    requests = table[:, 0]
    homes = sorted({pool.home for pool in pools})
    where = sorted(set(points.values()))
    far = travel.minutes(homes, where) if homes and where else np.zeros((len(homes), len(where)))
    home_at, point_at = ({uid: i for i, uid in enumerate(side)} for side in (homes, where))
    able: dict[tuple[str, str], list[int]] = {}
    for k, pool in enumerate(pools):
        for language in pool.languages:
            for talk in ("simple", "any"):
                if may(study, pool, language, talk):
                    able.setdefault((language, talk), []).append(k)
    least = np.zeros(len(classes))
    arcs: list[tuple[int, int, float]] = []
    for d, (point, language, mode, band, talk, country, versant) in enumerate(classes):
        reach: list[float] = []
        for k in able.get((language, talk), []) if mode == "on_site" else ():
            pool = pools[k]
            if band not in pool.hours or not crosses(study, pool, country):
                continue
            minutes = float(far[home_at[pool.home], point_at[point]]) * study.peak.get(versant, 1.0)
            if minutes <= study.standard.minutes_on_site:
                arcs.append((d, k, minutes))
                reach.append(minutes)
        least[d] = min(reach, default=0.0)
    keys = [(key[1], key[3], key[4], key[5]) for key in classes]
    buckets = tuple(sorted(set(keys)))
    number = {key: g for g, key in enumerate(buckets)}
    lines = [
        (g, k)
        for g, (language, band, talk, country) in enumerate(buckets)
        for k in able.get((language, talk), [])
        if band in pools[k].hours and crosses(study, pools[k], country)
    ]
    return Staffing(
        study=study,
        points=points,
        classes=classes,
        requests=requests,
        minutes=table[:, 1] / requests,
        weight=table[:, 2] / requests,
        least=least,
        parts=tuple(parts[key] for key in classes),
        pools=pools,
        arc_class=np.array([arc[0] for arc in arcs], dtype=np.int64),
        arc_pool=np.array([arc[1] for arc in arcs], dtype=np.int64),
        arc_far=np.array([arc[2] for arc in arcs], dtype=np.float64),
        site=np.array([key[2] == "on_site" for key in classes], dtype=bool),
        buckets=buckets,
        bucket=np.array([number[key] for key in keys], dtype=np.int64),
        line_bucket=np.array([line[0] for line in lines], dtype=np.int64),
        line_pool=np.array([line[1] for line in lines], dtype=np.int64),
    )


def year_hours(study: Study, band: str) -> float:
    """Hours a year of a band."""
    return WEEKS * {one.id: one for one in study.bands}[band].hours_week
