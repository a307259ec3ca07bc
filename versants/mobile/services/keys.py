"""Keys of what is written on visits: clinical words apart, and everything that goes when a person is erased."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from versants.core.access.scope import Actor
from versants.core.crypto import holders
from versants.core.models import DataKey
from versants.mobile.enums import Audience
from versants.mobile.models import (
    ClinicalAddition,
    ClinicalNote,
    RecordAddition,
    RecordPerson,
    Request,
    RequestPerson,
    SocialNote,
    Visit,
)
from versants.people.models import Person, Team
from versants.people.services import keys

CLINICAL: tuple[type[ClinicalNote] | type[ClinicalAddition], ...] = (ClinicalNote, ClinicalAddition)
# Rows of one team whose keys are its organisation's.
TABLES = ("mobile_request", "mobile_requestnote", "mobile_socialnote", "mobile_recordaddition")


def clinical_key_for(visit: Visit, person_ids: frozenset[int], actor: Actor) -> DataKey:
    """The person's clinical key if there is one person; else a key of this visit's clinical words alone."""
    if len(person_ids) == 1:
        person = (
            Person.objects.visible_to(actor).filter(pk__in=person_ids).select_related("clinical_key").first()
        )
        if person is not None:
            return keys.clinical_key_of(person)
    return _of_visit(visit)


def _of_visit(visit: Visit) -> DataKey:
    for model in CLINICAL:
        for row in model.objects.filter(visit=visit).select_related("key"):
            if (
                holders.is_team(row.key.holder)
                and not Person.objects.filter(clinical_key=row.key_id).exists()
            ):
                return row.key
    return keys.new_clinical_key(Team.objects.select_related("organisation").get(pk=visit.team_id))


def part_clinical(limit: int) -> int:
    """Clinical words that stand under the key of an identity or a request get a clinical key, unread by anybody.

    The database lets a signed one change its key and its ciphertext this once, and nothing else (migration 0040).
    """
    done = 0
    for team in keys.teams():
        for model in CLINICAL:
            if done >= limit:
                return done
            with transaction.atomic(), keys.as_clinicians(team):
                rows = _together(model, team).select_related("key", "visit")
                for row in rows.select_for_update(of=("self",), skip_locked=True)[: limit - done]:
                    person = Person.objects.filter(key=row.key_id).select_related("clinical_key").first()
                    key = keys.clinical_key_of(person) if person is not None else _of_visit(row.visit)
                    keys.reseal(row, "text", key)
                    done += 1
    return done


def clinical_together() -> int:
    """How many clinical words are not apart yet."""
    found = 0
    for team in keys.teams():
        with keys.as_clinicians(team):
            found += sum(_together(model, team).count() for model in CLINICAL)
    return found


def _together(model, team: Team):  # type: ignore[no-untyped-def]
    return (
        model.objects.filter(team=team, key__destroyed_at=None)
        .exclude(key__holder__contains="/")
        .order_by("pk")
    )


def assign_requests(limit: int) -> int:
    """Keys of requests, and of what carers from outside wrote."""
    return keys.assign(TABLES, limit)


def requests_unassigned() -> int:
    return keys.unassigned(TABLES)


def keys_of_person(person: Person) -> list[DataKey]:
    """Keys of requests and notes about this person and nobody else. Acts as the team that follows the person.

    What was kept of a request to know a double tap, a keyed hash of its words, goes with them.
    """
    team = Team.objects.select_related("organisation").get(pk=person.team_id)
    with keys.as_clinicians(team):
        asked = _requests(person)
        found = {row.request.key_id: row.request.key for row in asked}
        Request.objects.filter(pk__in=[row.request_id for row in asked]).update(digest="")
        visits = [
            row.record.visit_id
            for row in RecordPerson.objects.filter(person=person).select_related("record")
            if not RecordPerson.objects.filter(record=row.record_id).exclude(person=person).exists()
        ]
        for model in (SocialNote, *CLINICAL):
            for note in model.objects.filter(visit__in=visits).select_related("key"):
                found[note.key_id] = note.key
        additions = RecordAddition.objects.filter(record__visit__in=visits).select_related("key")
        found |= {addition.key_id: addition.key for addition in additions}
        shared = Person.objects.filter(Q(key__in=list(found)) | Q(clinical_key__in=list(found)))
        for other in shared.exclude(pk=person.pk):
            found.pop(other.key_id, None)
            found.pop(other.clinical_key_id or 0, None)
    return list(found.values())


def _requests(person: Person) -> list[RequestPerson]:
    """Requests for this one person."""
    return [
        row
        for row in RequestPerson.objects.filter(person=person).select_related("request__key")
        if row.request.audience == Audience.PERSON
        and not RequestPerson.objects.filter(request=row.request_id).exclude(person=person).exists()
    ]
