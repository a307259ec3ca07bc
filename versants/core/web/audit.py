"""Who did and who read what, for the data protection officer of an organisation: codes, never content."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from versants.core.access.classes import Role
from versants.core.errors import ActionDenied
from versants.core.ids import clean_code
from versants.core.models import AuditEvent
from versants.core.web.tables import Column, Filter, Table, options

# Every action that is recorded, in words. A test fails for one that is recorded and not named here.
ACTIONS = {
    "assignment.accepted": _("yes to an offer"),
    "assignment.declined": _("no to an offer"),
    "consent.recorded": _("consent recorded"),
    "consent.withdrawn": _("consent withdrawn"),
    "identity.opened": _("identity opened with a reason"),
    "identity.opening_reviewed": _("opening of an identity reviewed"),
    "identity.read": _("identity read"),
    "job.started": _("long work started"),
    "membership.switched": _("acting under another role"),
    "person.household": _("household written down"),
    "person.read": _("file read"),
    "person.referent_named": _("referent named"),
    "person.registered": _("person registered"),
}


def name_actions(actions: dict[str, object]) -> None:
    """Apps name what they record."""
    ACTIONS.update(actions)


def _by_person(queryset, text: str):
    code = clean_code(text)
    return queryset.filter(person_code=code) if code else queryset.none()


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Events of one's own organisation. Data protection officers only."""
    if request.actor.role != Role.DPO:
        raise ActionDenied("audit.dpo_only", _("This page is for the data protection officer."))
    table = Table(
        request,
        AuditEvent.objects.visible_to(request.actor),
        id="events",
        columns=[
            Column("at", _("When"), sort="at", margin=True),
            Column("action", _("What")),
            Column("role", _("Acting as")),
            Column("person", _("File")),
        ],
        row_template="audit/_row.html",
        caption=_("Actions and readings, newest first"),
        filters=[
            Filter(
                "action",
                _("What"),
                options(_("everything"), sorted(ACTIONS.items(), key=lambda pair: str(pair[1]))),
                lambda queryset, value: queryset.filter(action=value),
            ),
            Filter("person", _("Programme code"), apply=_by_person),
        ],
        default_sort="-at",
        empty=(
            _("Nothing yet"),
            _("Each action and each reading of a file appears here, without its content."),
        ),
    )
    return render(request, "audit/list.html", {"table": table})
