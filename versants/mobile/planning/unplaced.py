"""Visits without a whole team: what each asks, why nobody goes yet, and the smallest change that would help."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import partial

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.web import words
from versants.mobile.enums import AssignmentState, Urgency
from versants.mobile.models import Visit
from versants.mobile.planning import answers, sentences, whatif, workforce
from versants.mobile.planning.answers import Answer, Told
from versants.mobile.planning.calendar import ceil_step
from versants.mobile.planning.kept import Days
from versants.mobile.planning.situation import Builder, Situation, slots_of
from versants.mobile.planning.workforce import Colleague
from versants.people.enums import Discipline
from versants_libs import dispatch

# How long the page may think about those without a team; the others say why on their own page.
BUDGET_S = 0.3
# The first page of "who can go" shows so many teams: their people have a row on the board.
BEST = 3
# Who is stopped by one of these is nobody one could wait for: another trade, or none of the languages.
NOBODY = frozenset({dispatch.Rule.ROLE, dispatch.Rule.LANGUAGE})


@dataclass
class Unplaced:
    """``key`` is its letter. ``n_teams`` None: not computed here. ``try_url`` opens the smallest change, which gives
    ``opens`` teams. ``proposed``: who is in one of the best teams; ``first``: in the one that is there first;
    ``could``: in any. ``near``: the row where placing by keyboard begins (the uid of a professional).
    """

    key: str
    visit: Visit
    title: str
    note: str
    n_teams: int | None = None
    first_at: datetime | None = None
    reason: str = ""
    what_if: str = ""
    opens: int = 0
    try_url: str = ""
    mine: bool = False
    late: bool = False
    proposed: frozenset[int] = frozenset()
    could: frozenset[int] = frozenset()
    first: frozenset[int] = frozenset()
    near: str = ""

    @property
    def near_at(self) -> datetime:
        """The hour where placing by keyboard begins: when the first team is there, else when it was asked for."""
        return self.first_at or ceil_step(_stands(self.visit))

    @property
    def teams(self) -> str:
        """Seven teams."""
        n = self.n_teams or 0
        text = ngettext("One possible team", "%(n)s possible teams", n) % {"n": spelled(n)}
        return text[:1].upper() + text[1:]


def spelled(n: int) -> str:
    """A small number as a word, as a heading says it: two to ten; others in figures."""
    small = (
        "",
        "",
        _("two"),
        _("three"),
        _("four"),
        _("five"),
        _("six"),
        _("seven"),
        _("eight"),
        _("nine"),
        _("ten"),
    )
    return small[n] if 2 <= n <= 10 else str(n)


@dataclass
class Described:
    """The entries; all who were thought of, by id; what those asked ``earlier`` said; whether everything that is asked
    was told within the budget.
    """

    items: list[Unplaced] = field(default_factory=list)
    people: tuple[int, ...] = ()
    earlier: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    whole: bool = True

    def now(self, actor: Actor) -> list[Unplaced]:
        """The same entries with the words that go with the clock: asked so long ago, before noon, this evening."""
        return [
            replace(
                item,
                title=_title(item.visit),
                note=_note(
                    item.visit, self.earlier.get(item.visit.pk, []), mine=item.visit.team_id == actor.team
                ),
            )
            for item in self.items
        ]


def describe(
    days: Days, visits: Sequence[Visit], keys: Mapping[int, str], placed: Sequence[Visit], *, among: Q | None
) -> Described:
    """One entry per visit, in the order given. With ``among``, who is thought of, also why and what would help, within
    ``BUDGET_S``. The visits are of these ``days``.
    """
    if not visits:
        return Described()
    actor, now = days.actor, clock.now()
    earlier = {visit.pk: days.earlier(visit) for visit in visits}
    found = [
        Unplaced(
            key=keys[visit.pk],
            visit=visit,
            title=_title(visit),
            note=_note(visit, earlier[visit.pk], mine=visit.team_id == actor.team),
            mine=visit.team_id == actor.team,
            late=visit.held is None and visit.window.upper <= now,
        )
        for visit in visits
    ]
    described = Described(found, earlier=earlier)
    if among is not None:
        _explain_all(days, described, among, placed)
    return described


# In words


def _title(visit: Visit) -> str:
    """Koksijde, before 12:30, social worker and Pashto, a woman."""
    parts = [visit.commune.name, _when(visit), _roles(visit)]
    if visit.gender_wish == "woman":
        parts.append(_("a woman"))
    elif visit.gender_wish == "man":
        parts.append(_("a man"))
    return ", ".join(part for part in parts if part)


def _roles(visit: Visit) -> str:
    """The trades and the languages asked for, the places still free only."""
    taken = {one.slot_id for one in visit.holding}
    names = []
    for slot in slots_of(visit):
        if slot.pk in taken:
            continue
        interprets = slot.discipline == Discipline.INTERPRETER and slot.language_id
        name = words.tongue(slot.language.name) if interprets else sentences.trade(slot.discipline)
        if slot.mode and slot.mode != visit.mode:
            name = f"{name} {slot.get_mode_display()}"
        names.append(name)
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}


def _when(visit: Visit) -> str:
    """This evening; in the afternoon; before 12:30; until 26 Nov. The hours themselves stand below."""
    low, high = clock.local(visit.window.lower), clock.local(visit.window.upper)
    now = clock.local(clock.now())
    if visit.held is not None:
        return f"{clock.local(visit.held.lower):%H:%M}"
    if low.date() != high.date():
        return _("until %(day)s") % {"day": words.day_short(visit.window.upper)}
    if low.hour >= 17:
        return _("this evening") if low.date() == now.date() else _("in the evening")
    if low.hour >= 12 and (high.hour, high.minute) <= (18, 0):
        return _("in the afternoon")
    if low.hour < 10 or low <= now:
        return _("before %(at)s") % {"at": f"{high:%H:%M}"}
    return _("between %(low)s and %(high)s") % {"low": f"{low:%H:%M}", "high": f"{high:%H:%M}"}


def _note(visit: Visit, earlier: Sequence[tuple[str, str]], *, mine: bool) -> str:
    """Crisis, asked 6 h ago. Arrival between 18:00 and 20:30. Selam said no."""
    asked = {"ago": words.ago(visit.created_at)}
    if visit.urgency == Urgency.CRISIS:
        parts = [_("Crisis, asked %(ago)s.") % asked]
    elif visit.urgency == Urgency.URGENT:
        parts = [_("Urgent, asked %(ago)s.") % asked]
    else:
        parts = [_("Asked %(ago)s.") % asked]
    parts.append(_arrival(visit))
    if visit.holding:
        names = sorted(one.professional.first_name for one in visit.holding)
        text = ngettext(
            "%(names)s comes; somebody is missing.", "%(names)s come; somebody is missing.", len(names)
        )
        parts.append(text % {"names": ", ".join(names)})
    elif not earlier:
        parts.append(_("Proposed to nobody yet."))
    names = list(dict.fromkeys(name for state, name in earlier if state == AssignmentState.DECLINED))
    if names:
        parts.append(
            ngettext("%(names)s said no.", "%(names)s said no.", len(names)) % {"names": ", ".join(names)}
        )
    late = list(dict.fromkeys(name for state, name in earlier if state == AssignmentState.LAPSED))
    if late:
        text = ngettext("%(names)s did not answer in time.", "%(names)s did not answer in time.", len(late))
        parts.append(text % {"names": ", ".join(late)})
    if not mine:
        parts.append(_("Asked of %(team)s.") % {"team": visit.team})
    return words.one_stop(" ".join(part for part in parts if part))


def _arrival(visit: Visit) -> str:
    if visit.held is not None:
        return ""
    low, high = clock.local(visit.window.lower), clock.local(visit.window.upper)
    if visit.window.upper <= clock.now():
        return _("The time asked has passed, %(day)s at %(at)s.") % {
            "day": words.day_short(visit.window.upper),
            "at": f"{high:%H:%M}",
        }
    if low.date() == high.date():
        return _("Arrival between %(low)s and %(high)s.") % {"low": f"{low:%H:%M}", "high": f"{high:%H:%M}"}
    return _("Arrival from %(first)s to %(last)s.") % {
        "first": f"{words.day_short(visit.window.lower)} {low:%H:%M}",
        "last": f"{words.day_short(visit.window.upper)} {high:%H:%M}",
    }


# Why, and what would help


def _explain_all(days: Days, described: Described, among: Q, placed: Sequence[Visit]) -> None:
    """One problem for all of them: the day as it stands, and the visits that have nobody.

    Nobody is read and no problem built where all was told before and no row that matters was written since.
    """
    actor, horizon = days.actor, days.horizon
    asked = [
        item
        for item in described.items
        if not item.late and horizon.start <= _stands(item.visit) < horizon.end
    ]
    if not asked:
        return
    now = ceil_step(clock.now())
    ids = [item.visit.pk for item in asked]
    shown = [visit.pk for visit in placed]
    people = workforce.ids_of(actor, among)
    described.people = tuple(people)
    days.ask(people)
    rows = days.sums.of(people).key()
    key = (actor, get_language(), horizon, now, tuple(people), tuple(ids), tuple(shown), rows)
    told = [known for pk in ids if (known := answers.told.get((key, pk))) is not None]
    if len(told) == len(ids):
        for item, known in zip(asked, told, strict=True):
            _tell(item, known)
        return
    colleagues = days.people(people, whole=True)
    began, worked_out = time.perf_counter(), False
    focus = [item.visit for item in asked]
    builder = Builder(actor, horizon, colleagues, now, focus, placed)
    builder.preferred = partial(days.preferred, focus, people)
    situation = builder.build()
    question = answers.Question(situation.problem, situation.plan, best=BEST)
    for item in asked:
        answer = question.known(str(item.visit.pk))
        if answer is None:
            # One is worked out each time, however slow the machine: the next page goes on with the next one.
            if time.perf_counter() - began > BUDGET_S and worked_out:
                described.whole = False
                continue
            worked_out = True
            answer = question.answer(str(item.visit.pk))
        found = _explain(situation, item.visit, answer)
        answers.told.keep((key, item.visit.pk), found)
        _tell(item, found)


def _tell(item: Unplaced, told: Told) -> None:
    for one in fields(Told):
        setattr(item, one.name, getattr(told, one.name))


def with_the_trade(visit: Visit, colleagues: Iterable[Colleague]) -> Iterator[Colleague]:
    """Who has the trade, and the language, of a place that is free."""
    taken = {one.slot_id for one in visit.holding}
    free = [slot for slot in slots_of(visit) if slot.pk not in taken]
    for colleague in colleagues:
        for slot in free:
            languages = [slot.language_id, *slot.second_languages] if slot.language_id else []
            if slot.discipline in colleague.row.disciplines and (
                not languages or any(colleague.level(code) for code in languages)
            ):
                yield colleague
                break


def _stands(visit: Visit) -> datetime:
    return (
        visit.held.lower
        if visit.held is not None
        else max(visit.window.lower, min(clock.now(), visit.window.upper))
    )


def _explain(situation: Situation, visit: Visit, answer: Answer) -> Told:
    """How many teams and when the first is there; or who is nearest, and the smallest change that opens one."""
    told = Told(answer.n_teams, None, "", "", 0, "", frozenset(), frozenset())
    if answer.explanation is None:
        return replace(
            told,
            first_at=situation.at(answer.first_s),
            proposed=frozenset(int(person) for team in answer.teams for person in team),
            could=frozenset(int(person) for person in answer.could),
            first=frozenset(int(person) for person in answer.first),
        )
    alone = replace(situation, focus=(str(visit.pk),))
    told = replace(told, reason=_reason(alone, visit, answer.explanation))
    for one in answer.explanation.relaxations:
        change = whatif.of(alone, one)
        if change is not None:
            return replace(
                told,
                what_if=sentences.what_if(alone, one),
                opens=one.n_teams,
                try_url=f"{reverse('visit_who', args=[visit.uid])}?if={change.token}",
            )
    return told


def _reason(situation: Situation, visit: Visit, explanation: dispatch.Explanation) -> str:
    """The place that is hardest to fill, and who comes nearest to it; or that nobody known here could."""
    order = list(dispatch.Rule)
    taken = {str(one.slot_id) for one in visit.holding}
    busy_here = {str(one.professional_id) for one in visit.holding}
    free = {slot for _person, slot in explanation.free}
    asked = [slot for slot in slots_of(visit) if str(slot.pk) not in taken]
    nearest = {}
    for slot in asked:
        mine = [c for c in explanation.candidates if c.slot == str(slot.pk) and c.person not in busy_here]
        nearest[slot.pk] = min(mine, key=lambda c: (-order.index(c.rule), c.margin, c.person), default=None)
    # Where somebody is free for every place, it is the same hour that they do not find.
    hard = [slot for slot in asked if str(slot.pk) not in free] or asked
    for slot in hard:
        best = nearest[slot.pk]
        if best is None or best.rule in NOBODY:
            if slot.discipline == Discipline.INTERPRETER and slot.language_id:
                return _("Nobody here interprets this language: %(language)s.") % {
                    "language": words.tongue(slot.language.name)
                }
            return _("Nobody here has this trade and language: %(trade)s.") % {
                "trade": sentences.trade(slot.discipline)
            }
    best = min(
        (nearest[slot.pk] for slot in hard), key=lambda c: (order.index(c.rule), -c.margin), default=None
    )
    if best is None:
        return ""
    why = sentences.why_not(situation, best)
    return _("%(name)s %(reason)s.") % {"name": why.name, "reason": why.reason}
