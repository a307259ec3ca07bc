"""Who was told: what happened to a request, whose turn it is, and what comes if nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.web import words
from versants.mobile.enums import UNANSWERED_REQUESTS, Channel, EscalationStepKind, RefusalReason, Urgency
from versants.mobile.models import EscalationStep, Request, RequestEvent
from versants.mobile.services import announcing, matters, promises, requests
from versants.mobile.services.inbox import is_own

SENTENCES = {
    "words_not_kept": gettext_lazy("Its words were not kept: the person has not been asked yet."),
    "on_call_told": gettext_lazy("The watch is called: %(whom)s."),
    "on_call_nobody": gettext_lazy("Nobody holds the watch; the next step does not wait."),
    "coordinator_told": gettext_lazy("Coordination is told: %(whom)s."),
    "coordinator_nobody": gettext_lazy("Nobody coordinates today."),
    "other_team_told": gettext_lazy("The other team is told: %(whom)s."),
    "other_team_nobody": gettext_lazy("The other team could not be told."),
    "no_answer": gettext_lazy("The one who asked knows that nobody has answered."),
    "accepted": gettext_lazy("Taken on."),
    "called_back": gettext_lazy("The team rang the one who asked."),
    "completed": gettext_lazy("More details came."),
    "team_found": gettext_lazy("Every visit has its team."),
    "team_lost": gettext_lazy("A visit is without a team again."),
    "offer_lapsed": gettext_lazy("%(whom)s did not answer in time; the place is free again."),
    "withdrawn": gettext_lazy("Withdrawn."),
    "closed": gettext_lazy("Closed; the one who asked was told."),
}
_RECEIVED = {
    Channel.LINK: gettext_lazy("Request received by the link of the centre."),
    Channel.LOGIN: gettext_lazy("Request received from an account of the centre."),
    Channel.PHONE: gettext_lazy("Request heard by telephone."),
    Channel.PUBLIC: gettext_lazy("Request received from the public page."),
}
_COMING = {
    EscalationStepKind.ON_CALL: gettext_lazy("The watch is called: %(whom)s."),
    EscalationStepKind.COORDINATOR: gettext_lazy("Without an answer, coordination is told: %(whom)s."),
    EscalationStepKind.OTHER_TEAM: gettext_lazy("Without an answer, the other team is called: %(whom)s."),
    EscalationStepKind.TELL_REQUESTER: gettext_lazy("The one who asked is told that nobody has answered."),
}


@dataclass(frozen=True)
class Step:
    """A line for ``components/steps.html``. ``at``: an instant of today, or its day and hour in words."""

    at: datetime | str
    text: Any
    state: str = ""  # done | now | "" (to come)
    url: str = ""
    action: str = ""


def story(actor: Actor, request: Request) -> list[Step]:
    """All lines, in order of time. Why a request was refused is for its own team and the one who asked."""
    own = is_own(actor, request)
    refusal = matters.of(request).refusal if own else ""
    steps = [
        Step(_when(event.at), event_sentence(event, refusal=refusal), "done")
        for event in RequestEvent.objects.visible_to(actor).filter(request=request)
    ]
    if request.state not in UNANSWERED_REQUESTS:
        return steps
    steps.append(Step(clock.now(), _turn(request, own=own), "now"))
    coming = EscalationStep.objects.visible_to(actor).filter(request=request, done_at=None)
    for step in coming.order_by("due_at", "rank"):
        sentence = str(_COMING[EscalationStepKind(step.kind)]) % {"whom": _whom(step.whom)}
        bare = "".join(c for c in step.phone if c.isdigit() or c == "+")
        steps.append(Step(_when(step.due_at), sentence, "", f"tel:{bare}" if bare else "", step.phone))
    return steps


def _when(at: datetime) -> datetime | str:
    """An hour alone is of today; of another day it says which."""
    if clock.local(at).date() == clock.today():
        return at
    return f"{words.day_short(at)} {words.clock_time(at)}"


def _whom(name: str | None) -> str:
    """Élise D. at the end of a sentence has one full stop, not two."""
    return (name or "–").removesuffix(".")


def _turn(request: Request, *, own: bool) -> SafeString:
    whose = _("Your turn.") if own else _("%(team)s has the floor.") % {"team": request.team.name}
    return format_html("<b>{}</b> {}", whose, promise(request))


def promise(request: Request) -> str:
    """By when an answer is promised: an hour today, a day and an hour otherwise."""
    facts = {"time": words.clock_time(request.promised_at), "day": words.day_long(request.promised_at)}
    late = request.promised_at < clock.now()
    if clock.local(request.promised_at).date() == clock.today():
        text = (
            _("An answer was promised before %(time)s.")
            if late
            else _("An answer is promised before %(time)s.")
        )
    elif late:
        text = _("An answer was promised for %(day)s, before %(time)s.")
    else:
        text = _("An answer is promised for %(day)s, before %(time)s.")
    return text % facts


def promise_both_ways(request: Request) -> str:
    """The promised delay by the clock and, where the promise counts them, in the team's opening hours."""
    said = words.until(request.promised_at)
    if request.urgency == Urgency.CRISIS:
        return said
    open_left = promises.open_left(request.team, request.promised_at, clock.now())
    if open_left.total_seconds() <= 0:
        return said
    both = _("%(left)s, of which %(open)s of opening hours")
    return both % {"left": said, "open": words.span(open_left)}


def event_sentence(event: RequestEvent, *, refusal: str = "") -> str:
    """What happened, for a colleague. ``refusal``: the reason, for those who may know it.

    A code this does not know is shown as it is: nothing is hidden.
    """
    facts = event.facts
    if event.code == "received":
        return str(_RECEIVED.get(facts.get("channel", ""), _("Request received.")))
    if event.code == "asked_back":
        asked = [
            str(requests.QUESTIONS[code]) for code in facts.get("questions", []) if code in requests.QUESTIONS
        ]
        return _("Asked back: %(questions)s") % {"questions": " ".join(asked)}
    if event.code == "refused":
        if refusal not in RefusalReason.values:
            return _("Refused.")
        return _("Refused: %(reason)s.") % {"reason": RefusalReason(refusal).label}
    if event.code == "passed":
        text = (
            _("Passed on to %(team)s, with its words.")
            if facts.get("words")
            else _("Passed on to %(team)s, logistics only.")
        )
        return text % {"team": facts.get("to", "")}
    if event.code == "triaged":
        n = facts.get("visits", 0)
        return ngettext("Triage done: %(n)s visit.", "Triage done: %(n)s visits.", n) % {"n": n}
    if event.code in announcing.CODES and "visit" in facts:
        return announcing.sentence(event)
    sentence = SENTENCES.get(event.code)
    return str(sentence) % {"whom": _whom(facts.get("whom"))} if sentence is not None else event.code
