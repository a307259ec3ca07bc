"""The rows of the inbox, written without a template for each: twenty-five of them were a third of the page's time."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.utils.safestring import SafeString, mark_safe

from versants.core.templatetags.versants import mark, promise, starts
from versants.core.web import words
from versants.core.web.drawing import addresses, escape, said
from versants.mobile.services.inbox import Line


def drawn(lines: Iterable[Line], query: str) -> SafeString:
    """The ``<tr>`` of each line, its group before the first. ``query``: what every link keeps of the address."""
    address = addresses("request")
    return mark_safe("".join(_row(line, address, escape(query)) for line in lines))


def _row(line: Line, address: Callable[[object], str], query: str) -> str:
    found = line.request
    url = f"{address(found.uid)}{query}"
    group = ""
    if line.group:
        name, n = line.group
        group = (
            '<tr class="group"><td class="m"></td><th colspan="3" scope="rowgroup">'
            f'{said(name)} <span class="small faint serif">{said(n)}</span></th></tr>'
        )
    codes = "".join(f', <span class="nowrap">{escape(code)}</span>' for code in line.codes)
    team = "" if line.own else f", {escape(found.team.name)}"
    chosen = (' class="is-chosen"', ' aria-current="true"') if line.chosen else ("", "")
    return (
        f'{group}<tr{chosen[0]} data-request="{found.uid}" data-test="request-{escape(found.number)}">'
        f'<td class="m"><span class="age"><b>{escape(words.ago(found.asked_at))}</b>'
        f' <span class="{escape(line.left_class)}">{escape(line.left)}</span></span>'
        f"{promise(found.asked_at, found.promised_at, kept=line.kept)}</td>"
        f'<td><a class="what" href="{url}#chosen" hx-get="{url}" hx-target="#chosen" hx-swap="outerHTML"'
        f' hx-push-url="true" hx-sync="#chosen:replace"{chosen[1]}>'
        f"{escape(words.typography(line.title))}</a><br>"
        f'<span class="small soft">{escape(line.where)}, {escape(line.who)}{codes}{team}</span></td>'
        f'<td class="small">{escape(starts(line.languages))}<br><span class="soft">{escape(line.when)}</span></td>'
        f"<td>{mark(line.mark, line.word)}</td></tr>"
    )
