"""The cases beside the plan: each planned anew and simulated in the same years, so that what it changes can be told."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from versants.networks import words
from versants.networks.report.blocks import Block, heading, paragraph, table
from versants.networks.report.source import Scenario, Source
from versants_libs.coverage.paired import Apart


def blocks(source: Source) -> list[Block]:
    """The table; under it, in words, what simulated years say of each case."""
    if not source.scenarios:
        return []
    held = source.held
    rows = [
        [
            _("this study"),
            words.percent(source.served),
            "–" if held is None else words.percent(held.share, 1),
            "–",
            words.minutes_word(float(source.result["after"]["minutes_mean"])),
            words.euros(source.cost),
        ],
        *(_row(one) for one in source.scenarios),
    ]
    head = [
        _("Case"), _("Predicted"), _("Simulated"), _("Points, simulated"), _("On the road"), _("Cost a year")
    ]  # fmt: skip
    widths = [5, 2, 2, 4, 2, 3]
    if not _simulated(source):
        rows = [
            [*row[:2], *row[4:], "–" if one is None else words.points(one.served - source.served)]
            for row, one in zip(rows, (None, *source.scenarios), strict=True)
        ]
        head = [_("Case"), _("Served"), _("On the road"), _("Cost a year"), _("Points")]
        widths = [4, 1, 1, 2, 1]
    return [
        heading(_("If it were otherwise")),
        paragraph(
            _(
                "Each case is planned anew, with its own recruits. Points are those of the share served, more or less than "
                "this study’s; costs are euros a year more than what today’s people would cost in the same case."
            )
        ),
        table(head, rows, widths=widths),
        *_in_words(source),
    ]


def _simulated(source: Source) -> list[tuple[Scenario, Apart]]:
    return [(one, one.apart) for one in source.scenarios if one.apart is not None]


def _row(one: Scenario) -> list[str]:
    found = one.apart
    return [
        one.name,
        words.percent(one.served),
        "–" if found is None else words.percent(found.share, 1),
        "–" if found is None else _points(found),
        words.minutes_word(one.minutes),
        words.euros(one.cost),
    ]


def _points(found: Apart) -> str:
    """−6,0 (−7,1 à −5,2)."""
    if found.ci95 is None:
        return words.points(found.difference)
    low, high = (words.points(end) for end in found.ci95)
    return _("%(points)s (%(low)s to %(high)s)") % {
        "points": words.points(found.difference),
        "low": low,
        "high": high,
    }


def _in_words(source: Source) -> list[Block]:
    """What the simulated cases change, and those of which nothing can be told."""
    told = _simulated(source)
    if not told:
        return []
    years = sorted({found.years for _one, found in told})
    counted = str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
    apart, alike = ([pair for pair in told if _is_told(pair[1]) is wanted] for wanted in (True, False))
    found = []
    if apart:
        said = "; ".join(
            _("%(case)s: %(points)s") % {"case": one.name, "points": in_words(points)}
            for one, points in apart
        )
        found.append(
            ngettext(
                "Talks held in %(years)s simulated year, against this study: %(cases)s.",
                "Talks held in %(years)s simulated years, against this study: %(cases)s.",
                years[-1],
            )
            % {"years": counted, "cases": said}
        )
    if alike:
        said = "; ".join(one.name for one, _points in alike)
        found.append(_("No difference that can be told in simulated years: %(cases)s.") % {"cases": said})
    found.append(
        _(
            "In brackets, the 95%% interval. Years are the same in every case, with the same seasons, bursts and "
            "illness, and compared one by one: what a case changes shows sooner than in each share."
        )
        % ()
    )
    return [paragraph(" ".join(found))]


def _is_told(found: Apart) -> bool:
    """Does the interval leave out that nothing changes?"""
    return found.ci95 is None or not found.ci95[0] <= 0 <= found.ci95[1]


def in_words(found: Apart) -> str:
    """6,0 points de moins (entre 5,2 et 7,1)."""
    if found.ci95 is None:
        return _points_word(found.difference)
    near, far = sorted(abs(end) * 100 for end in found.ci95)
    return _("%(points)s (between %(low)s and %(high)s)") % {
        "points": _points_word(found.difference),
        "low": words.number(near, 1),
        "high": words.number(far, 1),
    }


def _points_word(difference: float) -> str:
    """6,0 points de moins."""
    size = round(abs(difference) * 100, 1)
    many = words.many_points(size)
    said = {"points": words.number(size, 1)}
    if difference < 0:
        return ngettext("%(points)s point fewer", "%(points)s points fewer", many) % said
    return ngettext("%(points)s point more", "%(points)s points more", many) % said
