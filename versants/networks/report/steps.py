"""What fewer or more recruits would buy, in words, as a table and as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from versants.core.web.words import spaced
from versants.networks import words
from versants.networks.charts import Chart, Plot, printed
from versants.networks.report.blocks import Block, heading, paragraph, table
from versants.networks.report.source import Source

LEAST_SPAN = 0.1  # of shares drawn
Point = Mapping[str, Any]


def title() -> str:
    """Of the part."""
    return _("What fewer or more would buy")


def label() -> str:
    """Of the drawing."""
    return _("Talks likely to be held against euros a year more than today; the table says the same.")


def sentences(source: Source) -> list[str]:
    """What the drawing shows, how sure it is, and what one step still gives."""
    points = source.points
    most = max((int(one.get("number", 0)) for one in points), default=0)
    between = (
        ngettext("From nobody to %(n)d person", "From nobody to %(n)d people", most) % {"n": most}
        if source.nobody_asked
        else _("From nobody to twice this study’s limit")
    )
    found = [
        f"{between}{spaced(':')} "
        + _(
            "what each plan costs a year more than today, and how many talks are then likely to be held. The red stroke "
            "above a point is what any other choice of recruits could gain at most, counted in talks: it is proved for "
            "the model."
        )
    ]
    found += _costs(points)
    own = next((i for i, one in enumerate(points) if is_own(source, one)), None)
    if own is not None and own + 1 < len(points):
        here, more = points[own], points[own + 1]
        gained = round((more["predicted"]["share"] - here["predicted"]["share"]) * 100, 1) + 0.0
        text = ngettext(
            "The next step after this study costs %(cost)s a year more and brings %(points)s point.",
            "The next step after this study costs %(cost)s a year more and brings %(points)s points.",
            words.many_points(abs(gained)),
        )
        cost = words.euros(more["cost_more"] - here["cost_more"])
        found.append(text % {"cost": cost, "points": words.number(gained, 1)})
    same = _same(source)
    if same:
        text = (
            _("At every step the versant held least is the same: %(least)s.")
            if _by_versant(source)
            else _("At every step the language held least is the same: %(least)s.")
        )
        found.append(text % {"least": same})
    return found


def _same(source: Source) -> str:
    """What is held least at every step; nothing where that changes, which the table then tells."""
    found = {least(source, one) for one in source.points}
    return found.pop() if len(found) == 1 and len(source.points) > 1 else ""


def _costs(points: Sequence[Point]) -> list[str]:
    """Why one step costs more than the next; nothing where only the recruits themselves cost."""
    hours = [float(one["cost_more"]) - float(one["cost"]) for one in points]
    if all(abs(one) < 1 for one in hours):
        return []
    said = {"low": words.euros(min(hours)), "high": words.euros(max(hours))}
    return [
        _(
            "The euros are what the recruits cost and what is paid by the hour, to them and to those who interpret today: "
            "a recruit who takes over paid talks makes a step cheap, one who frees people for others makes it dear. "
            "Hours make from %(low)s to %(high)s a year of the points’ costs."
        )
        % said
    ]


def is_own(source: Source, point: Point) -> bool:
    """Is it the study's own limit?"""
    return source.is_own(point)


def head(source: Source) -> list[str]:
    """Of the table; what is held least is what the study's meaning of "equitable" looks at, no column where it is always
    the same."""
    least = _("Versant held least") if _by_versant(source) else _("Language held least")
    return [
        pgettext("how many", "Number"),
        _("€ a year more"),
        _("Held"),
        *([] if _same(source) else [least]),
        _("Minutes, worst tenth"),
        _("Gini of minutes"),
        _("To gain at most, points"),
    ]


def rows(source: Source) -> list[list[str]]:
    """A line for each point."""
    same = bool(_same(source))
    return [
        [
            str(sum(one["recruits"].values())),
            words.number(one["cost_more"]),
            words.percent(one["predicted"]["share"], 1),
            *([] if same else [least(source, one)]),
            "–" if one["worst_minutes"] is None else words.number(one["worst_minutes"], 1),
            "–" if one["gini"] is None else words.number(one["gini"], 3),
            words.number(one["left"] * 100, 2),
        ]
        for one in source.points
    ]


def least(source: Source, point: Point) -> str:
    """The language or versant that is held least, and how much of it."""
    group = point["predicted"]["versant" if _by_versant(source) else "language"]
    name = words.versant_word(group["key"]) if _by_versant(source) else source.language(group["key"])
    return f"{name}, {words.percent(group['share'])}"


def who(source: Source, recruits: Mapping[str, int], most: int = 1000) -> str:
    """Recruits by candidate in words, ``most`` of them named."""
    known = {one.id: one for one in source.study.candidates}
    said = []
    for key, n in sorted(recruits.items()):
        one = known[key]
        said.append(
            _("%(n)d × %(kind)s for %(language)s in %(commune)s")
            % {
                "n": n,
                "kind": words.kind_word(one.kind),
                "language": source.spoken_by(one.id, one.languages),
                "commune": source.commune(one.commune),
            }
        )
    rest = len(said) - most
    if rest > 0:
        said = [*said[:most], ngettext("%(n)d line more", "%(n)d lines more", rest) % {"n": rest}]
    return "; ".join(said)


def _by_versant(source: Source) -> bool:
    return source.study.fairness.meaning == "worst_versant"


def ask_word(source: Source, point: Point) -> str:
    """What opens a point as a question of its own."""
    if source.front["by"] == "budget":
        return _("Ask for %(amount)s") % {"amount": words.euros(point["budget"])}
    if not point["number"]:
        return _("Ask with nobody more")
    return ngettext("Ask for %(n)d person", "Ask for %(n)d people", point["number"]) % {"n": point["number"]}


def chart(source: Source) -> Chart:
    """Cost against share held; above each point what the bound leaves open."""
    points = source.points
    x = [float(one["cost_more"]) for one in points]
    y = [float(one["predicted"]["share"]) for one in points]
    top = [min(1.0, share + one["left"]) for share, one in zip(y, points, strict=True)]
    plot = Plot(
        label(),
        (min(x), max(x)),
        (min(y), max(*top, min(y) + LEAST_SPAN)),
        words.euros,
        words.percent,
    )
    plot.line(list(zip(x, y, strict=True)))
    for one, a, b, high in zip(points, x, y, top, strict=True):
        plot.bar(a, b, high)
        n = sum(one["recruits"].values())
        said = ngettext("%(n)d recruit: %(share)s", "%(n)d recruits: %(share)s", n)
        plot.dot(a, b, said % {"n": n, "share": words.percent(b, 1)}, hot=is_own(source, one))
    return plot.drawn()


def blocks(source: Source) -> list[Block]:
    """The part of the report; nothing where it was not asked for."""
    if not source.front:
        return []
    return [
        heading(title()),
        *(paragraph(text) for text in sentences(source)),
        {"kind": "svg", "svg": printed(chart(source)), "caption": f"{label()} {caption()}", "wide": True},
        table(head(source), rows(source), widths=[2, 3, 2, *([] if _same(source) else [4]), 3, 2, 3]),
    ]


def caption() -> str:
    """Which point is which."""
    return _("The full dot: this study’s plan, as on the first page.")
