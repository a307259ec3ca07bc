"""Who did and who read what, for the data protection officer of an organisation: codes, never content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from versants.core import sealing
from versants.core.access.classes import Role
from versants.core.errors import ActionDenied
from versants.core.ids import clean_code
from versants.core.models import AuditEvent, LogCheck
from versants.core.web import words
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
    "job.refused": _("long work refused, the role has ended"),
    "membership.switched": _("acting under another role"),
    "person.household": _("household written down"),
    "person.read": _("file read"),
    "person.referent_named": _("referent named"),
    "person.registered": _("person registered"),
}


def name_actions(actions: dict[str, object]) -> None:
    """Apps name what they record."""
    ACTIONS.update(actions)


# Action -> code of the reason that was given for it -> its words.
REASONS: dict[str, dict[str, object]] = {}


def name_reasons(action: str, reasons: Mapping[str, object]) -> None:
    """Apps name the reasons that an action is recorded with."""
    REASONS[action] = dict(reasons)


def _by_person(queryset, text: str):
    code = clean_code(text)
    return queryset.filter(person_code=code) if code else queryset.none()


# How the break of a verification is called; the figures say where.
_BREAKS = {
    "changed": _("An event is not what was sealed."),
    "removed": _("An event or a seal is gone."),
    "inserted": _("An event was slipped in."),
    "signature": _("A seal does not bear the signature of this installation."),
    "head": _("The log is not the one that was witnessed outside the database."),
}
WAITED_LONG_S = 60


def seal_note() -> dict[str, Any]:
    """How far the log is sealed and whether it held when it was last verified, for ``components/note.html``."""
    state = sealing.state()
    last = LogCheck.objects.order_by("-pk").first()
    at = state["sealed_up_to"]
    facts = {"day": words.day_short(at), "time": words.clock_time(at)} if at is not None else {}
    sealed = _("Sealed up to %(day)s, %(time)s.") % facts if facts else _("Nothing is sealed yet.")
    if last is not None and not last.holds:
        broken = last.found.get("first_break") or {}
        where = {"segment": broken.get("segment") or "–", "event": broken.get("event") or "–"}
        what = _BREAKS.get(broken.get("kind", ""), "")
        place = _("Month %(segment)s, event %(event)s.") % where
        todo = _("Leave everything as it is and tell your administrator: “versants audit verify” says more.")
        return {"kind": "alarm", "title": _("The log does not hold"), "text": f"{what} {place} {todo}"}
    if (state["oldest_unsealed_s"] or 0) > WAITED_LONG_S:
        todo = _("Events wait for their seal. Tell your administrator: the worker does not run.")
        return {"kind": "warn", "title": sealed, "text": todo}
    if last is None:
        return {"kind": "", "title": sealed, "text": _("The log is verified every night.")}
    checked = {"day": words.day_short(last.at), "time": words.clock_time(last.at)}
    text = _("Verified on %(day)s at %(time)s: nothing was changed, removed or slipped in.") % checked
    return {"kind": "good", "title": sealed, "text": text}


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
    return render(request, "audit/list.html", {"table": table, "seal": seal_note()})
