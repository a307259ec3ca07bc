"""``/requests/UID/triage/``: who is needed, when, how often; and moving or cancelling what was decided."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from versants.core import clock
from versants.core.errors import VersantsError
from versants.mobile.enums import VisitState
from versants.mobile.forms.triage import (
    CancelForm,
    MoveForm,
    SlotFormSet,
    TriageForm,
    initial_of,
    slots_initial,
)
from versants.mobile.models import Request, Visit
from versants.mobile.services import requests, states, triage, wording
from versants.territory.search import find_communes


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET a proposal made from the request; POST what was decided, or ``more`` for one more place."""
    actor = request.actor
    found = get_object_or_404(
        Request.objects.visible_to(actor)
        .select_related("team", "site__commune", "elsewhere")
        .prefetch_related("languages__language"),
        uid=uid,
    )
    requests.check_may_answer(actor, found)
    states.REQUEST.after(found.state, "plan")
    kind, proposed = triage.proposal(found)
    refusal: Any = ""
    status = 200
    if request.method == "POST":
        status = 422
        data = request.POST.copy()
        if "more" in data:
            data["places-TOTAL_FORMS"] = str(min(int(data.get("places-TOTAL_FORMS") or 0) + 1, 6))
            status = 200
        form, places = TriageForm(data), SlotFormSet(data, prefix="places")
        if "more" not in data and form.is_valid() and places.is_valid():
            slots = tuple(slot for one in places if (slot := one.plan()) is not None)
            try:
                need = triage.plan_need(
                    request=found,
                    actor=actor,
                    kind=form.cleaned_data["kind"],
                    visits=[form.visit(slots, found)],
                    series=form.series(),
                    commune=_commune(data.get("commune", "")) if found.commune is None else None,
                    version=form.cleaned_data["version"],
                )
            except VersantsError as exc:
                refusal, status = exc.message, exc.status
            else:
                n = need.visits.count()
                messages.success(
                    request,
                    ngettext("%(n)d visit waits for its team.", "%(n)d visits wait for their team.", n)
                    % {"n": n},
                )
                first = need.visits.order_by("series_rank").first()
                if n == 1 and first is not None:
                    return redirect(f"/visits/{first.uid}/who/")
                return redirect(f"{reverse('request', args=[found.uid])}#chosen")
    else:
        form = TriageForm(initial=initial_of(found, kind, proposed))
        places = SlotFormSet(initial=slots_initial(proposed), prefix="places")
    context = {
        "found": found,
        "title": wording.title(found),
        "where": wording.place(found),
        "who": wording.who_for(found),
        "languages": ", ".join(one.language.name for one in found.languages.all()),
        "form": form,
        "places": places,
        "refusal": refusal,
        "ask_commune": found.commune is None,
        "commune": request.POST.get("commune", ""),
        "now": clock.now(),
        "back": f"{reverse('request', args=[found.uid])}#chosen",
    }
    return render(request, "mobile/triage/plan.html", context, status=status)


def _commune(text: str) -> Any:
    found = find_communes(text, limit=2)
    return found[0] if found else None


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Move or cancel a visit; of a series this one, the later ones, or all."""
    actor = request.actor
    visit = get_object_or_404(
        Visit.objects.visible_to(actor).select_related("request", "site", "commune", "need", "team"), uid=uid
    )
    triage.check_may_change_visit(actor, visit)
    states.VISIT.after(visit.state, "cancel")
    siblings = Visit.objects.visible_to(actor).filter(
        need_id=visit.need_id, state__in=(VisitState.OPEN, VisitState.PLANNED)
    )
    n = siblings.count()
    moving = request.method == "POST" and request.POST.get("action") == "move"
    cancelling = request.method == "POST" and request.POST.get("action") == "cancel"
    move = MoveForm(request.POST if moving else None, visit=visit, n_series=n, prefix="move")
    cancel = CancelForm(request.POST if cancelling else None, visit=visit, n_series=n, prefix="cancel")
    status, refusal = (422 if moving or cancelling else 200), ""
    try:
        done: list[Visit] | None = None
        if moving and move.is_valid():
            data = move.cleaned_data
            done = triage.move_visit(
                visit=visit, actor=actor, window=move.window(), scope=data["scope"], version=data["version"]
            )
            said = ngettext(
                "%(n)d visit has moved; it waits for its team.",
                "%(n)d visits have moved; they wait for their team.",
                len(done),
            )
        elif cancelling and cancel.is_valid():
            data = cancel.cleaned_data
            done = triage.cancel_visit(
                visit=visit, actor=actor, reason=data["reason"], scope=data["scope"], version=data["version"]
            )
            said = ngettext(
                "%(n)d visit is cancelled; those expected have been told.",
                "%(n)d visits are cancelled; those expected have been told.",
                len(done),
            )
    except VersantsError as exc:
        refusal, status = exc.message, exc.status
    else:
        if done is not None:
            messages.success(request, said % {"n": len(done)})
            return redirect(f"{reverse('request', args=[visit.request.uid])}#chosen")
    context = {
        "visit": visit,
        "n_series": n,
        "move": move,
        "cancel": cancel,
        "refusal": refusal,
        "when": wording.window(visit.window.lower, visit.window.upper),
        "opened": request.POST.get("action", ""),
        "back": f"{reverse('request', args=[visit.request.uid])}#chosen",
        "now": clock.now(),
    }
    return render(request, "mobile/triage/change.html", context, status=status)
