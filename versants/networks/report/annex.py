"""The annex as a workbook: every language, every commune, every recruit, every assumption."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from versants.core.sheets import harmless
from versants.networks import words
from versants.networks.report import assumed, steps, turns
from versants.networks.report.source import Source

Row = Sequence[str | float | None]
_NAME_CHARS = 31  # of a sheet, by Excel's rule


def annex(source: Source, language: str, *, at: datetime | None = None) -> bytes:
    """The workbook in ``language``. Text is written as text: nothing in it can become a formula. The same study and
    ``at`` (naive, UTC) give the same bytes.
    """
    with translation.override(language):
        sheets = [
            _recruits(source),
            _each_recruit(source),
            _languages(source),
            _communes(source),
            _worse(source),
            *([_steps(source)] if source.front else []),
            *([turns.sheet(source)] if source.turns else []),
            _assumptions(source),
        ]
    buffer = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, **plain})
    book.set_properties({"title": source.name, "created": at or datetime(1980, 1, 1)})  # noqa: DTZ001 -- a file knows no zone
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    for title, columns, rows in sheets:
        sheet = book.add_worksheet(title[:_NAME_CHARS])
        for i, column in enumerate(columns):
            sheet.write_string(0, i, column, head)
        for r, row in enumerate(rows, 1):
            for i, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(r, i, harmless(value))
                elif value is not None:
                    sheet.write_number(r, i, value)
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, len(columns) - 1, 16)
    book.close()
    return buffer.getvalue()


Sheet = tuple[str, list[str], list[Any]]


def _recruits(source: Source) -> Sheet:
    head = [
        _("Commune"), "uid", _("Languages"), _("Who"), pgettext("how many", "Number"), _("Hours a year"),
        _("Talks no longer missed"),
        _("Months"), _("€ a year"),
    ]  # fmt: skip
    rows = [
        [
            source.commune(one["commune"]),
            one["commune"],
            ", ".join(source.language(code) for code in one["languages"]),
            words.kind_word(one["kind"]),
            one["n"],
            one.get("hours"),
            one["unserved_less"],
            one["lead_months"],
            one["cost"],
        ]
        for one in source.result["recruits"]
    ]
    return _("Recruits"), head, rows


def _each_recruit(source: Source) -> Sheet:
    """What each recruit gains and who loses in its languages, one line a commune and language."""
    head = [
        _("Recruit in"), "uid", _("Languages of the recruit"), _("Commune"), "uid", _("Language"),
        _("Talks a year more"), _("Minutes on the road less"),
    ]  # fmt: skip
    rows: list[Row] = []
    for recruit in source.result["recruits"]:
        who = [
            source.commune(recruit["commune"]),
            recruit["commune"],
            ", ".join(source.language(code) for code in recruit["languages"]),
        ]
        for sign, lines in ((1, recruit["gains"]), (-1, recruit["loses"])):
            rows += [
                [
                    *who,
                    source.commune(one["commune"]),
                    one["commune"],
                    source.language(one["language"]),
                    sign * one["requests"],
                    one.get("minutes"),
                ]
                for one in lines
            ]
    return _("Recruit by recruit"), head, rows


def _languages(source: Source) -> Sheet:
    head = [_("Language"), "ISO 639-3", _("Talks a year"), _("Served today"), _("Then")]
    rows = [
        [source.language(line.key), line.key, line.requests, line.before, line.after]
        for line in source.digest.languages
    ]
    return _("By language"), head, rows


def _communes(source: Source) -> Sheet:
    head = [
        _("Commune"), "uid", _("Talks a year"), _("Served today"), _("Then"), _("Minutes today"),
        _("Minutes then"),
    ]  # fmt: skip
    before, after = source.digest.places["before"], source.digest.places["after"]
    rows = [
        [
            source.commune(uid),
            uid,
            after[uid].requests,
            before[uid].fill,
            after[uid].fill,
            before[uid].minutes,
            after[uid].minutes,
        ]
        for uid in sorted(after, key=source.commune)
    ]
    return _("By commune"), head, rows


def _worse(source: Source) -> Sheet:
    rows = [
        [source.commune(one.commune), one.commune, source.language(one.language), one.requests]
        for one in source.worse
    ]
    return _("Who loses"), [_("Commune"), "uid", _("Language"), _("Talks a year fewer")], rows


def _steps(source: Source) -> Sheet:
    """The front, point by point, with whom each recruits."""
    head = [
        pgettext("how many", "Number"), _("€ a year more"), _("Held"), _("Language held least"), _("Held"),
        _("Versant held least"), _("Held"), _("Minutes, mean"), _("Minutes, worst tenth"), _("Gini of minutes"),
        _("Theil"), _("of which between versants"), _("Counted as missed"), _("At least, proved"), _("Recruits"),
    ]  # fmt: skip
    rows: list[Row] = []
    for one in source.points:
        said = one["predicted"]
        rows.append(
            [
                sum(one["recruits"].values()),
                one["cost_more"],
                said["share"],
                source.language(said["language"]["key"]),
                said["language"]["share"],
                words.versant_word(said["versant"]["key"]),
                said["versant"]["share"],
                one["minutes_mean"],
                one["worst_minutes"],
                one["gini"],
                one["theil"],
                one["between"],
                one["objective"],
                one["bound"],
                steps.who(source, one["recruits"]),
            ]
        )
    return steps.title(), head, rows


def _assumptions(source: Source) -> Sheet:
    head = [_("About"), _("What"), _("Value"), _("Source")]
    rows = [[title, *line] for title, lines in assumed.groups(source.study) for line in lines]
    return _("Assumptions"), head, rows
