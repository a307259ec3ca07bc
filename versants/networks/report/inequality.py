"""How unequal minutes are, and the share without service; never without their mean."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext as _

from versants.networks import drawing, words
from versants.networks.report.blocks import Block, heading, paragraph, table
from versants.networks.report.source import Source
from versants_libs.coverage.digest import Side
from versants_libs.coverage.equity import Equity, equity

LEAST_RISE = 0.0005  # of Gini or Theil: less is printed as nothing


def sentences(source: Source) -> list[str]:
    """Said where minutes become less equal although their mean falls."""
    before, after = (source.result[side]["equity"].get("minutes") or {} for side in ("before", "after"))
    if not before or not after or after["mean"] >= before["mean"]:
        return []
    risen = [key for key in ("gini", "theil") if after[key] > before[key] + LEAST_RISE]
    if not risen:
        return []
    said = {side: words.number(one[risen[0]], 3) for side, one in (("before", before), ("after", after))}
    return [
        _(
            "Talks on site are nearer on the whole, but less equally so: those who were well off gain more than those "
            "who wait farthest out (%(measure)s %(before)s, then %(after)s)."
        )
        % {**said, "measure": risen[0].title()}
    ]


def _caption(source: Source) -> str:
    text = _("Lorenz curve of minutes: the lower the curve hangs under the straight line, the less equal.")
    return text if source.nobody else f"{text} {_('Dashed: today.')}"


def blocks(source: Source) -> list[Block]:
    """Inequality measures, always with the mean."""
    labels: dict[str, tuple[str, int]] = {
        "mean": (_("mean, talks nobody comes for at the standard’s minutes"), 1),
        "worst_mean": (_("mean of the worst tenth"), 1),
        "median": (_("median"), 1),
        "p90": (_("nine in ten have it no farther"), 1),
        "gini": (_("Gini (0: all the same)"), 3),
        "theil": (_("Theil"), 3),
        "theil_between": (_("of which between versants"), 3),
        "theil_within": (_("of which within versants"), 3),
    }
    before, after = (source.result[side]["equity"].get("minutes") or {} for side in ("before", "after"))
    rows = [
        [word, words.number(before[key], digits), words.number(after[key], digits)]
        for key, (word, digits) in labels.items()
        if before.get(key) is not None and after.get(key) is not None
    ]
    if not rows:
        return without_blocks(source)
    return [
        heading(_("Inequality, never without the mean")),
        paragraph(
            _(
                "Minutes of a talk on site, one way, of the plan; one that nobody comes for counts as %(standard)s, the "
                "standard’s. So the mean here is another than that of the first page, %(mean)s, which is of the talks "
                "somebody comes for. A small mean may leave a few far out; an even spread may serve all equally badly "
                "(Ogryczak 2000)."
            )
            % {
                "standard": words.minutes_word(source.study.standard.minutes_on_site),
                "mean": words.minutes_word(source.result["after"]["minutes_mean"]),
            }
        ),
        _measures(source, rows),
        *(paragraph(text) for text in sentences(source)),
        {
            "kind": "svg",
            "svg": drawing.printed_curves(source.curve("before"), source.curve("after"), alone=source.nobody),
            "caption": _caption(source),
        },
        *without_blocks(source),
    ]


def _measures(source: Source, rows: list[list[str]]) -> Block:
    """Today and with the recruits; today alone where nobody is recruited."""
    n = 2 if source.nobody else 3
    return table([_("Measure"), _("Today"), _("Then")][:n], [row[:n] for row in rows], widths=[4, 1, 1][:n])


def without(source: Source, side: Side) -> Equity | None:
    """How unequally talks go without an interpreter, commune by commune, weighted by what is asked there.

    The shares are those of map and first page, as predicted, so that their mean is what the first page leaves; a result
    counts the plan's flows under ``equity.without``. None where nobody asks.
    """
    places = {uid: one for uid, one in source.digest.places[side].items() if one.requests > 0}
    if not places:
        return None
    versant = {one.uid: one.versant for one in source.study.communes}
    uids = sorted(places)
    return equity(
        [1 - places[uid].fill for uid in uids],
        [places[uid].requests for uid in uids],
        [versant[uid] for uid in uids],
    )


def without_measures(source: Source) -> list[tuple[str, str, float, float]]:
    """(what it is, kind of number as in ``annex.FORMATS``, today, with the recruits)."""
    before, after = without(source, "before"), without(source, "after")
    if before is None or after is None:
        return []
    labels = {
        "mean": (_("mean: the share that goes without"), "share"),
        "worst_mean": (_("the tenth of talks in the communes served worst"), "share"),
        "median": (_("median"), "share"),
        "gini": (_("Gini (0: all the same)"), "index"),
        "theil": (_("Theil"), "index"),
        "theil_between": (_("of which between versants"), "index"),
        "theil_within": (_("of which within versants"), "index"),
    }
    return [(word, kind, getattr(before, key), getattr(after, key)) for key, (word, kind) in labels.items()]


def without_blocks(source: Source) -> list[Block]:
    """The share without service beside the minutes: the table and how to read it."""
    measures = without_measures(source)
    if not measures:
        return []
    shown = {"share": partial(words.percent, decimals=1), "index": partial(words.number, decimals=3)}
    return [
        heading(_("Who goes without, and how unequally")),
        paragraph(
            _(
                "The share of talks likely to find nobody, commune by commune, each commune counting as often as it "
                "asks. Gini and Theil are 0 where every commune lacks as much; they rise where the lack gathers in a "
                "few. Theil adds up: what lies between the versants, and what lies within them. Where fewer go without "
                "in all, those who still do weigh more: read the measures with the mean and the worst tenth."
            )
        ),
        _measures(
            source,
            [[word, shown[kind](before), shown[kind](after)] for word, kind, before, after in measures],
        ),
        *(paragraph(text) for text in _without_sentence(source, measures)),
    ]


def _without_sentence(source: Source, measures: list[tuple[str, str, float, float]]) -> list[str]:
    """What becomes of the worst tenth, in words."""
    before, after = measures[1][2:]
    said = {"before": words.percent(before), "after": words.percent(after)}
    if source.nobody:
        return [_("In the communes served worst, %(after)s of talks find nobody.") % said]
    if said["before"] == said["after"]:
        return [
            _("In the communes served worst, %(after)s of talks find nobody, today as with the recruits.")
            % said
        ]
    return [
        _("In the communes served worst, %(before)s of talks find nobody today, %(after)s with the recruits.")
        % said
    ]
