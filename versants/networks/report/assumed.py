"""What a study takes for granted, in the reader's language; a source somebody wrote stays as the study has it."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from versants.networks.words import day_word, percent, value_word, versant_word
from versants_libs.coverage.assumptions import (
    ABSENT,
    CHOSEN,
    LATE,
    NOT_PUBLISHED,
    Helper,
    Sizing,
    of_model,
    parse,
)
from versants_libs.coverage.needs import FOLDED, PUBLIC, UNUSED
from versants_libs.coverage.recruiting import KNOWN, SPEAKERS
from versants_libs.coverage.registered import DEALT, HOURS, LEVELS, PLACED, REGISTERED
from versants_libs.coverage.study import Study
from versants_libs.coverage.turning import simple_range
from versants_libs.coverage.ways import PASSED, TOLD, UNTOLD

Line = tuple[str, str, str]

#: Versants as the file names them.
VERSANTS = {
    "West-Vlaanderen": "west-vlaanderen",
    "Wallonie": "wallonie",
    "Hauts-de-France": "hauts-de-france",
}


def groups(study: Study) -> list[tuple[str, list[Line]]]:
    """Title, and (what, value, source) of each assumption under it, those of the study's own figures included."""
    words, sources = _words(), _sources()
    titles = _groups()
    group_of = {key: title for title, keys in titles.items() for key in keys}
    found: dict[str, list[Line]] = {title: [] for title in [*titles, _("Written with the study")]}
    own = parse(study.assumptions)
    named = {one.key for one in own}
    # Whoever typed a study, or made one before these were named, still chose them.
    for one in (*own, *(one for one in of_model(study) if one.key not in named)):
        key, _colon, versant = one.key.partition(":")
        if key in {"unrecruitable", "register_untold"}:  # told elsewhere, by their names
            continue
        what = words.get(key, one.key)
        if versant:
            what = _("%(what)s, %(versant)s") % {"what": what, "versant": versant_word(versant)}
        source = sources.get(one.source, one.source)
        if key == "demand_register" and (months := register_months(one.source)):
            source = _("the desk’s own register, %(n)s months") % {"n": value_word(months)}
        value = day_word(one.value) if key in {"register_people", "register_empty"} else value_word(one.value)
        if key == "rate":
            value = re.sub("|".join(VERSANTS), lambda place: versant_word(VERSANTS[place[0]]), value)
        if key == "simple":
            taken = percent(simple_range(study)[2])
            value = _("%(range)s; taken here: %(share)s") % {"range": value, "share": taken}
        found[group_of.get(key, _("Written with the study"))].append((what, value, source))
    return [(title, lines) for title, lines in found.items() if lines]


def _groups() -> dict[str, tuple[str, ...]]:
    """Under which title each stands, in the order they are read."""
    return {
        _("What is asked for"): (
            "demand_public",
            "demand_register",
            "demand_unused",
            "folded",
            "rate",
            "remote",
            "video",
            "evening",
            "season",
            "simple",
            "discouraged",
            "minutes",
            "register_remote",
            "register_remote_passed",
            "register_remote_untold",
            "register_video",
            "register_evening",
            "register_evening_untold",
            "register_minutes",
            "peak",
        ),
        _("Who interprets today"): (
            "present",
            "present_hours",
            "present_office",
            "register_people",
            "register_empty",
            "register_placed",
            "register_each",
            "register_levels",
            "register_hours",
        ),
        _("Who can be recruited"): (
            "speakers",
            "speakers_known",
            "least_speakers",
            "reach",
            "place_size",
            "beside",
            "per_place",
            "helper_days",
            "helper_hours",
            "available",
            "recruit_office",
            "helper_lead",
            "certified_lead",
        ),
        _("How people answer"): (
            "answer_yes",
            "answer_minutes",
            "absence",
            "absence_unforeseen",
            "cancelled",
            "cancelled_late",
            "retries",
            "call_wait",
        ),
        _("What counts, and how much"): ("fill", "fallback", "alpha"),
        _("What it costs"): ("interpreter_cost", "helper_cost", "helper_paid", "certified_cost"),
    }


def register_months(source: str) -> str:
    """Months a register was counted over, from the source its figure names; empty where it says something else."""
    found = re.fullmatch(r"the desk's own register, ([\d.]+) months", source)
    return found[1] if found else ""


def _words() -> dict[str, str]:
    return {
        "demand_public": _("Year of the public figures on languages"),
        "demand_register": _("Requests of the desk’s own register"),
        "demand_unused": _("Requests of the desk’s own register, not used"),
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
        "register_remote": _("Share of talks by telephone or video, counted"),
        "register_remote_passed": _("Share of talks by telephone or video, counted and not used"),
        "register_remote_untold": _("Counted talks that say whether they were on site"),
        "register_video": _("Video, as a share of telephone and video, counted"),
        "register_evening": _("Share of talks in the evening and at the weekend, counted"),
        "register_evening_untold": _("Counted talks that say at what time they were"),
        "register_minutes": _("Minutes of a talk on site, by telephone, by video, counted (– not enough)"),
        "peak": _("Minutes on the road, for traffic"),
        "interpreter_cost": _("Cost of an interpreter’s hour"),
        "speakers": _("Years of applications from which speakers are estimated"),
        "speakers_known": _("Speakers known beyond this estimate; communes where they are"),
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
        "register_people": _("Day on which the register was counted"),
        "register_empty": _("Day on which the register was counted, and told nothing"),
        "register_placed": _(
            "People of this territory whose commune, arrondissement, versant is counted; known by population alone"
        ),
        "register_each": _("Languages one person interprets, by versant"),
        "register_levels": _("Least level for any talk, for simple talks"),
        "register_hours": _("Share of registered hours that lies in office hours"),
        "present_office": _("Share of these hours that lies in office hours, the rest in the evening"),
        "recruit_office": _(
            "Hours a week in which recruits can be asked: share that lies in office hours, the rest in the evening"
        ),
        "season": _("Busiest month against the mean; rushes a year (flat: 1 and 0)"),
        "place_size": _(
            "Inhabitants from which a commune is a place to recruit; the largest of its arrondissement and those with a "
            "centre always are"
        ),
        "beside": _(
            "Minutes within which communes outside the territory count as places too; inhabitants they have at least"
        ),
        "per_place": _("Recruits of one kind and language in one place at most; places kept for a language"),
        "answer_yes": _("Share of offers that somebody free accepts"),
        "answer_minutes": _("Minutes until an offer of a visit is answered"),
        "absence": _("Share of weeks in which somebody is ill or away"),
        "absence_unforeseen": _("Share of absence that nobody knew of when visits were booked"),
        "cancelled": _("Share of talks cancelled before they take place"),
        "cancelled_late": _(
            "Share of talks on site cancelled too late: whoever was booked stays booked and paid"
        ),
        "retries": _("Times one calls again when nobody was free; minutes in between"),
        "call_wait": _("Minutes a call waits at most"),
        "fill": _("Share of its talks from which a language counts as served"),
        "fallback": _(
            "What a talk on site held by telephone instead weighs, against 1 for a talk missed; among those held it "
            "counts in full"
        ),
        "alpha": _("What a minute on the road weighs, against 1 for a talk missed"),
        "helper_paid": _(
            "Allowance of a helper for an hour worked: that of a day over its hours, up to the cap"
        ),
        "certified_cost": _("Cost of a certified interpreter a year, beside the hours"),
    }


def _sources() -> dict[str, str]:
    """The sources that studies from public figures name, as they stand in the file, and in the active language."""
    unpublished = _("no published figure found; the desk’s own should replace it")
    sizing, helper = Sizing(), Helper()
    known = (*sizing.assumptions(0.0, 0.0), *sizing.present_assumptions(), *helper.assumptions())
    said = {one.key: one.source for one in known}
    return {
        NOT_PUBLISHED: unpublished,
        ABSENT: _(
            "a choice: interpreters did not come to 88 of 5,984 talks on site (Central London Community Healthcare "
            "2023–24, FOI/25/297)"
        ),
        LATE: _(
            "a choice: in 99 of 5,984 talks on site people cancelled at the last minute, in 239 they did not come (Central "
            "London Community Healthcare 2023–24, FOI/25/297)"
        ),
        CHOSEN: _("a choice of this study, which another may make otherwise"),
        said["rate"]: _(
            "80,000 talks / 6.7 M in Flanders (AgII, minister’s answer); 18,000 / 3.65 M in Wallonia (SeTIS wallon); "
            "521,229 / 68 M in France (ISM Interprétariat 2024)"
        ),
        said["remote"]: _(
            "58%% in the Netherlands (rvr.org 14729, 2023), 86%% in France (ISM Interprétariat 2024)"
        )
        % (),
        said["evening"]: _(
            "22,500 night calls in 2021 out of about 448,000 calls a year (ISM Interprétariat)"
        ),
        said["minutes"]: _(
            "first hour guaranteed on site (federal scale, Belgium); the others: %(unpublished)s"
        )
        % {"unpublished": unpublished},
        said["interpreter_cost"]: _(
            "AgII tariff (brugge.be, 2024 or later), taken for both sides of the border"
        ),
        said["present"]: _(
            "424 certified / 6.7 M in Flanders (AgII); 30 / 3.65 M (SeTIS wallon 2021); 548 / 68 M (ISM 2024); spread "
            "over languages like demand"
        ),
        said["present_hours"]: _("%(unpublished)s; a freelance of AgII takes 190 talks a year")
        % {"unpublished": unpublished},
        said["helper_days"]: _(
            "law of 3 July 2005: 42.31 € a day, 1,692.51 € a year in 2025 (aes-aisf.be); in France the same days, a choice"
        ),
        said["helper_cost"]: _("allowance: law of 3 July 2005; training and supervision: %(unpublished)s")
        % {"unpublished": unpublished},
        said["helper_lead"]: _("%(unpublished)s; Kortrijk trained six in 2019–2020")
        % {"unpublished": unpublished},
        said["certified_lead"]: _("course of 139 lessons over about four months, then the test (agii.be)"),
        REGISTERED: _("the desks’ register of interpreters: counts of five people or more, nobody’s row"),
        PLACED: _(
            "the commune of the base where five or more start from it; otherwise spread over what is left of the "
            "arrondissement, the versant or everything, by population: an assumption"
        ),
        DEALT: _(
            "which languages one person combines is not told: dealt in turn to as many people as there are, an assumption"
        ),
        LEVELS: _(
            "any talk: from B2 and cleared for sensitive talks, sworn and certified alike; simple talks: from B1, and "
            "helpers; where fewer than five share kind and level, or for varieties of the same language, simple talks"
        ),
        HOURS: _("hours a week of the register; their share in office hours: %(unpublished)s")
        % {"unpublished": unpublished},
        TOLD: _("the desk’s own register: those of its talks that say it"),
        PASSED: _("the desk’s own register; this study chose another share"),
        UNTOLD: _(
            "the desk’s own register: too few to be told, the general figure counts (fewer than 100 in a versant, or fewer "
            "than five on one side)"
        ),
        FOLDED: _("a choice of this study; totals stay"),
        UNUSED: _(
            "fewer than 100 in a versant, or fewer than a quarter of what public figures expect for this territory: then "
            "public figures are taken for all of it"
        ),
        PUBLIC: _("UNHCR, first applications by origin (CC BY 4.0); languages of an origin: assumed weights"),
        KNOWN: _(
            "persons the desk knows of, by commune and language, five or more together: there are so many at least, "
            "whatever public figures expect"
        ),
        SPEAKERS: _(
            "UNHCR, first applications of five years, spread by population; places of the centres found on public "
            "pages; settled residents who never applied are not seen"
        ),
    }
