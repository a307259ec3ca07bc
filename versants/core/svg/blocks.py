"""Rows and blocks of a timeline as markup: a board shows hundreds of them, each twice, and a template for each costs
the page. A row is a function of what it shows and of the language: one that is on the next page too is not made again.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from versants.core.svg.signs import ICONS, MARKS
from versants.core.svg.timeline import Block, Grid, Line
from versants.core.web import words

ROWS = 2048  # kept of each kind: a table row of a week has some five kilobytes

_CAR = f'<svg class="i i-dir" viewBox="0 0 24 24" aria-hidden="true">{ICONS["car"]}</svg>'


def text(value: Any) -> str:
    """``value`` as a template prints it: escaped, unless it is markup already."""
    return value if isinstance(value, SafeString) else escape(str(value))


def sign(name: str) -> str:
    """The bare shape of a state, a key of MARKS."""
    return f'<svg viewBox="0 0 16 16" aria-hidden="true">{MARKS[name]}</svg>'


def _pin(block: Block) -> str:
    return f'<span class="pin">{sign(block.sign)}</span>' if block.sign else ""


def cell(block: Block, *, short: bool = False) -> SafeString:
    """One block of a day. ``short``: too short for its words."""
    if block.kind == "travel":
        road = f'{block.minutes}<span class="vh"> {_("minutes on the road")}</span>'
        return mark_safe(f'<span class="go"><i>{road}</i></span>')
    if block.kind == "busy":
        return mark_safe(f'<span class="busy" title="{text(block.title)}"><i>{text(block.label)}</i></span>')
    if block.kind == "off":
        return mark_safe(f'<span class="off"><span class="vh">{_label(block)}</span></span>')
    style = f" {block.style}" if block.style else ""
    parts = [
        f'<a class="v{style}{" short" if short else ""}" href="{text(block.url)}" title="{text(block.title)}"',
        f' data-block="{text(block.id)}">' if block.id else ">",
        f'<b class="clip">{text(block.label)}</b>',
        f' <span class="key">{text(block.key)}</span>' if block.key else "",
        f' <span class="{"vh" if short else "soft"}">{block.from_label}</span>',
        _pin(block),
        f'<span class="vh"> {text(block.state)}</span></a>',
    ]
    return mark_safe("".join(parts))


def _label(block: Block) -> str:
    return text(block.label or _("off duty"))


def day_cells(cells: Iterable[Any]) -> SafeString:
    """The cells (svg.timeline.Cell) of one line of a day."""
    found = []
    for one in cells:
        hour = ' class="h"' if one.on_hour else ""
        if one.block is not None:
            inside = cell(one.block, short=one.short)
            found.append(f'<td colspan="{one.span}"{hour}>{inside}</td>')
        else:
            at = f' data-at="{text(one.at)}"' if one.at else ""
            found.append(f'<td colspan="{one.span}"{hour}{at}></td>')
    return mark_safe("".join(found))


def week_cells(cells: Iterable[Any]) -> SafeString:
    """The days of one person: each has ``blocks`` and ``off``."""
    found = []
    for day in cells:
        found.append('<td class="h">')
        for block in day.blocks:
            if block.kind == "visit":
                style = f" {block.style}" if block.style else ""
                found.append(
                    f'<a class="v{style}" href="{text(block.url)}" title="{text(block.title)}">'
                    f'<b>{block.from_label}</b> <span class="key">{text(block.key)}</span>'
                    f'<span class="clip">{text(block.label)}</span>{_pin(block)}'
                    f'<span class="vh"> {text(block.state)}</span></a>'
                )
            else:
                hour = f"{block.from_label} " if block.kind == "busy" and not block.whole_day else ""
                found.append(
                    f'<span class="{"busy" if block.kind == "busy" else "off"}" title="{text(block.title)}">'
                    f"<i>{hour}{text(block.label)}</i></span>"
                )
        if day.off:
            found.append(f'<span class="off"><span class="vh">{_("off duty")}</span></span>')
        found.append("</td>")
    return mark_safe("".join(found))


def row(block: Block, there: int = 0, back: int = 0) -> SafeString:
    """The same block in a list, on a phone. ``there``, ``back``: minutes of road to it, and home from it."""
    if block.kind == "travel":
        inside = f'<span class="small soft">{_CAR} {block.minutes} min</span>'
    elif block.kind in {"busy", "off"}:
        inside = f'<span class="small soft">{_label(block)}</span>'
    else:
        inside = f'<span class="key">{text(block.key)}</span> ' if block.key else ""
        inside += f'<a class="what" href="{text(block.url)}">{text(block.label)}</a>'
        if block.sign:
            inside += f'<br><span class="mark {block.sign}">{sign(block.sign)}{text(block.state)}</span>'
        if there or back:
            roads = [f"{there} min"] if there else []
            roads += [text(_("home %(back)s min") % {"back": back})] if back else []
            inside += f'<span class="small soft road">{_CAR} {", ".join(roads)}</span>'
    return mark_safe(f"<span>{inside}</span>")


@lru_cache(ROWS)
def _day_line(_language: str | None, line: Line, columns: int) -> str:
    key = text(line.key)
    if line.group:
        more = _more(line.more, line.url, line.group, ' data-test="fold"')
        anchor = f' id="{key}"' if line.key else ""
        return (
            f'<tr class="team"{anchor}><th class="m" scope="rowgroup">{text(line.group)}</th>'
            f'<td colspan="{columns}">{more}</td></tr>'
        )
    row = f' data-row="{key}"' if line.key else ""
    about = ""
    if line.detail or line.tail:
        about = f'<span class="soft"><span class="clip">{text(line.detail)}</span>{_tail(line.tail)}</span>'
    return f'<tr{row}><th class="m" scope="row"><b>{_named(line)}</b>{about}</th>{day_cells(line.cells)}</tr>'


@lru_cache(ROWS)
def _day_item(_language: str | None, line: Line) -> str:
    if line.group:
        more = f'<p class="small">{_more(line.more, line.url, line.group)}</p>' if line.more else ""
        return f"<h3>{text(line.group)}</h3>{more}"
    about = ""
    if line.detail or line.tail:
        tail = f", {text(line.tail)}" if line.tail else ""
        about = f' <span class="soft small">{text(line.detail)}{tail}</span>'
    if line.blocks:
        inside = f'<ol class="rows">{day_rows(line.stops)}</ol>'
    else:
        inside = f'<p class="small soft">{_("Free all day.")}</p>'
    return f'<section class="day-of"><h4>{_named(line)}{about}</h4>{inside}</section>'


def _named(line: Line) -> str:
    return f'<a href="{text(line.url)}">{text(line.label)}</a>' if line.url else text(line.label)


def _tail(tail: Any) -> str:
    return f"<span>, {text(tail)}</span>" if tail else ""


def _more(more: Any, url: str, group: Any, attributes: str = "") -> str:
    """The link to those of a group who are not shown."""
    if not more:
        return ""
    return f'<a href="{text(url)}"{attributes}>{text(more)}<span class="vh"> ({text(group)})</span></a>'


def day_lines(grid: Grid) -> SafeString:
    """The rows of a day's table."""
    language = get_language()
    return mark_safe("".join(_day_line(language, line, grid.columns) for line in grid.lines))


def day_list(grid: Grid) -> SafeString:
    """The same rows as lists, for a phone."""
    language = get_language()
    return mark_safe("".join(_day_item(language, line) for line in grid.lines if line.first))


def _hours(block: Block) -> str:
    if block.whole_day:
        return "<small>" + text(_("all day")) + "</small>"
    return f"{block.from_label}<small>{block.to_label}</small>"


def day_rows(stops: Iterable[tuple[Block, int, int]]) -> SafeString:
    """What one person does in a day, as items of a list."""
    found = [
        f'<li><span class="at">{_hours(block)}</span>{row(block, there, back)}</li>'
        for block, there, back in stops
    ]
    return mark_safe("".join(found))


def _begins(block: Block) -> str:
    return "" if block.whole_day else f"<small>{block.from_label}</small>"


def week_rows(cells: Iterable[Any], days: dict[Any, str]) -> SafeString:
    """What one person does in a week, as items of a list; ``days``: the name of each day."""
    found = [
        f'<li><span class="at">{days[day.day]}{_begins(block)}</span>{row(block)}</li>'
        for day in cells
        for block in day.blocks
    ]
    return mark_safe("".join(found))


@lru_cache(ROWS)
def _week_line(_language: str | None, line: Any) -> str:
    if line.group:
        more = _more(line.more, line.url, line.group, ' data-test="fold"')
        return (
            f'<tr class="team" id="{text(line.key)}"><th class="m" scope="rowgroup">{text(line.group)}</th>'
            f'<td colspan="7">{more}</td></tr>'
        )
    about = f'<span class="clip">{text(line.detail)}</span>{_tail(line.tail)}'
    return (
        f'<tr><th class="m" scope="row"><b>{text(line.label)}</b><span class="soft">{about}</span></th>'
        f"{week_cells(line.cells)}</tr>"
    )


@lru_cache(ROWS)
def _week_item(_language: str | None, line: Any, days: tuple[tuple[Any, str], ...]) -> str:
    if line.group:
        more = f'<p class="small">{_more(line.more, line.url, line.group)}</p>' if line.more else ""
        return f"<h3>{text(line.group)}</h3>{more}"
    tail = f", {text(line.tail)}" if line.tail else ""
    if line.busy:
        inside = f'<ol class="rows">{week_rows(line.cells, dict(days))}</ol>'
    else:
        nothing = _("Nothing this week.")  # apart: the catalogues do not look inside an f-string
        inside = f'<p class="small soft">{text(nothing)}</p>'
    return (
        f'<section class="day-of"><h4>{text(line.label)} <span class="soft small">{text(line.detail)}{tail}'
        f"</span></h4>{inside}</section>"
    )


def week_lines(lines: Iterable[Any]) -> SafeString:
    """The rows of a week's table: each has ``cells``, or is the title of a ``group``."""
    language = get_language()
    return mark_safe("".join(_week_line(language, line) for line in lines))


def week_list(lines: Iterable[Any], days: dict[Any, str]) -> SafeString:
    """The same rows as lists, for a phone; ``days``: the name of each day."""
    language, names = get_language(), tuple(days.items())
    return mark_safe("".join(_week_item(language, line, names) for line in lines))


def placed(items: Iterable[Any], *, dated: bool) -> SafeString:
    """Visits in words, as items of a list: each has ``key``, ``place``, ``start``, ``end``, ``url``, ``sign``, ``word``
    and ``people`` (name, role, sign and word). ``dated``: with the day before the hours.
    """
    language = get_language()
    return mark_safe(
        "".join(
            _placed(
                language,
                text(one.key),
                f"{words.day_short(one.start)}, " if dated else "",
                f"{words.clock_time(one.start)}–{words.clock_time(one.end)}",
                text(one.place),
                one.url,
                (one.sign, text(one.word)),
                tuple((name, role, sign, text(word)) for name, role, sign, word in one.people),
            )
            for one in items
        )
    )


@lru_cache(ROWS)
def _placed(
    _language: str | None,
    key: str,
    day: str,
    hours: str,
    place: str,
    url: str,
    state: tuple[str, str],
    people: tuple[tuple[str, str, str, str], ...],
) -> str:
    where = f'<a href="{text(url)}">{place}</a>' if url else place
    mark = _marked(*state) if state[0] != "wait" else ""
    who = [
        f"{text(name)}, {text(role)}{f' {_marked(sign, word)}' if sign else ''}"
        for name, role, sign, word in people
    ]
    and_so = f"{words.spaced(';')} "
    return (
        f'<li id="v{key}"><span class="key">{key}</span><span><b>{text(day)}{hours}</b> {where} {mark}<br>'
        f'<span class="small soft">{and_so.join(who)}</span></span></li>'
    )


def _marked(name: str, word: str) -> str:
    """A state: shape, then word."""
    return f'<span class="mark {name}">{sign(name)}{word}</span>'
