"""``check``: a result recomputed from the study alone, in plain Python that shares nothing with the planner.

No numpy, no HiGHS, none of the planner's modules: the rules of ``docs/mesh-model.md`` are written here a second time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from .result_files import formed
from .staffing_facts import allowed, at_most, facts
from .study import Study
from .study_files import fingerprint
from .travel import Travel

__all__ = ["check"]

CLOSE = 1e-6
OPTIMAL = 1e-5  # what solver and account may differ by
PROVED = 1e-6  # of the objective: so near its bound a plan is proved best
WORST = 0.1  # of people, whose mean is said
Key = tuple[str, ...]
FIELDS = ("point", "language", "mode", "band", "talk", "country", "versant")


class _Crew:
    """People alike, or recruits of one candidate."""

    def __init__(self, study: Study, one: Any, home: str, many: int, cost: float) -> None:
        self.country = next(place.country for place in study.communes if place.uid == home)
        self.home, self.many, self.cost = home, many, cost
        self.languages: Mapping[str, str] = one.languages
        self.kind, self.sides = str(one.kind), tuple(one.sides)
        self.hours = {band: x * (1 - study.behaviour.absence) for band, x in one.hours.items() if x > 0}
        self.ever = many  # recruits: as many as there could be

    def interprets(self, language: str, talk: str) -> bool:
        """At the level the talk needs?"""
        level = self.languages.get(language)
        if talk == "simple":
            return level in ("full", "working")
        return level == "full" and self.kind != "helper"

    def goes(self, study: Study, country: str) -> bool:
        """To requests of this country?"""
        if country == self.country:
            return True
        return study.rules.border == "open" and (not self.sides or country in self.sides)


class _Check:
    def __init__(self, study: Study, result: Mapping[str, Any], travel: Travel) -> None:
        self.study, self.result, self.travel = study, result, travel
        self.wrong: list[str] = []
        self.points: Mapping[str, str] = result["points"]
        self.place = {one.uid: one for one in study.communes}
        self.held: dict[str, dict[Key, tuple[float, float]]] = {}
        self.parts: Mapping[Key, Mapping[str, float]] = {}

    def say(self, text: str) -> None:
        self.wrong.append(text)

    def same(self, what: str, said: float, found: float) -> None:
        if not abs(said - found) <= CLOSE * max(1.0, abs(said), abs(found)):
            self.say(f"{what}: {said:.9g} said, {found:.9g} recomputed")

    def run(self) -> list[str]:
        if self.result["study"] != fingerprint(self.study):
            self.say("the result answers another study: the fingerprints differ")
            return self.wrong
        for uid, point in self.points.items():
            one, other = self.place.get(uid), self.place.get(point)
            if not (one and other and (one.country, one.versant) == (other.country, other.versant)):
                self.say(f"point {point} cannot stand for {uid}: unknown, or on another side")
        asking = {row.commune for row in self.study.demand if row.mode == "on_site" and row.requests > 0}
        for uid in sorted(asking - self.points.keys()):
            self.say(f"$.points: none for {uid}, which asks for talks on site")
        if self.wrong:
            return self.wrong
        recruits = self._recruits()
        if self.wrong:
            return self.wrong
        for name in ("before", "after"):
            self._named(name)
        if self.wrong:
            return self.wrong
        for name, chosen in (("before", {}), ("after", recruits)):
            self._state(name, chosen)
        if not self.wrong:  # what follows reads the states
            self.wrong += facts(self.study, self.result, self.travel)
        objective = self.result["objective"]
        self.same("objective", objective, self.result["after"]["objective"])
        if self.result["bound"] > objective + CLOSE * max(1.0, objective):
            self.say(f"bound {self.result['bound']:.9g} is above the objective {objective:.9g}")
        away = (objective - self.result["bound"]) / objective if objective > 0 else 0.0
        self.same("gap", self.result["gap"], away)
        if self.result["optimal"] and objective - self.result["bound"] > OPTIMAL * (objective + 1):
            self.say(f"optimal: said of a plan with a gap of {away:.2%}")
        if not self.result["optimal"] and objective - self.result["bound"] <= PROVED * objective:
            self.say("optimal: not said of a plan whose bound is its objective")
        self._losers()
        if self.result["equity"] != self.result["after"]["equity"]:
            self.say("equity is not that of the plan")
        return self.wrong

    def _recruits(self) -> dict[str, int]:
        candidates = {one.id: one for one in self.study.candidates}
        chosen: dict[str, int] = {}
        cost = 0.0
        for entry in self.result["recruits"]:
            one = candidates.get(entry["candidate"])
            if one is None or one.id in chosen:
                self.say(f"recruit {entry['candidate']}: no candidate of the study, or named twice")
                continue
            chosen[one.id] = entry["n"]
            for place in entry["alike"]:
                other = candidates.get(place["candidate"])
                here = (one.kind, one.languages, place["commune"])
                if other is None or (other.kind, other.languages, other.commune) != here:
                    self.say(f"recruit {one.id}: {place['candidate']} is not the same people elsewhere")
            cost += entry["n"] * at_most(self.study, one)
            if not 1 <= entry["n"] <= allowed(self.study, one):
                self.say(
                    f"recruit {one.id}: {entry['n']} recruited, at most {allowed(self.study, one)} allowed"
                )
        limits = self.study.limits
        if limits.number is not None and sum(chosen.values()) > limits.number:
            self.say(f"{sum(chosen.values())} recruited, at most {limits.number} allowed")
        if limits.budget is not None and cost > limits.budget * (1 + CLOSE) + CLOSE:
            self.say(f"{cost:.2f} euros a year, at most {limits.budget:.2f} allowed")
        return chosen

    def _named(self, name: str) -> None:
        """Everybody who serves is somebody of the study."""
        known = {f"person:{one.id}" for one in self.study.people}
        known |= {f"candidate:{one.id}" for one in self.study.candidates}
        for i, flow in enumerate(self.result[name]["flows"]):
            if flow["by"] not in known:
                self.say(f"{name}: flow {i}: {flow['by']} is nobody of the study")

    def _crews(self, chosen: Mapping[str, int]) -> dict[str, _Crew]:
        study = self.study
        crews: dict[str, _Crew] = {}
        first: dict[Any, str] = {}
        for one in study.people:
            if one.kind == "helper" and not study.rules.helpers:
                continue
            alike = (one.home, frozenset(one.languages.items()), frozenset(one.hours.items()), one.kind)
            name = first.setdefault((alike, frozenset(one.sides), one.cost), f"person:{one.id}")
            if name in crews:
                crews[name].many += 1
                crews[name].ever += 1
            else:
                crews[name] = _Crew(study, one, one.home, 1, 0.0)
        for other in study.candidates:
            if allowed(self.study, other):
                many = chosen.get(other.id, 0)
                crew = _Crew(study, other, other.commune, many, other.cost)
                crew.ever = allowed(self.study, other)
                crews[f"candidate:{other.id}"] = crew
        return crews

    def _classes(
        self, crews: Mapping[str, _Crew]
    ) -> tuple[dict[Key, list[float]], dict[Key, dict[str, float]]]:
        split = {
            language
            for crew in crews.values()
            for language in crew.languages
            if crew.interprets(language, "simple") and not crew.interprets(language, "any")
        }
        sums: dict[Key, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
        parts: dict[Key, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in self.study.demand:
            place = self.place[row.commune]
            low, high = row.simple
            share = {"low": low, "high": high}.get(self.study.rules.simple, (low + high) / 2)
            share = share if row.language in split else 0.0
            point = self.points.get(row.commune, "?") if row.mode == "on_site" else ""
            for talk, many in (("simple", row.requests * share), ("any", row.requests * (1 - share))):
                if many > 0:
                    key = (point, row.language, row.mode, row.band, talk, place.country, place.versant)
                    for i, value in enumerate((1.0, row.minutes, row.weight)):
                        sums[key][i] += many * value
                    parts[key][row.commune] += many
        return sums, parts

    def _state(self, name: str, chosen: Mapping[str, int]) -> None:
        study, said = self.study, self.result[name]
        crews = self._crews(chosen)
        classes, parts = self._classes(crews)
        homes, points = sorted({c.home for c in crews.values()}), sorted(set(self.points.values()))
        far: dict[tuple[str, str], float] = {}
        if homes and points:
            for home, line in zip(homes, self.travel.minutes(homes, points).tolist(), strict=True):
                far |= {(home, point): way for point, way in zip(points, line, strict=True)}
        own: dict[Key, float] = defaultdict(float)
        calls: dict[Key, float] = defaultdict(float)
        away: dict[Key, float] = defaultdict(float)
        busy: dict[tuple[str, str], float] = defaultdict(float)
        load: dict[tuple[str, str, str, str], float] = defaultdict(float)
        near = {key: self._nearest(key, crews, far) for key in classes}
        cost = sum(crew.many * crew.cost for crew in crews.values())
        for i, flow in enumerate(said["flows"]):
            where = f"{name}: flow {i}"
            key = tuple(flow[field] for field in FIELDS)
            crew = crews.get(flow["by"])
            if key not in classes or crew is None or flow["requests"] < 0:
                self.say(f"{where}: no such requests or people")
                continue
            site, phone = key[2] == "on_site", flow["how"] == "phone"
            if not (
                crew.interprets(key[1], key[4]) and crew.hours.get(key[3], 0) > 0 and crew.goes(study, key[5])
            ):
                self.say(f"{where}: {flow['by']} may not serve it (language, hours or border)")
            if phone and (not site or study.rules.fallback_weight is None):
                self.say(f"{where}: not to be served by phone instead")
            way = 0.0
            if site and not phone:
                way = far[crew.home, key[0]] * study.peak.get(key[6], 1.0)
                if math.isinf(way):
                    self.say(f"{where}: no way from {crew.home} to {key[0]} is known")
                    continue
                if not way <= study.standard.minutes_on_site * (1 + CLOSE):
                    self.say(f"{where}: {way:.1f} minutes away, {study.standard.minutes_on_site:g} allowed")
            many, minutes = flow["requests"], classes[key][1] / classes[key][0]
            (calls if phone else own)[key] += many
            away[key] += 2 * way * many
            hours = many * (minutes + 2 * way) / 60
            busy[flow["by"], key[3]] += hours
            held = minutes + (2 * near[key] if site and not phone else 0.0)
            load[key[1], key[3], key[4], key[5]] += many * held / 60
        for key, (requests, _, _) in classes.items():
            self.most(f"{name}: requests of {'/'.join(key)}", own[key] + calls[key], requests)
        self._hours(name, crews, busy)
        self._queues(name, crews, classes, near, far, (own, calls, load))
        able = {key for key in classes if self._somebody(key, crews, far)}
        self._terms(name, said, classes, able, (own, calls, away), cost)
        self._equity(name, said["equity"], classes, parts, own, calls, away)
        self._predicted(name, said["predicted"], classes, parts)

    def _somebody(self, key: Key, crews: Mapping[str, _Crew], far: Mapping[tuple[str, str], float]) -> bool:
        """Is there anybody, or could there be, who serves such a request in some way?"""
        for crew in crews.values():
            if crew.interprets(key[1], key[4]) and key[3] in crew.hours and crew.goes(self.study, key[5]):
                if key[2] != "on_site" or self.study.rules.fallback_weight is not None:
                    return True
                way = far[crew.home, key[0]] * self.study.peak.get(key[6], 1.0)
                if way <= self.study.standard.minutes_on_site:
                    return True
        return False

    def most(self, what: str, value: float, limit: float) -> None:
        if value > limit + 1e-5 * max(1.0, limit):
            self.say(f"{what}: {value:.9g} found, at most {limit:.9g} possible")

    def _nearest(self, key: Key, crews: Mapping[str, _Crew], far: Mapping[tuple[str, str], float]) -> float:
        if key[2] != "on_site":
            return 0.0
        ways = [
            far[crew.home, key[0]] * self.study.peak.get(key[6], 1.0)
            for crew in crews.values()
            if crew.interprets(key[1], key[4]) and key[3] in crew.hours and crew.goes(self.study, key[5])
        ]
        return min((way for way in ways if way <= self.study.standard.minutes_on_site), default=0.0)

    def _hours(self, name: str, crews: Mapping[str, _Crew], busy: Mapping[tuple[str, str], float]) -> None:
        cap = self.study.rules.helper_hours_year
        year: dict[str, float] = defaultdict(float)
        for (by, band), hours in busy.items():
            crew = crews[by]
            year[by] += hours
            self.most(f"{name}: hours of {by}, {band}", hours, crew.many * crew.hours.get(band, 0.0) * 52)
        for by, hours in year.items():
            if crews[by].kind == "helper" and cap is not None:
                self.most(f"{name}: hours a year of the helper {by}", hours, crews[by].many * cap)

    def _queues(
        self,
        name: str,
        crews: Mapping[str, _Crew],
        classes: Mapping[Key, Sequence[float]],
        near: Mapping[Key, float],
        far: Mapping[tuple[str, str], float],
        flows: tuple[Mapping[Key, float], Mapping[Key, float], Mapping[tuple[str, str, str, str], float]],
    ) -> None:
        """Erlang's formula for each language, each profile, all countries and, where they are divided, each."""
        study = self.study
        own, calls, load = flows
        stated = {(one["part"], frozenset(one["asked"])): one["worth"] for one in self.result[name]["worth"]}
        if not all(0 < worth <= 3 for worth in stated.values()):
            self.say(f"{name}: somebody is worth nothing, or more than three")
        offered: dict[tuple[str, str, str, str], list[Key]] = defaultdict(list)
        for key in classes:
            offered[key[1], key[3], key[4], key[5]].append(key)
        countries = sorted({key[3] for key in offered})
        zones = [countries]
        if study.rules.border == "closed" or any(crew.sides for crew in crews.values()):
            zones += [[one] for one in countries]
        asked = {key[0] for key in offered}
        groups = {frozenset([one]) for one in asked}
        for crew in crews.values():
            groups.add(frozenset(one for one in asked if crew.interprets(one, "simple")))
        able = {
            key: {
                by
                for by, crew in crews.items()
                if key[1] in crew.hours and crew.interprets(key[0], key[2]) and crew.goes(study, key[3])
            }
            for key in offered
        }
        for band, group, talks, zone in product(study.bands, groups, (("any",), ("any", "simple")), zones):
            inside = [key for key in product(group, [band.id], talks, zone) if key in offered]
            every = [key for bucket in inside for key in offered[bucket]]
            site = [key for key in every if key[2] == "on_site"]
            parts = [("all", every, sum(load[bucket] for bucket in inside))]
            if len({key[0] for key in inside}) == 1:
                remote = [key for key in every if key[2] != "on_site"]
                parts = [("site", site, sum(own[key] for key in site))]
                parts += [("calls", remote, sum(own[key] for key in remote))]
                if study.rules.fallback_weight is not None:
                    parts += [("either", site, sum(own[key] + calls[key] for key in site))]
            for part, mine, served in parts:
                many = sum(classes[key][0] for key in mine)
                year = 52 * band.hours_week
                erlangs = sum(classes[key][1] + 2 * near[key] * classes[key][0] for key in mine) / 60 / year
                if erlangs <= 0:
                    continue
                counts = {}
                for by in set().union(*(able[key] for key in inside)):
                    crew = crews[by]
                    counts[by] = crew.hours[band.id] / band.hours_week * study.behaviour.answer_yes
                    if part == "site":
                        counts[by] *= sum(
                            classes[key][0] for key in mine if self._goes(by, crew, key, far, able)
                        )
                        counts[by] /= many
                presence, ever = 1.0, sum(x * crews[by].ever for by, x in counts.items())
                if part != "all" and ever > 0:
                    presence = sum(x * x * crews[by].ever for by, x in counts.items()) / ever
                names = frozenset("/".join(key) for key in inside)
                people = stated.get((part, names), 1.0) * sum(x * crews[by].many for by, x in counts.items())
                limit = _carried(erlangs, people / presence, presence)
                limit *= year if part == "all" else many / erlangs
                what = f"{name}: {'hours' if part == 'all' else part} of {', '.join(sorted(names))}"
                self.most(what, served, limit)

    def _goes(
        self,
        by: str,
        crew: _Crew,
        key: Key,
        far: Mapping[tuple[str, str], float],
        able: Mapping[tuple[str, str, str, str], set[str]],
    ) -> bool:
        way = far[crew.home, key[0]] * self.study.peak.get(key[6], 1.0)
        return by in able[key[1], key[3], key[4], key[5]] and way <= self.study.standard.minutes_on_site

    def _terms(
        self,
        name: str,
        said: Mapping[str, Any],
        classes: Mapping[Key, Sequence[float]],
        able: Collection[Key],
        flows: tuple[Mapping[Key, float], Mapping[Key, float], Mapping[Key, float]],
        cost: float,
    ) -> None:
        study = self.study
        own, calls, away = flows
        part = study.rules.fallback_weight or 0.0
        lost = {key: max(0.0, one[0] - own[key] - calls[key]) for key, one in classes.items()}
        weight = {key: one[2] / one[0] for key, one in classes.items()}
        terms = {
            "unserved": sum(weight[key] * x for key, x in lost.items()),
            "fallback": part * sum(weight[key] * calls[key] for key in classes),
            "travel": study.alpha * sum(away.values()),
            "fairness": 0.0,
        }
        for field, at in (("languages", 1), ("versants", 6)):
            sums: dict[str, list[float]] = defaultdict(lambda: [0.0] * 4)
            for key, one in classes.items():
                for i, value in enumerate((one[0], own[key], calls[key], lost[key])):
                    sums[key[at]][i] += value
            if set(sums) != set(said[field]):
                self.say(f"{name}: {field} are not those asked for")
                continue
            for label, (requests, served, phoned, missing) in sums.items():
                line = said[field][label]
                self.same(f"{name}: requests of {label}", line["requests"], requests)
                self.same(f"{name}: served of {label}", line["own_mode"], served)
                self.same(f"{name}: by phone of {label}", line["fallback"], phoned)
                self.same(f"{name}: unserved of {label}", line["unserved"], missing)
                self.same(f"{name}: share unserved of {label}", line["share_unserved"], missing / requests)
            counted = {key[at] for key in able}
            if study.fairness.meaning == {1: "worst_language", 6: "worst_versant"}[at] and counted:
                shares = sorted((one[3] + part * one[2]) / one[0] for x, one in sums.items() if x in counted)
                third = shares[-math.ceil(len(shares) / 3) :]
                every = sum(one[0] for one in sums.values())
                terms["fairness"] = study.fairness.weight * every * sum(third) / len(third)
        for term, value in terms.items():
            self.same(f"{name}: term {term}", said["terms"][term], value)
        self.same(f"{name}: objective", said["objective"], sum(terms.values()))
        if (
            said["cost_year"] < cost * (1 - CLOSE) - CLOSE
        ):  # the hours paid are predicted: see staffing_again.py
            self.say(f"{name}: cost a year: {said['cost_year']:.9g} said, recruits alone cost {cost:.9g}")
        visits = sum(x for key, x in own.items() if key[2] == "on_site")
        self.same(
            f"{name}: mean minutes", said["minutes_mean"], sum(away.values()) / 2 / visits if visits else 0
        )

    def _predicted(
        self,
        name: str,
        said: Mapping[str, Any],
        classes: Mapping[Key, Sequence[float]],
        parts: Mapping[Key, Mapping[str, float]],
    ) -> None:
        """Shares of classes against those of languages and of everything; what each commune is held is kept."""
        asked: dict[str, float] = defaultdict(float)
        held: dict[str, float] = defaultdict(float)
        for key, (requests, _, _) in classes.items():
            asked[key[1]] += requests
        table = self.held[name] = {}
        for one in said["classes"]:
            key = tuple(one[field] for field in FIELDS)
            if key not in classes or key in table:
                self.say(f"{name}: predicted of {'/'.join(key)}, which nobody asks for, or twice")
                continue
            if not (0 <= one["site"] <= one["held"] <= 1 and (key[2] == "on_site" or one["site"] == 0)):
                self.say(f"{name}: predicted of {'/'.join(key)}: no such shares")
            table[key] = (one["held"], one["site"])
            held[key[1]] += one["held"] * classes[key][0]
        for language, many in asked.items():
            share = said["languages"].get(language, 0.0)
            self.same(f"{name}: predicted of {language}", share, held[language] / many)
        total = sum(asked.values())
        self.same(f"{name}: predicted", said["share"], sum(held.values()) / total if total else 1.0)
        self.parts = parts

    def _losers(self) -> None:
        """What is said to be lost beside each recruit."""
        falls: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
        for key, communes in self.parts.items():
            was, then = (self.held[side].get(key, (0.0, 0.0)) for side in ("before", "after"))
            for uid, many in communes.items():
                for i in (0, 1):
                    falls[uid, key[1]][i] += many * (was[i] - then[i])
        part = self.study.rules.fallback_weight or 0.0
        for recruit in self.result["recruits"]:
            for one in recruit["loses"]:
                held, site = falls[one["commune"], one["language"]]
                found = max(held, 0.0) + part * max(site - max(held, 0.0), 0.0)
                what = f"lost in {one['commune']}, {one['language']}"
                if abs(one["requests"] - found) > 1e-5 * max(1.0, found):
                    self.say(f"{what}: {one['requests']:.9g} said, {found:.9g} recomputed")

    def _equity(
        self,
        name: str,
        said: Mapping[str, Any],
        classes: Mapping[Key, Sequence[float]],
        parts: Mapping[Key, Mapping[str, float]],
        own: Mapping[Key, float],
        calls: Mapping[Key, float],
        away: Mapping[Key, float],
    ) -> None:
        tables: dict[str, dict[str, list[float]]] = {"minutes": {}, "without": {}}
        for key, (requests, _, _) in classes.items():
            short = max(0.0, requests - own[key])
            minutes = (away[key] / 2 + self.study.standard.minutes_on_site * short) / requests
            missing = max(0.0, requests - own[key] - calls[key]) / requests
            for uid, many in parts[key].items():
                for field, value in (("minutes", minutes), ("without", missing)):
                    if field == "without" or key[2] == "on_site":
                        one = tables[field].setdefault(uid, [0.0, 0.0])
                        one[0] += many * value
                        one[1] += many
        for field, table in tables.items():
            if (field in said) != bool(table):
                self.say(f"{name}: equity of {field} is {'missing' if table else 'said of nothing'}")
            if not table or field not in said:
                continue
            rows = sorted((sum_ / many, many, self.place[uid].versant) for uid, (sum_, many) in table.items())
            measures = _measures(rows, WORST)
            for measure, value in measures.items():
                if measure not in said[field]:
                    self.say(f"{name}: {measure} of {field} is missing")
                else:
                    self.same(f"{name}: {measure} of {field}", said[field][measure], value)
            self._quantiles(f"{name}: of {field}", said[field], rows)
            means = said[field].get("group_means", {})
            groups = _group_means(rows)
            if set(means) != set(groups):
                self.say(f"{name}: group_means of {field} are not those of the versants")
            for group in sorted(means.keys() & groups.keys()):
                self.same(f"{name}: group_means of {field}, {group}", means[group], groups[group])

    def _quantiles(
        self, what: str, said: Mapping[str, float], rows: Sequence[tuple[float, float, str]]
    ) -> None:
        """So many people have it no farther, and no fewer than so many nearer: what rounding leaves of a step."""
        total = sum(many for _, many, _ in rows)
        for measure, share in (("median", 0.5), ("p90", 0.9)):
            value = said[measure]
            slack = CLOSE * max(1.0, abs(value))
            there = any(abs(x - value) <= slack for x, _, _ in rows)
            up_to = sum(many for x, many, _ in rows if x <= value + slack)
            below = sum(many for x, many, _ in rows if x < value - slack)
            if not there or up_to < (share - 1e-9) * total or below > (share + 1e-9) * total:
                self.say(f"{what}: {measure} {value:.9g} said, which is not that of the communes")


def _carried(load: float, people: float, presence: float) -> float:
    """Straight between whole numbers of people, each there for that share of the time whoever else is.

    Steps below 1/10,000 of the load are nothing, and so is all beyond the first.
    """
    value, lost = 0.0, 1.0
    all_there, chance = [0.0], [1.0]  # carried by so many; how likely so many of those counted are there
    for c in range(1, math.floor(people) + 2):
        lost = load * lost / (c + load * lost)
        all_there.append(load * (1 - lost))
        chance = [
            (chance[k] * (1 - presence) if k < c else 0.0) + (chance[k - 1] * presence if k else 0.0)
            for k in range(c + 1)
        ]
        step = math.fsum(x * y for x, y in zip(chance, all_there, strict=True)) - value
        if step < 1e-4 * load:
            break
        value += step * min(1.0, people - (c - 1))
    return value


def _measures(rows: Sequence[tuple[float, float, str]], share: float) -> dict[str, float]:
    total = sum(many for _, many, _ in rows)
    mean = sum(x * many for x, many, _ in rows) / total
    left = share * total
    worst = below = twice = 0.0
    for x, many, _ in reversed(rows):
        worst += x * min(many, left)
        left -= min(many, left)
    for x, many, _ in rows:
        twice += x * many * (2 * below + many)
        below += many
    found = {"mean": mean, "worst_share": share, "largest": rows[-1][0]}
    found["worst_mean"] = worst / (share * total)
    found["gini"] = twice / (total * total * mean) - 1 if mean > 0 else 0.0
    found["theil"] = max(0.0, _theil(((x, many) for x, many, _ in rows), mean, total))
    between = within = 0.0
    for name in {name for _, _, name in rows}:
        group = [(x, many) for x, many, whose in rows if whose == name]
        size = sum(many for _, many in group)
        own = sum(x * many for x, many in group) / size
        if own > 0 and mean > 0:
            between += size / total * own / mean * math.log(own / mean)
            within += size / total * own / mean * max(0.0, _theil(group, own, size))
    return found | {"theil_between": between, "theil_within": within}


def _group_means(rows: Sequence[tuple[float, float, str]]) -> dict[str, float]:
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for x, many, name in rows:
        sums[name][0] += x * many
        sums[name][1] += many
    return {name: whole / many for name, (whole, many) in sums.items()}


def _theil(group: Iterable[tuple[float, float]], mean: float, size: float) -> float:
    if mean <= 0:
        return 0.0
    return sum(many * (x / mean) * math.log(x / mean) for x, many in group if x > 0) / size


def check(study: Study, result: Mapping[str, Any], travel: Travel) -> list[str]:
    """What does not hold: differences of what is said, and rules that are broken; empty where all holds.

    ``result`` has the form of ``docs/schema/mesh-result.json``. Raises PathError where it has not.
    What a prediction says, and the bound, are not of this check (:mod:`.staffing_again`).
    """
    formed(result)
    return _Check(study, result, travel).run()
