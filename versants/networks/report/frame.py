"""What every report says around its figures: helpers, steps, method, limits, sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from versants.networks import words
from versants.networks.report import assumed, roads
from versants.networks.report.blocks import Block, heading, items, paragraph, table
from versants_libs.coverage.assumptions import Assumption, Helper, parse

if TYPE_CHECKING:
    from versants.networks.report.source import Source


def attribution() -> str:
    """The line below a map."""
    return "© IGN, INSEE, Statbel, GeoNames, Natural Earth, OpenStreetMap contributors, UNHCR"


def helpers(source: Source) -> list[Block]:
    """Profile, training, talks allowed and refused, supervision; only where helpers are recruited."""
    if not any(one["kind"] == "helper" for one in source.result["recruits"]):
        return []
    law = Helper()
    return [
        heading(_("Language helpers: who, for what, with whom beside them")),
        paragraph(
            _(
                "A language helper is no sworn or certified interpreter. In the arrondissement of Kortrijk six were "
                "trained in 2019 and 2020, for Arabic, Farsi, Dari and Punjabi, and took simple, prepared talks only. "
                "What follows takes up that format; points marked “to decide” are proposals."
            )
        ),
        items(
            [
                _(
                    "Profile: speaks both languages with ease, keeps secrets, lives within reach, is known to nobody "
                    "in the talk, accepts to stop a talk that becomes too hard."
                ),
                _(
                    "Ethics: those of certified social interpreters. Faithful, confidential, impartial, respectful of "
                    "each person’s autonomy."
                ),
                _(
                    "Short training (to decide): four half-days. Ethics and secrecy; techniques of interpreting a "
                    "prepared talk; role play with a service; when and how to stop. An assessed practice talk ends it."
                ),
                _(
                    "Talks allowed: an appointment, a form, house rules, a school registration, a practical agreement; "
                    "short, prepared with the service, with a known subject."
                ),
                _(
                    "Talks refused: health and mental health, diagnosis, danger, violence, police and court, asylum "
                    "hearings, bad news, anything of a minor alone. A certified or sworn interpreter is asked instead."
                ),
                _(
                    "Supervision (to decide): an experienced interpreter to ring during working hours, a group meeting "
                    "every two months, a talk observed twice a year."
                ),
                _(
                    "Law: a volunteer has a flat allowance of at most %(day)s a day and %(year)s a year in Belgium "
                    "(law of 3 July 2005, amounts of 2025), which is %(days)d days; in France costs are paid back and "
                    "nothing else."
                )
                % {
                    "day": words.euros(law.allowance_day, 2),
                    "year": words.euros(law.allowance_year, 2),
                    "days": law.days_year,
                },
            ]
        ),
    ]


def steps(source: Source) -> list[Block]:
    """Recruitment, with months counted from the decision."""
    lead = {one["kind"]: one["lead_months"] for one in source.result["recruits"]}
    if not lead:
        return []
    rows = [
        [_("Decision, budget, a person in charge"), "0"],
        [_("Call through centres, associations, schools, in the languages asked for"), "0–1"],
        [_("Conversations, language check, references"), "1–2"],
    ]
    if "helper" in lead:
        month = words.number(lead["helper"])
        rows.append([_("Short training of helpers, practice talk"), f"2–{month}"])
        rows.append([_("First talks of helpers, supervised"), month])
    if "certified" in lead:
        month = words.number(lead["certified"])
        rows.append([_("Course and test of certified interpreters"), f"1–{month}"])
        rows.append([_("First talks of certified interpreters"), month])
    rows.append([_("Study run again on the desk’s own figures"), "12"])
    return [heading(_("Steps and months")), table([_("Step"), _("Month")], rows)]


def method(source: Source) -> list[Block]:
    """The model in a few sentences, and how sure its answer is."""
    study, result = source.study, source.result
    rules = study.rules
    gap = result["gap"]
    return [
        heading(_("Method, and how sure the answer is")),
        paragraph(
            _(
                "Talks are counted by commune, language, way (on site, telephone, video) and time of the week. The "
                "model chooses whom to recruit so that as few talks as possible are missed in a year, and among equal "
                "choices the one with the shortest roads. Nobody travels more than %(minutes)s one way; a call is "
                "answered within %(answer)s; interpreters share their hours between their languages."
            )
            % {
                "minutes": words.minutes_word(study.standard.minutes_on_site),
                "answer": words.minutes_word(study.standard.phone_answer_minutes),
            }
        ),
        paragraph(
            (
                _("No other choice within this model and these limits does better: it is proved.")
                if gap <= 1e-6
                else _(
                    "No other choice within this model and these limits can be more than %(gap)s better: it is proved."
                )
                % {"gap": words.percent(gap, 2)}
            )
            + " "
            + _(
                "The proof is of the model, not of the world: the assumptions decide, and they are listed below."
            )
        ),
        items(
            [
                _("Border: %(state)s.")
                % {
                    "state": _("open, people work on both sides where their mandate allows it")
                    if rules.border == "open"
                    else _("closed, everybody works in their own country")
                },
                _("Helpers: %(state)s.")
                % {"state": _("may be recruited") if rules.helpers else _("are not used")},
                today(source),
                roads.method(source),
                _("Limits given: %(limits)s.") % {"limits": limits_words(source)},
            ]
        ),
    ]


def today(source: Source) -> str:
    """Where those who interpret today come from: public figures, a register, or the file of the study."""
    n = len(source.study.people)
    known = {one.key: one for one in parse(source.study.assumptions)}
    if "register_people" in known:
        return _registered(source, known, n)
    if "present" in known:
        said = ngettext(
            "Those who interpret today: %(n)d person, as public figures give it, spread over languages like demand; "
            "nobody’s list.",
            "Those who interpret today: %(n)d people, as public figures give it, spread over languages like demand; "
            "nobody’s list.",
            n,
        ) % {"n": n}
        if "register_empty" not in known:
            return said
        return (
            said
            + " "
            + _(
                "The desks’ register, counted on %(day)s, names fewer than five people for every language and is not used."
            )
            % {"day": words.day_word(known["register_empty"].value)}
        )
    return ngettext(
        "Those who interpret today: %(n)d person, as typed in the file of the study.",
        "Those who interpret today: %(n)d people, as typed in the file of the study.",
        n,
    ) % {"n": n}


def demand(source: Source) -> str:
    """Whose figures the needs are; empty where they are typed in the file of the study."""
    public, register, year, months = [], [], "", ""
    for one in parse(source.study.assumptions):
        key, _colon, versant = one.key.partition(":")
        if key == "demand_public":
            public.append(words.versant_word(versant))
            year = one.value
        elif key == "demand_register":
            register.append((words.versant_word(versant), one.value))
            months = assumed.register_months(one.source)
    if public and register:
        return _(
            "Needs are from two sources that do not compare: the desk’s own register for %(register)s, public figures "
            "for %(public)s."
        ) % {"register": ", ".join(name for name, _n in register), "public": ", ".join(public)}
    if public:
        return _(
            "Needs are from public figures: talks by population, languages by the asylum applications of %(year)s."
        ) % {"year": year}
    if register:
        counted = ", ".join(f"{words.number(float(n))} ({name})" for name, n in register)
        return _("Needs are from the desk’s own register. Requests in %(months)s months: %(counted)s.") % {
            "months": words.number(float(months or 12)),
            "counted": counted,
        }
    return ""


def _registered(source: Source, known: Mapping[str, Assumption], n: int) -> str:
    """The register, its day, what its counts keep back, and what was made of it."""
    found = [
        ngettext(
            "Those who interpret today: %(n)d person, from the desks’ register of interpreters, counted on %(day)s.",
            "Those who interpret today: %(n)d people, from the desks’ register of interpreters, counted on %(day)s.",
            n,
        )
        % {"n": n, "day": words.day_word(known["register_people"].value)},
        _(
            "It gives counts and no person: fewer than five are never told apart, but counted with their arrondissement, "
            "then with their versant, and left out where even that is too few. A language of fewer than five is not told."
        ),
        _(
            "Which languages one person combines, and who starts from which commune, is assumed: both are dealt in "
            "turn, and where a commune is not counted, people are spread by population."
        ),
    ]
    if "register_untold" in known:
        named = sorted(source.language(code) for code in known["register_untold"].value.split(","))
        found.append(
            _(
                "Counted as interpreted by nobody, though up to four people may be registered: %(languages)s. Look into "
                "the register before recruiting for these."
            )
            % {"languages": ", ".join(named)}
        )
    return " ".join(found)


def limits_words(source: Source) -> str:
    """What may be recruited at most: people, euros a year."""
    limits = source.study.limits
    found = []
    if limits.number == 0:
        found.append(_("nobody to recruit"))
    elif limits.number is not None:
        text = ngettext("%(n)d person at most", "%(n)d people at most", limits.number)
        found.append(text % {"n": limits.number})
    if limits.budget is not None:
        found.append(_("%(amount)s a year at most") % {"amount": words.euros(limits.budget)})
    return ", ".join(found)


def limits(source: Source) -> list[Block]:
    """What this study does not see."""
    known = _keys(source)
    return [
        heading(_("What this study does not see")),
        items(
            [
                *_unseen(known),
                _(
                    "Nobody has measured which share of talks a helper may take, nor how many people no longer ask. "
                    "Both are ranges; compare their ends before deciding."
                ),
                _("Telephone services from outside the territory are not counted among those who are there."),
                roads.limit(source),
                *_figures(known),
                _(
                    "The figures say where people are likely to be found, not who they are: each recruitment is a "
                    "meeting with a person."
                ),
            ]
        ),
    ]


def _keys(source: Source) -> frozenset[str]:
    """What the study says it took for granted; nothing of this where it was typed."""
    return frozenset(one.key.partition(":")[0] for one in parse(source.study.assumptions))


def _unseen(known: frozenset[str]) -> list[str]:
    """What those who counted demand could not see: it depends on who did."""
    found = []
    if "demand_public" in known:
        found.append(
            _(
                "Settled residents who never applied for asylum are not in the public figures; languages of older "
                "migrations are underestimated."
            )
        )
    elif "speakers" in known:
        found.append(
            _(
                "Settled residents who never applied for asylum are not seen among those who could be recruited; "
                "speakers of older migrations are underestimated."
            )
        )
    if "demand_register" in known:
        found.append(
            _(
                "Demand is what the desk’s register counted: who did not ask, or asked somebody else, is not in it."
            )
        )
    elif "demand_public" not in known:
        found.append(
            _("Demand is as typed in the file of the study: what was not counted there, nobody sees here.")
        )
    return found


def _figures(known: frozenset[str]) -> list[str]:
    if not known & {"demand_public", "demand_register", "speakers"}:
        return []
    return [
        _("Belgian population is of 2020, French of 2023. Reception centres are those found on public pages.")
    ]


def sources(source: Source) -> list[Block]:
    """Where figures and ideas come from: those this study used."""
    known = _keys(source)
    volumes = (
        _("AgII, SeTIS wallon, ISM Interprétariat: volumes as quoted by public pages, see the assumptions")
        if known & {"rate", "present"}
        else ""
    )
    applications = "UNHCR Refugee Population Statistics Database, 2021–2025 (CC BY 4.0)"
    said = (
        "INSEE COG 2026, population 2023 (Licence Ouverte 2.0); Statbel REFNIS 2025, population 2020 (CC BY 4.0)",
        applications if known & {"demand_public", "speakers"} else "",
        *roads.sources(source),
        "GeoNames (CC BY 4.0); Unicode CLDR",
        volumes,
        _("Province of West Flanders: study on language helpers, Kortrijk, 2019–2020"),
        "Ogryczak (2000), European Journal of Operational Research 122, 374–391",
        attribution(),
    )
    return [
        heading(_("Sources")),
        items([one for one in said if one], whole=True),  # they end the report: never a line or two on a page
        paragraph(
            _("Study file: %(id)s. The same file gives the same report.")
            % {"id": source.result["study"][:16]}
        ),
    ]
