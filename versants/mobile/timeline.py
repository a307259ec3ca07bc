"""What mobile support puts on a person's timeline: codes, places and links; what was said stays behind the link."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.registries import TimelineItem
from versants.mobile.enums import RecordState, RequestState, VisitState
from versants.mobile.models import Attempt, FollowUp, Record, RecordPerson, Request, RequestPerson, Visit
from versants.mobile.services import inbox
from versants.people.models import Person

_STATES = {
    VisitState.OPEN: "wait",
    VisitState.PLANNED: "plan",
    VisitState.DONE: "ok",
    VisitState.MISSED: "no",
    VisitState.CANCELLED: "no",
}


def _asked_for(person: Person, actor: Actor):  # type: ignore[no-untyped-def]  # a subquery of request ids
    return RequestPerson.objects.visible_to(actor).filter(person=person).values("request")


def requests(person: Person, actor: Actor) -> Iterator[TimelineItem]:
    """What was asked for this person."""
    found = (
        Request.objects.visible_to(actor)
        .filter(pk__in=_asked_for(person, actor))
        .select_related("site", "elsewhere")
    )
    for request in found:
        where = (
            request.site.name if request.site_id else request.elsewhere.name if request.elsewhere_id else ""
        )
        text = _("Request %(number)s, %(urgency)s, %(state)s") % {
            "number": request.number,
            "urgency": request.get_urgency_display(),
            "state": inbox.state_word(request.state),
        }
        yield TimelineItem(
            request.asked_at,
            f"{text}. {where}" if where else text,
            url=reverse("request", args=[request.uid]),
            state=inbox.MARKS[RequestState(request.state)],
        )


def visits(person: Person, actor: Actor) -> Iterator[TimelineItem]:
    """Visits of those requests, and every other visit whose record names the person, with their records."""
    named = RecordPerson.objects.visible_to(actor).filter(person=person).values("record")
    records = {
        record.visit_id: record
        for record in Record.objects.visible_to(actor)
        .filter(pk__in=named)
        .only("visit_id", "state", "began_at", "uid")
    }
    # As numbers, not as a subquery: beside another condition that one would be asked of every visit there is.
    asked = list(_asked_for(person, actor).values_list("request", flat=True))
    found = Visit.objects.visible_to(actor).filter(Q(request__in=asked) | Q(pk__in=list(records)))
    attempts = {a.visit_id: a for a in Attempt.objects.visible_to(actor).filter(visit__in=found.values("pk"))}
    for visit in found.select_related("site", "commune"):
        record, attempt = records.get(visit.pk), attempts.get(visit.pk)
        at = (visit.held or visit.window).lower
        what = visit.get_state_display()
        if record is not None and record.state == RecordState.SIGNED:
            at, what = record.began_at, _("record signed")
        elif record is not None:
            what = _("record being written")
        elif attempt is not None:
            what = attempt.get_reason_display()
        text = _("%(kind)s, %(place)s: %(what)s") % {
            "kind": visit.get_kind_display().capitalize(),
            "place": visit.place,
            "what": what,
        }
        yield TimelineItem(
            at, text, url=reverse("visit_record", args=[visit.uid]), state=_STATES[VisitState(visit.state)]
        )


def follow_ups(person: Person, actor: Actor) -> Iterator[TimelineItem]:
    """Next steps, on the day they are due or were done."""
    for step in FollowUp.objects.visible_to(actor).filter(person=person):
        if step.done_at is not None:
            yield TimelineItem(
                step.done_at, _("%(step)s: done") % {"step": step.get_step_display().capitalize()}, state="ok"
            )
        else:
            late = step.due_on < clock.today()
            text = _("%(step)s: overdue") if late else _("%(step)s: to do")
            yield TimelineItem(
                clock.at(step.due_on, 0),
                text % {"step": step.get_step_display().capitalize()},
                url=reverse("follow_up"),
                state="warn" if late else "wait",
            )
