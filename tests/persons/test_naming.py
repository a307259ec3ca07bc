"""Finding a file by the whole name: equal names only, the own team's only, nothing opened, every question logged."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from tests.world import actor
from versants.core.access.scope import acting
from versants.core.crypto import keyring, rotation, vault
from versants.core.errors import ActionDenied, BadInput
from versants.core.models import AuditEvent
from versants.people.models import NameHash, Person
from versants.people.services import naming, persons
from versants.people.services.erasure import erase_person


@pytest.fixture
def folder(settings, tmp_path):
    """Keys of this test alone."""
    settings.KEYS_FILE = tmp_path / "keys" / "keys.json"
    keyring.init_keys(settings.KEYS_FILE)


def _register(membership, first, name) -> Person:
    with acting(actor(membership)) as who:
        return persons.register_person(
            actor=who, gender="woman", age_group="adult", identity={"first_name": first, "name": name}
        )


def _found(membership, text) -> list[str]:
    with acting(actor(membership)) as who:
        return [one.code for one in naming.persons_named(text=text, actor=who)]


@pytest.mark.parametrize(
    "typed",
    [
        "Zzamélie d'Arc-Noël",
        "zzamelie DARC noel",
        "d’Arc Noël Zzamélie",
        " Zzamelie  d arc   noel ",
    ],
)
def test_a_file_is_found_however_the_name_is_typed(folder, world, typed):
    person = _register(world.coordinator, "Zzamélie", "d’Arc Noël")
    assert _found(world.practitioner, typed) == [person.code]


def test_a_part_of_the_name_or_another_spelling_finds_nothing(folder, world):
    _register(world.coordinator, "Zzamina", "Zzabebe")
    for typed in ("Zzamina", "Zzabebe", "Zzamina Zzabeb", "Zzaminna Zzabebe"):
        assert _found(world.coordinator, typed) == []


def test_names_in_other_scripts_are_found(folder, world):
    person = _register(world.coordinator, "أمينة", "الحسن")
    assert _found(world.coordinator, "الحسن أمينة") == [person.code]


def test_no_other_team_finds_it_and_no_role_outside_the_teams(folder, world):
    person = _register(world.coordinator, "Zzamina", "Zzabebe")
    assert _found(world.french_coordinator, "Zzamina Zzabebe") == []
    asked = "SELECT person_id FROM people_namehash WHERE digest = ANY(%s)"
    digests = naming._digests("Zzamina Zzabebe")
    for membership, expected in (
        (world.coordinator, [(person.pk,)]),
        (world.french_coordinator, []),
        (world.officer, []),
    ):
        with acting(actor(membership)), connection.cursor() as cursor:
            cursor.execute(asked, [digests])
            assert cursor.fetchall() == expected
    with acting(actor(world.officer)) as who, pytest.raises(ActionDenied):
        naming.persons_named(text="Zzamina Zzabebe", actor=who)


def test_the_question_is_logged_with_codes_and_without_the_name(folder, world):
    person = _register(world.coordinator, "Zzamina", "Zzabebe")
    _found(world.clinician, "Zzamina Zzabebe")
    _found(world.clinician, "Zzunknown Zznobody")
    events = list(AuditEvent.objects.filter(action="person.looked_for").order_by("pk"))
    assert [(one.person_code, one.facts) for one in events] == [
        (person.code, {"found": 1}),
        ("", {"found": 0}),
    ]


def test_an_erased_person_is_not_found(folder, world):
    person = _register(world.coordinator, "Zzamina", "Zzabebe")
    with acting(actor(world.coordinator)) as who:
        erase_person(person=person, actor=who)
    assert _found(world.coordinator, "Zzamina Zzabebe") == []


def test_nothing_but_signs_is_no_name(world):
    with acting(actor(world.coordinator)) as who, pytest.raises(BadInput):
        naming.persons_named(text=" - ' ", actor=who)


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text):
    once = naming.fold(text)
    assert naming.fold(once) == once
    assert not set(once) & set(" -'’")


# -- the key of look-ups changes ----------------------------------------------------------------------------------------


def _index(person):
    row = NameHash.objects.get(person=person)
    return row.digest, row.layers


def test_the_index_key_changes_while_people_look_for_files(folder, world):
    people = [_register(world.coordinator, f"Zz{n}", "Zzabebe") for n in "abcde"]
    before = [_index(one) for one in people]
    heard = []

    def tell(what, done, of):
        heard.append((what, done, of))
        # In the middle of it: those before and those after are both found, and a new file is written under all keys.
        assert [_found(world.coordinator, f"Zz{n} Zzabebe") for n in "abcde"] == [
            [one.code] for one in people
        ]

    assert rotation.rotate_index(batch=2, tell=tell) == 2
    assert heard[0] == ("new keys", 1, 0)
    assert [done for what, done, of in heard[1:]] == [2, 4, 5]
    after = [_index(one) for one in people]
    assert {layers for _, layers in after} == {2}
    assert not {index for index, _ in before} & {index for index, _ in after}
    fresh = _register(world.coordinator, "Zzf", "Zzabebe")
    assert _index(fresh)[1] == 2
    assert _found(world.coordinator, "Zzabebe Zzf") == [fresh.code]
    assert rotation.rotate_index(batch=2) == 3
    assert _found(world.coordinator, "Zza Zzabebe") == [people[0].code]


def test_a_rotation_that_was_cut_short_goes_on_under_the_same_key(folder, world):
    people = [_register(world.coordinator, f"Zz{n}", "Zzabebe") for n in "abc"]
    keyring.add_index_key()
    assert naming.lay_over(1) == 1
    assert naming.behind() == 2
    assert rotation.rotate_index() == 2
    assert naming.behind() == 0
    assert [_index(one)[1] for one in people] == [2, 2, 2]
    # What was laid over equals what a new file of the same name gets: both are found under one name.
    twin = _register(world.coordinator, "Zzb", "Zzabebe")
    assert _index(twin) == _index(people[1])


def test_what_a_restore_brings_back_of_somebody_erased_is_not_found_and_goes(folder, world):
    person = _register(world.coordinator, "Zza", "Zzabebe")
    vault.destroy(person.key)  # as replaying an erasure does: the keys alone
    assert _found(world.coordinator, "Zza Zzabebe") == []
    assert naming.behind() == 1
    rotation.tend()
    assert not NameHash.objects.filter(person=person).exists()
    assert naming.behind() == 0


# -- pages --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "none"), [("fr", "pas de dossier"), ("nl", "geen dossier")])
def test_the_page_finds_by_post_and_keeps_what_was_typed(folder, world, client_for, language, none):
    person = _register(world.coordinator, "Zzamina", "Zzabebe")
    browser = client_for(world.clinician, language)
    page = reverse("person_named")
    assert browser.get(page).status_code == 200
    said = browser.post(page, {"name": "Zzabebe Zzamina"}).content.decode()
    assert person.code in said
    assert reverse("person", args=[person.code]) in said
    said = browser.post(page, {"name": "Zzother Zzname"}).content.decode()
    assert none in said
    assert "Zzother Zzname" in said
    assert browser.post(page, {"name": "--"}).status_code == 422


def test_a_second_file_under_one_name_is_opened_knowingly(folder, world, client_for):
    person = _register(world.coordinator, "Zzamina", "Zzabebe")
    browser = client_for(world.practitioner)
    data = {
        "gender": "woman",
        "age_group": "adult",
        "language_0": "tir",
        "first_name": "Zzamina",
        "name": "Zzabebe",
    }
    before = Person.objects.count()
    answer = browser.post(reverse("person_new"), data)
    assert answer.status_code == 422
    assert person.code in answer.content.decode()
    assert Person.objects.count() == before
    assert browser.post(reverse("person_new"), data | {"somebody_else": "on"}).status_code == 302
    assert Person.objects.count() == before + 1
