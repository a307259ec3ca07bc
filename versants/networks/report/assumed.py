"""What a study takes for granted, in the reader's language; values and sources stay as the study has them."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from versants.networks.words import versant_word
from versants_libs.coverage.assumptions import NOT_PUBLISHED, parse


def lines(sentences: Iterable[str]) -> list[tuple[str, str, str]]:
    """(what, value, source) of each assumption."""
    words = _words()
    found = []
    for one in parse(sentences):
        key, _colon, versant = one.key.partition(":")
        if key == "unrecruitable":  # a table of their own
            continue
        what = words.get(key, one.key)
        if versant:
            what = _("%(what)s, %(versant)s") % {"what": what, "versant": versant_word(versant)}
        source = one.source.replace(
            NOT_PUBLISHED, _("no published figure found; the desk’s own should replace it")
        )
        found.append((what, one.value, source))
    return found


def _words() -> dict[str, str]:
    return {
        "demand_public": _("Year of the public figures on languages"),
        "demand_register": _("Requests of the desk’s own register"),
        "folded": _(
            "Talks on site under which a row is counted with the largest commune of its arrondissement"
        ),
        "rate": _("Talks a year per 1,000 inhabitants"),
        "remote": _("Share of talks by telephone or video (range known)"),
        "video": _("Video, as a share of these"),
        "evening": _("Share of talks in the evening and at the weekend"),
        "simple": _("Share of talks a helper may take (range)"),
        "discouraged": _("Added for needs nobody asks for any more (range)"),
        "minutes": _("Minutes of a talk on site, by telephone, by video"),
        "interpreter_cost": _("Cost of an interpreter’s hour"),
        "speakers": _("Years of applications from which speakers are estimated"),
        "least_speakers": _("Likely speakers within reach for one recruit"),
        "reach": _("Minutes within which speakers count for a place"),
        "helper_days": _("Days a year of a helper, by the law on volunteers"),
        "helper_hours": _("Hours of a helper’s day"),
        "helper_cost": _("Cost of a helper: allowance a day, training a year, supervision a year"),
        "helper_lead": _("Months until a helper works"),
        "certified_lead": _("Months until a certified interpreter works"),
        "available": _("Hours a week in which a helper, a certified interpreter can be asked"),
        "present": _("Interpreters today per 100,000 inhabitants: West Flanders, Wallonia, Hauts-de-France"),
        "present_hours": _("Hours a week in which each can be asked"),
    }
