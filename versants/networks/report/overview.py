"""The first sheet of the annex: what the report's first page says, as figures one can add up, and the cases beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from versants.networks.report import content, inequality, waiting
from versants.networks.report.source import Scenario, Source

#: A cell: a text, or a number and its kind (``annex.FORMATS``).
Cell = str | tuple[float | None, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A small table under its heading."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]] = field(default_factory=list)


def title() -> str:
    """Of the sheet."""
    return pgettext("sheet", "Overview")


def lines(source: Source) -> list[str]:
    """What stands above the tables: title, meaning and its date."""
    return [content.document_title(source), content.chosen(source)]


def parts(source: Source) -> list[Part]:
    """The three numbers of the first page, the cases, the year simulated by language, the waiting, who goes without."""
    return [_numbers(source), *_cases(source), *_simulated(source), *_waiting(source), *_without(source)]


def _numbers(source: Source) -> Part:
    before, after = source.result["before"], source.result["after"]
    told = source.digest
    rows: list[Sequence[Cell]] = [
        [_("Served"), (1 - told.share_unserved("before"), "share"), (source.served, "share")],
    ]
    held = source.held
    if held is not None:
        rows.append([_("Simulated"), "", (held.share, "share")])
        if held.interval is not None:
            low, high = held.interval
            rows.append([_("95%% interval, from") % (), "", (low, "share")])
            rows.append([_("95%% interval, to") % (), "", (high, "share")])
        if held.years is not None:
            rows.append([_("Years simulated"), "", (held.years, "count")])
    rows += [
        [_("On the road"), (before["minutes_mean"], "minutes"), (after["minutes_mean"], "minutes")],
        [_("Cost a year"), (before["cost_year"], "euros"), (after["cost_year"], "euros")],
        [_("€ a year more"), "", (after["cost_year"] - before["cost_year"], "euros")],
        [_("€ a talk, in all"), "", (after["cost_per_assignment"], "cents")],
    ]
    return Part(_("First page of the report"), ["", _("Today"), _("Then")], rows)


def _cases(source: Source) -> list[Part]:
    if not source.scenarios:
        return []
    head = [
        _("Case"), _("Served"), _("On the road"), _("€ a year more"), _("Simulated"), _("Points, simulated"),
        _("95%% interval, from") % (), _("95%% interval, to") % (), _("Years simulated"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [
            one.name,
            (one.served, "share"),
            (one.minutes, "minutes"),
            (one.cost, "euros"),
            *_apart(one),
        ]
        for one in source.scenarios
    ]
    return [Part(_("If it were otherwise"), head, rows)]


def _apart(one: Scenario) -> list[Cell]:
    """Share, points of difference, the ends of their interval, years; nothing of a case that was not simulated."""
    found = one.apart
    if found is None:
        return [(None, "share")] * 5
    points = (found.difference, *(found.ci95 or (None, None)))
    return [
        (found.share, "share"),
        *((None if end is None else end * 100, "tenths") for end in points),
        (found.years, "count"),
    ]


def _simulated(source: Source) -> list[Part]:
    fill = (source.simulated or {}).get("fill", {})
    if not fill:
        return []
    head = [
        _("Language"), _("Talks a year"), _("Predicted"), _("Simulated"), _("95%% interval, from") % (),
        _("95%% interval, to") % (),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [
            source.language(code),
            (one["requests"], "count"),
            (one["predicted"], "share"),
            (one["simulated"], "share"),
            *((end, "share") for end in one["ci95"] or (None, None)),
        ]
        for code, one in sorted(fill.items(), key=lambda pair: -pair[1]["requests"])
    ]
    return [Part(_("A year simulated"), head, rows)]


def _waiting(source: Source) -> list[Part]:
    told = waiting.waits(source)
    if not told:
        return []
    head = [
        _("Waiting"), _("Today, predicted"), _("Then, predicted"), _("Then, simulated"),
        _("95%% interval, from") % (), _("95%% interval, to") % (), _("Chosen: at most"),
    ]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        [
            one.name,
            *((value, "minutes") for value in (one.before, one.after, one.simulated)),
            *((end, "minutes") for end in one.interval or (None, None)),
            (one.standard, "minutes"),
        ]
        for one in told
    ]
    return [Part(_("How long one waits"), head, rows)]


def _without(source: Source) -> list[Part]:
    measures = inequality.without_measures(source)
    rows: list[Sequence[Cell]] = [
        [word, (before, kind), (after, kind)] for word, kind, before, after in measures
    ]
    return [Part(_("Who goes without, and how unequally"), ["", _("Today"), _("Then")], rows)] if rows else []
