"""Rows of the list of persons and lines of a file, written without a template's loop: up to sixty stand on a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from versants.core.registries import TimelineItem
from versants.core.templatetags.versants import sign, starts
from versants.core.web import words
from versants.core.web.drawing import addresses, said
from versants.core.web.tables import Column
from versants.people.models import Person


def persons(rows: Sequence[Person], columns: Sequence[Column]) -> SafeString:
    """The ``<tr>`` of each person, from their ``languages`` and ``team``. On a phone each cell names its column."""
    if not rows:
        return SafeString("")
    address, colon = addresses("person", rows[0].code), words.spaced(":")
    spoken, team, since = (
        f'<td><span class="on-phone">{said(one.label)}{colon} </span>' for one in columns[2:]
    )
    return mark_safe(
        "".join(
            f'<tr><td class="m"><a class="nowrap" href="{escape(address(row.code))}"><b>{escape(row.code)}</b></a></td>'
            f"<td>{escape(starts(row.get_age_group_display()))}</td>"
            f"{spoken}{escape(starts(', '.join(str(one.language) for one in row.languages.all())))}</td>"
            f"{team}{said(row.team)}</td>{since}{escape(words.day_short(row.created_at))}</td></tr>"
            for row in rows
        )
    )


def lines(items: Iterable[TimelineItem]) -> SafeString:
    """The ``<tr>`` of each line of a file."""
    return mark_safe("".join(_line(item) for item in items))


def _line(item: TimelineItem) -> str:
    hour = words.clock_time(item.at)
    at = words.day_short(item.at) if hour == "00:00" else f"{words.day_short(item.at)}, {hour}"
    state = f'<span class="mark {escape(item.state)}">{sign(item.state)}</span> ' if item.state else ""
    text, url = said(item.text), str(item.url)
    what = f'<a href="{escape(url)}">{text}</a>' if url else text
    return f'<tr><td class="m">{escape(at)}</td><td>{state}{what}</td></tr>'
