"""Erasing a person: history, a dump and a restored dump are dark, and it stays known."""

from __future__ import annotations

import json

import pytest
from django.db import transaction
from django.urls import reverse

from tests.access.rows import fill
from tests.persons import dumps
from tests.world import actor, make_person
from versants.core import erasure, witness
from versants.core.access.scope import acting
from versants.core.crypto import keyring, vault
from versants.core.crypto.vault import SealBroken
from versants.core.errors import ActionDenied, BadInput, InvalidTransition
from versants.core.models import AuditEvent, DataKey, Erasure, Grant
from versants.mobile import models as m
from versants.people.models import ClinicalSheet, Identity, NameHash, SocialSheet
from versants.people.services import grants, persons
from versants.people.services import keys as person_keys
from versants.people.services.erasure import erase_person

WORDS = ("Zzcanari", "Zzclinique")


@pytest.fixture
def apart(settings, tmp_path):
    """Keys and witness of this test alone."""
    settings.KEYS_FILE = tmp_path / "keys" / "keys.json"
    settings.WITNESS_DIR = tmp_path / "witness"
    keyring.init_keys(settings.KEYS_FILE)


@pytest.fixture
def full(apart, world):
    fill(world)
    person_keys.part_sheets(100)
    with acting(actor(world.coordinator)):
        grants.name_referent(person=world.person, membership=world.clinician)
    return world


def _erase(w) -> Erasure:
    with acting(actor(w.coordinator)) as who:
        return erase_person(person=w.person, actor=who)


def _sealed_rows(w) -> list[tuple[object, str]]:
    """Every sealed word about the Walloon side's person, read before."""
    found = [
        (Identity.objects.select_related("key").get(person=w.person), "name"),
        (SocialSheet.objects.select_related("key").get(person=w.person), "situation"),
        (ClinicalSheet.objects.select_related("key").get(person=w.person), "summary"),
    ]
    for row, field in (
        (w.be.note, "summary"),
        (w.be.addition, "text"),
        (w.be.social_note, "text"),
    ):
        found.append((type(row).objects.select_related("key").get(pk=row.pk), field))
    for row, field in found:
        assert vault.read(row, field).startswith("Zz")
    return found


def test_everything_about_the_person_alone_goes_dark(full):
    rows = _sealed_rows(full)
    others = Identity.objects.select_related("key").get(person=full.french_person)
    _erase(full)
    for row, field in rows:
        row.refresh_from_db()
        row.key.refresh_from_db()
        with pytest.raises(SealBroken):
            vault.read(row, field)
        assert vault.left(row, field) == ""
    assert vault.read(others, "name") == "Zzcanari Voisin"
    assert not NameHash.objects.filter(person=full.person).exists()
    assert m.Request.objects.get(pk=full.be.request.pk).digest == ""


def test_words_about_several_persons_stay(full):
    other = make_person(full.walloon, name="Zzcanari Autre")
    m.RequestPerson.objects.create(request=full.be.request, person=other, team=full.walloon)
    m.RecordPerson.objects.create(record=full.be.record, person=other, team=full.walloon)
    _erase(full)
    note = m.RequestNote.objects.select_related("key").get(pk=full.be.note.pk)
    assert vault.read(note, "summary") == "Zzcanari demande"
    social = m.SocialNote.objects.select_related("key").get(pk=full.be.social_note.pk)
    assert vault.read(social, "text") == "Zzcanari social"
    identity = Identity.objects.select_related("key").get(person=other)
    assert vault.read(identity, "name") == "Zzcanari Autre"


def test_every_right_to_the_file_ends_and_the_event_holds_codes_only(full):
    with acting(actor(full.clinician)) as who:
        assert Grant.objects.open_to(who).filter(subject_kind="person", subject_id=full.person.pk).exists()
    _erase(full)
    with acting(actor(full.clinician)) as who:
        assert (
            not Grant.objects.open_to(who).filter(subject_kind="person", subject_id=full.person.pk).exists()
        )
        assert persons.read_identity(person=full.person, actor=who) is None
    event = AuditEvent.objects.get(action="person.erased")
    assert event.person_code == full.person.code
    assert set(event.facts) == {"keys"}


def test_only_the_coordination_of_the_team_and_only_once(full):
    for member in (full.clinician, full.practitioner, full.french_coordinator, full.dpo, full.administrator):
        with acting(actor(member)) as who, pytest.raises(ActionDenied):
            erase_person(person=full.person, actor=who)
    _erase(full)
    with pytest.raises(InvalidTransition) as again:
        _erase(full)
    assert again.value.code == "person.erased"


def test_pages_of_an_erased_person_open_and_show_no_word(full, client_for):
    _erase(full)
    client = client_for(full.coordinator)
    page = client.get(f"/people/{full.person.code}/")
    assert page.status_code == 200
    assert "Zz" not in page.content.decode()
    assert 'data-test="erased"' in page.content.decode()
    assert client.get(f"/requests/{full.be.request.uid}/").status_code == 200


def test_a_page_left_open_breaks_no_glass_over_a_file_that_is_gone(full, client_for):
    """Pressed after the erasure, it opens nothing; nor does a right that a restored backup brings back."""
    _erase(full)
    browser = client_for(full.coordinator)
    url = reverse("person", args=[full.person.code])
    before = Grant.objects.count()
    assert browser.post(f"{url}open/", {"reason": "call"}).status_code == 409
    assert Grant.objects.count() == before
    with acting(actor(full.coordinator)):
        grants.name_referent(person=full.person, membership=full.coordinator)
    page = browser.get(url)
    assert page.status_code == 200
    assert not any(word in page.content.decode() for word in WORDS)


def test_the_page_says_what_goes_and_stays_and_wants_reason_and_code(full, client_for):
    client = client_for(full.coordinator, "en")
    address = f"/people/{full.person.code}/erase/"
    assert address in client.get(f"/people/{full.person.code}/").content.decode()
    page = client.get(address).content.decode()
    assert 'data-test="goes"' in page
    assert 'data-test="stays"' in page
    assert "checked" not in page
    for wrong in (
        {},
        {"because": "asked"},
        {"code": full.person.code},
        {"because": "asked", "code": full.french_person.code},
        {"because": "no-reason", "code": full.person.code},
    ):
        assert client.post(address, wrong).status_code == 422, wrong
    assert Erasure.objects.count() == 0

    typed = full.person.code.lower().replace("-", " ")
    done = client.post(address, {"because": "asked", "code": typed})
    assert (done.status_code, done["Location"]) == (302, f"/people/{full.person.code}/")
    assert Erasure.objects.get().code == full.person.code
    assert AuditEvent.objects.get(action="person.erased").facts["because"] == "asked"
    after = client.get(f"/people/{full.person.code}/").content.decode()
    assert 'data-test="erased"' in after
    assert address not in after
    assert client.get(address)["Location"] == f"/people/{full.person.code}/"
    again = client.post(address, {"because": "asked", "code": typed})
    assert again["Location"] == f"/people/{full.person.code}/"
    assert Erasure.objects.count() == 1


def test_only_the_coordination_of_the_team_finds_the_page(full, client_for):
    address = f"/people/{full.person.code}/erase/"
    given = {"because": "asked", "code": full.person.code}
    for member, expected in (
        (full.clinician, 403),
        (full.practitioner, 403),
        (full.interpreter, 403),
        (full.french_coordinator, 404),
        (full.dpo, 403),
        (full.administrator, 403),
    ):
        client = client_for(member)
        assert client.get(address).status_code == expected, member
        assert client.post(address, given).status_code == expected, member
        assert address not in client.get(f"/people/{full.person.code}/").content.decode()
    assert Erasure.objects.count() == 0


def test_a_ground_nobody_knows_is_refused(full):
    with acting(actor(full.coordinator)) as who, pytest.raises(BadInput) as refused:
        erase_person(person=full.person, actor=who, because="whim")
    assert refused.value.code == "person.ground"


SEALED = ("core_datakey", "people_identity", "people_clinicalsheet", "core_erasure")


def _opens(person) -> bool:
    try:
        return vault.read(Identity.objects.select_related("key").get(person=person), "name") != ""
    except SealBroken:
        return False


def test_a_dump_made_afterwards_is_dark_wherever_it_is_restored(full):
    _erase(full)
    made = dumps.dump(*SEALED)
    dumps.restore(made)
    assert not _opens(full.person)
    assert _opens(full.french_person)


def test_a_backup_from_before_is_dark_again_once_the_erasures_are_replayed(full):
    before = dumps.dump(*SEALED)
    done = _erase(full)
    assert erasure.keep() == 1
    assert erasure.keep() == 0
    dumps.restore(before)
    assert _opens(full.person)  # the backup has the wrapped key: only the replay makes it dark
    assert not Erasure.objects.filter(uid=done.uid).exists()
    replayed = erasure.replay()
    assert (replayed.erasures, replayed.keys) == (1, len(done.keys))
    assert not _opens(full.person)
    assert _opens(full.french_person)
    assert Erasure.objects.get(uid=done.uid).code == full.person.code
    assert erasure.replay().keys == 0
    assert DataKey.objects.filter(uid__in=done.keys, wrapped__isnull=False).count() == 0


def test_the_line_outside_the_database_holds_codes_and_random_names_only(full):
    done = _erase(full)
    erasure.keep()
    (line,) = witness.read(erasure.FILE)
    assert set(line) == {"uid", "code", "at", "keys"}
    assert line["code"] == full.person.code
    assert line["keys"] == done.keys
    text = witness.path_of(erasure.FILE).read_text()
    assert not any(word in text for word in WORDS)
    assert json.loads(text)["uid"] == str(done.uid)


def test_an_erasure_that_was_rolled_back_is_not_kept(full):
    before = transaction.savepoint()
    _erase(full)
    transaction.savepoint_rollback(before)
    assert erasure.keep() == 0
    assert _opens(full.person)
