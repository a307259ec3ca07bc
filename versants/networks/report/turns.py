"""What nobody knows, as a range, with the point where the answer turns: sentences, a drawing, a sheet."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from django.utils.translation import gettext as _

from versants.networks import words
from versants.networks.charts import Chart, Plot, printed
from versants.networks.report import steps
from versants.networks.report.blocks import Block, heading, paragraph
from versants.networks.report.source import Source

LEAST_SPAN = 0.1  # of shares drawn: what hardly changes looks as if it hardly changed
NAMED = 3  # recruits on either side of a turn
BESIDE = 16  # of the words of a drawing that has half the width of a page
Turning = Mapping[str, Any]


def title() -> str:
    """Of the part."""
    return _("Where the answer turns")


def note() -> str:
    """How it was found."""
    return _(
        "Nobody has measured these two. The plans of both ends and of this study are judged along the whole range; two "
        "that the proof cannot tell apart count as one. Between the ends no further plan was looked for."
    )


def name(one: Turning) -> str:
    """The unknown."""
    return {
        "simple": _("Share of talks a helper may take"),
        "discouraged": _("Talks added for those who no longer ask"),
    }[one["what"]]


def sentences(source: Source, one: Turning) -> list[str]:
    """Where it turns and what replaces what; or that it does not."""
    held = [one["served"][a][i] for i, a in enumerate(one["best"])]
    said = {
        "low": words.percent(one["low"]),
        "high": words.percent(one["high"]),
        "first": words.percent(held[0], 1),
        "last": words.percent(held[-1], 1),
    }
    found = _other(source, one)
    found += [_turned(source, one, turn) for turn in one["turns"]]
    if not found:
        found.append(
            _("From %(low)s to %(high)s the same people are recruited: the answer does not hang on it.")
            % said
        )
    found.append(
        _(
            "At %(low)s, %(first)s of talks are likely to be held; at %(high)s, %(last)s. This study takes %(at)s."
        )
        % {**said, "at": words.percent(one["at"])}
    )
    return found


def _other(source: Source, one: Turning) -> list[str]:
    """Said where another choice than this study's plan is the better one for what this study takes."""
    at = min(range(len(one["values"])), key=lambda i: abs(one["values"][i] - float(one["at"])))
    best = one["answers"][one["best"][at]]
    if best == source.chosen:
        return []
    return [
        _(
            "At %(at)s, which this study takes, another choice is judged a little better than its plan: %(who)s. It was "
            "found while planning another case; ask for the study again with more time."
        )
        % {"at": words.percent(one["at"]), "who": steps.who(source, best, NAMED) or "–"}
    ]


def _turned(source: Source, one: Turning, turn: Mapping[str, Any]) -> str:
    before, after = one["answers"][turn["from"]], one["answers"][turn["to"]]
    more = {key: n - before.get(key, 0) for key, n in after.items() if n > before.get(key, 0)}
    less = {key: n - after.get(key, 0) for key, n in before.items() if n > after.get(key, 0)}
    said = {
        "share": words.percent(turn["value"]),
        "more": steps.who(source, more, NAMED),
        "less": steps.who(source, less, NAMED),
    }
    if more and less:
        return _("From %(share)s on: %(more)s, instead of %(less)s.") % said
    if more:
        return _("From %(share)s on, also: %(more)s.") % said
    return _("From %(share)s on, no longer: %(less)s.") % said


def chart(one: Turning) -> Chart:
    """Share held along the range: full where a choice is the best one, dotted where it is not; a stroke where it turns."""
    values = [float(value) for value in one["values"]]
    every = [share for line in one["served"] for share in line]
    low, high = min(every), max(every)
    low, high = min(low, max(0.0, (low + high - LEAST_SPAN) / 2)), max(high, (low + high + LEAST_SPAN) / 2)
    plot = Plot(
        f"{name(one)}. {label()}",
        (values[0], values[-1]),
        (low, high),
        words.percent,
        words.percent,
    )
    for line in one["served"]:
        plot.line(list(zip(values, line, strict=True)), "mesh-line thin")
    turns = iter(one["turns"])
    for (i, a), (j, b) in pairwise(enumerate(one["best"])):
        first, last = one["served"][a], one["served"][b]
        if a == b:
            plot.line([(values[i], first[i]), (values[j], first[j])])
            continue
        value = float(next(turns)["value"])
        part = (value - values[i]) / (values[j] - values[i])
        up = first[i] + part * (first[j] - first[i])
        then = last[i] + part * (last[j] - last[i])
        plot.line([(values[i], first[i]), (value, up)])
        plot.line([(value, then), (values[j], last[j])])
        plot.line([(value, plot.y[0]), (value, plot.y[1])], "mesh-turn")
    at = min(range(len(values)), key=lambda i: abs(values[i] - float(one["at"])))
    held = one["served"][one["best"][at]][at]
    plot.dot(values[at], held, words.percent(held, 1), hot=True)
    return plot.drawn()


def label() -> str:
    """What the drawing shows."""
    return _(
        "Up: talks likely to be held. A full line: the best choice of recruits there; dotted: the others. Red stroke: "
        "where it turns. The dot: this study."
    )


def blocks(source: Source) -> list[Block]:
    """The part of the report; nothing where nothing was judged."""
    if not source.turns:
        return []
    return [
        heading(title()),
        paragraph(note()),
        {
            "kind": "beside",
            "cells": [
                {
                    # A full stop: whole sentences follow, and no colon asks for the space of a language before it.
                    "text": " ".join([f"{name(one)}.", *sentences(source, one)]),
                    "svg": printed(chart(one), BESIDE),
                    "alt": f"{name(one)}. {label()}",
                }
                for one in source.turns
            ],
            "caption": label(),
        },
    ]


def sheet(source: Source) -> tuple[str, list[str], list[Any]]:
    """For the annex: each choice at each step."""
    head = [_("Unknown"), _("Value"), _("Held"), _("Counted as missed"), _("Best"), _("Recruits")]
    rows: list[Any] = [
        [
            name(one),
            round(value, 4),
            one["served"][a][i],
            one["objective"][a][i],
            1 if one["best"][i] == a else 0,
            steps.who(source, answer) or "–",
        ]
        for one in source.turns
        for i, value in enumerate(one["values"])
        for a, answer in enumerate(one["answers"])
    ]
    return title(), head, rows
