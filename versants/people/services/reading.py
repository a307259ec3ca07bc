"""May this reader see this class of this person's data: asked three ways, which must always agree."""

from __future__ import annotations

from typing import Any

from django.db import connection

from versants.core.access.classes import DataClass
from versants.core.access.scope import Actor, acting
from versants.core.models import Grant
from versants.core.rules import allows
from versants.people import rules
from versants.people.models import ClinicalSheet, Identity, Person, SocialSheet, Team

# Each class has one row per person that stands for it.
_STANDS_FOR: dict[
    DataClass, tuple[type[Person] | type[Identity] | type[SocialSheet] | type[ClinicalSheet], str]
] = {
    DataClass.LOGISTIC: (Person, "id"),
    DataClass.IDENTITY: (Identity, "person_id"),
    DataClass.SOCIAL: (SocialSheet, "person_id"),
    DataClass.CLINICAL: (ClinicalSheet, "person_id"),
}


def may(actor: Actor, data_class: str, person: Person) -> dict[str, Any]:
    """``queryset``: the explicit filter; ``service``: the rule in words; ``row_security``: PostgreSQL, unfiltered.

    ``person`` was found beforehand (``find_person``). Every person has one row of each class from the first day.
    """
    model, column = _STANDS_FOR[DataClass(data_class)]
    table = model._meta.db_table
    with acting(actor):
        queryset = model.objects.visible_to(actor).filter(**{column: person.pk}).exists()
        service = allows(rules.check_may_read, actor, data_class, person)
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT EXISTS (SELECT 1 FROM "{table}" WHERE {column} = %s)', [person.pk])
            row_security = cursor.fetchone()[0]
        because = []
        if service and actor.team == person.team_id and data_class != DataClass.IDENTITY:
            because.append("own_team")
        grants = Grant.objects.open_to(actor).filter(subject_kind="person", subject_id=person.pk)
        if data_class != DataClass.LOGISTIC:
            grants = grants.filter(data_class=data_class)
        because += sorted({f"{grant.because}:{grant.data_class}" for grant in grants})
    return {"queryset": queryset, "service": service, "row_security": row_security, "because": because}


def find_person(code: str) -> Person | None:
    """The person with this code, whichever team follows them: asked as each team in turn, since nobody sees all."""
    for team in Team.objects.order_by("pk"):
        with acting(Actor.for_team(team)):
            found = Person.objects.filter(code=code).first()
        if found is not None:
            return found
    return None
