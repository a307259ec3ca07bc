"""Working notes a clinician keeps for themselves."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from versants.core import audit, clock
from versants.core.access.classes import CLINICAL_ROLES, DataClass
from versants.core.access.scope import Actor
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.people import rules
from versants.people.models import Person, PrivateNote
from versants.people.services import keys

LONGEST = 20_000


def check_may_keep(actor: Actor, person: Person) -> None:
    """Clinicians who may read this person's clinical notes."""
    rules.check_may_read(actor, DataClass.CLINICAL, person)
    _author(actor)


def _author(actor: Actor) -> tuple[int, int]:
    """Membership and team of the clinician. Raises ActionDenied for anybody else."""
    if actor.role not in CLINICAL_ROLES or actor.membership is None or actor.team is None:
        raise ActionDenied("person.clinical", _("Only clinicians keep notes of their own."))
    return actor.membership, actor.team


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise BadInput("note.empty", _("Write something first."))
    if len(text) > LONGEST:
        raise BadInput("note.long", _("This is too long. Make two notes of it."))
    return text


@transaction.atomic
def write(*, person: Person, actor: Actor, text: str) -> PrivateNote:
    """Keep a note. Raises ActionDenied; BadInput ``note.empty``, ``note.long``; InvalidTransition ``person.erased``."""
    check_may_keep(actor, person)
    person = Person.objects.select_related("key", "clinical_key").get(pk=person.pk)
    if person.key.wrapped is None:
        raise InvalidTransition("person.erased", _("This file was erased already."))
    author, team = _author(actor)
    note = PrivateNote(person=person, team_id=team, author=author, key=keys.clinical_key_of(person))
    vault.write(note, "text", _checked(text))
    note.save()
    audit.record("private_note.written", subject=person, person_code=person.code)
    return note


@transaction.atomic
def change(*, note: PrivateNote, actor: Actor, text: str) -> PrivateNote:
    """Write it anew. Raises ActionDenied; BadInput ``note.empty``, ``note.long``."""
    own = _own(note, actor)
    vault.write(own, "text", _checked(text))
    own.changed_at = clock.now()
    own.save(update_fields=["text", "changed_at"])
    audit.record("private_note.changed", subject=own.person, person_code=own.person.code)
    return own


@transaction.atomic
def throw_away(*, note: PrivateNote, actor: Actor) -> None:
    """It is gone, at once and for good. Raises ActionDenied."""
    own = _own(note, actor)
    own.delete()
    audit.record("private_note.thrown_away", subject=own.person, person_code=own.person.code)


def _own(note: PrivateNote, actor: Actor) -> PrivateNote:
    found = (
        PrivateNote.objects.visible_to(actor)
        .select_related("person", "key")
        .select_for_update(of=("self",))
        .filter(pk=note.pk)
        .first()
    )
    if found is None:
        raise ActionDenied("note.not_mine", _("This note is not yours."))
    check_may_keep(actor, found.person)
    return found
