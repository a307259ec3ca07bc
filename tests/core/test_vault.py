"""Sealed text: bound to its place, silent about itself, gone with its key."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from django.core import serializers
from django.db import connection

from tests.world import actor, make_person
from versants.core.access.scope import acting
from versants.core.crypto import keyring, vault
from versants.core.crypto.vault import SealBroken, Sealed
from versants.people.models import Identity
from versants.people.services import grants, persons

SECRET = "Zzcanari Très Secret"


@pytest.fixture
def identity(world):
    person = make_person(world.walloon, name=SECRET)
    return Identity.objects.select_related("key").get(person=person)


def test_what_is_sealed_opens(identity):
    assert vault.read(identity, "name") == SECRET
    assert vault.read(identity, "address") == ""


def test_nothing_readable_is_stored(identity):
    with connection.cursor() as cursor:
        for table in ("people_identity", "people_person", "core_datakey"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
            text = cursor.fetchone()[0]
            assert SECRET not in text
            assert SECRET.encode().hex() not in text


def test_it_does_not_print_itself(identity):
    sealed = identity.name
    assert isinstance(sealed, Sealed)
    for shown in (
        repr(sealed),
        str(sealed),
        f"{sealed}",
        str(identity),
        serializers.serialize("json", [identity]),
    ):
        assert SECRET not in shown
    with pytest.raises(TypeError):
        json.dumps(sealed)
    with pytest.raises(TypeError):
        pickle.dumps(sealed)


def test_moved_to_another_row_or_column_it_does_not_open(identity, world):
    other = Identity.objects.select_related("key").get(person=world.person)
    other.name = identity.name
    with pytest.raises(SealBroken):
        vault.read(other, "name")
    identity.address = identity.name
    with pytest.raises(SealBroken):
        vault.read(identity, "address")


def test_changed_it_does_not_open(identity):
    raw = bytearray(identity.name.raw)
    raw[-1] ^= 1
    identity.name = Sealed(bytes(raw))
    with pytest.raises(SealBroken):
        vault.read(identity, "name")


def test_erasing_destroys_what_old_copies_hold(identity):
    backup = copy.copy(identity)
    vault.destroy(identity.key)
    with pytest.raises(SealBroken):
        vault.read(backup, "name")


def test_only_sealed_text_goes_into_a_sealed_column(identity):
    identity.name = "in clear"
    with pytest.raises(TypeError, match="sealed"):
        identity.save()


def test_same_text_twice_gives_different_ciphertext_and_the_same_blind_index(identity):
    before = identity.name.raw
    vault.write(identity, "name", SECRET)
    assert identity.name.raw != before
    assert vault.blind_index("name", "Élise  Martin") == vault.blind_index("name", "élise martin")
    assert vault.blind_index("name", "a") != vault.blind_index("phone", "a")


def test_without_keys_nothing_opens(identity, settings, tmp_path):
    settings.KEYS_FILE = tmp_path / "none.json"
    with pytest.raises(keyring.KeysMissing):
        vault.read(identity, "name")


def test_a_key_file_is_never_overwritten_and_is_private(tmp_path):
    path = tmp_path / "keys" / "keys.json"
    assert keyring.init_keys(path) is True
    written = path.read_bytes()
    assert keyring.init_keys(path) is False
    assert path.read_bytes() == written
    assert path.stat().st_mode & 0o077 == 0


def test_reading_an_identity_needs_a_grant_and_is_logged(world):
    from versants.core.models import AuditEvent

    with acting(actor(world.clinician)) as who:
        assert persons.read_identity(person=world.person, actor=who) is None
    with acting(actor(world.coordinator)):
        grants.name_referent(person=world.person, membership=world.clinician)
    with acting(actor(world.clinician)) as who:
        assert persons.read_identity(person=world.person, actor=who)["birth_date"] == "1994-05-02"
    event = AuditEvent.objects.get(action="identity.read")
    assert (event.person_code, event.role) == (world.person.code, "clinician")
    assert "1994" not in json.dumps(event.facts)
