"""How long one waits: until a call is answered, until somebody takes a talk on site; predicted, and in simulated years."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from versants.networks import words
from versants.networks.report.blocks import Block, heading, paragraph, table
from versants.networks.report.source import Source
from versants_libs.coverage.crew import tries_of


@dataclass(frozen=True, slots=True)
class Wait:
    """One kind of waiting, in minutes: predicted today and with the recruits, simulated with the recruits, its 95%
    interval, and what the commissioner chose. None: nobody was served, or nobody kept or chose it.
    """

    name: str
    before: float | None
    after: float | None
    simulated: float | None
    interval: tuple[float, float] | None
    standard: float | None


def waits(source: Source) -> list[Wait]:
    """By telephone, then on site; those of which nothing is known are left out."""
    said = (source.simulated or {}).get("wait_min", {})
    sides = [source.result[side].get("predicted", {}) for side in ("before", "after")]
    found = []
    for name, predicted, kept, standard in (
        (
            _("Until a call by telephone is answered"),
            "wait_phone",
            "phone",
            source.study.standard.phone_answer_minutes,
        ),
        (_("Until somebody takes a talk on site"), "wait_site", "on_site", None),
    ):
        before, after = (side.get(predicted) for side in sides)
        one = said.get(kept, {})
        simulated, interval = one.get("simulated"), one.get("ci95")
        if any(value is not None for value in (before, after, simulated)):
            ends = (max(0.0, float(interval[0])), float(interval[1])) if interval else None
            found.append(Wait(name, before, after, simulated, ends, standard))
    return found


def blocks(source: Source) -> list[Block]:
    """The table, with what is counted in it and what is not."""
    told = waits(source)
    if not told:
        return []
    return [heading(_("How long one waits")), paragraph(_counted(source)), _table(source, told)]


def _counted(source: Source) -> str:
    how = source.study.behaviour
    said = {
        "asked": words.minutes_word(how.answer_minutes),
        "again": words.minutes_word(how.retry_minutes),
    }
    if not tries_of(source.study):  # none, or later than a call may be answered
        return (
            _(
                "Means of the talks that are held: whoever finds nobody does not wait, but goes without. No call is made "
                "again here: it is answered at once or not at all. Somebody asked for a talk on site answers within "
                "%(asked)s, and the next is asked only then. No time was chosen as a standard for that."
            )
            % said
        )
    return (
        _(
            "Means of the talks that are held: whoever finds nobody does not wait, but goes without. A call that finds "
            "nobody free is made again after %(again)s; somebody asked for a talk on site answers within %(asked)s, "
            "and the next is asked only then. No time was chosen as a standard for that."
        )
        % said
    )


def _table(source: Source, told: list[Wait]) -> Block:
    head = [
        _("Waiting"), _("Today, predicted"), _("Then, predicted"), _("Then, simulated"), _("95%% interval") % (),
        _("Chosen: at most"),
    ]  # fmt: skip
    rows = [
        [
            one.name,
            _minutes(one.before),
            _minutes(one.after),
            _minutes(one.simulated),
            "–" if one.interval is None else interval_word(*one.interval),
            "–" if one.standard is None else words.minutes_word(one.standard),
        ]
        for one in told
    ]
    widths = [4, 2, 2, 2, 3, 2]
    if source.nobody:  # what follows is what is
        head[3] = _("Simulated")
        for line in (head, widths, *rows):
            del line[2]  # type: ignore[attr-defined]
    return table(head, rows, widths=widths)


def _minutes(value: float | None) -> str:
    return "–" if value is None else words.minutes_word(value, 1)


def interval_word(low: float, high: float) -> str:
    """0,3 to 0,4 min."""
    return _("%(low)s to %(high)s") % {"low": words.number(low, 1), "high": words.minutes_word(high, 1)}
