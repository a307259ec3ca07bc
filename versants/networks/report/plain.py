"""The first half page: what a study comes to, in sentences that need no further reading."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from versants.networks import words
from versants.networks.report import frame
from versants.networks.report.blocks import Block, heading, paragraph
from versants.networks.report.source import Source
from versants_libs.coverage.staffing_facts import at_most

FULL = 0.995  # of a language served: nothing is missing that is told
LEAST_MORE = 0.005  # of a share: what a page shows as more
NAMED_LEAST = 4  # languages served least


def paragraphs(source: Source) -> list[str]:
    """What needs no further reading, short: what is asked, what helps, who is left out. The rest is ``behind``."""
    told, result = source.digest, source.result
    n = sum(one["n"] for one in result["recruits"])
    before, after = (1 - told.share_unserved(side) for side in ("before", "after"))
    said = {
        "talks": words.number(told.requests, -1 if told.requests >= 1000 else 0),
        "languages": ngettext("in %(n)d language", "in %(n)d languages", len(told.languages))
        % {"n": len(told.languages)},
        "before": words.percent(before),
        "after": words.percent(after),
        "more": ngettext("with %(n)d more", "with %(n)d more", n) % {"n": n},
    }
    if source.older:
        found = [
            older(),
            _(
                "About %(talks)s talks a year need an interpreter here, %(languages)s. With those who interpret "
                "today, the older plan serves %(before)s of them; %(more)s, %(after)s."
            )
            % said,
        ]
    elif source.nobody:
        found = [
            _(
                "About %(talks)s talks a year need an interpreter here, %(languages)s. With those who interpret "
                "today, %(before)s of them are likely to be held."
            )
            % said
            + f" {nobody(source)}",
        ]
    else:
        found = [
            _(
                "About %(talks)s talks a year need an interpreter here, %(languages)s. With those who interpret "
                "today, %(before)s of them are likely to be held; %(more)s, %(after)s."
            )
            % said,
        ]
    best = sorted(result["recruits"], key=lambda one: -one["unserved_less"])
    best = [one for one in best if round(one["unserved_less"]) >= 1][:3]
    if best:
        found.append(
            _("What helps most: %(recruits)s.")
            % {"recruits": "; ".join(_recruit_words(source, one) for one in best)}
        )
    found += _least_sentence(source)
    if not source.nobody:
        found.append(_losers_sentence(source))
    return [*found, *_cheaper(source)]


def behind(source: Source) -> list[Block]:
    """What stands behind the first words, under titles of its own."""
    asked = _("Limits chosen: %(limits)s.") % {"limits": frame.limits_words(source)}
    how = [f"{frame.demand(source)} {asked} {_of_budget(source)}".strip()]
    if not source.older:
        held = held_words(source)
        predicted = _("This is predicted: people who are already taken, ill or say no are counted in.")
        how.append(f"{predicted} {held}".strip())
    elif held_words(source):
        how.append(held_words(source))
    missing = _missing(source)
    return [
        heading(_("Where the first figures come from")),
        *(paragraph(text) for text in how),
        *([heading(_("What is still missing")), *(paragraph(text) for text in missing)] if missing else []),
    ]


def _of_budget(source: Source) -> str:
    """What of the budget is taken, and that the cost on the first page counts more; nothing without a budget."""
    if source.study.limits.budget is None or source.nobody:
        return ""
    known = {one.id: one for one in source.study.candidates}
    taken = sum(at_most(source.study, known[key]) * n for key, n in source.chosen.items())
    return _(
        "Of this budget these recruits take %(taken)s: for a language helper the allowance of all hours they may work, for "
        "other interpreters what they cost without their hours. What is paid by the hour comes on top."
    ) % {"taken": words.euros(taken)}


def _missing(source: Source) -> list[str]:
    """Where most talks are still not held, and that no language reaches the standard."""
    told, found = source.digest, []
    worst = sorted(told.languages, key=lambda line: -(1 - line.after) * line.requests)[:3]
    worst = [line for line in worst if line.after < FULL]
    if worst:
        found.append(
            _("What is still missing most: %(languages)s.")
            % {
                "languages": ", ".join(
                    _("%(language)s (%(share)s served)")
                    % {"language": source.language(line.key), "share": words.percent(line.after)}
                    for line in worst
                )
            }
        )
    if not any(line.after >= source.study.standard.fill for line in told.languages):
        text = (
            _("No language reaches the standard of %(fill)s.")
            if source.nobody
            else _(
                "No language reaches the standard of %(fill)s: recruiting these people is not enough by itself."
            )
        )
        found.append(text % {"fill": words.percent(source.study.standard.fill)})
    return found


def nobody(source: Source) -> str:
    """Why nobody is recruited: it was asked so, the budget pays for nobody, or nobody would help."""
    if source.nobody_asked:
        return _("This study asks what they can do by themselves: nobody is recruited.")
    least, budget = source.least_cost, source.study.limits.budget
    if least is None:
        return _("Nobody is recruited: by these rules there is nobody to recruit here.")
    if budget is not None and least > budget:
        return _(
            "Nobody is recruited: the budget of %(budget)s a year is too small for anybody; the cheapest recruit takes "
            "%(least)s of it."
        ) % {"budget": words.euros(budget), "least": words.euros(math.ceil(least))}
    return _("Nobody is recruited: within these limits no recruit helps.")


def older() -> str:
    """Said of results that no prediction stands beside."""
    return _(
        "This result is of an older model, whose plan took for granted that people have time when they are asked: its "
        "shares are too high. Have the study worked out again."
    )


def held_words(source: Source) -> str:
    """What simulated years give, with the interval; nothing without a simulation."""
    held = source.held
    if held is None:
        return ""
    share = words.percent(held.share, 1)
    if held.interval is None or held.years is None:
        return _("Simulated years, with the recruits, give %(share)s.") % {"share": share}
    if source.nobody:
        text = ngettext(
            "%(n)d simulated year gives %(share)s (95%% interval: %(low)s to %(high)s).",
            "%(n)d simulated years give %(share)s (95%% interval: %(low)s to %(high)s).",
            held.years,
        )
        return text % {
            "n": held.years,
            "share": share,
            "low": words.percent(held.interval[0], 1),
            "high": words.percent(held.interval[1], 1),
        }
    return ngettext(
        "%(n)d simulated year, with the recruits, gives %(share)s (95%% interval: %(low)s to %(high)s).",
        "%(n)d simulated years, with the recruits, give %(share)s (95%% interval: %(low)s to %(high)s).",
        held.years,
    ) % {
        "n": held.years,
        "share": share,
        "low": words.percent(held.interval[0], 1),
        "high": words.percent(held.interval[1], 1),
    }


def _recruit_words(source: Source, one: Mapping[str, Any]) -> str:
    more = round(one["unserved_less"])
    return ngettext(
        "%(n)d × %(kind)s for %(language)s in %(commune)s (%(talks)s talk a year more)",
        "%(n)d × %(kind)s for %(language)s in %(commune)s (%(talks)s talks a year more)",
        more,
    ) % {
        "n": one["n"],
        "kind": words.kind_word(one["kind"]),
        "language": source.spoken_by(one["candidate"], one["languages"]),
        "commune": source.commune(one["commune"]),
        "talks": words.number(more),
    }


def _least_sentence(source: Source) -> list[str]:
    """The language that is served least, and what becomes of it; several where they are served as little."""
    lines = sorted(source.digest.languages, key=lambda line: (line.after, -line.requests))
    if len(lines) < 2 or lines[0].after >= FULL:
        return []
    shown = words.percent(lines[0].after)
    least = [line for line in lines if words.percent(line.after) == shown]
    named = [source.language(line.key) for line in least[:NAMED_LEAST]]
    rest = len(least) - len(named)
    if rest > 0:
        named.append(ngettext("and %(n)d more", "and %(n)d more", rest) % {"n": rest})
    said = {"languages": ", ".join(named), "share": shown, "n": len(least)}
    before = [words.percent(line.before) for line in least]
    if source.nobody:
        text = ngettext(
            "The language served least is %(languages)s: %(share)s.",
            "The languages served least are %(languages)s: %(share)s.",
            len(least),
        )
        return [text % said]
    if all(one == shown for one in before):
        text = ngettext(
            "The language served least is %(languages)s: %(share)s, and nothing changes there.",
            "The languages served least are %(languages)s: %(share)s, and nothing changes there.",
            len(least),
        )
        return [text % said]
    text = ngettext(
        "The language served least is %(languages)s: %(share)s, %(before)s today.",
        "The languages served least are %(languages)s: %(share)s each, today %(before)s.",
        len(least),
    )
    shares = before[: len(least) - max(rest, 0)]
    return [text % {**said, "before": "; ".join(shares)}]


def _cheaper(source: Source) -> list[str]:
    """A case beside the plan that serves more for less: the most served of them."""
    cases = [
        one
        for one in source.scenarios
        if one.served >= source.served + LEAST_MORE and one.cost < source.cost - 1
    ]
    if not cases:
        return []
    best = max(cases, key=lambda one: (one.served, -one.cost))
    digits = int(words.percent(best.served) == words.percent(source.served))
    return [
        _(
            "One of the cases below serves more for less: %(name)s, %(there)s for %(cost)s a year, against %(here)s for "
            "%(own)s."
        )
        % {
            "name": best.name,
            "there": words.percent(best.served, digits),
            "cost": words.euros(best.cost),
            "here": words.percent(source.served, digits),
            "own": words.euros(source.cost),
        }
    ]


def _losers_sentence(source: Source) -> str:
    worse = source.worse
    n = len({one.commune for one in worse})
    if not n:
        return _("No commune has less than before, in any language.")
    return ngettext(
        "%(n)d commune has less than before in some language, %(talks)s talks a year fewer in all; the list follows.",
        "%(n)d communes have less than before in some language, %(talks)s talks a year fewer in all; the list "
        "follows.",
        n,
    ) % {"n": n, "talks": words.number(sum(one.requests for one in worse), 1)}
