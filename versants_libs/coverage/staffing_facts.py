"""What a result says of its study: each recruit, who is passed over, which language finds nobody. Plain Python, like
:mod:`.staffing_check`, which calls it: nothing of the planner's.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from .study import Candidate, Study
from .travel import Travel, gaps

__all__ = ["WAYS", "WHY", "allowed", "at_most", "facts", "why_passed_over"]

WHY = ("speakers", "helpers", "border", "hours", "level")
#: What replaces somebody of the language on the spot.
WAYS = ("phone", "video", "neighbouring_side")
CLOSE = 1e-6
LEAST = 1e-6  # requests a year: less is rounding


def why_passed_over(study: Study, one: Candidate) -> str | None:
    """The first reason why a candidate cannot be recruited."""
    if one.speakers < study.rules.least_speakers:
        return "speakers"
    if one.kind == "helper" and not study.rules.helpers:
        return "helpers"
    if set(one.languages.values()) <= {"basic"}:
        return "level"
    return None if max(one.hours.values(), default=0.0) > 0 else "hours"


def allowed(study: Study, one: Candidate) -> int:
    """How many of a candidate."""
    if why_passed_over(study, one):
        return 0
    least = study.rules.least_speakers
    return min(one.most, math.floor(one.speakers / least)) if least else one.most


def at_most(study: Study, one: Candidate) -> float:
    """Euros a year one recruit takes of a budget: a helper's allowance for every hour they may work is among them."""
    if one.kind != "helper":
        return one.cost
    cap = study.rules.helper_hours_year
    hours = 52 * sum(one.hours.values()) * (1 - study.behaviour.absence)
    return one.cost + one.cost_hour * min(hours, math.inf if cap is None else cap)


def facts(study: Study, result: Mapping[str, Any], travel: Travel) -> list[str]:
    """What is said otherwise than the study and the flows have it; of recruits that are candidates of the study."""
    wrong = []
    for what, said, found in (
        ("name", result["name"], study.name),
        ("travel.provider", result["travel"]["provider"], travel.provider),
        ("travel.date", result["travel"]["date"], travel.date),
    ):
        if said != found:
            wrong.append(f"{what}: {said!r} said, {found!r} in the study")
    missing = gaps(study, travel)
    own_gaps = None if missing is None else asdict(missing)
    said_gaps = result["travel"].get("gaps")
    if said_gaps != own_gaps:
        wrong.append(f"travel.gaps: {said_gaps} said, {own_gaps} of the travel times")
    wrong += _recruits(study, result)
    said_why = [(one["candidate"], one["why"]) for one in result["passed_over"]]
    own_why = [(one.id, why) for one in study.candidates if (why := why_passed_over(study, one))]
    if sorted(said_why) != sorted(own_why):
        for name, why in sorted({*said_why} ^ {*own_why}) or [("somebody", "twice")]:
            wrong.append(f"passed_over: {name} ({why}) is not the same in the study")
    return wrong + _not_recruitable(study, result)


def _recruits(study: Study, result: Mapping[str, Any]) -> list[str]:
    candidates = {one.id: one for one in study.candidates}
    served: dict[str, float] = defaultdict(float)
    for flow in result["after"]["flows"]:
        served[flow["by"]] += flow["requests"]
    wrong = []
    for i, said in enumerate(result["recruits"]):
        one = candidates[said["candidate"]]
        where = f"$.recruits[{i}]"
        for name, own in (
            ("commune", one.commune),
            ("languages", dict(one.languages)),
            ("kind", one.kind),
        ):
            if said[name] != own:
                wrong.append(
                    f"{where}.{name}: {said[name]!r} said, {own!r} of candidate {one.id} in the study"
                )
        for name, number in (
            ("lead_months", one.lead_months),
            ("requests", served[f"candidate:{one.id}"]),
        ):
            if not abs(said[name] - number) <= CLOSE * max(1.0, abs(number)):
                wrong.append(f"{where}.{name}: {said[name]:.9g} said, {number:.9g} recomputed")
        low, high = said["n"] * one.cost, said["n"] * at_most(study, one)
        if not low - CLOSE * max(1.0, low) <= said["cost"] <= high + CLOSE * max(1.0, high):
            wrong.append(f"{where}.cost: {said['cost']:.9g} said, {low:.9g} to {high:.9g} possible")
    return wrong


def _not_recruitable(study: Study, result: Mapping[str, Any]) -> list[str]:
    """Languages below the standard that nobody who may be recruited interprets, and what replaces people there."""
    offered = {
        language
        for one in study.candidates
        if allowed(study, one)
        for language, level in one.languages.items()
        if level != "basic"
    }
    country = {one.uid: one.country for one in study.communes}
    home = {f"person:{one.id}": country[one.home] for one in study.people}
    home |= {f"candidate:{one.id}": country[one.commune] for one in study.candidates}
    ways: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(WAYS, 0.0))
    for flow in result["after"]["flows"]:
        mine = ways[flow["language"]]
        if home[flow["by"]] != flow["country"]:
            mine["neighbouring_side"] += flow["requests"]
        elif flow["how"] == "phone" or flow["mode"] != "on_site":
            mine["video" if flow["mode"] == "video" else "phone"] += flow["requests"]
    own = {
        language: one
        for language, one in result["after"]["languages"].items()
        if language not in offered
        and (one["unserved"] + one["fallback"]) / one["requests"] > 1 - study.standard.fill
    }
    said = {one["language"]: one for one in result["not_recruitable"]}
    wrong = []
    if sorted(own) != sorted(one["language"] for one in result["not_recruitable"]):
        wrong.append(
            f"not_recruitable: {', '.join(sorted(said)) or 'nothing'} said, "
            f"{', '.join(sorted(own)) or 'nothing'} recomputed"
        )
    for language in sorted(own.keys() & said.keys()):
        one, many = said[language], ways[language]
        most = max(many.values())
        named = many.get(one["instead"], 0.0) if most > LEAST else 0.0
        close = CLOSE * max(1.0, most)
        if named < most - close or (one["instead"] == "nothing") != (most <= LEAST):
            wrong.append(f"not_recruitable: {one['instead']} is not what replaces {language} most")
        for name, value in (
            ("share_unserved", own[language]["share_unserved"]),
            ("share_replaced", most / own[language]["requests"]),
        ):
            if not abs(one[name] - value) <= CLOSE:
                wrong.append(
                    f"not_recruitable: {name} of {language}: {one[name]:.9g} said, {value:.9g} recomputed"
                )
    return wrong
