"""A clinician's own notes: read by nobody else, dark with the person."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from tests.world import actor, make_account, make_membership, make_professional
from versants.core.access.classes import Role
from versants.core.access.scope import Actor, acting
from versants.core.crypto import vault
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import AuditEvent
from versants.people.models import PrivateNote
from versants.people.services import private
from versants.people.services.erasure import erase_person


@pytest.fixture
def note(world):
    with acting(actor(world.clinician)) as who:
        return private.write(person=world.person, actor=who, text="  Zzprivee: she smiles again ")


@pytest.fixture
def colleague(world):
    """Another clinician of the same team."""
    psychologist = make_professional(world.walloon, "Ilse", "P", disciplines=["psychologist"])
    return make_membership(make_account("ilse"), world.house_be, Role.CLINICIAN, world.walloon, psychologist)


def _seen(membership) -> int:
    """By the product's own query, and with no filter at all under the role of the database."""
    with acting(actor(membership)) as who, connection.cursor() as cursor:
        by_query = PrivateNote.objects.visible_to(who).count()
        cursor.execute("SELECT count(*) FROM people_privatenote")
        (by_rows,) = cursor.fetchone()
    assert by_query == by_rows
    return by_query


def test_its_author_reads_it_and_nobody_else(world, note, colleague):
    assert _seen(world.clinician) == 1
    for other in (colleague, world.coordinator, world.practitioner, world.french_coordinator):
        assert _seen(other) == 0, other
    with acting(Actor.for_team(world.walloon)) as job:
        assert PrivateNote.objects.visible_to(job).count() == PrivateNote.objects.count() == 0
    with acting(actor(world.clinician)) as who:
        own = PrivateNote.objects.visible_to(who).select_related("key").get()
        assert vault.read(own, "text") == "Zzprivee: she smiles again"


def test_another_clinician_can_neither_change_nor_throw_it_away(world, note, colleague):
    with acting(actor(colleague)) as who:
        with pytest.raises(ActionDenied):
            private.change(note=note, actor=who, text="mine now")
        with pytest.raises(ActionDenied):
            private.throw_away(note=note, actor=who)
    assert _seen(world.clinician) == 1


def test_it_cannot_be_written_in_another_ones_name(world, note, colleague):
    with acting(actor(colleague)) as who, pytest.raises(ActionDenied):
        private.change(note=note, actor=who, text="x")
    with acting(actor(world.coordinator)) as who, pytest.raises(ActionDenied):
        private.write(person=world.person, actor=who, text="x")


@pytest.mark.parametrize("text", ["", "   \n", "x" * (private.LONGEST + 1)])
def test_nothing_and_too_much_are_refused(world, text):
    with acting(actor(world.clinician)) as who, pytest.raises(BadInput):
        private.write(person=world.person, actor=who, text=text)
    assert _seen(world.clinician) == 0


def test_it_goes_dark_with_the_person(world, note):
    with acting(actor(world.coordinator)) as who:
        erase_person(person=world.person, actor=who)
    with acting(actor(world.clinician)) as who:
        own = PrivateNote.objects.visible_to(who).select_related("key").get()
        assert vault.left(own, "text") == ""
        with pytest.raises(InvalidTransition):
            private.write(person=world.person, actor=who, text="again")


def test_pages(world, client_for, colleague):
    mine, theirs = client_for(world.clinician), client_for(colleague)
    address = reverse("private_notes", args=[world.person.code])
    assert b'data-test="private-notes"' in mine.get(reverse("person", args=[world.person.code])).content
    assert b"no-private-note" in mine.get(address).content
    empty = mine.post(address, {"text": " "})
    assert empty.status_code == 422
    assert mine.post(address, {"text": "Zzprivee un"}).status_code == 302
    assert b"Zzprivee un" in mine.get(address).content
    assert b"Zzprivee" not in theirs.get(address).content
    note = PrivateNote.objects.get()
    one = reverse("private_note", args=[world.person.code, note.uid])
    assert theirs.get(one).status_code == 404
    assert (
        theirs.post(reverse("private_note_throw_away", args=[world.person.code, note.uid])).status_code == 404
    )
    assert mine.post(one, {"text": "Zzprivee deux"}).status_code == 302
    page = mine.get(address).content
    assert b"Zzprivee deux" in page
    assert b"Zzprivee un" not in page
    assert (
        mine.post(reverse("private_note_throw_away", args=[world.person.code, note.uid])).status_code == 302
    )
    assert b"Zzprivee" not in mine.get(address).content
    assert client_for(world.coordinator).get(address).status_code == 403
    done = set(AuditEvent.objects.filter(action__startswith="private_note").values_list("action", flat=True))
    assert done == {f"private_note.{what}" for what in ("read", "written", "changed", "thrown_away")}
    assert not AuditEvent.objects.filter(facts__icontains="Zzprivee").exists()
