"""Filters written for speed see exactly what the plain ones see."""

from __future__ import annotations

import pytest

from tests.access.rows import fill
from versants.core import audit
from versants.core.access.classes import DataClass
from versants.core.access.scope import Actor, acting
from versants.core.access.shield import granted_ids
from versants.core.models import AuditEvent, Grant
from versants.people.models import Person


@pytest.fixture
def full(world):
    fill(world)
    return world


def test_granted_ids_are_the_grants_one_holds(full):
    for name, member in full.members.items():
        actor = Actor.for_membership(member)
        for kind in ("person", "visit", "request"):
            for classes in (
                (),
                (DataClass.SOCIAL,),
                (DataClass.CLINICAL,),
                (DataClass.IDENTITY, DataClass.SOCIAL),
            ):
                plain = Grant.objects.open_to(actor).about(kind, classes).values_list("subject_id", flat=True)
                ids = granted_ids(actor, kind, classes)
                quick = Grant.objects.filter(subject_kind=kind, subject_id__in=ids)
                assert set(quick.values_list("subject_id", flat=True)) == set(plain), (name, kind, classes)


def test_the_list_of_persons_is_what_one_sees(full):
    seen = 0
    for name, member in full.members.items():
        actor = Actor.for_membership(member)
        with acting(actor):
            listed = set(Person.objects.listed_for(actor))
            assert listed == set(Person.objects.visible_to(actor)), name
        seen += len(listed)
    assert seen


def test_a_household_is_one_statement_and_an_event_each(full, django_assert_num_queries):
    actor = Actor.for_membership(full.clinician)
    with acting(actor), django_assert_num_queries(1):
        audit.record_each("request.read", ["V111-1111", "V222-2222"], subject=full.person, n=2)
    events = AuditEvent.objects.filter(action="request.read", person_code__in=["V111-1111", "V222-2222"])
    assert sorted(events.values_list("person_code", flat=True)) == ["V111-1111", "V222-2222"]
    assert {event.membership_id for event in events} == {full.clinician.pk}
    assert {event.subject_uid for event in events} == {str(full.person.uid)} or {
        str(event.subject_uid) for event in events
    } == {str(full.person.uid)}
