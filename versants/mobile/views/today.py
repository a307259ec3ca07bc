"""``/today/``: my day on a phone."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from versants.core import clock
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.web.context import url_or_empty
from versants.mobile.models import Assignment
from versants.mobile.services import dayplan, offers
from versants.mobile.services.offers import DECLINE_REASONS
from versants.mobile.views.who import see_other


def read_day(request: HttpRequest) -> date:
    """``?day=`` or today; a day that cannot be read is refused, never replaced."""
    text = request.GET.get("day", "")
    if not text:
        return clock.today()
    try:
        return clock.read_day(text)
    except ValueError as exc:
        raise BadInput("day.unreadable", gettext_lazy("A day is written like 2026-11-24.")) from exc


@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """The day of whoever is signed in. ``?day=`` another one; ``?no=UID`` opens the reasons of a no."""
    if request.actor.professional is None:
        raise ActionDenied("today.no_professional", gettext_lazy("This page is for those who go on visits."))
    day = read_day(request)
    context = {
        "day": dayplan.day_of(request.actor, day),
        "week": day.isocalendar().week,
        "is_today": day == clock.today(),
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "now": clock.now(),
        "saying_no": request.GET.get("no", ""),
        "reasons": DECLINE_REASONS,
        "time_url": url_or_empty("staff_time") or url_or_empty("times"),
    }
    return render(request, "mobile/today/today.html", context)


@require_POST
def answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Yes or no to an offer, signed in: ``answer``, ``reason``, ``day`` to go back to."""
    row = get_object_or_404(
        Assignment.objects.visible_to(request.actor).filter(professional=request.actor.professional), uid=uid
    )
    day = clock.local(row.held.lower).date()
    back = f"{reverse('today')}?day={day.isoformat()}"
    said, reason = request.POST.get("answer", ""), request.POST.get("reason", "")
    if said not in {"yes", "no"}:
        raise BadInput("offer.answer", gettext_lazy("Answer yes or no."))
    if said == "no" and not reason:
        return see_other(f"{back}&no={row.uid}#a-{row.uid}")
    try:
        offers.answer(assignment=row, actor=request.actor, yes=said == "yes", reason=reason)
    except InvalidTransition as exc:
        messages.warning(request, exc.message)
        return see_other(back)
    if said == "yes":
        messages.success(request, _("Confirmed. The coordination sees it."))
    else:
        messages.success(request, _("Noted. Somebody else is being looked for."))
    return see_other(back)
