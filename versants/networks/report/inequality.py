"""How unequal minutes are, never without their mean."""

from __future__ import annotations

from django.utils.translation import gettext as _

from versants.networks import drawing, words
from versants.networks.report.blocks import Block, heading, paragraph, table
from versants.networks.report.source import Source


def blocks(source: Source) -> list[Block]:
    """Inequality measures, always with the mean."""
    labels: dict[str, tuple[str, int]] = {
        "mean": (_("mean"), 1),
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
                "Minutes of a talk on site, one way; one that nobody comes for counts the standard’s minutes. A "
                "small mean may leave a few far out; an even spread may serve all equally badly (Ogryczak 2000)."
            )
        ),
        table([_("Measure"), _("Today"), _("Then")], rows),
        {
            "kind": "svg",
            "svg": drawing.printed_curves(source.curve("before"), source.curve("after")),
            "caption": _(
                "Lorenz curve of minutes: the lower the curve hangs under the straight line, the less equal. Dashed: today."
            ),
        },
    ]
