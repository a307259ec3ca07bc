"""The chosen request: its facts, its words for those who may read them, what can be done with it.

Words are one team's own. Reading them is written down before they are shown, for each person they are about.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from versants.core import audit, clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.crypto import vault
from versants.core.rules import allows
from versants.core.web import words
from versants.core.web.context import url_or_empty
from versants.mobile.enums import (
    UNANSWERED_REQUESTS,
    Agreement,
    Danger,
    GenderWish,
    InterpretedBy,
    Urgency,
    VisitState,
)
from versants.mobile.models import Request, RequestNote, RequestPerson, Visit
from versants.mobile.services import changing, inbox, matters, request_story, requests, states, wording
from versants.territory.models import Versant

_DANGER = {
    Danger.NOW: gettext_lazy("at this moment, says the one who asks"),
    Danger.NO_BUT_UNWELL: gettext_lazy("not immediate, says the one who asks; very unwell"),
    Danger.UNKNOWN: gettext_lazy("not known to the one who asks"),
}
_VISIT_MARKS = {
    VisitState.OPEN: "wait",
    VisitState.PLANNED: "ok",
    VisitState.DONE: "fixed",
    VisitState.MISSED: "no",
    VisitState.CANCELLED: "no",
}
EVENTS = ("accept", "ask_back", "refuse", "pass", "complete", "plan", "withdraw", "close")


@dataclass(frozen=True)
class Said:
    """The opened words of a request. Empty for those who may not read them."""

    summary: str = ""
    phone: str = ""
    who: str = ""


@dataclass(frozen=True)
class VisitLine:
    """A visit of the request: when, how long, where it stands."""

    visit: Visit
    when: str
    mark: str
    word: str

    @property
    def to_come(self) -> bool:
        """Open or planned: who goes is still a question."""
        return self.visit.state in changing.TO_COME

    @property
    def may_change(self) -> bool:
        return self.to_come and not changing.has_begun(self.visit)


@dataclass
class Pane:
    """Everything the pane shows of one request to one reader."""

    request: Request
    own: bool
    title: str
    arrived_mark: str
    arrived: str
    said: Said
    facts: list[tuple[Any, Any]]
    visits: list[VisitLine]
    steps: list[request_story.Step]
    can: frozenset[str]
    crosses: bool
    next_visit: Visit | None = field(default=None)


def read_pane(actor: Actor, request: Request) -> Pane:
    """Read ``request`` (from ``inbox.with_parts``) for ``actor``. Writes ``request.read`` when words are opened."""
    own = inbox.is_own(actor, request)
    said = read_words(actor, request)
    visits = list(
        Visit.objects.visible_to(actor)
        .filter(request=request)
        .exclude(state=VisitState.CANCELLED)
        .order_by("window", "pk")
    )
    return Pane(
        request=request,
        own=own,
        title=inbox.matter(request, whole=True) if own else inbox.title(actor, request),
        arrived_mark={Urgency.CRISIS: "crisis", Urgency.URGENT: "urgent"}.get(
            Urgency(request.urgency), "plan"
        ),
        arrived=_arrived(request),
        said=said,
        facts=facts(actor, request, said),
        visits=[_visit_line(visit) for visit in visits],
        steps=request_story.story(actor, request),
        can=possible(actor, request),
        crosses=requests.words_cross(matters.of(request).agreement, request.audience),
        next_visit=next((visit for visit in visits if visit.state == VisitState.OPEN), None),
    )


def _arrived(request: Request) -> str:
    """crise, arrivée à 02:10; of another day it says which."""
    facts = {
        "urgency": Urgency(request.urgency).label,
        "time": words.clock_time(request.asked_at),
        "day": words.day_short(request.asked_at),
    }
    if clock.local(request.asked_at).date() == clock.today():
        return _("%(urgency)s, came at %(time)s") % facts
    return _("%(urgency)s, came on %(day)s at %(time)s") % facts


def possible(actor: Actor, request: Request) -> frozenset[str]:
    """What the actor may do with it in its state, by the one table of states."""
    if not allows(requests.check_may_answer, actor, request):
        return frozenset()
    can = {event for event in EVENTS if states.REQUEST.allows(request.state, event)}
    if actor.role != Role.COORDINATOR:
        can.discard("pass")
    return frozenset(can)


def read_words(actor: Actor, request: Request) -> Said:
    """Open the note of the actor's own team. One audit event per person it is about, one when there is none."""
    if actor.team is None:
        return Said()
    note = (
        RequestNote.objects.visible_to(actor)
        .filter(request=request, team_id=actor.team)
        .select_related("key")
        .first()
    )
    if note is None or not (note.summary or note.callback_phone or note.callback_who):
        return Said()
    codes = [row.person.code for row in inbox.known_persons(actor, request) if row.person is not None]
    audit.record_each("request.read", codes or [""], subject=request)
    return Said(
        vault.left(note, "summary"), vault.left(note, "callback_phone"), vault.left(note, "callback_who")
    )


def facts(actor: Actor, request: Request, said: Said) -> list[tuple[Any, Any]]:
    """Pairs for ``components/facts.html``. Of another team's request: the logistics, and whom to ring there."""
    own = inbox.is_own(actor, request)
    waits = request.state in UNANSWERED_REQUESTS
    common = [
        (_("Place"), _place(request)),
        (_("For"), _for(actor, request)),
        (_("Language"), _languages(request)),
        (_("When"), wording.when(request)),
        (_("How"), wording.how(request)),
        (_("Wish"), GenderWish(request.gender_wish).label if request.gender_wish else ""),
        (_("Answer"), request_story.promise_both_ways(request) if waits else ""),
    ]
    if not own:
        team = request.team
        phone = telephone(team.phone)
        return [
            (_("Team"), format_html("{}, {}", team.name, phone) if phone else team.name),
            *common,
            (_("Ring back"), _ring(said)),
        ]
    matter = matters.of(request)
    agreement = str(Agreement(matter.agreement).label) if matter.agreement else ""
    if matter.agreement == Agreement.NOT_YET and (why := matters.why_not(request)):
        agreement = f"{agreement} ({why})"
    return [
        *common,
        (_("Danger"), _DANGER[Danger(matter.danger)] if matter.danger else ""),
        (_("Agreement"), agreement),
        (
            _("Interpreted so far"),
            InterpretedBy(matter.interpreted_by).label if matter.interpreted_by else "",
        ),
        (_("Ring back"), _ring(said)),
    ]


def telephone(number: str) -> SafeString:
    """A number one can press, always read from left to right."""
    bare = "".join(c for c in number if c.isdigit() or c == "+")
    return format_html('<a href="tel:{}" dir="ltr">{}</a>', bare, number) if bare else SafeString("")


def _ring(said: Said) -> Any:
    if not said.phone:
        return ""
    number = telephone(said.phone) or said.phone
    return format_html("{}, {}", number, said.who) if said.who else number


def _place(request: Request) -> str:
    commune = request.commune
    if commune is None:
        return wording.place(request)
    where = f"{commune.name}, {Versant(commune.versant).label}"
    return f"{request.site.name}, {where}" if request.site is not None else where


def _languages(request: Request) -> str:
    names = [one.language.name for one in request.languages.all()]
    if not names:
        return _("without interpreter")
    if len(names) == 1:
        return names[0]
    return _("%(first)s; failing that %(others)s") % {"first": names[0], "others": ", ".join(names[1:])}


def _for(actor: Actor, request: Request) -> Any:
    known = inbox.known_persons(actor, request)
    if not known:
        return wording.who_for(request)
    visits = _visits_of(actor, [row.person_id for row in known if row.person_id])
    codes = format_html_join(", ", "{}", ((_code(row, visits),) for row in known))
    who = inbox.who(actor, request)
    return format_html("{}, {}", who, codes)


def _bold(code: str) -> SafeString:
    """A code is not broken at its hyphen."""
    return format_html('<b class="nowrap">{}</b>', code)


def _code(row: RequestPerson, visits: dict[int, int]) -> SafeString:
    code = inbox.code_of(row)
    if row.person_id is None:
        return format_html("{} {}", _("code"), _bold(code))
    url = url_or_empty("person", code)
    shown = format_html('<a href="{}">{}</a>', url, _bold(code)) if url else _bold(code)
    n = visits.get(row.person_id, 0)
    followed = (
        ngettext("followed already (%(n)d visit)", "followed already (%(n)d visits)", n) % {"n": n}
        if n
        else _("known to the team")
    )
    return format_html("{} {}, {}", _("code"), shown, followed)


def _visits_of(actor: Actor, persons: list[int]) -> dict[int, int]:
    """How many visits each person already had, as far as the actor may see."""
    if not persons:
        return {}
    seen: dict[int, set[int]] = {}
    done = Visit.objects.visible_to(actor).filter(state=VisitState.DONE)
    rows = RequestPerson.objects.visible_to(actor).filter(person_id__in=persons, request__visits__in=done)
    for person, visit in rows.values_list("person_id", "request__visits"):
        seen.setdefault(person, set()).add(visit)
    return {person: len(visits) for person, visits in seen.items()}


def _visit_line(visit: Visit) -> VisitLine:
    start, end = (
        (visit.held.lower, visit.held.upper)
        if visit.held is not None
        else (visit.window.lower, visit.window.upper)
    )
    state = VisitState(visit.state)
    return VisitLine(visit, wording.window(start, end), _VISIT_MARKS[state], str(state.label))
