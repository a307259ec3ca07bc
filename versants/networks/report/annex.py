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
from versants.core.web.words import typography
from versants.networks import words
from versants.networks.report import assumed, overview, plain, steps, turns
from versants.networks.report.source import Source

Row = Sequence[str | float | None]
#: How the numbers of a column are shown; what stands in a cell keeps all its digits.
FORMATS = {
    "count": "#,##0",
    "tenths": "#,##0.0",
    "share": "0.0%",
    "minutes": '#,##0.0" min"',
    "euros": '#,##0" €"',
    "cents": '#,##0.00" €"',
    "index": "0.000",
}
EUROS_FIRST = {"euros": '"€ "#,##0', "cents": '"€ "#,##0.00'}


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
            *([(*turns.sheet(source), _TURNS)] if source.turns else []),
            _assumptions(source),
        ]
        first = overview.title(), overview.lines(source), overview.parts(source)
        named = overview.lines(source)[0]
        shown = FORMATS | (EUROS_FIRST if words.language() == "nl" else {})
    buffer = io.BytesIO()
    as_typed = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, **as_typed})
    book.set_properties({"title": named, "created": at or datetime(1980, 1, 1)})  # noqa: DTZ001 -- a file knows no zone
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    numbers = {kind: book.add_format({"num_format": form}) for kind, form in shown.items()}
    _first(book, numbers, head, *first)
    for title, columns, rows, kinds in sheets:
        sheet = book.add_worksheet(title)
        for i, column in enumerate(columns):
            sheet.write_string(0, i, column, head)
        for r, row in enumerate(rows, 1):
            for i, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(r, i, harmless(value))
                elif value is not None:
                    sheet.write_number(r, i, value, numbers.get(kinds.get(i, "")))
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, len(columns) - 1, 16)
    book.close()
    return buffer.getvalue()


#: Title, heads, rows, and the kind of number by column.
Sheet = tuple[str, list[str], list[Any], dict[int, str]]
_TURNS = {2: "share", 3: "tenths"}


def _first(
    book: Any, numbers: dict[str, Any], head: Any, title: str, lines: list[str], parts: list[overview.Part]
) -> None:
    """The first sheet: small tables one under the other."""
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "font_size": 14})
    under = book.add_format({"bold": True})
    at = 0
    for line in lines:
        sheet.write_string(at, 0, harmless(typography(line)), bold if not at else None)
        at += 1
    for part in parts:
        at += 1
        sheet.write_string(at, 0, part.title, under)
        for i, column in enumerate(part.head):
            sheet.write_string(at + 1, i, column, head)
        at += 2
        for row in part.rows:
            for i, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(at, i, harmless(cell))
                elif cell[0] is not None:
                    sheet.write_number(at, i, cell[0], numbers[cell[1]])
            at += 1
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 8, 16)


def _recruits(source: Source) -> Sheet:
    head = [
        _("Commune"), "uid", _("Languages"), _("Who"), pgettext("how many", "Number"), _("Hours a year"),
        _("Talks no longer missed"),
        _("Months before starting"), _("€ a year"),
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
    ] or [[plain.nobody(source)]]
    return _("Recruits"), head, rows, {4: "count", 5: "count", 6: "tenths", 7: "count", 8: "euros"}


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
    return _("Recruit by recruit"), head, rows, {6: "tenths", 7: "minutes"}


def _languages(source: Source) -> Sheet:
    head = [_("Language"), "ISO 639-3", _("Talks a year"), _("Served today"), _("Then")]
    rows = [
        [source.language(line.key), line.key, line.requests, line.before, line.after]
        for line in source.digest.languages
    ]
    return _("By language"), head, rows, {2: "count", 3: "share", 4: "share"}


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
    kinds = {2: "tenths", 3: "share", 4: "share", 5: "minutes", 6: "minutes"}
    return _("By commune"), head, rows, kinds


def _worse(source: Source) -> Sheet:
    rows = [
        [source.commune(one.commune), one.commune, source.language(one.language), one.requests]
        for one in source.worse
    ] or [[_("No commune has less than before, in any language.")]]
    return _("Who loses"), [_("Commune"), "uid", _("Language"), _("Talks a year fewer")], rows, {3: "tenths"}


def _steps(source: Source) -> Sheet:
    """The front, point by point, with whom each recruits."""
    head = [
        pgettext("how many", "Number"), _("€ a year more"), _("Held in all"), _("Language held least"),
        _("Held in that language"), _("Versant held least"), _("Held in that versant"), _("Minutes, mean"),
        _("Minutes, worst tenth"), _("Gini of minutes"), _("Theil"), _("of which between versants"),
        _("Counted as missed"), _("At least, proved"), _("Recruits"),
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
    kinds = {0: "count", 1: "euros", 2: "share", 4: "share", 6: "share", 7: "minutes", 8: "minutes"}
    kinds |= dict.fromkeys((9, 10, 11), "index") | dict.fromkeys((12, 13), "tenths")
    return pgettext("sheet", "Fewer or more recruits"), head, rows, kinds


def _assumptions(source: Source) -> Sheet:
    head = [_("About"), _("What"), _("Value"), _("Source")]
    rows = [[title, *line] for title, lines in assumed.groups(source.study) for line in lines]
    return _("Assumptions"), head, rows, {}
