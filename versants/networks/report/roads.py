"""What a report says of its minutes on the road: it depends on where they come from and on what was added for traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from versants.networks import words

if TYPE_CHECKING:
    from versants.networks.report.source import Source

CAR = ("car", "auto", "driving")


def method(source: Source) -> str:
    """One line of the method."""
    travel, said = source.study.travel, source.result["travel"]
    named = {"provider": words.roads_word(said["provider"]), "date": said["date"] or "–"}
    if said["provider"] == "piecewise":
        text = _("Roads: %(provider)s, data of %(date)s, by car without traffic.") % named
    elif said["provider"] == "matrix":
        text = _("Roads: %(provider)s, data of %(date)s; whether it counts traffic, it does not say.") % named
    elif travel.profile in CAR:
        text = _("Roads: %(provider)s, data of %(date)s, by car, as the service answered.") % named
    else:
        text = _("Roads: %(provider)s, data of %(date)s, profile “%(profile)s”, as the service answered.") % {
            **named,
            "profile": travel.profile,
        }
    peaks = _peaks(source)
    if peaks:
        text += " " + _("For traffic these minutes are multiplied: %(peaks)s.") % {"peaks": peaks}
    return text


def limit(source: Source) -> str:
    """What the minutes do not know."""
    provider = source.result["travel"]["provider"]
    if provider == "matrix":
        return _(
            "Minutes on the road are those of the table given with the study: their error is not known here, and nobody "
            "goes a way the table does not name."
        )
    if provider != "piecewise":
        text = _("Minutes on the road are those the service answered: their error is not known here.")
        missing = source.result["travel"].get("gaps", {}).get("unknown", 0)
        if missing:
            text += " " + _(
                "It knows no road for %(n)s of %(all)s ways from homes to talks; nobody goes there."
            ) % {
                "n": words.number(missing),
                "all": words.number(source.result["travel"]["gaps"]["needed"]),
            }
        return text
    if not _fitted(source):
        return _(
            "Roads are modelled from kilometres as the crow flies, by a curve given with the study: its error is not "
            "known here."
        )
    if _peaks(source):
        return _(
            "Roads are modelled from kilometres as the crow flies: 4 minutes of error within 60 km, traffic as one "
            "factor at all hours, no data from Belgium."
        )
    return _(
        "Roads are modelled from kilometres as the crow flies: 4 minutes of error within 60 km, no traffic, "
        "no data from Belgium."
    )


def sources(source: Source) -> list[str]:
    """Whose minutes they are."""
    said = source.result["travel"]
    day = said["date"] or "–"
    if said["provider"] == "matrix":
        return [_("Table of minutes given with the study, of %(date)s") % {"date": day}]
    if said["provider"] != "piecewise":
        return [f"{words.roads_word(said['provider'])} / OpenStreetMap (ODbL), {day}"]
    return ["OSRM / OpenStreetMap (ODbL), 2022"] if _fitted(source) else []


def _fitted(source: Source) -> bool:
    """Is it the curve that was fitted to published durations, whose error is known?"""
    mine, shipped = source.study.travel, source.territory.travel
    return not mine.knots_km or (mine.knots_km, mine.minutes) == (shipped.knots_km, shipped.minutes)


def _peaks(source: Source) -> str:
    """Factor by versant, of those with talks on site that it lengthens."""
    place = source.study.place
    here = {place[row.commune].versant for row in source.study.demand if row.mode == "on_site"}
    return ", ".join(
        f"{words.versant_word(versant)} ×\u00a0{words.number(factor, 2)}"
        for versant, factor in sorted(source.study.peak.items())
        if versant in here and factor != 1
    )
