"""Who may write, sign and add to a record, and when. Each check raises; ``core.rules.allows`` makes a yes or no."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from versants.core import clock
from versants.core.access.classes import CLINICAL_ROLES, TEAM_ROLES, DataClass
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import Grant
from versants.core.web import words
from versants.mobile.enums import Done, RecordState, VisitState
from versants.mobile.models import Assignment, Record, Visit
from versants.people.services.grants import CARE_ROLES

# event -> state before -> state after. Nothing leaves "signed": what was signed is corrected by an addition.
TRANSITIONS: dict[RecordState, dict[str, RecordState]] = {
    RecordState.DRAFT: {"save": RecordState.DRAFT, "sign": RecordState.SIGNED},
    RecordState.SIGNED: {"add": RecordState.SIGNED},
}
# A visit that takes place on a day so far from the one it was planned for has been moved, or the day is mistyped.
FAR = timedelta(days=31)
# What each event is called in the audit; every state and event has one.
AUDITED = {"save": "record.saved", "sign": "record.signed", "add": "record.added"}


def check_may_write_record(actor: Actor, visit: Visit) -> None:
    """Coordination, clinicians and practitioners of the visit's own team; a carer of another team invited for it.

    Interpreters, desks, requesters and everybody else: never.
    """
    if actor.team is not None and actor.role in TEAM_ROLES and actor.team == visit.team_id:
        return
    if actor.role in CARE_ROLES and (
        Grant.objects.open_to(actor)
        .filter(subject_kind="visit", subject_id=visit.pk, data_class=DataClass.SOCIAL)
        .exists()
    ):
        return
    raise ActionDenied("record.not_yours", _("The record of a visit is written by the carers who made it."))


def check_may_write_clinical(actor: Actor, visit: Visit) -> None:
    """Clinicians among those who may write the record."""
    check_may_write_record(actor, visit)
    if actor.role not in CLINICAL_ROLES:
        raise ActionDenied("record.clinical", _("Clinical notes are written by clinicians only."))


def check_may_confirm_hours(actor: Actor, assignment: Assignment) -> None:
    """The professional in that place, nobody else."""
    if actor.professional is None or assignment.professional_id != actor.professional:
        raise ActionDenied("hours.not_yours", _("Everyone confirms their own hours."))


def check_event(record: Record, event: str) -> None:
    """Raises InvalidTransition ``record.signed`` for what a signed record no longer takes, ``record.draft`` for an
    addition to one that is still being written."""
    if event in TRANSITIONS[RecordState(record.state)]:
        return
    if record.state == RecordState.SIGNED:
        raise InvalidTransition(
            "record.signed", _("This record is signed. It stays as it is; write what changes as an addition.")
        )
    raise InvalidTransition("record.draft", _("This record is still being written: change it directly."))


def check_visit_takes_record(visit: Visit) -> None:
    """A visit with a time, and neither cancelled nor noted as missed. Also one that somebody of its team lacks: the
    others may have gone all the same, and say so with what they did."""
    if visit.state == VisitState.PLANNED or (visit.state == VisitState.OPEN and visit.held is not None):
        return
    sentence = {
        VisitState.OPEN: _("Nobody is placed on this visit yet. Place its team first."),
        VisitState.DONE: _("This visit is done and its record is signed."),
        VisitState.MISSED: _("This visit did not take place; there is nothing to sign."),
        VisitState.CANCELLED: _("This visit was cancelled; there is nothing to sign."),
    }[VisitState(visit.state)]
    raise InvalidTransition(f"visit.{visit.state}", sentence)


def check_near(began_at: datetime, visit: Visit) -> None:
    """A day typed with the wrong month or year: what is signed or paid stays, in a semester where it was not."""
    if visit.held is not None and abs(began_at - visit.held.lower) > FAR:
        raise BadInput(
            "record.far",
            _("The visit was planned for %(day)s: look again at the day on which it began.")
            % {"day": words.day_long(visit.held.lower)},
            field="began_on",
        )


def fewer_than_ticked(n_coded: int) -> str:
    """The sentence when the number present is smaller than those named."""
    return ngettext(
        "You ticked %(n)d person: the number present cannot be smaller.",
        "You ticked %(n)d persons: the number present cannot be smaller.",
        n_coded,
    ) % {"n": n_coded}


def check_whole(record: Record, n_coded: int) -> None:
    """What a signed record must say. Raises BadInput naming the field in ``facts["field"]``."""
    if record.began_at is None:
        raise BadInput("record.began_at", _("Say when the visit began."), field="began_time")
    if record.began_at > clock.now():
        raise BadInput(
            "record.future", _("A visit that has not begun yet is not signed."), field="began_time"
        )
    check_near(record.began_at, record.visit)
    if not record.duration_min or not 5 <= record.duration_min <= 600:
        raise BadInput(
            "record.duration", _("A visit lasts between 5 minutes and 10 hours."), field="duration_min"
        )
    if not record.done:
        raise BadInput("record.done", _("Say what was done: one category at least."), field="done")
    if not set(record.done) <= set(Done.values):
        raise BadInput("record.done", _("Choose from the list."), field="done")
    if record.n_persons < n_coded:
        raise BadInput(
            "record.n_persons",
            fewer_than_ticked(n_coded),
            field="n_persons",
        )
    if record.n_persons + record.n_professionals == 0:
        raise BadInput(
            "record.nobody", _("Somebody was there: persons, professionals or both."), field="n_persons"
        )
