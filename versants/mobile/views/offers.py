"""``/o/TOKEN/``: an offer on a phone, without login. Opening it changes nothing; mail scanners may look.

``csrf_exempt`` as on the pages of a request link: no referrer is sent, so browsers send ``Origin: null``, and nobody
can forge an answer without the 128-bit token of the address.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from versants.core import clock
from versants.core.access.scope import Actor, acting
from versants.core.errors import BadInput, InvalidTransition
from versants.core.web.access import own_scope
from versants.mobile.enums import AssignmentState
from versants.mobile.services import offers
from versants.mobile.services.offers import DECLINE_REASONS, Offer


@own_scope
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: str) -> HttpResponse:
    """GET what is asked; POST ``answer`` yes or no, with ``reason`` for a no."""
    response = _offer(request, token)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _offer(request: HttpRequest, token: str) -> HttpResponse:
    actor = offers.actor_of(token)
    if actor is None:
        return _over(request)
    with acting(actor):
        found = offers.by_token(actor)
        if found is None:
            return _over(request, actor)
        if request.method != "POST":
            return _page(request, found)
        return _answer(request, actor, found)


def _over(request: HttpRequest, actor: Actor | None = None) -> HttpResponse:
    """Nothing left to answer. Who let the time pass hears so, whatever they press, and whom to ring."""
    team = offers.lapsed_team(actor) if actor is not None else None
    with acting(Actor.nobody()):
        return render(request, "mobile/offers/over.html", {"private": True, "late_team": team}, status=410)


def _answer(request: HttpRequest, actor: Actor, found: Offer) -> HttpResponse:
    said = request.POST.get("answer", "")
    if said not in {"yes", "no"}:
        return _page(request, found, status=422)
    reason = request.POST.get("reason", "")
    if said == "no" and not reason:
        return _page(request, found, asking_why=True)
    try:
        row = offers.answer(assignment=found.assignment, actor=actor, yes=said == "yes", reason=reason)
    except BadInput as exc:
        return _page(request, found, asking_why=True, error=exc.message, status=exc.status)
    except InvalidTransition as exc:
        return _page(request, found, error=exc.message, status=exc.status)
    found.assignment.state = row.state
    return _page(request, found, said=said)


def _page(
    request: HttpRequest,
    found: Offer,
    *,
    said: str = "",
    asking_why: bool = False,
    error: Any = "",
    status: int = 200,
) -> HttpResponse:
    held = found.assignment.held
    slot = found.assignment.slot
    context = {
        "private": True,
        "offer": found,
        "place": found.visit.commune.name,
        "start": held.lower,
        "end": held.upper,
        "is_today": clock.local(held.lower).date() == clock.today(),
        "role": slot.get_discipline_display(),
        "language": slot.language.name if slot.language_id else "",
        "mode": slot.mode or found.visit.mode,
        "team": found.visit.team,
        "accepted": found.assignment.state in (AssignmentState.ACCEPTED, AssignmentState.DONE),
        "declined": found.assignment.state == AssignmentState.DECLINED,
        "answer_by": found.assignment.answer_by,
        "reasons": DECLINE_REASONS,
        "asking_why": asking_why,
        "said": said,
        "error": error,
    }
    return render(request, "mobile/offers/offer.html", context, status=status)
