"""The report as blocks of text, tables and pictures, in the language that is active. Layout is ``report.typ``.

First half a page in plain words, three numbers and a map; then who is recruited, who gains and who loses; then method,
bounds, measures, limits and sources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from versants.core.web.words import day_plain, typography
from versants.networks import drawing, words
from versants.networks.report import assumed, cases, frame, inequality, plain, steps, turns, waiting
from versants.networks.report.blocks import Block, heading, paragraph, table
from versants.networks.report.source import LEAST_NAMED, Source
from versants_libs.coverage.digest import Line, Side

SHOWN_RECRUITS = 20
SHOWN_LANGUAGES = 24
SHOWN_WORST = 6  # languages served worst, where few ask for them
CLOSE = 0.02  # of a share: as badly served
FEW = 2  # languages not worth a way to the annex
SHOWN_WORSE = 12
SHOWN_PLACES = 4  # beside one recruit
MINUS = "\u2212"


def document(source: Source) -> dict[str, Any]:
    """What ``report.typ`` prints: title, chosen, plain, numbers, maps, blocks."""
    said = {
        "lang": words.language(),
        "title": document_title(source),
        "subtitle": chosen(source),
        "plain_title": _("In plain words"),
        "plain": plain.paragraphs(source),
        "numbers": numbers(source),
        "maps": maps(source),
        "legend": [
            [drawing.PRINTED[step], text] for step, text in drawing.legend("fill", bare=_bare(source))
        ],
        "legend_title": _("Share of talks likely to be held"),
        "dot": "" if source.nobody else _("A circle: how many are recruited there."),
        "blocks": blocks(source),
        "page": _("page"),
        "attribution": frame.attribution(),
    }
    return _spaced(said)


def _bare(source: Source) -> bool:
    return drawing.has_bare(source.towns, source.digest.places["after"])


def document_title(source: Source) -> str:
    """Of page, report and annex."""
    if source.nobody_asked:
        return _("What those who interpret today can do: %(name)s") % {"name": source.name}
    return _("Where to recruit interpreters: %(name)s") % {"name": source.name}


def _spaced(value: Any) -> Any:
    """French spacing of every sentence."""
    if isinstance(value, str):
        return value if value.startswith("<svg") else typography(value)
    if isinstance(value, dict):
        return {key: _spaced(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_spaced(one) for one in value]
    return value


def chosen(source: Source) -> str:
    """Which meaning of "equitable" was chosen, when, and by whom: an organisation or a role, nobody's name."""
    who = source.study.fairness.chosen_by or source.chosen_by
    meaning = _meaning(source)
    return meaning if not who else f"{meaning} {_('Chosen by: %(who)s.') % {'who': who}}"


def _meaning(source: Source) -> str:
    """Which meaning of "equitable" was chosen, and when."""
    fairness = source.study.fairness
    meaning = words.meaning_word(fairness.meaning)
    if not fairness.chosen_on:
        return _("“Equitable” means here: %(meaning)s.") % {"meaning": meaning}
    said = {"meaning": meaning, "day": words.day_word(fairness.chosen_on)}
    others = [one for one in source.seen if one.meaning != fairness.meaning]
    if others:
        last = others[-1]
        return _(
            "“Equitable” means here: %(meaning)s. Chosen on %(day)s, when the results of an earlier study of this "
            "territory could already be read: that of %(seen)s, for which it meant: %(other)s."
        ) % {**said, "seen": day_plain(last.day), "other": words.meaning_word(last.meaning)}
    if source.seen:
        return _(
            "“Equitable” means here: %(meaning)s. Chosen on %(first)s for the first study of this territory, before "
            "results were shown, and kept on %(day)s."
        ) % {**said, "first": day_plain(source.seen[0].day)}
    return _("“Equitable” means here: %(meaning)s. Chosen on %(day)s, before results were shown.") % said


def numbers(source: Source) -> list[list[str]]:
    """Three numbers: (figure, what it is)."""
    told, before, after = source.digest, source.result["before"], source.result["after"]
    if source.nobody and not source.older:
        return _numbers_today(source)
    return [
        [
            words.percent(1 - told.share_unserved("after")),
            _first_words(source),
        ],
        [
            words.minutes_word(after["minutes_mean"]),
            _("on the road, one way, for a talk on site that somebody comes for; %(before)s today")
            % {"before": words.minutes_word(before["minutes_mean"])},
        ],
        [
            words.euros(source.cost),
            _cost_words(source),
        ],
    ]


def _numbers_today(source: Source) -> list[list[str]]:
    """The same three where nobody is recruited: there is no before and after."""
    after, held = source.result["after"], source.held
    share = _("of talks held, as predicted")
    if held is not None:
        share = _("of talks held, as predicted. Simulated: %(share)s") % {
            "share": words.percent(held.share, 1)
        }
    return [
        [words.percent(source.served), share],
        [
            words.minutes_word(after["minutes_mean"]),
            _("on the road, one way, for a talk on site that somebody comes for"),
        ],
        [
            words.euros(after["cost_year"]),
            _("a year, %(each)s a talk, for those who interpret today")
            % {"each": words.euros(after["cost_per_assignment"])},
        ],
    ]


def _cost_words(source: Source) -> str:
    """What a talk costs: the mean of all, and each that is held only with the recruits."""
    said = {"each": words.euros(source.result["after"]["cost_per_assignment"])}
    more = source.cost_of_more
    if more is None:
        return _("a year more; %(each)s a talk in all") % said
    said["more"] = words.euros(more)
    return _("a year more: %(more)s for each talk more; all talks together cost %(each)s each") % said


def _first_words(source: Source) -> str:
    """What the first number is: predicted, simulated beside it."""
    told = source.digest
    said = {"before": words.percent(1 - told.share_unserved("before"))}
    if source.older:
        return _("of talks served by an older plan, too many; %(before)s today") % said
    held = source.held
    if held is None:
        return _("of talks held, as predicted; %(before)s today") % said
    said["share"] = words.percent(held.share, 1)
    if held.interval is None:
        return _("of talks held, as predicted; %(before)s today. Simulated: %(share)s") % said
    said |= {"low": words.percent(held.interval[0], 1), "high": words.percent(held.interval[1], 1)}
    return (
        _("of talks held, as predicted; %(before)s today. Simulated: %(share)s (%(low)s to %(high)s)") % said
    )


def map_sides(source: Source) -> list[tuple[Side, str]]:
    """Before and after; one map where nobody is recruited."""
    today: tuple[Side, str] = ("before", _("Today"))
    return [today] if source.nobody else [today, ("after", _("With the recruits"))]


def maps(source: Source) -> list[list[str]]:
    """(svg, caption) before and after."""
    found = []
    for side, caption in map_sides(source):
        drawn = drawing.mesh_map(
            source.towns,
            source.digest.places[side],
            "fill",
            names=source.names,
            recruits=source.recruits,
            dots=side == "after",
        )
        found.append([drawing.printed(drawn), caption])
    return found


def blocks(source: Source) -> list[Block]:
    """Everything after the first page, in order."""
    return [
        *plain.behind(source),
        *recruits(source),
        *each_recruit(source),
        *languages(source),
        *places(source),
        *losers(source),
        *unrecruitable(source),
        *steps.blocks(source),
        *cases.blocks(source),
        *turns.blocks(source),
        *simulation(source),
        *waiting.blocks(source),
        *frame.helpers(source),
        *frame.steps(source),
        *frame.method(source),
        *inequality.blocks(source),
        *frame.limits(source),
        heading(_("Assumptions, each with its source")),
        *(
            table(
                [title, _("Value"), _("Source")], [list(line) for line in lines], widths=[4, 2, 5], texts=True
            )
            for title, lines in assumed.groups(source.study)
        ),
        *frame.sources(source),
    ]


def recruits(source: Source) -> list[Block]:
    rows = [
        [
            source.commune(one["commune"]),
            ", ".join(source.language(code) for code in one["languages"]),
            words.kind_word(one["kind"]),
            str(one["n"]),
            words.number(one["hours"]) if "hours" in one else "–",
            words.number(one["unserved_less"]),
            words.number(one["lead_months"]),
            words.euros(one["cost"]),
        ]
        for one in sorted(source.result["recruits"], key=lambda one: -one["unserved_less"])[:SHOWN_RECRUITS]
    ]
    if not rows and source.nobody_asked:
        return []
    if not rows:
        return [
            heading(_("Whom to recruit where")),
            paragraph(plain.nobody(source)),
        ]
    head = [
        _("Commune"),
        _("Languages"),
        _("Who"),
        pgettext("how many", "Number"),
        _("Hours a year"),
        _("Talks no longer missed"),
    ]
    return [
        heading(_("Whom to recruit where")),
        paragraph(
            _(
                "A recruit takes talks from others too, who then have time for more. What counts is what would be "
                "missed again without each: the talks no longer missed."
            )
        ),
        table([*head, _("Months before starting"), _("€ a year")], rows, widths=[4, 7, 6, 3, 3, 4, 4, 3]),
        *_more_recruits(source),
        *_alike(source),
        *_hours_paid(source),
    ]


def _more_recruits(source: Source) -> list[Block]:
    """How many rows the tables of recruits leave to the annex."""
    rest = len(source.result["recruits"]) - SHOWN_RECRUITS
    if rest <= 0:
        return []
    text = ngettext(
        "%(n)d more row is in the annex: these are those that help most.",
        "%(n)d more rows are in the annex: these are those that help most.",
        rest,
    )
    return [paragraph(text % {"n": rest})]


def _alike(source: Source) -> list[Block]:
    """Other communes that would do as well; nothing where there is none."""
    said = []
    for one in sorted(source.result["recruits"], key=lambda one: -one["unserved_less"])[:SHOWN_RECRUITS]:
        others = [source.commune(other["commune"]) for other in one.get("alike", ())[:SHOWN_PLACES]]
        if others:
            language = source.spoken_by(one["candidate"], one["languages"])
            said.append(
                _("%(language)s: %(others)s instead of %(commune)s")
                % {
                    "language": language,
                    "others": ", ".join(others),
                    "commune": source.commune(one["commune"]),
                }
            )
    if not said:
        return []
    return [
        paragraph(
            _(
                "Places that would do as well, within half a per cent of what the model counts, all others staying: "
                "%(places)s."
            )
            % {"places": "; ".join(said)}
        )
    ]


def _hours_paid(source: Source) -> list[Block]:
    """Why the costs of the recruits do not add up to the one on the first page; nothing where they do."""
    own = sum(one["cost"] for one in source.result["recruits"])
    every = source.result["after"]["cost_year"] - source.result["before"]["cost_year"]
    if abs(every - own) < 1:
        return []
    said = {"own": words.euros(own), "all": words.euros(every)}
    return [
        paragraph(
            _(
                "The recruits together: %(own)s a year. The cost in all, %(all)s a year more, also counts what is paid by "
                "the hour: to recruits, and to those who interpret today and then work more or less."
            )
            % said
        )
    ]


def each_recruit(source: Source) -> list[Block]:
    """Where each recruitment is felt, and where less is served in its languages than today."""
    rows = [
        [
            _("%(n)d × %(languages)s, %(commune)s")
            % {
                "n": one["n"],
                "languages": ", ".join(source.language(code) for code in one["languages"]),
                "commune": source.commune(one["commune"]),
            },
            _named(source, one, one["gains"], "+"),
            _named(source, one, _lost(source, one), MINUS),
        ]
        for one in sorted(source.result["recruits"], key=lambda one: -one["unserved_less"])[:SHOWN_RECRUITS]
    ]
    if not rows:
        return []
    return [
        heading(_("What each recruit brings, and who loses")),
        paragraph(
            _(
                "Talks a year, commune by commune: what would be missed again without this recruit, all others "
                "staying, as predicted. Who loses is said by language, beside each recruit who speaks it."
            )
        ),
        table([_("Recruit"), _("More"), _("Fewer than today")], rows, widths=[4, 5, 4], texts=True),
        *_more_recruits(source),
    ]


def _lost(source: Source, recruit: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who loses in a language of the recruit: the same lines as those of everybody."""
    return [
        {"commune": one.commune, "language": one.language, "requests": one.requests}
        for one in source.worse
        if one.language in recruit["languages"]
    ]


def _named(source: Source, recruit: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], sign: str) -> str:
    """The communes where it is felt most; with their language where the recruit has several."""
    most = sorted((one for one in lines if one["requests"] >= LEAST_NAMED), key=lambda one: -one["requests"])
    if not most:
        return "–"
    several = len(recruit["languages"]) > 1
    said = [
        f"{source.commune(one['commune'])}{_in_language(source, one['language']) if several else ''} "
        f"{sign}{words.number(one['requests'], 1)}"
        for one in most[:SHOWN_PLACES]
    ]
    rest = len(most) - SHOWN_PLACES
    if rest > 0:
        said.append(ngettext("%(n)d line more", "%(n)d lines more", rest) % {"n": rest})
    return "; ".join(said)


def _in_language(source: Source, code: str) -> str:
    return f" ({source.language(code)})"


def most_asked(lines: Sequence[Line]) -> list[Line]:
    """Those asked for most, and after them those served worst, however few ask; all where one or two would be left."""
    worst = sorted(lines[SHOWN_LANGUAGES:], key=lambda line: (line.after, -line.requests))[:SHOWN_WORST]
    least = min((line.after for line in lines), default=0.0)
    found = [*lines[:SHOWN_LANGUAGES], *(line for line in worst if line.after <= least + CLOSE)]
    return list(lines) if len(lines) - len(found) <= FEW else found


def languages(source: Source) -> list[Block]:
    lines = source.digest.languages
    shown = most_asked(lines)
    rows = [
        [
            source.language(line.key),
            words.number(line.requests),
            words.percent(line.before),
            words.percent(line.after),
            words.points(line.after - line.before),
        ]
        for line in shown
    ]
    found = [
        heading(_("By language")),
        _then(source, [_("Language"), _("Talks a year"), _("Served today"), _("Then"), _("Points")], rows, 3),
    ]
    rest = len(lines) - len(shown)
    if rest > 0:
        text = ngettext(
            "%(n)d more language is in the annex.", "%(n)d more languages are in the annex.", rest
        )
        found.append(paragraph(text % {"n": rest}))
    return found


def places(source: Source) -> list[Block]:
    rows = [
        [line.key, words.number(line.requests), words.percent(line.before), words.percent(line.after)]
        for line in source.digest.groups
        if round(line.requests) >= 1
    ]
    if len(rows) < 2:
        return []
    return [
        heading(_("By arrondissement")),
        *(
            [
                paragraph(
                    _(
                        "Talks by telephone and video are counted with the largest commune of each arrondissement."
                    )
                )
            ]
            if source.folded
            else []
        ),
        _then(source, [_("Arrondissement"), _("Talks a year"), _("Served today"), _("Then")], rows, 3),
    ]


def _then(source: Source, head: list[str], rows: list[list[str]], columns: int) -> Block:
    """A table; the first columns only where nobody is recruited and what follows is what was."""
    if not source.nobody:
        return table(head, rows)
    return table(head[:columns], [row[:columns] for row in rows])


def losers(source: Source) -> list[Block]:
    worse = source.worse
    if source.nobody and not worse:
        return []
    if not worse:
        return [heading(_("Who loses")), paragraph(_("No commune has less than before, in any language."))]
    rows = [
        [source.commune(one.commune), source.language(one.language), words.number(one.requests, 1)]
        for one in worse[:SHOWN_WORSE]
    ]
    found = [
        heading(_("Who loses")),
        paragraph(_("Interpreters who are better used elsewhere take fewer talks, as predicted, of:")),
        table([_("Commune"), _("Language"), _("Talks a year fewer")], rows, widths=[3, 3, 2]),
    ]
    rest = worse[SHOWN_WORSE:]
    if rest:
        text = ngettext(
            "And %(n)d line more, with %(talks)s talks a year fewer: the annex names it.",
            "And %(n)d lines more, with %(talks)s talks a year fewer in all: the annex names them.",
            len(rest),
        )
        talks = words.number(sum(one.requests for one in rest), 1)
        found.append(paragraph(text % {"n": len(rest), "talks": talks}))
    return found


def unrecruitable(source: Source) -> list[Block]:
    alike: dict[str, list[str]] = {}  # most have the same in their place: said once
    for code, instead in source.unrecruitable:
        alike.setdefault(", ".join(words.instead_word(one) for one in instead), []).append(
            source.language(code)
        )
    rows = [[", ".join(names), instead] for instead, names in alike.items()]
    if not rows:
        return []
    return [
        heading(_("Not recruitable here")),
        paragraph(
            _(
                "For these languages too few speakers are likely to live within reach. Recruiting here would be a "
                "promise nobody can keep; what replaces it:"
            )
        ),
        table([_("Languages"), _("Instead")], rows, widths=[4, 5], texts=True),
    ]


def simulation(source: Source) -> list[Block]:
    """Predicted against simulated, where a simulation was given."""
    fill = (source.simulated or {}).get("fill", {})
    rows = [
        [
            source.language(code),
            words.number(one["requests"]),
            *("–" if one[key] is None else words.percent(one[key]) for key in ("predicted", "simulated")),
            "–"
            if one["ci95"] is None
            else _("%(low)s to %(high)s")
            % {"low": words.percent(one["ci95"][0]), "high": words.percent(one["ci95"][1])},
        ]
        for code, one in sorted(fill.items(), key=lambda pair: -pair[1]["requests"])[:SHOWN_LANGUAGES]
    ]
    if not rows:
        return []
    head = [_("Language"), _("Talks a year"), _("Predicted"), _("Simulated"), _("95%% interval") % ()]
    return [
        heading(_("A year simulated")),
        paragraph(_("Talks that are called off are not counted here.")),
        table(head, rows),
    ]
