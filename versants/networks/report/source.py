"""A study, its result and what lies beside them, ready to be told in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from versants.networks import drawing, words
from versants_libs.coverage.assumptions import parse
from versants_libs.coverage.digest import Digest, Side, Worse, digest
from versants_libs.coverage.errors import InstanceError
from versants_libs.coverage.paired import Apart
from versants_libs.coverage.staffing_facts import allowed, at_most
from versants_libs.coverage.study import Study
from versants_libs.coverage.study_files import fingerprint
from versants_libs.coverage.territory import Territory, Town
from versants_libs.coverage.travel import Travel

LEAST_NAMED = 0.05  # talks a year: less is printed as none
NAMED_LANGUAGES = 2  # of one recruit
LEAST_FELT = 0.25  # of what it brings in its first language: less is not named


@dataclass(frozen=True, slots=True)
class Scenario:
    """One case beside the plan: share served, minutes one way, euros a year more than today. ``apart``: what simulated
    years hold, against those of the plan; None where they were not simulated.
    """

    name: str
    served: float
    minutes: float
    cost: float
    apart: Apart | None = None

    @classmethod
    def of(cls, name: str, result: Mapping[str, Any], simulated: Mapping[str, Any] | None = None) -> Scenario:
        """Read off a result, and what was kept of its simulated years."""
        after, before = result["after"], result["before"]
        asked = sum(one["requests"] for one in after["languages"].values())
        missed = sum(one["unserved"] for one in after["languages"].values())
        planned = 1 - missed / asked if asked else 1.0
        return cls(
            name,
            float(after.get("predicted", {}).get("share", planned)),
            float(after["minutes_mean"]),
            float(after["cost_year"] - before["cost_year"]),
            Apart.of(simulated) if simulated else None,
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """An earlier study of the same territory, whose results could be read when this one was asked for."""

    day: date
    meaning: str


@dataclass(frozen=True, slots=True)
class Held:
    """Share of all requests held in ``years`` simulated, with its 95% interval; None where nobody kept them."""

    share: float
    interval: tuple[float, float] | None
    years: int | None


def _least(shares: Mapping[str, float]) -> dict[str, Any]:
    key = min(sorted(shares), key=lambda name: shares[name], default="")
    return {"key": key, "share": shares.get(key, 1.0)}


@dataclass(frozen=True)
class Source:
    """``seen``: earlier studies of the same territory, oldest first. ``front``: ``by`` number or budget, and its
    ``points``, where it was worked out. ``turns``: what ``turning`` says of each unknown. ``called``: the study's name in
    the reader's language, where it has one. ``chosen_by``: who chose the meaning, an organisation or a role, where the
    study's file does not say so. Raises InstanceError when ``result`` answers another study."""

    study: Study
    result: Mapping[str, Any]
    territory: Territory
    travel: Travel
    scenarios: Sequence[Scenario] = ()
    simulated: Mapping[str, Any] | None = None
    seen: Sequence[Seen] = ()
    front: Mapping[str, Any] = field(default_factory=dict)
    turns: Sequence[Mapping[str, Any]] = ()
    called: str = ""
    chosen_by: str = ""
    strict: bool = field(default=True)

    def __post_init__(self) -> None:
        if self.strict and self.result["study"] != fingerprint(self.study):
            raise InstanceError("the result answers another study than this one: plan it again")

    @property
    def name(self) -> str:
        """What the study is called."""
        return self.called or self.study.name

    @cached_property
    def digest(self) -> Digest:
        """Commune by commune, language by language."""
        known = self.territory.town
        towns = self.territory.towns
        group = {
            one.uid: words.arrondissement_word(known[one.uid].arrondissement, known[one.uid].versant, towns)
            if one.uid in known
            else ""
            for one in self.study.communes
        }
        return digest(self.study, self.result, self.travel, group)

    @cached_property
    def points(self) -> list[Mapping[str, Any]]:
        """The front's points; at the study's own limit stands this study's plan, whose figures the first page gives.

        The front is worked out apart, with less time for each point, and may find another plan there.
        """
        return [
            {**one, **self._own_point()} if self.is_own(one) and not self.older else one
            for one in self.front.get("points", ())
        ]

    def is_own(self, point: Mapping[str, Any]) -> bool:
        """Is this point of the front the study's own limit?"""
        by = self.front["by"]
        limits = self.study.limits
        if self.nobody_asked:
            return float(point[by]) < 0.5
        own = limits.budget if by == "budget" else limits.number
        return own is not None and abs(float(point[by]) - float(own)) < 0.5

    def _own_point(self) -> dict[str, Any]:
        """What a point of the front says, of this study's result."""
        result, after = self.result, self.result["after"]
        cost = sum(float(one["cost"]) for one in result["recruits"])
        minutes = after["equity"].get("minutes") or {}
        versant = {one.uid: one.versant for one in self.study.communes}
        versants: dict[str, list[float]] = {}
        for uid, place in self.digest.places["after"].items():
            sums = versants.setdefault(versant[uid], [0.0, 0.0])
            sums[0] += place.requests * place.fill
            sums[1] += place.requests
        return {
            "recruits": self.chosen,
            "cost": cost,
            "cost_more": after["cost_year"] - result["before"]["cost_year"],
            "objective": result["objective"],
            "bound": result["bound"],
            "left": (result["objective"] - result["bound"]) / self.digest.requests
            if self.digest.requests
            else 0.0,
            "gap": result["gap"],
            "minutes_mean": minutes.get("mean"),
            "worst_minutes": minutes.get("worst_mean"),
            "gini": minutes.get("gini"),
            "theil": minutes.get("theil"),
            "between": minutes.get("theil_between"),
            "predicted": {
                "share": self.served,
                "language": _least({line.key: line.after for line in self.digest.languages}),
                "versant": _least({name: held / many for name, (held, many) in versants.items()}),
            },
        }

    @cached_property
    def towns(self) -> tuple[Town, ...]:
        """Communes with talks or recruits."""
        asked = set(self.digest.places["after"]) | set(self.recruits)
        return tuple(town for town in self.territory.towns if town.uid in asked)

    @cached_property
    def names(self) -> dict[str, str]:
        """Communes in the active language."""
        dutch = words.language() == "nl"
        own = {one.uid: one.name or one.uid for one in self.study.communes}
        for town in self.territory.towns:
            if town.uid in own:
                # English keeps the name of the street signs.
                local = words.language() == "en" and town.versant == "west-vlaanderen"
                own[town.uid] = town.name_nl if dutch or local else town.name_fr
        return own

    @cached_property
    def chosen(self) -> dict[str, int]:
        """How many are recruited, by candidate."""
        return {one["candidate"]: int(one["n"]) for one in self.result["recruits"]}

    @cached_property
    def recruits(self) -> dict[str, int]:
        """How many are recruited, by commune."""
        found: dict[str, int] = {}
        for one in self.result["recruits"]:
            found[one["commune"]] = found.get(one["commune"], 0) + int(one["n"])
        return found

    @cached_property
    def unrecruitable(self) -> list[tuple[str, list[str]]]:
        """(language, what replaces it): asked for, below the standard, and nobody to recruit who interprets it.

        The result says which; a study from public figures knows more of what replaces it.
        """
        ways: dict[str, list[str]] = {}
        for said in parse(self.study.assumptions):
            key, _colon, language = said.key.partition(":")
            if key == "unrecruitable":
                ways[language] = said.value.split(",")
        spoken = {code for one in self.result["recruits"] for code in one["languages"]}
        found = {
            one["language"]: ways.get(one["language"], [one["instead"]])
            for one in self.result["not_recruitable"]
            if one["language"] not in spoken
        }
        return sorted(found.items(), key=lambda pair: self.language(pair[0]))

    @cached_property
    def _gains(self) -> dict[str, dict[str, float]]:
        """Talks a year more by candidate recruited and language."""
        found: dict[str, dict[str, float]] = {}
        for one in self.result["recruits"]:
            of = found.setdefault(one["candidate"], {})
            for gain in one["gains"]:
                of[gain["language"]] = of.get(gain["language"], 0.0) + gain["requests"]
        return found

    def spoken_by(self, candidate: str, languages: Mapping[str, str]) -> str:
        """What a recruit is for: the languages it is felt most in; of somebody not recruited here, the one most missed."""
        gains = self._gains.get(candidate, {})
        if not any(gains.get(code, 0.0) > 0 for code in languages):
            told = {line.key: line.requests * (1 - line.before) for line in self.digest.languages}
            able = [code for code, level in languages.items() if level != "basic"] or list(languages)
            return self.language(max(able, key=lambda code: told.get(code, 0.0)))
        ordered = sorted(languages, key=lambda code: -gains.get(code, 0.0))
        least = max(gains.get(ordered[0], 0.0) * LEAST_FELT, LEAST_NAMED)
        named = [code for code in ordered[:NAMED_LANGUAGES] if gains.get(code, 0.0) >= least]
        return " + ".join(self.language(code) for code in named or ordered[:1])

    @cached_property
    def worse(self) -> list[Worse]:
        """Who loses: every commune and language of which so much less is held that it can be printed."""
        return [one for one in self.digest.worse if one.requests >= LEAST_NAMED]

    @property
    def nobody(self) -> bool:
        """Is nobody recruited, asked or not?"""
        return not self.result["recruits"]

    @property
    def nobody_asked(self) -> bool:
        """Does the study ask what those who are there can do, with nobody more?"""
        return self.study.limits.number == 0 or self.study.limits.budget == 0

    @property
    def least_cost(self) -> float | None:
        """Euros a year the cheapest recruit takes of a budget; None where nobody may be recruited."""
        found = [at_most(self.study, one) for one in self.study.candidates if allowed(self.study, one)]
        return min(found, default=None)

    @property
    def folded(self) -> bool:
        """Are talks at a distance counted with the largest commune of their arrondissement?"""
        return any(one.key == "folded" for one in parse(self.study.assumptions))

    @property
    def older(self) -> bool:
        """Made before plans were predicted: its shares suppose that people have time when they are asked."""
        return any("predicted" not in self.result[side] for side in ("before", "after"))

    @property
    def held(self) -> Held | None:
        """What simulated years hold, with the recruits; None without a simulation."""
        simulated = self.simulated or {}
        fill = [one for one in simulated.get("fill", {}).values() if one["simulated"] is not None]
        asked = sum(one["requests"] for one in fill)
        if not asked:
            return None
        total = simulated.get("total", {})
        share = total.get("simulated", sum(one["requests"] * one["simulated"] for one in fill) / asked)
        interval = total.get("ci95")
        return Held(
            float(share),
            (float(interval[0]), float(interval[1])) if interval else None,
            simulated.get("replications"),
        )

    @property
    def served(self) -> float:
        """Share of all requests served in some way, with the recruits."""
        return 1 - self.digest.share_unserved("after")

    @property
    def cost(self) -> float:
        """Euros a year more than today."""
        return float(self.result["after"]["cost_year"] - self.result["before"]["cost_year"])

    @property
    def cost_of_more(self) -> float | None:
        """Euros for one talk more than today, of those that take place; None where none is held more, or nothing more is
        paid.
        """
        fewer = self.digest.share_unserved("before") - self.digest.share_unserved("after")
        more = fewer * self.digest.requests * (1 - self.study.behaviour.cancelled)
        return self.cost / more if more >= LEAST_NAMED and self.cost > 0 else None

    def commune(self, uid: str) -> str:
        """Its name."""
        return self.names.get(uid, uid)

    def language(self, code: str) -> str:
        """Its name in the active language."""
        known = self.territory.languages.get(code)
        if known is None:
            return code
        return words.language_word(known)

    def curve(self, side: Side) -> str:
        """The Lorenz curve as a path."""
        x, y = self.digest.curve[side]
        return drawing.curve_path(x.tolist(), y.tolist())
