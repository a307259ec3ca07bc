"""Erasing a person: the keys go, the code stays, and it stays known that this was done."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from versants.core import audit, erasure
from versants.core.access.classes import Role
from versants.core.access.scope import Actor
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import DataKey, Erasure
from versants.people import rules
from versants.people.models import NameHash, Person
from versants.people.services import grants


def check_may_erase(actor: Actor, person: Person) -> None:
    """Coordination of the team that follows the person."""
    rules.check_may_write_file(actor, person)
    if actor.role != Role.COORDINATOR:
        raise ActionDenied("person.coordination", _("The coordination of the team erases a file."))


# Why a file is erased; the code stands in the log.
GROUNDS = {
    "asked": _("the person asks for it"),
    "period": _("the time for keeping it is over"),
    "mistake": _("it was opened by mistake"),
}


@transaction.atomic
def erase_person(*, person: Person, actor: Actor, because: str = "") -> Erasure:
    """Destroy every key that seals words about this person alone, and end every right to the file.

    Identity, sheets, notes and the words of requests go dark at once: here, in history and in every copy made from
    now on; a copy made before is erased again when it is restored (``versants keys replay``). Code, dates and counts
    stay: figures do not change. Words about several persons stay, under their own keys.

    ``because``: a key of GROUNDS; empty where nobody was asked.

    Raises ActionDenied ``person.not_my_team`` or ``person.coordination``; BadInput
    ``person.ground``; InvalidTransition ``person.erased``.
    """
    check_may_erase(actor, person)
    if because and because not in GROUNDS:
        raise BadInput("person.ground", _("Say why the file is erased."))
    person = (
        Person.objects.select_for_update(of=("self",)).select_related("key", "clinical_key").get(pk=person.pk)
    )
    if person.key.wrapped is None:
        raise InvalidTransition("person.erased", _("This file was erased already."))
    keys: list[DataKey] = [person.key]
    if person.clinical_key is not None:
        keys.append(person.clinical_key)
    for source in erasure.sources:
        keys.extend(source.keys(person))
    done = erasure.erase(code=person.code, keys=keys)
    NameHash.objects.visible_to(actor).filter(person=person).delete()  # it would still tell an equal name
    grants.close_on_person(person)
    why = {"because": because} if because else {}
    audit.record("person.erased", subject=person, person_code=person.code, keys=len(done.keys), **why)  # type: ignore[arg-type]
    return done
