"""What mobile support puts on a person's timeline: codes, places and links; what was said stays behind the link."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.registries import TimelineItem
from versants.core.web.drawing import addresses
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
    address = addresses("request")
    for request in found:
        yield TimelineItem(
            request.asked_at,
            SimpleLazyObject(partial(_request_text, request)),
            url=SimpleLazyObject(partial(address, request.uid)),
            state=inbox.MARKS[RequestState(request.state)],
        )


def _request_text(request: Request) -> str:
    where = request.site.name if request.site else request.elsewhere.name if request.elsewhere else ""
    text = _("Request %(number)s, %(urgency)s, %(state)s") % {
        "number": request.number,
        "urgency": request.get_urgency_display(),
        "state": inbox.state_word(request.state),
    }
    return f"{text}. {where}" if where else text


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
    found = list(
        Visit.objects.visible_to(actor)
        .filter(Q(request__in=asked) | Q(pk__in=list(records)))
        .select_related("site", "commune")
    )
    # What was signed says more than an attempt; a draft of a visit that did not take place says nothing any more.
    untold = [visit.pk for visit in found if visit.state == VisitState.MISSED]
    attempts = {a.visit_id: a for a in Attempt.objects.visible_to(actor).filter(visit__in=untold)}
    address = addresses("visit_record")
    for visit in found:
        record = records.get(visit.pk)
        signed = record is not None and record.state == RecordState.SIGNED
        yield TimelineItem(
            record.began_at if record is not None and signed else (visit.held or visit.window).lower,
            SimpleLazyObject(partial(_visit_text, visit, record, attempts.get(visit.pk))),
            url=SimpleLazyObject(partial(address, visit.uid)),
            state=_STATES[VisitState(visit.state)],
        )


def _visit_text(visit: Visit, record: Record | None, attempt: Attempt | None) -> str:
    if record is not None and record.state == RecordState.SIGNED:
        what = _("record signed")
    elif attempt is not None:
        what = attempt.get_reason_display()
    elif record is not None and visit.state in (VisitState.OPEN, VisitState.PLANNED):
        what = _("record being written")
    else:
        what = visit.get_state_display()
    return _("%(kind)s, %(place)s: %(what)s") % {
        "kind": visit.get_kind_display().capitalize(),
        "place": visit.place,
        "what": what,
    }


def follow_ups(person: Person, actor: Actor) -> Iterator[TimelineItem]:
    """Next steps, on the day they are due or were done."""
    due_at = reverse("follow_up")
    for step in FollowUp.objects.visible_to(actor).filter(person=person):
        text = SimpleLazyObject(partial(_step_text, step))
        if step.done_at is not None:
            yield TimelineItem(step.done_at, text, state="ok")
        else:
            yield TimelineItem(
                clock.at(step.due_on, 0),
                text,
                url=due_at,
                state="warn" if step.due_on < clock.today() else "wait",
            )


def _step_text(step: FollowUp) -> str:
    said = {"step": step.get_step_display().capitalize()}
    if step.done_at is not None:
        return _("%(step)s: done") % said
    return _("%(step)s: overdue") % said if step.due_on < clock.today() else _("%(step)s: to do") % said
