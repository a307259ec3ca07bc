"""Writing a record, signing it, adding to it; noting that a visit did not take place; confirming one's own hours."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.classes import DataClass
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.errors import BadInput, Conflict, InvalidTransition
from versants.core.models import DataKey, Grant
from versants.core.rules import allows
from versants.mobile import record_rules as rules
from versants.mobile.enums import HOLDING, AssignmentState, AttemptReason, RecordState, Step, VisitState
from versants.mobile.models import (
    Assignment,
    Attempt,
    ClinicalAddition,
    ClinicalNote,
    ConfirmedHours,
    FollowUp,
    Record,
    RecordAddition,
    RecordPerson,
    Request,
    RequestPerson,
    SocialNote,
    Visit,
)
from versants.mobile.services import facts, keys, requests
from versants.people.models import Person, Professional
from versants.people.services import keys as person_keys

CLOSED_STATES = frozenset({VisitState.DONE, VisitState.MISSED, VisitState.CANCELLED})
# Whoever was on the road is done with the visit; whoever never left is free again.
STOOD_READY = frozenset({AttemptReason.NOBODY_CAME, AttemptReason.REFUSED, AttemptReason.MOVED_AWAY})


@dataclass(frozen=True)
class Content:
    """What a record says. ``steps`` are (step, due day); ``clinical_note`` None: not this writer's to change."""

    kind: str
    mode: str
    began_at: datetime | None
    duration_min: int | None
    n_persons: int
    n_professionals: int
    done: Sequence[str] = ()
    with_interpreter: bool = True
    person_ids: frozenset[int] = frozenset()
    steps: Sequence[tuple[str, date]] = field(default_factory=tuple)
    social_note: str = ""
    clinical_note: str | None = None


def candidates(visit: Visit, actor: Actor) -> list[Person]:
    """Whom this visit was for, by code: the request's persons, or those an invited carer was told of."""
    ids = set(
        RequestPerson.objects.visible_to(actor)
        .filter(request=visit.request_id, person__isnull=False)
        .values_list("person_id", flat=True)
    )
    assigned = Assignment.objects.filter(visit=visit).values_list("pk", flat=True)
    ids |= set(
        Grant.objects.open_to(actor)
        .filter(subject_kind="person", because="assignment", because_id__in=list(assigned))
        .values_list("subject_id", flat=True)
    )
    return list(Person.objects.visible_to(actor).filter(pk__in=ids).order_by("code"))


def read_note(model: type[SocialNote] | type[ClinicalNote], visit: Visit, actor: Actor) -> str:
    """The note of a tier in clear, empty if there is none or it is not this reader's."""
    note = model.objects.visible_to(actor).filter(visit=visit).select_related("key").first()
    return vault.left(note, "text") if note is not None else ""


def content_of(record: Record, actor: Actor) -> Content:
    """What is stored, as this reader sees it."""
    clinical = None
    if allows(rules.check_may_write_clinical, actor, record.visit):
        clinical = read_note(ClinicalNote, record.visit, actor)
    return Content(
        kind=record.kind,
        mode=record.mode,
        began_at=record.began_at,
        duration_min=record.duration_min,
        n_persons=record.n_persons,
        n_professionals=record.n_professionals,
        done=tuple(record.done),
        with_interpreter=record.with_interpreter,
        person_ids=frozenset(RecordPerson.objects.filter(record=record).values_list("person_id", flat=True)),
        steps=tuple((step["step"], date.fromisoformat(step["due_on"])) for step in record.steps),
        social_note=read_note(SocialNote, record.visit, actor),
        clinical_note=clinical,
    )


@transaction.atomic
def save_draft(*, visit: Visit, actor: Actor, version: int, content: Content) -> Record:
    """Keep what is typed. ``version`` is the one the page was based on, 0 before the first save.

    The same content again is success, whatever the version: an answer was lost on the way. Raises ActionDenied
    ``record.not_yours``; InvalidTransition ``record.signed`` or ``visit.*``; Conflict ``record.version`` if somebody
    else saved meanwhile; nothing is overwritten.
    """
    rules.check_may_write_record(actor, visit)
    visit = Visit.objects.get(pk=visit.pk)
    record = Record.objects.visible_to(actor).select_for_update(of=("self",)).filter(visit=visit).first()
    if record is None:
        rules.check_visit_takes_record(visit)
        if version != 0:
            raise Conflict("record.version", _MEANWHILE)
        try:
            with transaction.atomic():
                record = Record.objects.create(
                    visit=visit, team_id=visit.team_id, kind=content.kind, version=0
                )
        except IntegrityError as exc:
            raise Conflict("record.version", _MEANWHILE) from exc
    else:
        rules.check_event(record, "save")
        record.visit = visit
        stored = content_of(record, actor)
        if content.clinical_note is None:
            stored = replace(stored, clinical_note=None)
        if stored == content:
            return record
        if record.version != version:
            raise Conflict("record.version", _MEANWHILE, version=record.version)
        rules.check_visit_takes_record(visit)
    _write(record, visit, actor, content)
    return record


_MEANWHILE = _("Somebody saved this record meanwhile. Nothing was overwritten: compare, then save yours.")


def _write(record: Record, visit: Visit, actor: Actor, content: Content) -> None:
    record.kind, record.mode = content.kind, content.mode
    record.began_at, record.duration_min = content.began_at, content.duration_min
    record.n_persons, record.n_professionals = content.n_persons, content.n_professionals
    record.done, record.with_interpreter = list(content.done), content.with_interpreter
    record.steps = [{"step": Step(step).value, "due_on": due.isoformat()} for step, due in content.steps]
    record.written_by, record.saved_at = actor.membership, clock.now()
    record.version += 1
    record.save()
    _write_persons(record, visit, actor, content.person_ids)
    _write_note(SocialNote, visit, _key_for(visit, content.person_ids, actor), content.social_note)
    if content.clinical_note is not None:
        rules.check_may_write_clinical(actor, visit)
        if content.clinical_note or ClinicalNote.objects.filter(visit=visit).exists():
            key = keys.clinical_key_for(visit, content.person_ids, actor)
            _write_note(ClinicalNote, visit, key, content.clinical_note)


def _write_persons(record: Record, visit: Visit, actor: Actor, wanted: frozenset[int]) -> None:
    known = set(RecordPerson.objects.filter(record=record).values_list("person_id", flat=True))
    RecordPerson.objects.filter(record=record, person_id__in=known - wanted).delete()
    new = wanted - known
    if Person.objects.visible_to(actor).filter(pk__in=new).count() != len(new):
        raise BadInput(
            "record.person", _("One of these codes is not known to your team."), field="other_codes"
        )
    RecordPerson.objects.bulk_create(
        [RecordPerson(record=record, person_id=pk, team_id=visit.team_id) for pk in sorted(new)]
    )


def _key_for(visit: Visit, person_ids: frozenset[int], actor: Actor) -> DataKey:
    """The person's key if there is one person; else the request's; a carer from outside gets a fresh one."""
    if len(person_ids) == 1:
        person = Person.objects.visible_to(actor).filter(pk__in=person_ids).select_related("key").first()
        if person is not None:
            return person.key
    request = Request.objects.visible_to(actor).filter(pk=visit.request_id).select_related("key").first()
    return request.key if request is not None else person_keys.new_key(visit.team)


def _write_note(model: type[SocialNote] | type[ClinicalNote], visit: Visit, key: DataKey, text: str) -> None:
    note = model.objects.filter(visit=visit).select_related("key").first()
    if note is None:
        if not text:
            return
        note = model(visit=visit, team_id=visit.team_id)
    elif note.key_id == key.pk and vault.left(note, "text") == text:
        return
    note.key, note.saved_at = key, clock.now()
    vault.write(note, "text", text)
    note.save()


@transaction.atomic
def sign_record(*, record: Record, actor: Actor, version: int) -> Record:
    """Sign: the record stands for ever, the visit is done, its facts and follow-ups are written, once.

    Raises ActionDenied ``record.not_yours``; InvalidTransition ``record.signed``, ``visit.*``; Conflict
    ``record.version``; BadInput ``record.*`` with ``facts["field"]``.
    """
    rules.check_may_write_record(actor, record.visit)
    record = Record.objects.select_for_update(of=("self",)).get(pk=record.pk)
    visit = Visit.objects.select_for_update(of=("self",)).get(pk=record.visit_id)
    rules.check_event(record, "sign")
    rules.check_visit_takes_record(visit)
    if record.version != version:
        raise Conflict("record.version", _MEANWHILE, version=record.version)
    persons = list(
        RecordPerson.objects.filter(record=record).select_related("person").order_by("person__code")
    )
    rules.check_whole(record, len(persons))

    was = visit.state
    new = facts.first_contacts([present.person_id for present in persons], record)
    now = clock.now()
    record.state, record.signed_at, record.signed_by = RecordState.SIGNED, now, actor.membership
    record.version += 1
    record.save(update_fields=["state", "signed_at", "signed_by", "version"])
    _close(visit, VisitState.DONE)
    Assignment.objects.filter(
        visit=visit, state__in=[AssignmentState.OFFERED, AssignmentState.ACCEPTED]
    ).update(state=AssignmentState.DONE)
    with _as_team(visit):
        fact = facts.of_record(record, visit, n_first_contacts=new)
        if was == VisitState.OPEN:
            requests.refresh_state(visit.request)
    fact.save()
    only = persons[0].person_id if len(persons) == 1 else None
    FollowUp.objects.bulk_create(
        [
            FollowUp(
                visit=visit,
                person_id=only,
                team_id=visit.team_id,
                step=step["step"],
                due_on=date.fromisoformat(step["due_on"]),
                by_professional_id=actor.professional,
                created_at=now,
            )
            for step in record.steps
        ]
    )
    named: list[RecordPerson | None] = [*persons]
    for present in named or [None]:
        audit.record(
            "record.signed",
            subject=record,
            person_code=present.person.code if present else "",
            visit=str(visit.uid),
        )
    return record


def _as_team(visit: Visit) -> AbstractContextManager[Actor]:
    """Its request is not an invited carer's to see: what is counted of it, and becomes of it, is its team's to do."""
    return acting(Actor.for_team(visit.team))


def _close(visit: Visit, state: VisitState) -> None:
    visit.state = state
    visit.version += 1
    visit.save(update_fields=["state", "version"])


@transaction.atomic
def note_attempt(*, visit: Visit, actor: Actor, reason: str) -> Attempt:
    """The visit was due and did not take place. Counted apart, with its reason; a want of somebody is an unmet need.

    Raises ActionDenied ``record.not_yours``; InvalidTransition ``visit.*``; BadInput ``attempt.reason`` or
    ``attempt.future``.
    """
    rules.check_may_write_record(actor, visit)
    if reason not in AttemptReason.values:
        raise BadInput("attempt.reason", _("Say why the visit did not take place."), field="reason")
    visit = Visit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    rules.check_visit_takes_record(visit)
    if visit.held.lower > clock.now():
        raise BadInput(
            "attempt.future", _("This visit has not begun yet: move it or cancel it instead."), field="reason"
        )
    if Record.objects.filter(visit=visit, state=RecordState.SIGNED).exists():
        raise InvalidTransition("visit.done", _("This visit is done and its record is signed."))
    attempt = Attempt.objects.create(visit=visit, team_id=visit.team_id, reason=reason, by=actor.membership)
    _close(visit, VisitState.MISSED)
    after = AssignmentState.DONE if reason in STOOD_READY else AssignmentState.RELEASED
    Assignment.objects.filter(visit=visit, state__in=HOLDING).update(state=after)
    with _as_team(visit):
        fact, unmet = facts.of_attempt(visit), facts.unmet_by_attempt(visit, reason)
        requests.refresh_state(visit.request)
    fact.save()
    if unmet is not None:
        unmet.save()
    audit.record("visit.attempted", subject=visit, reason=reason)
    return attempt


@transaction.atomic
def add_to_record(
    *, record: Record, actor: Actor, text: str, clinical: bool = False
) -> RecordAddition | ClinicalAddition:
    """Add to a signed record; the first text stands beside it. ``clinical``: read by clinicians only.

    Raises ActionDenied ``record.not_yours`` or ``record.clinical``; InvalidTransition ``record.draft``; BadInput
    ``addition.empty``.
    """
    visit = record.visit
    check = rules.check_may_write_clinical if clinical else rules.check_may_write_record
    check(actor, visit)
    rules.check_event(record, "add")
    if not text.strip():
        raise BadInput("addition.empty", _("Write what is to be added."), field="text")
    persons = frozenset(RecordPerson.objects.filter(record=record).values_list("person_id", flat=True))
    key = (keys.clinical_key_for if clinical else _key_for)(visit, persons, actor)
    addition: RecordAddition | ClinicalAddition
    if clinical:
        addition = ClinicalAddition(visit=visit, team_id=visit.team_id, key=key, by=actor.membership)
    else:
        addition = RecordAddition(record=record, team_id=visit.team_id, key=key, by=actor.membership)
    vault.write(addition, "text", text.strip())
    addition.save()
    audit.record(
        "record.added",
        subject=record,
        data_class=DataClass.CLINICAL.value if clinical else DataClass.SOCIAL.value,
    )
    return addition


@transaction.atomic
def confirm_hours(
    *, assignment: Assignment, actor: Actor, began_at: datetime, minutes: int, travel_min: int
) -> ConfirmedHours:
    """One's own hours on a visit: when, how long, on the road. Again: the new ones replace the old.

    Raises ActionDenied ``hours.not_yours``; BadInput ``hours.*``, ``record.far``.
    """
    rules.check_may_confirm_hours(actor, assignment)
    if began_at > clock.now():
        raise BadInput("hours.future", _("Hours are confirmed after the visit."), field="began_time")
    rules.check_near(began_at, assignment.visit)
    if not 1 <= minutes <= 1440 or not 0 <= travel_min <= 1440:
        raise BadInput("hours.minutes", _("A day has 24 hours."), field="minutes")
    professional = Professional.objects.get(pk=assignment.professional_id)
    hours, _created = ConfirmedHours.objects.update_or_create(
        assignment=assignment,
        defaults={
            "professional": professional,
            "organisation_id": professional.organisation_id,
            "began_at": began_at,
            "minutes": minutes,
            "travel_min": travel_min,
            "confirmed_at": clock.now(),
        },
    )
    audit.record("hours.confirmed", subject=assignment, minutes=minutes, travel_min=travel_min)
    return hours
