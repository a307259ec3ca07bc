"""The page that follows one request, the same by link, by account and for the person who wants to be rung."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.errors import VersantsError
from versants.core.web import words
from versants.mobile.enums import HOLDING, AssignmentState, Channel, RefusalReason, RequestState, VisitState
from versants.mobile.forms.requests import DetailsForm
from versants.mobile.models import Assignment, Request, RequestEvent, Slot, Visit
from versants.mobile.services import announcing, escalation, matters, requests, states
from versants.territory.models import EmergencyNumber

SHOWN_DONE, SHOWN_TO_COME = 5, 15


@dataclass(frozen=True)
class Step:
    """A line of what happened: for components/steps.html."""

    at: Any
    text: str
    state: str = "done"
    url: str = ""
    action: str = ""


# Title of the page by state: what is so, then what happens next.
TITLES = {
    RequestState.NEW: gettext_lazy("Your request has arrived"),
    RequestState.INCOMPLETE: gettext_lazy("Your request has arrived"),
    RequestState.ASKED_BACK: gettext_lazy("The team has a question"),
    RequestState.ACCEPTED: gettext_lazy("The team looks for who can come"),
    RequestState.PLANNED: gettext_lazy("A team is coming"),
    RequestState.CLOSED: gettext_lazy("This request is closed"),
    RequestState.REFUSED: gettext_lazy("The team cannot come"),
    RequestState.WITHDRAWN: gettext_lazy("This request was withdrawn"),
}


def page(
    request: HttpRequest, found: Request, actor: Actor, *, back: str, again: str = "", private: bool = False
) -> HttpResponse:
    """GET the state of ``found``; POST ``action`` details or withdraw, then back to ``back``. The scope is open."""
    form = DetailsForm(request.POST if request.POST.get("action") == "details" else None)
    if request.method == "POST":
        action = request.POST.get("action")
        try:
            if action == "withdraw":
                requests.withdraw_request(request=found, actor=actor)
                return HttpResponseRedirect(back)
            if action == "details" and form.is_valid():
                if form.warns:
                    form.data = form.data.copy()
                    form.data["warned"] = "1"
                else:
                    requests.complete_request(request=found, actor=actor, details=form.details())
                    return HttpResponseRedirect(back)
        except VersantsError as exc:
            form.add_error(None, exc.message) if form.is_bound else None
            if not form.is_bound:
                raise
    visits = coming(found)
    context = {
        "private": private,
        "found": found,
        "team": found.team,
        "title": _title(found, visits),
        "next": _next(found, visits),
        "steps": _steps(found),
        "visits": visits,
        "form": form if states.REQUEST.allows(found.state, "complete") else None,
        "form_open": form.is_bound,
        "questions": [[form[name] for name in names] for names in form.QUESTIONS],
        "may_withdraw": states.REQUEST.allows(found.state, "withdraw"),
        "emergency": EmergencyNumber.objects.filter(versant=_versant(found)).order_by("rank").first(),
        "again": again,
        "back": back,
        "public": found.channel == Channel.PUBLIC,
    }
    return render(request, "portal/follow.html", context, status=422 if form.is_bound else 200)


def _versant(found: Request) -> str:
    return found.commune.versant if found.commune is not None else found.team.versant


def _confirmed(visits: list[dict[str, Any]]) -> bool:
    """Has everybody said yes, for every visit to come?"""
    return all(
        one["confirmed"] for one in visits if one["visit"].state in (VisitState.OPEN, VisitState.PLANNED)
    )


def _to_come(visits: list[dict[str, Any]]) -> bool:
    return any(one["visit"].state in (VisitState.OPEN, VisitState.PLANNED) for one in visits)


def _title(found: Request, visits: list[dict[str, Any]]) -> str:
    """A team is promised once those who come have said yes, not before, and not when it has been there."""
    if found.state == RequestState.PLANNED and not _to_come(visits):
        return _("The visit has taken place") if visits else str(TITLES[RequestState.ACCEPTED])
    if found.state == RequestState.PLANNED and not _confirmed(visits):
        return _("The team is being confirmed")
    return str(TITLES[RequestState(found.state)])


def in_a_list(state: str) -> str:
    """The title where nothing is read of the visits: what is found may be asked still, or over."""
    return _("A team was found") if state == RequestState.PLANNED else str(TITLES[RequestState(state)])


def _next(found: Request, visits: list[dict[str, Any]]) -> str:
    """What happens next and by when, in one sentence."""
    when = {"day": words.day_long(found.promised_at), "time": words.clock_time(found.promised_at)}
    if found.state in {RequestState.NEW, RequestState.INCOMPLETE}:
        if found.promised_at <= clock.now():
            return _("An answer was promised before %(day)s, %(time)s. Please ring the team.") % when
        if found.channel == Channel.PUBLIC:
            return _("The team rings you before %(day)s, %(time)s.") % when
        return _("You have an answer before %(day)s, %(time)s.") % when
    if found.state == RequestState.ASKED_BACK:
        return _("Answer below, or ring the team.")
    if found.state == RequestState.ACCEPTED:
        return _("You will see here who comes, and when.")
    if found.state == RequestState.PLANNED:
        if not _to_come(visits):
            return _("You can ask again at any time.") if visits else ""
        if _confirmed(visits):
            return _("Who comes, and when, stands below.")
        return _("You will see here who comes, as soon as they have said yes.")
    if found.state == RequestState.REFUSED:
        refusal = _refusal(found)
        return str(RefusalReason(refusal).label) if refusal else ""
    if found.state == RequestState.CLOSED:
        return _("You can ask again at any time.")
    return ""


def _steps(found: Request) -> list[Step]:
    events = RequestEvent.objects.filter(request=found, for_requester=True).order_by("at", "pk")
    refusal = _refusal(found)
    return [Step(event.at, sentence(event, refusal), "done") for event in events]


def _refusal(found: Request) -> str:
    """Why it was refused: for the team and the one who asked. Read under the team, as nobody else finds it."""
    if found.state != RequestState.REFUSED:
        return ""
    with acting(escalation.as_team(found)):
        return matters.of(found).refusal


def sentence(event: RequestEvent, refusal: str = "") -> str:
    """A line for the one who asked: what happened, without content. ``refusal``: the reason of a no."""
    facts = event.facts
    if event.code in announcing.CODES and "visit" in facts:
        return announcing.sentence(event)
    if event.code == "on_call_told":
        return _("The person on call has been told: %(whom)s.") % {
            "whom": str(facts.get("whom", "")).rstrip(".")
        }
    if event.code == "passed":
        return _("Passed on to %(team)s, who answers you.") % {"team": facts.get("to", "")}
    if event.code == "asked_back":
        return " ".join(requests.question_sentences(facts.get("questions", [])))
    if event.code == "refused":
        label = RefusalReason(refusal).label if refusal in RefusalReason.values else ""
        return _("The team cannot take it on: %(reason)s.") % {"reason": label}
    return str(SENTENCES.get(event.code, event.code))


SENTENCES = {
    "received": gettext_lazy("Your request was received."),
    "words_not_kept": gettext_lazy("What you wrote was not kept: the person has not been asked yet."),
    "accepted": gettext_lazy("The team takes it on."),
    "called_back": gettext_lazy("The team has rung you."),
    "completed": gettext_lazy("You gave more details."),
    "triaged": gettext_lazy("The team has decided who is needed."),
    "team_found": gettext_lazy("Who comes is known."),
    "team_lost": gettext_lazy("Somebody had to give up their place; the team looks again."),
    "no_answer": gettext_lazy(
        "Nobody has answered in time. Ring the team; in danger, ring the emergency number."
    ),
    "withdrawn": gettext_lazy("The request was withdrawn."),
    "closed": gettext_lazy("The request is closed."),
}


def coming(found: Request) -> list[dict[str, Any]]:
    """The last visits done and the next to come: day, time, role and first name of those who have said yes.

    Read under the team, because a link may see nothing of the directory; no more than these leave this function.
    """
    with acting(escalation.as_team(found)):
        visits = list(
            Visit.objects.filter(request=found, team_id=found.team_id)
            .exclude(state__in=(VisitState.CANCELLED, VisitState.MISSED))
            .order_by("held", "window", "pk")
        )
        # Of a long series what is over must not hide what is still to come.
        over = [one for one in visits if one.state == VisitState.DONE]
        visits = over[-SHOWN_DONE:] + [one for one in visits if one.state != VisitState.DONE][:SHOWN_TO_COME]
        who: dict[int, list[list[str]]] = {}
        for visit_id, role, name in (
            Assignment.objects.filter(visit__in=visits, state__in=HOLDING)
            .exclude(state=AssignmentState.OFFERED)
            .order_by("slot__rank", "pk")
            .values_list("visit_id", "slot__discipline", "professional__first_name")
        ):
            who.setdefault(visit_id, []).append([role, name])
        places = dict(
            Slot.objects.filter(visit__in=visits).order_by().values_list("visit_id").annotate(n=Count("pk"))
        )
    return [
        {
            "visit": visit,
            "start": visit.held.lower if visit.held else None,
            "who": announcing.people(who.get(visit.pk, [])) if visit.held else "",
            "confirmed": visit.held is not None
            and bool(places.get(visit.pk))
            and len(who.get(visit.pk, [])) >= places[visit.pk],
        }
        for visit in visits
    ]
