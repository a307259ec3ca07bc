"""What the library answers, as sentences: why this team, why not that person, what would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from versants.core import clock
from versants.core.web import words
from versants.mobile.enums import Mode, Urgency
from versants.mobile.planning.situation import Situation, slots_of
from versants.mobile.planning.workforce import Colleague
from versants.people.enums import CARE_DISCIPLINES, Discipline, InterpreterKind, Level
from versants.territory.models import Language, Versant
from versants_libs.dispatch import Candidate, Relaxation, Rule, TeamOption, Violation


@dataclass(frozen=True)
class Why:
    """A reason for or against a team. ``good`` False: worth knowing before choosing."""

    code: str
    text: str
    good: bool = True
    value: int | str = ""
    unit: str = ""


def country_in(country: str) -> str:
    """The country as said after a verb: in Belgium."""
    return {"BE": _("in Belgium"), "FR": _("in France")}.get(country, country)


def minutes(seconds: int) -> int:
    """Seconds as whole minutes, a started one counts."""
    return -(-int(seconds) // 60)


def day_full(day: Any) -> str:
    """30 juin 2027, 30 juni 2027; the first of a French month is 1er."""
    return words.day_plain(day)


def trade(discipline: str) -> str:
    return str(Discipline(discipline).label)


def role_of(slot: Any, visit: Any) -> str:
    """Interpreter, Tigrinya, by telephone."""
    parts = [trade(slot.discipline)]
    if slot.language_id:
        parts.append(words.tongue(slot.language.name))
    if slot.mode and slot.mode != visit.mode:
        parts.append(str(Mode(slot.mode).label))
    return ", ".join(parts)


# Why this team


def reasons(situation: Situation, option: TeamOption) -> list[Why]:
    """The reasons of a team, those for it first; people are named by their first name."""
    visit = situation.visits[option.visit]
    slots = slots_of(visit)
    team = [(slot, situation.people[option.services[str(slot.pk)].person]) for slot in slots]
    start = situation.at(option.start)
    codes: dict[str, list[Any]] = {}
    for reason in option.reasons:
        codes.setdefault(reason.code, []).append(reason)
    found = [
        *_faces(codes, team, option),
        *_wishes(codes, team),
        *(why for slot, colleague in team for why in _language(visit, slot, colleague, start)),
        *_mandates(visit, team, start),
        *_burden(situation, visit, team, start, codes),
        *_border(visit, team, codes),
        *_remote(visit, team),
    ]
    if not option.pushes:
        found.append(Why("nothing_moves", _("Nothing else moves.")))
    return sorted(found, key=lambda why: not why.good)


def names_of(colleagues: Sequence[Colleague]) -> str:
    """First names in a row: Karim and Thomas."""
    names = [one.row.first_name for one in colleagues]
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def _faces(codes, team, option) -> list[Why]:
    known = {reason.person for reason in codes.get("continuity", ())}
    who = [colleague for _slot, colleague in team if colleague.id in known]
    if not who:
        return []
    if len(who) == len(team):
        return [Why("continuity", _("The same as at the other visits."), True, len(who), "people")]
    text = _("%(names)s: at the other visits too.")
    return [Why("continuity", text % {"names": names_of(who)}, True, len(who), "people")]


def _wishes(codes, team) -> list[Why]:
    found = []
    asked = codes.get("gender_as_asked", ())
    missed = codes.get("gender_not_as_wished", ())
    if asked and not missed:
        found.append(
            Why("gender_as_asked", _("As wished: %(who)s.") % {"who": _gender(asked[0].value, len(asked))})
        )
    for reason in missed:
        colleague = next(c for _s, c in team if c.id == reason.person)
        text = _("%(name)s: not as wished (%(who)s).")
        values = {"name": colleague.row.first_name, "who": _gender(reason.value, 1)}
        found.append(Why("gender_not_as_wished", text % values, False))
    return found


def _gender(code: str, n: int) -> str:
    # Not one message with a plural: "a woman" alone is said on other pages, and a catalogue has it once.
    if code == "woman":
        return _("a woman") if n == 1 else _("women")
    return _("a man") if n == 1 else _("men")


def _language(visit, slot, colleague, start) -> list[Why]:
    if not slot.language_id:
        return []
    spoken = {one.language_id: one for one in colleague.languages}
    chosen = next((code for code in (slot.language_id, *slot.second_languages) if code in spoken), None)
    if chosen is None:
        return []
    one = spoken[chosen]
    level = Level(one.level).label
    values: dict[str, Any] = {
        "name": colleague.row.first_name,
        "language": words.tongue(one.language.name),
        "level": level,
    }
    found = []
    if chosen != slot.language_id:
        text = _("%(name)s interprets %(language)s (%(level)s), the second choice.")
        return [Why("second_language", text % values, False, chosen, "language")]
    if one.certified_until and one.certified_until >= clock.local(start).date():
        values["until"] = day_full(one.certified_until)
        text = _("%(name)s: %(language)s %(level)s, certified until %(until)s.")
    else:
        text = _("%(name)s: %(language)s %(level)s.")
    found.append(Why("language", text % values, True, one.level, "level"))
    if colleague.row.interpreter_kind == InterpreterKind.HELPER:
        values = {"name": colleague.row.first_name}
        found.append(Why("helper", _("%(name)s is a language helper: keep the talk simple.") % values, False))
    return found


def _mandates(visit, team, start) -> list[Why]:
    if visit.mode != Mode.ON_SITE:
        return []
    where = country_in(visit.country)
    ends = []
    for _slot, colleague in team:
        mandate = colleague.mandate(visit.country, start)
        if mandate is None:
            return []
        if mandate.period.upper is not None:  # half-open: the day before is the last one
            ends.append((mandate.period.upper - timedelta(days=1), colleague))
    if not ends:
        return [
            Why("mandate", _("All may work %(where)s.") % {"where": where}, True, visit.country, "country")
        ]
    last, colleague = min(ends, key=lambda pair: pair[0])
    values = {"name": colleague.row.first_name, "where": where, "until": day_full(last)}
    text = _("%(name)s may work %(where)s until %(until)s.")
    return [Why("mandate", text % values, True, last.isoformat(), "date")]


def _burden(situation, visit, team, start, codes) -> list[Why]:
    found = []
    if visit.urgency == Urgency.CRISIS:
        for slot, colleague in team:
            if slot.discipline not in CARE_DISCIPLINES:
                continue
            before = colleague.crises_in_week(start, but=visit.pk)
            values = {"name": colleague.row.first_name, "n": before}
            if before:
                text = ngettext(
                    "%(name)s has had %(n)d crisis this week.",
                    "%(name)s has had %(n)d crises this week.",
                    before,
                )
                found.append(Why("crises_this_week", text % values, False, before, "visits"))
            else:
                found.append(
                    Why(
                        "crises_this_week", _("No crisis this week for %(name)s.") % values, True, 0, "visits"
                    )
                )
    for reason in codes.get("late", ()):
        text = _("Starts %(n)d min after the time asked.") % {"n": minutes(int(reason.value))}
        found.append(Why("late", text, False, minutes(int(reason.value)), "min"))
    return found


def _border(visit, team, codes) -> list[Why]:
    """Carers of another team: the file crosses only with the person's consent."""
    found = []
    for slot, colleague in team:
        if slot.discipline in CARE_DISCIPLINES and colleague.row.team_id != visit.team_id:
            values = {"name": colleague.row.first_name, "team": str(colleague.row.team)}
            if colleague.row.team.versant != visit.team.versant:
                text = _("%(name)s comes from %(team)s. The file crosses only if the person agrees.")
            else:
                text = _("%(name)s comes from %(team)s.")
            found.append(Why("other_team", text % values, False, str(colleague.row.team.uid), "team"))
    return found


def _remote(visit, team) -> list[Why]:
    found = []
    for slot, colleague in team:
        mode = slot.mode or visit.mode
        if mode != Mode.ON_SITE:
            values = {"name": colleague.row.first_name, "how": str(Mode(mode).label)}
            found.append(
                Why("remote", _("%(name)s takes part %(how)s.") % values, visit.mode == mode, mode, "mode")
            )
    return found


# Why not


@dataclass(frozen=True)
class WhyNot:
    """Somebody who cannot come: the first rule in the way, and by how much."""

    name: str
    trade: str
    rule: str
    reason: str
    missing: str
    margin: int
    unit: str


def why_not(situation: Situation, candidate: Candidate) -> WhyNot:
    """The row of one candidate."""
    colleague = situation.people[candidate.person]
    visit = situation.visits[candidate_visit(situation, candidate)]
    slot = next(one for one in slots_of(visit) if str(one.pk) == candidate.slot)
    reason, missing = _rule(situation, visit, slot, colleague, candidate.rule, candidate.margin)
    return WhyNot(
        str(colleague.row),
        _trade_of(colleague, slot),
        str(candidate.rule),
        reason,
        missing,
        candidate.margin,
        candidate.unit,
    )


def candidate_visit(situation: Situation, candidate: Candidate) -> str:
    for ident, visit in situation.visits.items():
        if any(str(slot.pk) == candidate.slot for slot in visit.slots.all()):
            return ident
    raise KeyError(candidate.slot)


def _trade_of(colleague: Colleague, slot: Any) -> str:
    row = colleague.row
    if row.interpreter_kind == InterpreterKind.HELPER:
        return str(InterpreterKind.HELPER.label)
    known = slot.discipline if slot.discipline in row.disciplines else row.disciplines[0]
    return trade(known)


def refusal(situation: Situation, violation: Violation) -> str:
    """A broken rule as the sentence of a refusal, with the name of whom it concerns."""
    colleague = situation.people.get(violation.person or "")
    visit = situation.visits.get(violation.visit or "") or next(
        (situation.visits[one] for one in situation.focus), None
    )
    slots = slots_of(visit) if visit is not None else []
    slot = next((one for one in slots if str(one.pk) == violation.slot), slots[0] if slots else None)
    if colleague is None:
        return _("This cannot be planned like this.")
    reason, _missing = _rule(situation, visit, slot, colleague, violation.rule, violation.margin)
    return _("%(name)s %(reason)s.") % {"name": str(colleague.row), "reason": reason}


def _rule(
    situation: Situation, visit: Any, slot: Any, colleague: Colleague, rule: Rule, margin: int
) -> tuple[str, str]:
    """What stands in the way, as the end of a sentence that begins with the name; and what is missing."""
    n = minutes(margin)
    short = _("%(n)d min") % {"n": n} if n < 180 else words.hm(margin)
    language = words.tongue(slot.language.name) if slot is not None and slot.language_id else ""
    values: dict[str, Any] = {
        "trade": trade(slot.discipline) if slot is not None else "",
        "language": language,
        "level": Level(slot.level).label if slot is not None else "",
        "where": country_in(visit.country) if visit is not None else "",
        "n": margin,
    }
    no_way = _("no way round")
    if rule == Rule.ROLE:
        return _("is not what is asked for (%(trade)s)") % values, _("another trade")
    if rule == Rule.SKILL and _not_remotely(visit, slot, colleague):
        return _("does not work by telephone or video"), no_way
    if rule in (Rule.SKILL, Rule.COMPLEXITY):
        if colleague.row.interpreter_kind == InterpreterKind.HELPER:
            return _("may take simple talks only, as a language helper"), no_way
        return _("may not take a talk this hard"), no_way
    if rule == Rule.LANGUAGE:
        return _("does not have the language asked for (%(language)s)") % values, no_way
    if rule == Rule.LEVEL:
        missing = ngettext("%(n)d level", "%(n)d levels", margin) % values
        return _("speaks it (%(language)s) below %(level)s") % values, missing
    if rule == Rule.GENDER:
        wish = slot.gender or visit.gender_wish
        return _("does not meet what was asked (%(who)s)") % {"who": _gender(wish, 1)}, no_way
    if rule == Rule.CRISIS:
        missing = ngettext("%(n)d crisis too many", "%(n)d crises too many", margin) % values
        return _("has had enough crises this week"), missing
    if rule == Rule.MANDATE:
        last = clock.local(visit.window.upper).date()  # one that is still to begin has not ended
        ends = [m.period.upper for m in colleague.mandates if m.country == visit.country and m.period.upper]
        ended = [day for day in ends if day <= last]
        if ended:
            since = _("since %(day)s") % {"day": words.day_short(max(ended))}
            return _("may no longer work %(where)s") % values, since
        return _("may not work %(where)s") % values, no_way
    if rule == Rule.WINDOW:
        return _("could come outside the time asked only"), short
    if rule == Rule.SHIFT:
        return _("does not work at that time"), short
    if rule == Rule.OVERLAP:
        return _("already has something at that time"), short
    if rule == Rule.TRAVEL:
        return _("would not be there in time"), short
    if rule == Rule.BREAK:
        return _("would have no midday break"), short
    if rule in (Rule.WORK_DAY, Rule.DRIVING_DAY):
        return _("would have too long a day"), short
    if rule == Rule.WORK_WEEK:
        return _("would go over the hours of the week"), short
    if rule in (Rule.SIMULTANEOUS, Rule.LAG):
        return _("is free, but not when a colleague is"), short
    if rule == Rule.INCOMPLETE:
        return _("could come, but somebody else is missing"), ngettext(
            "%(n)d person", "%(n)d persons", margin
        ) % values
    if rule == Rule.SAME_PERSON:
        return _("cannot take two places at once"), no_way
    return _("cannot take this place"), no_way


def _not_remotely(visit: Any, slot: Any, colleague: Colleague) -> bool:
    """Is it the way this place is worked that is not theirs?"""
    if colleague.row.works_remotely or visit is None or slot is None:
        return False
    return (slot.mode or visit.mode) != Mode.ON_SITE


# What if


def what_if(situation: Situation, relaxation: Relaxation) -> str:
    """One small change as the end of "and if"."""
    params = relaxation.params
    if relaxation.kind in ("window_later", "window_earlier"):
        at = words.clock_time(situation.at(int(params["start"])))
        if relaxation.kind == "window_later":
            return _("one arrives at %(at)s") % {"at": at}
        return _("one arrives at %(at)s already") % {"at": at}
    if relaxation.kind == "gender_wish":
        return _("a man may come") if params["gender"] == "woman" else _("a woman may come")
    if relaxation.kind == "second_language":
        return _("%(language)s will do") % {"language": language_name(str(params["language"]))}
    if relaxation.kind == "lower_level":
        level = str(params["level"])
        return _("%(language)s at %(level)s is enough") % {
            "language": language_name(str(params["language"])),
            "level": level,
        }
    if relaxation.kind == "by_phone":
        if relaxation.text_code == "visit_by_phone":
            return _("all of it is by telephone")
        visit = situation.visits[situation.focus[0]]
        slot = next(one for one in slots_of(visit) if str(one.pk) == params["slot"])
        return _("%(trade)s by telephone") % {"trade": trade(slot.discipline)}
    if relaxation.kind == "mandate":
        colleague = situation.people[str(params["person"])]
        values = {"name": str(colleague.row), "where": country_in(str(params["country"]))}
        return _("%(name)s receives a mandate %(where)s") % values
    return relaxation.text


def language_name(code: str) -> str:
    """The name of a language in the reader's words; its code if it is none."""
    found = Language.objects.filter(pk=code).first()
    return words.tongue(found.name) if found else code


def versant_label(code: str) -> str:
    return str(Versant(code).label)
