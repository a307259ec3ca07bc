"""``/today/times/``: staff time in ten seconds, by steppers that work without a script."""

from __future__ import annotations

from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from versants.core import clock
from versants.core.errors import BadInput
from versants.mobile.enums import TimeKind
from versants.mobile.services import staff_time as service

STEP_MIN = 15
SHOWN_DAYS = 3


def _day(text: str) -> date:
    """The day asked for. Unreadable dates are refused, never replaced by today."""
    if not text:
        return clock.today()
    try:
        return clock.read_day(text)
    except ValueError as exc:
        raise BadInput("times.day", _("This day cannot be read. One looks like 2026-11-23.")) from exc


@require_http_methods(["GET", "POST"])
def times(request: HttpRequest) -> HttpResponse:
    """Five kinds, minutes each, of one day."""
    service.check_may_keep_times(request.actor)
    day = _day(request.POST.get("day", "") if request.method == "POST" else request.GET.get("day", ""))
    typed: dict[str, str] = {}
    problem = ""
    if request.method == "POST":
        typed = {kind: request.POST.get(kind, "").strip() for kind in TimeKind.values}
        try:
            minutes = _minutes(typed, request.POST.get("step", ""))
            service.keep_times(actor=request.actor, day=day, minutes=minutes)
        except BadInput as exc:
            problem = str(exc.message)
        else:
            if not request.POST.get("step"):
                messages.success(request, _("Kept."))
            return redirect(f"{reverse('times')}?day={day.isoformat()}")
    kept = service.times_of(request.actor, day)
    today = clock.today()
    last = min(day + timedelta(days=1), today)
    context = {
        "day": day,
        "today": today,
        "days": [last - timedelta(days=i) for i in reversed(range(SHOWN_DAYS))],
        "kinds": [
            (kind.value, kind.label, typed.get(kind.value) or kept[kind.value] or "") for kind in TimeKind
        ],
        "total_s": 60 * sum(kept.values()),
        "step": STEP_MIN,
        "problem": problem,
    }
    return render(request, "mobile/times/day.html", context, status=422 if problem else 200)


def _minutes(typed: dict[str, str], step: str) -> dict[str, int]:
    """What the fields say, and one stepper pressed: ``travel:+`` or ``travel:-``."""
    found: dict[str, int] = {}
    for kind, text in typed.items():
        if text and not (text.isascii() and text.isdigit()):
            raise BadInput("times.minutes", _("Minutes are a whole number, like 45."))
        found[kind] = int(text[:5]) if text else 0
    kind, _sep, sign = step.partition(":")
    if kind in found:
        found[kind] = max(0, found[kind] + (STEP_MIN if sign == "+" else -STEP_MIN))
    return found
