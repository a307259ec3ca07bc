"""Tiny studies and their best plans by trying every choice of recruits: slow, short, written apart from the planner."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np

from versants_libs.coverage import study as s
from versants_libs.coverage.travel import travel_of

KNOTS = s.TravelSource("piecewise", "2026-01-01", knots_km=(0.0, 100.0), minutes=(2.0, 152.0))


def random_study(seed, spoken=()):
    """Small enough to try everything, with borders, helpers, levels, peaks, ranges, limits of both kinds.

    ``spoken``: languages that are all asked for, where the worst of them count.
    """
    rng = np.random.default_rng(seed)

    def pick(*values):
        return values[int(rng.integers(len(values)))]

    communes = tuple(
        s.Commune(
            f"{country}-{i}",
            50 + float(rng.random()) * 0.8,
            3 + float(rng.random()),
            100.0,
            pick("a", "b") if country == "BE" else "c",
            country,
        )
        for i, country in enumerate(rng.choice(["FR", "BE"], int(rng.integers(1, 4))).tolist())
    )
    places = [one.uid for one in communes]
    bands = (s.Band("day", (1, 2, 3, 4, 5), 9, 17), s.Band("night", (6,), 18, 22))[: pick(1, 1, 2)]
    names = [one.id for one in bands]
    every = list(spoken)
    spoken = every or ["tir", "prs", "ukr"][: pick(1, 2, 3)]
    demand = tuple(
        s.Demand(
            pick(*places),
            every[i % len(every)] if every else pick(*spoken),
            pick("on_site", "on_site", "phone", "video"),
            pick(*names),
            float(rng.integers(0, 3000)),
            float(rng.integers(10, 90)),
            (0.2, 0.6) if rng.random() < 0.5 else (0.0, 0.0),
            float(pick(1, 1, 2)),
        )
        for i in range(len(every) + 1 if every else int(rng.integers(1, 6)))
    )

    def somebody():
        many = int(rng.integers(1, len(spoken) + 1))
        return {
            "languages": {
                one: pick("full", "full", "working", "basic") for one in rng.permutation(spoken)[:many]
            },
            "hours": {one: float(rng.integers(0, 5)) for one in names},
            "kind": pick("sworn", "certified", "helper"),
            "sides": pick((), ("FR",), ("BE",), ("FR", "BE")),
        }

    people = tuple(s.Person(f"p{i}", pick(*places), **somebody()) for i in range(int(rng.integers(0, 4))))
    candidates = tuple(
        s.Candidate(
            f"c{i}",
            pick(*places),
            most=int(rng.integers(0, 3)),
            speakers=float(pick(10, 40, 70, 300)),
            cost=float(rng.integers(0, 5)) * 100,
            cost_hour=2.0 * (i % 2),
            **somebody(),
        )
        for i in range(int(rng.integers(1, 4)))
    )
    limits = pick(s.Limits(2), s.Limits(3), s.Limits(None, 500.0), s.Limits(4, 600.0))
    return s.Study(
        "tiny",
        communes,
        bands,
        demand,
        people,
        candidates,
        limits,
        standard=s.Standard(minutes_on_site=pick(30.0, 60.0, 120.0)),
        rules=s.Rules(
            helpers=rng.random() < 0.8,
            border=pick("open", "closed"),
            simple=pick("low", "middle", "high"),
            helper_hours_year=pick(None, 60.0),
            fallback_weight=pick(None, 0.5, 0.2),
        ),
        alpha=pick(0.0, 0.002, 0.02),
        fairness=s.Fairness("worst_language", 2.0)
        if every
        else s.Fairness(pick("sum", "worst_language", "worst_versant"), pick(0.0, 0.5)),
        peak={"a": pick(1.0, 1.5)},
        travel=KNOTS,
        behaviour=s.Behaviour(answer_yes=pick(1.0, 0.8), absence=pick(0.0, 0.1)),
    )


def travel(study):
    """Its travel times."""
    return travel_of(study, Path())


def largest(gain, rows, limits):
    """max gain.x with rows.x <= limits, x >= 0, limits >= 0: the simplex of the textbook, Bland's rule."""
    m, n = rows.shape
    table = np.zeros((m + 1, n + m + 1))
    table[:m, :n], table[:m, n : n + m], table[:m, -1] = rows, np.eye(m), limits
    table[m, :n] = -gain
    basis = list(range(n, n + m))
    while True:
        entering = np.flatnonzero(table[m, :-1] < -1e-9)
        if not len(entering):
            return table[m, -1]
        j = entering[0]
        positive = np.flatnonzero(table[:m, j] > 1e-9)
        ratios = table[positive, -1] / table[positive, j]
        ties = positive[ratios <= ratios.min() + 1e-12]
        i = min(ties, key=lambda row: basis[row])
        table[i] /= table[i, j]
        for r in range(m + 1):
            if r != i and table[r, j]:
                table[r] -= table[r, j] * table[i]
        basis[i] = j


def erlang(load, people, presence=1.0):
    """Carried by a broken number of people, each there for a share of the time."""
    full, values, lost = [0.0], [0.0], 1.0
    for c in range(1, int(people) + 3):
        lost = load * lost / (c + load * lost)
        full.append(load * (1 - lost))
        there = [comb(c, k) * presence**k * (1 - presence) ** (c - k) for k in range(c + 1)]
        value = float(np.dot(there, full))
        if value - values[-1] < 1e-4 * load:
            break
        values.append(value)
    return float(np.interp(people, np.arange(len(values)), values))


def served(study, recruits, stated=()):
    """The objective with so many recruits of each candidate, the best service worked out as one linear model.

    ``stated``: what people are worth in the queues of a result's state.
    """
    worth = {(one["part"], frozenset(one["asked"])): one["worth"] for one in stated}
    place = {one.uid: one for one in study.communes}
    roads = travel(study)
    rules = study.rules
    crew = [(one, one.home, 1) for one in study.people] + [
        (one, one.commune, n) for one, n in zip(study.candidates, recruits, strict=True)
    ]
    crew = [one for one in crew if rules.helpers or one[0].kind != "helper"]
    offered = [
        one
        for one in crew
        if not isinstance(one[0], s.Candidate)
        or (most(study, one[0]) and any(v > 0 for v in one[0].hours.values()))
    ]

    def able(one, language, talk):
        level = one.languages.get(language, "basic")
        return level != "basic" if talk == "simple" else level == "full" and one.kind != "helper"

    def goes(one, home, country):
        there = place[home].country
        return there == country or (rules.border == "open" and (not one.sides or country in one.sides))

    sums = {}  # rows of one kind are one class, with their mean minutes and weight
    for row in study.demand:
        low, high = row.simple
        share = {"low": low, "middle": (low + high) / 2, "high": high}[rules.simple]
        share = share if split(offered, able, row.language) else 0.0
        for talk, many in (("simple", row.requests * share), ("any", row.requests * (1 - share))):
            point = row.commune if row.mode == "on_site" else place[row.commune].versant
            key = (point, row.language, row.mode, row.band, talk)
            sums.setdefault(key, []).append((row, many))
    classes = []
    for (*_, talk), rows in sums.items():
        many = sum(x for _, x in rows)
        if many > 0:
            minutes_each = sum(row.minutes * x for row, x in rows) / many
            weight = sum(row.weight * x for row, x in rows) / many
            classes.append((replace(rows[0][0], minutes=minutes_each, weight=weight), talk, many))
    arcs, near = [], []
    for d, (row, talk, _) in enumerate(classes):
        ways = []
        for k, (one, home, _) in enumerate(offered):
            if not (able(one, row.language, talk) and one.hours.get(row.band, 0) > 0):
                continue
            if not goes(one, home, place[row.commune].country):
                continue
            if row.mode != "on_site":
                arcs.append((d, k, 0.0, True))
                continue
            way = roads.minutes([home], [row.commune])[0, 0] * study.peak.get(place[row.commune].versant, 1.0)
            if way <= study.standard.minutes_on_site:
                arcs.append((d, k, way, True))
                ways.append(way)
            if rules.fallback_weight is not None:
                arcs.append((d, k, 0.0, False))
        near.append(min(ways, default=0.0) if row.mode == "on_site" else 0.0)
    total = sum(many for _, _, many in classes)
    fair = study.fairness.weight * total if study.fairness.meaning != "sum" else 0.0
    phi = rules.fallback_weight or 0.0
    n = len(arcs) + 6  # what five groups at most lack beyond the share of the last column
    gain = np.zeros(n)
    rows, limits = [], []

    def limit(values, top):
        line = np.zeros(n)
        for i, value in values:
            line[i] += value
        rows.append(line)
        limits.append(top)

    for i, (d, _, way, own) in enumerate(arcs):
        gain[i] = classes[d][0].weight * (1 if own else 1 - phi) - 2 * study.alpha * way
    for d, (_, _, many) in enumerate(classes):
        limit([(i, 1.0) for i, arc in enumerate(arcs) if arc[0] == d], many)
    here = 1 - study.behaviour.absence
    for k, (one, _, many) in enumerate(offered):
        mine = [(i, (classes[a[0]][0].minutes + 2 * a[2]) / 60) for i, a in enumerate(arcs) if a[1] == k]
        for band in study.bands:
            inside = [(i, x) for i, x in mine if classes[arcs[i][0]][0].band == band.id]
            limit(inside, many * one.hours.get(band.id, 0.0) * here * 52)
        if one.kind == "helper" and rules.helper_hours_year is not None:
            limit(mine, many * rules.helper_hours_year)
    groups = [{one} for one in study.languages]
    groups += [{lang for lang in one.languages if able(one, lang, "simple")} for one, _, _ in offered]
    countries = sorted({place[row.commune].country for row, _, _ in classes})
    zones = [countries]
    if rules.border == "closed" or any(one.sides for one, _, _ in offered):
        zones += [[one] for one in countries]
    for band, group, talks, zone in itertools.product(
        study.bands, groups, (("any",), ("any", "simple")), zones
    ):
        inside = [
            d
            for d, (row, talk, _) in enumerate(classes)
            if row.language in group
            and row.band == band.id
            and talk in talks
            and place[row.commune].country in zone
        ]
        year = 52 * band.hours_week
        hold = {d: (classes[d][0].minutes + 2 * near[d]) / 60 for d in inside}
        asked = frozenset(
            f"{row.language}/{band.id}/{talk}/{place[row.commune].country}"
            for row, talk, _ in (classes[d] for d in inside)
        )
        on_site = [d for d in inside if classes[d][0].mode == "on_site"]
        remote = [d for d in inside if classes[d][0].mode != "on_site"]
        parts = {"all": inside}
        if len({classes[d][0].language for d in inside}) == 1:
            parts = {"site": on_site, "calls": remote}
            parts |= {"either": on_site} if rules.fallback_weight is not None else {}
        for part, mine in parts.items():
            requests = sum(classes[d][2] for d in mine)
            load = sum(hold[d] * classes[d][2] for d in mine) / year
            if not load:
                continue
            counts = []  # one person, how many now, how many ever
            for k, (one, home, many) in enumerate(offered):
                each = one.hours.get(band.id, 0.0) * here / band.hours_week * study.behaviour.answer_yes
                if part == "site":
                    goes_to = {d for d, by, _, own in arcs if by == k and own}
                    each *= sum(classes[d][2] for d in mine if d in goes_to) / requests
                elif not any(
                    able(one, classes[d][0].language, classes[d][1])
                    and goes(one, home, place[classes[d][0].commune].country)
                    for d in inside
                ):
                    each = 0.0
                counts.append((each, many, most(study, one) if isinstance(one, s.Candidate) else 1))
            ever = sum(each * top for each, _, top in counts)
            presence = 1.0
            if part != "all" and ever:
                presence = sum(each * each * top for each, _, top in counts) / ever
            people = worth.get((part, asked), 1.0) * sum(each * many for each, many, _ in counts)
            top = erlang(load, people / presence, presence)
            if part == "all":
                line = [
                    (i, hold[d] if own else classes[d][0].minutes / 60)
                    for i, (d, _, _, own) in enumerate(arcs)
                    if d in hold
                ]
                limit(line, year * top)
            else:
                line = [
                    (i, 1.0)
                    for i, (d, _, _, own) in enumerate(arcs)
                    if d in mine and (own or part == "either")
                ]
                limit(line, requests / load * top)
    at = (lambda row: row.language) if study.fairness.meaning == "worst_language" else None
    at = at or (lambda row: place[row.commune].versant)
    named = sorted({at(classes[d][0]) for d, _, _, _ in arcs})
    counted = named if fair else []
    for name in counted:
        size = sum(many for row, _, many in classes if at(row) == name)
        mine = [
            (i, -(1 if own else 1 - phi) / size)
            for i, (d, _, _, own) in enumerate(arcs)
            if at(classes[d][0]) == name
        ]
        limit([(n - 1, 1.0), (len(arcs) + counted.index(name), -1.0), *mine], 0.0)
    if counted:
        limit([(n - 1, 1.0)], 1.0)
        gain[-1] = fair
        gain[len(arcs) : len(arcs) + len(counted)] = -fair / math.ceil(len(counted) / 3)
    weighted = sum(row.weight * many for row, _, many in classes)
    return weighted + gain[-1] - largest(gain, np.array(rows), np.array(limits))


def split(offered, able, language):
    """Does anybody interpret this language's simple talks only?"""
    return any(able(one, language, "simple") and not able(one, language, "any") for one, _, _ in offered)


def most(study, one):
    """How many of a candidate."""
    if one.speakers < study.rules.least_speakers or (one.kind == "helper" and not study.rules.helpers):
        return 0
    if all(level == "basic" for level in one.languages.values()) or not any(one.hours.values()):
        return 0
    return min(one.most, int(one.speakers // study.rules.least_speakers))


def of_budget(study, one):
    """What a budget counts for one recruit: all a helper may be paid; of others, what they cost without any talk."""
    hours = sum(one.hours.values()) * 52 * (1 - study.behaviour.absence)
    cap = study.rules.helper_hours_year
    hours = hours if cap is None else min(hours, cap)
    return one.cost + one.cost_hour * hours * (one.kind == "helper")


def best(study, stated=()):
    """The smallest objective over every choice of recruits."""
    found = []
    for recruits in itertools.product(*(range(most(study, one) + 1) for one in study.candidates)):
        cost = sum(n * of_budget(study, one) for n, one in zip(recruits, study.candidates, strict=True))
        number, budget = study.limits.number, study.limits.budget
        if (number is None or sum(recruits) <= number) and (budget is None or cost <= budget):
            found.append(served(study, recruits, stated))
    return min(found)
