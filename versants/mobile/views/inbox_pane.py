"""The chosen request: its words for those who may read them, its facts, what can be done, who was told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from versants.core import audit, clock
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.crypto import vault
from versants.core.rules import allows
from versants.core.web import words
from versants.mobile.enums import (
    UNANSWERED_REQUESTS,
    Agreement,
    Danger,
    EscalationStepKind,
    RefusalReason,
    VisitState,
)
from versants.mobile.models import EscalationStep, Request, RequestEvent, RequestNote, Visit
from versants.mobile.services import promises, requests, states, wording
from versants.people.enums import TeamKind
from versants.people.models import Team

DANGER = {
    Danger.NOW: gettext_lazy("at this moment, says the one who asks"),
    Danger.NO_BUT_UNWELL: gettext_lazy("not immediate, says the one who asks; very unwell"),
    Danger.UNKNOWN: gettext_lazy("not known to the one who asks"),
}


@dataclass(frozen=True)
class Step:
    """A line of "who was told": for components/steps.html."""

    at: Any
    text: Any
    state: str = ""
    url: str = ""
    action: str = ""


def pane(request: HttpRequest, found: Request, *, refusal: Any = "", opened: str = "") -> dict[str, Any]:
    """Context of ``mobile/inbox/_pane.html``. Reading the words of a request is written down before they are shown."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    own = allows(requests.check_may_answer, actor, found)
    note = (
        RequestNote.objects.visible_to(actor)
        .filter(request=found)
        .select_related("key")
        .order_by("pk")
        .last()
    )
    spoken = {"summary": "", "callback_phone": "", "callback_who": ""}
    if note is not None:
        audit.record("request.words_read", subject=found)
        spoken = {name: vault.read(note, name) for name in spoken}
    visits = list(
        Visit.objects.visible_to(actor)
        .filter(request=found)
        .exclude(state=VisitState.CANCELLED)
        .order_by("window", "pk")
    )
    can = {event: own and states.REQUEST.allows(found.state, event) for event in _EVENTS}
    can["pass"] = can["pass"] and actor.role == Role.COORDINATOR
    return {
        "found": found,
        "title": wording.title(found),
        "summary": spoken["summary"],
        "sealed": note is None,
        "own": own,
        "facts": _facts(actor, found, spoken),
        "visits": visits,
        "first_open": next((one for one in visits if one.state == VisitState.OPEN), None),
        "triage_url": reverse("triage", args=[found.uid]),
        "can": can,
        "steps": steps(found),
        "refusals": RefusalReason.choices,
        "questions": list(requests.QUESTIONS.items()),
        "teams": Team.objects.filter(kind=TeamKind.INTEGRAPSY).exclude(pk=found.team_id)
        if can["pass"]
        else [],
        "crosses": requests.words_cross(found.agreement, found.audience),
        "refusal": refusal,
        "opened": opened,
        "waiting": found.state in UNANSWERED_REQUESTS,
    }


_EVENTS = ("accept", "refuse", "ask_back", "pass", "plan", "close", "withdraw", "complete")


def _facts(actor: Actor, found: Request, spoken: dict[str, str]) -> list[tuple[str, Any]]:
    languages = [one.language.name for one in found.languages.all()]
    spoken_text = ""
    if languages:
        spoken_text = (
            languages[0]
            if len(languages) == 1
            else _("%(first)s; failing that %(others)s")
            % {
                "first": languages[0],
                "others": ", ".join(languages[1:]),
            }
        )
    versant = found.commune.versant if found.commune is not None else ""
    place = wording.place(found)
    if versant:
        from versants.territory.models import Versant

        place = f"{place}, {Versant(versant).label}"
    agreement = str(Agreement(found.agreement).label) if found.agreement else ""
    if found.agreement == Agreement.NOT_YET and found.agreement_why_not:
        agreement = f"{agreement} ({found.agreement_why_not})"
    return [
        (_("Team"), found.team.name if found.team_id != actor.team else ""),
        (_("Place"), place),
        (_("For"), _for(actor, found)),
        (_("Language"), spoken_text or _("no interpreter asked")),
        (_("When"), wording.when(found)),
        (_("How"), wording.how(found)),
        (_("Wish"), found.get_gender_wish_display() if found.gender_wish else ""),
        (_("Danger"), DANGER[Danger(found.danger)] if found.danger else ""),
        (_("Agreement"), agreement),
        (_("Interpreted so far"), found.get_interpreted_by_display() if found.interpreted_by else ""),
        (_("Ring back"), _ring(spoken)),
    ]


def _for(actor: Actor, found: Request) -> Any:
    who = wording.who_for(found)
    rows = list(found.persons.all())
    if not rows:
        return who
    known = {one.person_id for one in rows if one.person_id}
    seen = dict.fromkeys(known, 0)
    if known:
        from versants.mobile.models import RecordPerson

        for person_id in (
            RecordPerson.objects.visible_to(actor)
            .filter(person_id__in=known)
            .values_list("person_id", flat=True)
        ):
            seen[person_id] += 1
    codes = format_html_join(
        ", ",
        "{} <b>{}</b>{}",
        (
            (
                _("code"),
                format_html('<a href="/people/{}/">{}</a>', one.code_given, one.code_given)
                if one.person_id
                else one.code_given,
                _followed(seen[one.person_id]) if one.person_id else "",
            )
            for one in rows
        ),
    )
    return format_html("{}, {}", who, codes)


def _followed(n: int) -> str:
    from django.utils.translation import ngettext

    if not n:
        return _(", known to the team")
    return ngettext(", followed already (%(n)d visit)", ", followed already (%(n)d visits)", n) % {"n": n}


def _ring(spoken: dict[str, str]) -> Any:
    phone, who = spoken["callback_phone"], spoken["callback_who"]
    if not phone:
        return ""
    bare = "".join(c for c in phone if c.isdigit() or c == "+")
    link = format_html('<a href="tel:{}" dir="ltr">{}</a>', bare, phone)
    return format_html("{}, {}", link, who) if who else link


# -- who was told -----------------------------------------------------------------------------------------------------


def steps(found: Request) -> list[Step]:
    """What happened, whose turn it is, and what comes if nobody answers."""
    lines = [
        Step(event.at, event_sentence(event), "done") for event in RequestEvent.objects.filter(request=found)
    ]
    if found.state in UNANSWERED_REQUESTS:
        until = {"time": words.clock_time(found.promised_at), "day": words.day_long(found.promised_at)}
        today = clock.local(found.promised_at).date() == clock.today()
        text = (
            _("An answer is promised before %(time)s.")
            if today
            else _("An answer is promised for %(day)s, before %(time)s.")
        )
        open_left = promises.open_left(found.team, found.promised_at, clock.now())
        both = ""
        if found.urgency != "crisis" and open_left.total_seconds() > 0:
            both = _("That is %(span)s of opening hours.") % {"span": words.span(open_left)}
        lines.append(
            Step(clock.now(), format_html("<b>{}</b> {} {}", _("Your turn."), text % until, both), "now")
        )
    for step in EscalationStep.objects.filter(request=found, done_at=None):
        lines.append(Step(step.due_at, _coming(step), ""))
    return lines


def _coming(step: EscalationStep) -> str:
    facts = {"whom": step.whom, "phone": step.phone}
    return {
        EscalationStepKind.ON_CALL: _("The person on call is told: %(whom)s, %(phone)s."),
        EscalationStepKind.COORDINATOR: _("Without an answer, coordination is told: %(whom)s, %(phone)s."),
        EscalationStepKind.OTHER_TEAM: _("Without an answer, the other team is told: %(whom)s, %(phone)s."),
        EscalationStepKind.TELL_REQUESTER: _("The one who asked is told that nobody has answered."),
    }[EscalationStepKind(step.kind)] % facts


def event_sentence(event: RequestEvent) -> str:
    """A line for the team."""
    facts = event.facts
    filled = {
        "whom": facts.get("whom", ""),
        "phone": facts.get("phone", ""),
        "team": facts.get("to", ""),
        "n": facts.get("visits", 0),
    }
    if event.code == "asked_back":
        return _("Asked back: %(questions)s") % {
            "questions": " ".join(requests.question_sentences(facts.get("questions", [])))
        }
    if event.code == "refused":
        reason = facts.get("reason", "")
        return _("Refused: %(reason)s.") % {
            "reason": RefusalReason(reason).label if reason in RefusalReason.values else reason
        }
    if event.code == "passed":
        text = (
            _("Passed on to %(team)s, with its words.")
            if facts.get("words")
            else _("Passed on to %(team)s, logistics only.")
        )
        return text % filled
    sentence = EVENTS.get(event.code)
    return str(sentence) % filled if sentence is not None else event.code


EVENTS = {
    "received": gettext_lazy("Request received."),
    "words_not_kept": gettext_lazy("Its words were not kept: the person has not been asked yet."),
    "on_call_told": gettext_lazy("The watch is called: %(whom)s, %(phone)s."),
    "on_call_nobody": gettext_lazy("Nobody holds the watch; coordination is told at once."),
    "coordinator_told": gettext_lazy("Coordination is told: %(whom)s."),
    "coordinator_nobody": gettext_lazy("Nobody coordinates today."),
    "other_team_told": gettext_lazy("The other team is told: %(whom)s."),
    "other_team_nobody": gettext_lazy("The other team could not be told."),
    "no_answer": gettext_lazy("The one who asked knows that nobody has answered."),
    "accepted": gettext_lazy("Taken on."),
    "called_back": gettext_lazy("The team rang the one who asked."),
    "completed": gettext_lazy("More details came."),
    "triaged": gettext_lazy("Triage done: %(n)s visits."),
    "team_found": gettext_lazy("Every visit has its team."),
    "team_lost": gettext_lazy("A visit is without a team again."),
    "withdrawn": gettext_lazy("Withdrawn."),
    "closed": gettext_lazy("Closed; the one who asked was told."),
}
