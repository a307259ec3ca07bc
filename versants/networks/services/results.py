"""A finished study as the page shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.classes import Role
from versants.networks import drawing, words
from versants.networks.models import StudyRun
from versants.networks.report import assumed, cases, content, frame, inequality, plain, steps, turns, waiting
from versants.networks.report.source import Scenario, Seen, Source
from versants.networks.services import fronts
from versants.networks.services.studies import territory
from versants.territory.shapes import DATA
from versants_libs.coverage.study_files import fingerprint, fingerprint_of, read_study
from versants_libs.coverage.travel import travel_of

DOT = 12.0  # of a recruit's circle with its edge and some air, in units of the map
LEAST_SHOWN, MOST_SHOWN = 70, 97


def source(run: StudyRun, called: str = "") -> Source:
    """The study and its result, ready to be told; scenarios are named in the language that is active now.

    ``called``: its territory in that language, where its question says which.
    """
    study = read_study(json.dumps(run.study))
    cases = [
        Scenario.of(scenario_word(one["key"]), one["result"], one.get("simulated")) for one in run.scenarios
    ]
    result = run.result
    if result["study"] == fingerprint_of(run.study):
        # Kept together; a budget was once kept as a whole number, which a study read again has no more.
        result = {**result, "study": fingerprint(study)}
    return Source(
        study,
        result,
        territory(),
        travel_of(study, DATA),
        scenarios=cases,
        simulated=run.simulated or None,
        seen=seen_before(run),
        front=run.front,
        turns=run.turns,
        called=called,
        chosen_by=chooser(run),
    )


def chooser(run: StudyRun) -> str:
    """The organisation whose study it is, and the role of who asked: no name of a person leaves with a report."""
    role = run.question.get("chosen_as")
    if role not in Role.values:
        return run.organisation.name
    return _("%(organisation)s (%(role)s)") % {
        "organisation": run.organisation.name,
        "role": Role(role).label,
    }


def seen_before(run: StudyRun) -> list[Seen]:
    """Studies of the same territory, by the same organisation, whose results stood when this one was asked for."""
    earlier = StudyRun.objects.filter(
        organisation=run.organisation_id,
        question__area=run.question.get("area"),
        finished_at__lt=run.chosen_at,
    )
    return [
        Seen(clock.local(chosen_at).date(), meaning)
        for chosen_at, meaning in earlier.order_by("chosen_at").values_list("chosen_at", "question__meaning")
    ]


def scenario_word(key: str) -> str:
    """A case in words."""
    known = {
        "no_helpers": _("without language helpers"),
        "simple_low": _("helpers take few talks (10%% of them)") % (),
        "simple_high": _("helpers take many talks (40%% of them)") % (),
        "border_closed": _("border closed: everybody works in their own country"),
    }
    if key.startswith("discouraged_"):
        return _("%(share)s more talks, of those who no longer ask") % {
            "share": words.percent(int(key[12:]) / 100)
        }
    if key.startswith("phone_"):
        return _("%(share)s by telephone or video") % {"share": words.percent(int(key[6:]) / 100)}
    return known[key]


def context(run: StudyRun, measure: str) -> dict[str, Any]:
    """Everything ``study.html`` prints."""
    told = source(run)
    label = {
        "fill": _("Map: share of talks likely to be held"),
        "minutes": _("Map: minutes on the road for a talk on site"),
    }[measure]
    maps = [
        {
            "key": side,
            "caption": caption,
            "map": drawing.mesh_map(
                told.towns,
                told.digest.places[side],
                measure,
                names=told.names,
                recruits=told.recruits,
                dots=side == "after",
                label=f"{label}, {caption}",
            ),
        }
        for side, caption in content.map_sides(told)
    ]
    # The page has its own pictures, scenarios, assumptions and way to the report.
    shown = (
        *content.recruits(told),
        *content.each_recruit(told),
        *content.languages(told),
        *content.places(told),
        *content.losers(told),
        *content.unrecruitable(told),
        *[one for one in inequality.blocks(told) if one["kind"] != "svg"],
    )
    return {
        "chosen": content.chosen(told),
        "older": plain.older() if told.older else "",
        "plain": plain.paragraphs(told)[1 if told.older else 0 :],
        "sums": [
            (term, figure, sentence)
            for term, (figure, sentence) in zip(
                (_("Served"), _("On the road"), _("Cost")), content.numbers(told), strict=True
            )
        ],
        "maps": maps,
        "nobody": told.nobody,
        "legend": maps[-1]["map"].legend,
        "measure": measure,
        "behind": _sections(plain.behind(told)),
        "blocks": _sections(shown),
        "shown": _shown(maps[-1]["map"]),
        "curve_words": [(at, 200 - at, words.percent(at / 200)) for at in (0, 100, 200)],
        "curve_before": told.curve("before"),
        "curve_after": told.curve("after"),
        "front": _front(run, told),
        "turns": [
            {"title": turns.name(one), "texts": turns.sentences(told, one), "chart": turns.chart(one)}
            for one in told.turns
        ],
        "turns_note": turns.note(),
        "scenarios": _sections((*cases.blocks(told), *content.simulation(told), *waiting.blocks(told))),
        "people_today": frame.today(told),
        "assumptions": assumed.groups(told.study),
        "proved": run.result["gap"] < 0.00005,
        "gap": words.number(run.result["gap"] * 100, 2),
    }


def _shown(map_: drawing.MeshMap) -> int:
    """Per cent of the map with the recruits that shows at first: most of it, and every recruit."""
    farthest = max((float(x) + DOT for x, _y, _n in map_.dots), default=0.0)
    return min(max(ceil(100 * farthest / float(map_.width)), LEAST_SHOWN), MOST_SHOWN)


def _front(run: StudyRun, told: Source) -> dict[str, Any] | None:
    """The steps: a drawing, and a table with a way to each as a study of its own."""
    if not told.front:
        return None
    rows = zip(steps.rows(told), told.points, strict=True)
    return {
        "chart": steps.chart(told),
        "head": steps.head(told),
        "rows": [
            {
                "cells": list(zip(steps.head(told), cells, strict=True)),
                "own": steps.is_own(told, point),
                "query": fronts.point_query(run, point),
                "ask": steps.ask_word(told, point),
            }
            for cells, point in rows
        ],
        "texts": steps.sentences(told),
    }


def _sections(blocks: Any) -> list[dict[str, Any]]:
    """Blocks gathered under their headings, in their order."""
    found: list[dict[str, Any]] = []
    for one in blocks:
        if one["kind"] == "h":
            found.append({"title": one["text"], "parts": []})
        elif one["kind"] == "p":
            found[-1]["parts"].append({"text": one["text"]})
        elif one["kind"] == "table":
            found[-1]["parts"].append({"table": _paged(one)})
    return found


def _paged(table: Mapping[str, Any]) -> dict[str, Any]:
    """A table of the report for a page: head (word, is it of figures) and rows of such columns beside their cells."""
    head = list(zip(table["head"], table["figures"], strict=True))
    return {
        "head": head,
        "rows": [
            [(word, figure, cell) for (word, figure), cell in zip(head, row, strict=True)]
            for row in table["rows"]
        ],
    }
