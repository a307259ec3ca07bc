"""``/board/``: everybody's day or week, who is missing, and placing by click, drag or keyboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from versants.core import clock
from versants.core.access.classes import Role
from versants.core.errors import BadInput
from versants.mobile.planning import dayboard
from versants.mobile.planning.situation import slots_of
from versants.mobile.planning.versions import data_version
from versants.mobile.services import booking
from versants.mobile.services.booking import Refused
from versants.mobile.views.today import read_day
from versants.mobile.views.who import _start, _version, check_may_look, find, render_who, see_other
from versants.people.models import Professional
from versants.territory.models import Versant

VIEWS = ("day", "week")


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """``day`` (today), ``view`` day or week, ``versant``, ``who=all`` for those who are free too."""
    check_may_look(request.actor)
    day = read_day(request)
    view = request.GET.get("view", "day")
    view = view if view in VIEWS else "day"
    versant = request.GET.get("versant", "")
    versant = versant if versant in Versant.values else ""
    everybody = request.GET.get("who") == "all"
    version = data_version()
    found = dayboard.build(request.actor, day, view=view, versant=versant, everybody=everybody)
    step = timedelta(days=1 if view == "day" else 7)
    context: dict[str, Any] = {
        "board": found,
        "day": day,
        "is_today": day == clock.today(),
        "view": view,
        "versant": versant,
        "versants": Versant.choices,
        "everybody": everybody,
        "before": day - step,
        "after": day + step,
        "week": day.isocalendar().week,
        "first_day": found.days[0],
        "last_day": found.days[-1],
        "may_plan": request.actor.role == Role.COORDINATOR and request.actor.team is not None,
        "can_plan_day": day >= clock.today(),
        "data_version": version,
        "n_mine": sum(item.mine for item in found.unplaced),
    }
    return render(request, "mobile/board/board.html", context)


@require_POST
def place(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One professional dropped on one visit: ``professional``, ``start``, ``version``. The place is found by trade.

    303 back to the board while somebody is still missing or all is well; 409 with possibilities.
    """
    visit = find(request.actor, uid)
    booking.check_may_plan(request.actor, visit)
    try:
        wanted = UUID(request.POST.get("professional", ""))
    except ValueError as exc:
        raise BadInput("visit.unknown_person", gettext_lazy("This professional is not known here any more.")) from exc
    professional = get_object_or_404(Professional.objects.visible_to(request.actor), uid=wanted)
    taken = {one.slot_id for one in visit.holding}
    slot = next(
        (
            one
            for one in slots_of(visit)
            if one.discipline in professional.disciplines and (one.pk not in taken)
        ),
        None,
    )
    try:
        if slot is None:
            raise Refused(
                "assignment.rule",
                gettext_lazy("No free place of this visit asks for that trade."),
                booking.possibilities(request.actor, visit.pk),
            )
        start = None if visit.holding else _start(request)
        booking.assign(
            visit=visit,
            actor=request.actor,
            places={slot.pk: professional.pk},
            start=start,
            version=_version(request),
        )
    except Refused as refused:
        return render_who(request, find(request.actor, uid), refused=refused, status=409)
    visit.refresh_from_db()
    if visit.state == "open":
        return see_other(reverse("visit_who", args=[visit.uid]))
    return see_other(f"{reverse('board')}?day={clock.local(visit.held.lower):%Y-%m-%d}")

