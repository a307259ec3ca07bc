"""How unequal minutes are, never without their mean."""

from __future__ import annotations

from django.utils.translation import gettext as _

from versants.networks import drawing, words
from versants.networks.report.blocks import Block, heading, paragraph, table
from versants.networks.report.source import Source

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
        return []
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
        table([_("Measure"), _("Today"), _("Then")], rows, widths=[4, 1, 1]),
        *(paragraph(text) for text in sentences(source)),
        {
            "kind": "svg",
            "svg": drawing.printed_curves(source.curve("before"), source.curve("after")),
            "caption": _(
                "Lorenz curve of minutes: the lower the curve hangs under the straight line, the less equal. Dashed: today."
            ),
        },
    ]
