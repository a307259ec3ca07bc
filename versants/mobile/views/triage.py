"""``/requests/UID/triage/``: who is needed, when, how often; and moving or cancelling what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from versants.core import clock
from versants.core.access.classes import COORDINATING_ROLES
from versants.core.errors import VersantsError
from versants.core.web import words
from versants.mobile.enums import InterventionKind, VisitState
from versants.mobile.forms.changing import CancelForm, MoveForm
from versants.mobile.forms.triage import Page, proposed, read
from versants.mobile.forms.triage import change as changed
from versants.mobile.models import Request, Visit
from versants.mobile.services import changing, requests, states, triage, wording
from versants.mobile.services.series import days_of
from versants.territory import calendars

# What can be added ready-made, beside one more visit like the last.
READY = (
    (InterventionKind.DROP_IN, "add-drop_in"),
    (InterventionKind.TALK_GROUP, "add-talk_group"),
)


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    """GET a proposal made from the request; POST what was decided, or ``do`` to add, remove or prepare a visit or place."""
    actor = request.actor
    found = get_object_or_404(
        Request.objects.visible_to(actor)
        .select_related("team", "site__commune", "elsewhere")
        .prefetch_related("languages__language"),
        uid=uid,
    )
    requests.check_may_answer(actor, found)
    states.REQUEST.after(found.state, "plan")
    refusal: Any = ""
    status = 200
    if request.method != "POST":
        page = Page.asked(found, [proposed(*triage.proposal(found))])
    elif "do" in request.POST:
        step = changed(found, read(request.POST), request.POST["do"])
        page = Page.asked(found, step.blocks, request.POST, step.focus)
    else:
        page, status = Page.sent(found, request.POST), 422
        if page.is_valid():
            try:
                needs = triage.plan_needs(
                    request=found,
                    actor=actor,
                    needs=page.plans(),
                    commune=page.commune,
                    version=page.shared.cleaned_data["version"],
                )
            except VersantsError as exc:
                refusal, status = exc.message, exc.status
                if "need" in exc.facts:
                    page.blocks[exc.facts["need"]].refusal, refusal = exc.message, ""
            else:
                return _decided(
                    request, found, page, [visit for need in needs for visit in need.visits.all()]
                )
    context = {
        "found": found,
        "title": wording.title(found),
        "where": wording.place(found),
        "who": wording.who_for(found),
        "languages": ", ".join(one.language.name for one in found.languages.all()),
        "page": page,
        "ready": [(kind.label, action) for kind, action in READY],
        "refusal": refusal,
        "missing": page.has_errors if status == 422 and not refusal else False,
        "now": clock.now(),
        "back": f"{reverse('request', args=[found.uid])}#chosen",
    }
    template = "mobile/triage/_plan.html" if request.htmx else "mobile/triage/plan.html"
    response = render(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _decided(request: HttpRequest, found: Request, page: Page, visits: Sequence[Visit]) -> HttpResponse:
    """What was stored, said; then who can go, for one visit; for several the request, which lists them."""
    n = len(visits)
    text = ngettext("%(n)d visit waits for its team.", "%(n)d visits wait for their team.", n) % {"n": n}
    skipped = _skipped(found, page)
    messages.success(request, " ".join([text, *([skipped] if skipped else [])]))
    if n == 1 and request.actor.role in COORDINATING_ROLES:
        return redirect("visit_who", uid=visits[0].uid)
    return redirect(f"{reverse('request', args=[found.uid])}#visits")


def _skipped(found: Request, page: Page) -> str:
    """The public holidays its series pass over, by name."""
    place = found.commune or page.commune
    if place is None:
        return ""
    days = set()
    for need in page.plans():
        if need.series is not None:
            first = clock.local(need.visits[0].window.lower).date()
            days |= set(days_of(first, need.series, place.country)[1])
    if not days:
        return ""
    language = (get_language() or "fr").split("-")[0]
    names = [
        f"{words.day_short(day)} ({calendars.holiday_name(day, place.country, language)})"
        for day in sorted(days)
    ]
    return ngettext(
        "Public holiday skipped and made up for at the end: %(days)s.",
        "Public holidays skipped and made up for at the end: %(days)s.",
        len(days),
    ) % {"days": ", ".join(names)}


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Move or cancel a visit; of a series this one, the later ones, or all."""
    actor = request.actor
    visit = get_object_or_404(
        Visit.objects.visible_to(actor).select_related("request", "site", "commune", "need", "team"), uid=uid
    )
    changing.check_may_change_visit(actor, visit)
    states.VISIT.after(visit.state, "cancel")
    changing.check_has_not_begun(visit)
    reaches = {
        "move": changing.reach(actor, visit, moving=True),
        "cancel": changing.reach(actor, visit, moving=False),
    }
    asked = request.POST.get("action", "") if request.method == "POST" else ""
    move = MoveForm(
        request.POST if asked == "move" else None, visit=visit, reach=reaches["move"], prefix="move"
    )
    cancel = CancelForm(
        request.POST if asked == "cancel" else None, visit=visit, reach=reaches["cancel"], prefix="cancel"
    )
    status, refusal = (422 if asked else 200), ""
    try:
        done: list[Visit] | None = None
        if asked == "move" and move.is_valid():
            data = move.cleaned_data
            done = changing.move_visit(
                visit=visit, actor=actor, window=move.window(), scope=data["scope"], version=data["version"]
            )
        elif asked == "cancel" and cancel.is_valid():
            data = cancel.cleaned_data
            done = changing.cancel_visit(
                visit=visit, actor=actor, reason=data["reason"], scope=data["scope"], version=data["version"]
            )
    except VersantsError as exc:
        refusal, status = exc.message, exc.status
    else:
        if done is not None:
            messages.success(request, _said(actor, asked, visit, done, reaches[asked][data["scope"]]))
            return redirect(f"{reverse('request', args=[visit.request.uid])}#visits")
    context = {
        "visit": visit,
        "n_series": len(reaches["cancel"]["all"].visits),
        "move": move,
        "cancel": cancel,
        "people": reaches["cancel"]["one"].people,
        "refusal": refusal,
        "when": wording.window(visit.window.lower, visit.window.upper),
        "back": f"{reverse('request', args=[visit.request.uid])}#visits",
        "now": clock.now(),
    }
    return render(request, "mobile/triage/change.html", context, status=status)


def _said(actor: Any, what: str, visit: Visit, done: Sequence[Visit], reach: changing.Reach) -> str:
    """What became of it, who was told, and what is left of the series, in sentences."""
    n = len(done)
    if what == "move" and n == 1:
        new = done[0].window
        text = _("The visit has moved to %(when)s; it waits for its team.") % {
            "when": wording.window(new.lower, new.upper)
        }
    elif what == "move":
        text = _("%(n)d visits have moved; they wait for their team.") % {"n": n}
    elif n == 1:
        text = _("The visit of %(day)s is cancelled.") % {"day": words.day_long(visit.window.lower)}
    else:
        text = _("%(n)d visits are cancelled.") % {"n": n}
    told = sorted({*reach.confirmed, *reach.asked})
    if told:
        text = f"{text} " + ngettext("%(names)s is told.", "%(names)s are told.", len(told)) % {
            "names": changing.in_a_row(told)
        }
    if what == "cancel" and visit.need.series:
        left = Visit.objects.visible_to(actor).filter(
            need_id=visit.need_id, state__in=(VisitState.OPEN, VisitState.PLANNED)
        )
        m = left.count()
        if m:
            return f"{text} " + ngettext(
                "%(n)d visit of the series is still to come.",
                "%(n)d visits of the series are still to come.",
                m,
            ) % {"n": m}
        return f"{text} " + _("Nothing of the series is left to come.")
    return text
