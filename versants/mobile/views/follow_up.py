"""``/follow-up/``: what the team still has to do, overdue first."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from versants.core import clock
from versants.core.access.classes import TEAM_ROLES
from versants.core.errors import ActionDenied
from versants.core.web.returning import back
from versants.core.web.tables import Column, Filter, Table, options
from versants.mobile.enums import Step
from versants.mobile.models import FollowUp
from versants.mobile.services import follow_up as service


@require_GET
def follow_up(request: HttpRequest) -> HttpResponse:
    """The team's list."""
    if request.actor.role not in TEAM_ROLES:
        raise ActionDenied("follow_up.role", _("Next steps are for the teams that accompany persons."))
    today = clock.today()
    whens = {
        "open": lambda found: found.filter(done_at=None),
        "late": lambda found: found.filter(done_at=None, due_on__lt=today),
        "today": lambda found: found.filter(done_at=None, due_on=today),
        "done": lambda found: found.exclude(done_at=None),
    }
    seen = FollowUp.objects.visible_to(request.actor)
    table = Table(
        request,
        seen.select_related("person", "visit__site", "visit__commune", "by_professional").order_by(
            "due_on", "pk"
        ),
        id="follow-up",
        caption=_("Next steps"),
        row_template="mobile/follow_up/_row.html",
        columns=[
            Column("due", _("By"), sort="due_on", margin=True),
            Column("step", _("Next step"), sort="step"),
            Column("person", _("For")),
            Column("visit", _("After the visit")),
            Column("who", _("Written by")),
            Column("tick", _("Done"), hidden=True),
        ],
        filters=[
            Filter(
                "when",
                _("When"),
                [("open", _("to do")), ("late", _("overdue")), ("today", _("today")), ("done", _("done"))],
                apply=lambda found, value: whens[value](found),
                default="open",
            ),
            Filter("step", _("Next step"), options(_("all steps"), Step.choices), apply=_by_step),
            Filter(
                "whose",
                _("Whose"),
                options(_("everyone’s"), [("mine", _("mine"))]),
                apply=lambda found, value: found.filter(by_professional_id=request.actor.professional or 0),
            ),
            Filter(
                "code",
                _("Code"),
                apply=lambda found, value: found.filter(person__code__startswith=value.upper()),
            ),
        ],
        default_sort="due",
        empty=(_("Nothing is waiting"), _("Next steps written in a record come here when it is signed.")),
    )
    n_late = seen.filter(done_at=None, due_on__lt=today).count()
    n_open = seen.filter(done_at=None).count()
    context = {"table": table, "n_late": n_late, "n_open": n_open, "today": today}
    return render(request, "mobile/follow_up/list.html", context)


def _by_step(found: Any, value: str) -> Any:
    return found.filter(step=value)


@require_POST
def done(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Tick (``done=1``) or take back (``done=0``)."""
    step = get_object_or_404(FollowUp.objects.visible_to(request.actor), uid=uid)
    tick = request.POST.get("done", "1") == "1"
    service.set_done(step=step, actor=request.actor, done=tick)
    label = step.get_step_display().capitalize()
    messages.success(
        request,
        _("%(step)s: done. It stays under “done”.") % {"step": label}
        if tick
        else _("%(step)s: open again.") % {"step": label},
    )
    to = request.POST.get("next", "")
    here = reverse("follow_up")
    return back(request, to if to.startswith(here) else here, here)
