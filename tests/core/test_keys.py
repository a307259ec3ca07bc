"""Whose key wraps what; changing keys while people work; getting them back; withdrawing them."""

from __future__ import annotations

import io
import json
import threading
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from tests.world import actor, make_person
from versants.core.access.scope import acting
from versants.core.crypto import holders, keyring, recovery, rotation, vault
from versants.core.crypto.keyring import KeysMissing
from versants.core.errors import BadInput, Conflict
from versants.core.models import DataKey, KeyRotation, WrappingKey
from versants.people.models import ClinicalSheet, Identity
from versants.people.services import keys, persons

PASSPHRASE = "QWERT-ZXCVB-ASDFG-23456-HJKMN"


@pytest.fixture
def folder(settings, tmp_path) -> Path:
    """Keys of this test alone."""
    settings.KEYS_FILE = tmp_path / "keys" / "keys.json"
    keyring.init_keys(settings.KEYS_FILE)
    return settings.KEYS_FILE.parent


@pytest.fixture
def registered(folder, world):
    """A person registered by the service, with words in each tier."""
    with acting(actor(world.coordinator)) as who:
        person = persons.register_person(
            actor=who, gender="woman", age_group="adult", identity={"name": "Zzcanari", "phone": "0000"}
        )
    sheet = ClinicalSheet.objects.select_related("key").get(person=person)
    vault.write(sheet, "summary", "Zzclinique")
    sheet.save()
    return person


def _from_before(world, n=1):
    """Files as they were before keys had holders: one key for all tiers, under the installation's first key."""
    made = []
    for _ in range(n):
        person = make_person(world.walloon)
        assert person.clinical_key is None
        made.append(person)
    return made


def test_a_person_has_two_keys_of_two_holders(registered, folder, world):
    house = holders.holder(world.house_be.uid)
    assert registered.key.holder == house
    assert registered.clinical_key.holder == f"{house}/{world.walloon.uid.hex[:12]}"
    sheet = ClinicalSheet.objects.get(person=registered)
    assert sheet.key_id == registered.clinical_key_id != registered.key_id
    assert Identity.objects.get(person=registered).key_id == registered.key_id
    held = json.loads((folder / "holders" / f"{house}.json").read_text())
    assert sorted(held["wrap"]) == sorted([registered.key.wrapped_by, registered.clinical_key.wrapped_by])
    assert (folder / "holders" / f"{house}.json").stat().st_mode & 0o077 == 0


def test_another_organisation_has_another_file(registered, folder, world):
    with acting(actor(world.french_coordinator)) as who:
        persons.register_person(actor=who, gender="man", age_group="adult")
    assert {path.stem for path in (folder / "holders").glob("*.json")} == {
        holders.holder(world.house_be.uid),
        holders.holder(world.house_fr.uid),
    }


def test_without_its_organisations_file_a_person_is_dark_and_no_other_key_is_made(registered, folder, world):
    path = folder / "holders" / f"{holders.holder(world.house_be.uid)}.json"
    path.rename(path.with_suffix(".away"))
    with pytest.raises(KeysMissing):
        vault.read(Identity.objects.get(person=registered), "name")
    with pytest.raises(KeysMissing):
        keys.new_key(world.walloon)
    assert not path.exists()
    keys.new_key(world.french)  # the others work on
    assert rotation.left() == 0
    path.with_suffix(".away").rename(path)
    assert vault.read(Identity.objects.get(person=registered), "name") == "Zzcanari"


def test_a_folder_that_cannot_be_written_is_said(folder, world, monkeypatch):
    def refused(*args, **kwargs):
        raise PermissionError(13, "denied")

    monkeypatch.setattr(keyring, "write_private", refused)
    with pytest.raises(KeysMissing) as told:
        keys.new_key(world.walloon)
    assert told.value.code == "keys.closed"


def test_keys_of_the_product_always_say_whose_they_are():
    """Only tests and what is loaded from before leave a data key to the installation."""
    import ast

    from tests.repository.files import ROOT

    calls = [
        (path.name, node)
        for path in (ROOT / "versants").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "new_key"
        and getattr(node.func.value, "id", "") == "vault"
    ]
    assert calls
    assert all(node.args for _name, node in calls), calls


# -- rotation -----------------------------------------------------------------------------------------------------------


def test_rotation_gives_everything_new_keys_and_nothing_is_lost(registered, world):
    _from_before(world, 3)
    old = set(WrappingKey.objects.values_list("key_id", flat=True))
    heard = []
    rotation.rotate(batch=2, tell=lambda *what: heard.append(what))
    assert rotation.left() == 0
    wraps = set(DataKey.objects.exclude(wrapped=None).values_list("wrapped_by", flat=True))
    assert wraps.isdisjoint(old)
    for identity in Identity.objects.select_related("key").exclude(name=None):
        assert vault.read(identity, "name").startswith("Zzcanari")
    for sheet in ClinicalSheet.objects.select_related("key").exclude(summary=None):
        assert vault.read(sheet, "summary").startswith("Zzclin") or vault.read(sheet, "summary") == (
            "Zzcanari clinique"
        )
        assert holders.is_team(sheet.key.holder)
    assert ("keys wrapped anew" in {what for what, _done, _of in heard}) is True
    assert KeyRotation.objects.get().finished_at is not None
    # The older ones are still there, for whoever read a row a moment ago; then they go, from the files too.
    assert all(keyring.has(key_id) for key_id in old)
    assert set(rotation.retire()) == old
    assert not any(keyring.has(key_id) for key_id in old)
    assert vault.read(Identity.objects.get(person=registered), "name") == "Zzcanari"


def test_a_key_that_wraps_something_is_not_retired(registered):
    name = registered.key.holder
    before = registered.key.wrapped_by
    holders.renew(name)
    assert rotation.retire() == []
    assert keyring.has(before)
    rotation.rewrap()
    assert rotation.retire() == [before]


def test_the_database_refuses_to_forget_a_key_in_use(registered):
    with pytest.raises(IntegrityError), transaction.atomic():
        WrappingKey.objects.get(pk=registered.key.wrapped_by).delete()


def test_killed_between_two_batches_it_goes_on_where_it_stopped(registered, world, monkeypatch):
    _from_before(world, 5)
    real, calls = rotation.rewrap, []

    def dies(limit):
        calls.append(limit)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(limit)

    monkeypatch.setattr(rotation, "rewrap", dies)
    with pytest.raises(KeyboardInterrupt):
        rotation.rotate(batch=2)
    assert rotation.left() > 0
    assert rotation.status()["rotation_unfinished_since"] is not None
    for identity in Identity.objects.select_related("key").exclude(name=None):
        assert vault.read(identity, "name")
    made = WrappingKey.objects.count()
    monkeypatch.setattr(rotation, "rewrap", real)
    rotation.rotate(batch=2)
    assert rotation.left() == 0
    assert WrappingKey.objects.count() == made  # it went on: no third generation of keys
    assert KeyRotation.objects.count() == 1


def test_killed_between_file_and_row_nothing_uses_the_new_key(registered, monkeypatch):
    name = registered.key.holder

    def dies(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(WrappingKey.objects, "create", dies)
    with pytest.raises(KeyboardInterrupt):
        holders.renew(name)
    assert holders.active_key(name) == registered.key.wrapped_by
    assert vault.read(Identity.objects.get(person=registered), "name") == "Zzcanari"


def test_one_holders_key_alone(registered, world):
    with acting(actor(world.french_coordinator)) as who:
        other = persons.register_person(actor=who, gender="man", age_group="adult")
    before = other.key.wrapped_by
    rotation.rotate(holder=registered.key.holder)
    other.key.refresh_from_db()
    assert other.key.wrapped_by == before
    registered.key.refresh_from_db()
    assert registered.key.wrapped_by == holders.active_key(registered.key.holder)


def test_a_row_read_before_the_rotation_still_opens_after_the_old_key_is_gone(registered):
    identity = Identity.objects.select_related("key").get(person=registered)
    rotation.rotate()
    rotation.retire()
    assert vault.read(identity, "name") == "Zzcanari"


def test_the_worker_takes_small_steps_until_nothing_is_left(folder, world):
    _from_before(world, 4)
    steps = 0
    while rotation.tend(2):
        steps += 1
    assert steps >= 4
    status = rotation.status()
    assert status["to_wrap_anew"] == 0
    assert set(status["to_do"].values()) == {0}
    sheets = ClinicalSheet.objects.filter(person__team=world.walloon).select_related(
        "key", "person__clinical_key"
    )
    for sheet in sheets:
        assert sheet.key == sheet.person.clinical_key
        assert vault.read(sheet, "summary") == "Zzcanari clinique"


def test_an_erased_key_stays_erased_through_a_rotation(registered):
    vault.destroy(registered.key)
    rotation.rotate()
    registered.key.refresh_from_db()
    assert registered.key.wrapped is None
    rotation.retire()
    assert WrappingKey.objects.filter(is_active=False).count() == 0


# -- status -------------------------------------------------------------------------------------------------------------


def _run(*arguments: str) -> tuple[dict, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("keys", *arguments, "--json", stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def test_status_says_what_each_key_wraps(registered, world):
    found, _said = _run("status")
    by_id = {one["id"]: one for one in found["keys"]}
    mine = by_id[registered.key.wrapped_by]
    assert (mine["name"], mine["active"], mine["at_hand"]) == ("Centre wallon", True, True)
    assert by_id[registered.clinical_key.wrapped_by]["name"] == "Centre wallon, IntegraPsy Wallonie"
    assert mine["wraps"] == DataKey.objects.filter(wrapped_by=registered.key.wrapped_by).count()
    assert found["recovery"]["confirmed"] is False
    out = io.StringIO()
    call_command("keys", "status", stdout=out)
    assert "never confirmed" in out.getvalue()


def test_rotate_by_command(registered):
    found, said = _run("rotate", "--retire", "--batch", "1")
    assert registered.key.wrapped_by in found["retired"]
    assert "keys wrapped anew: 1 of" in said


# -- recovery -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch):
    """The real cost of a passphrase is measured once, below."""
    monkeypatch.setattr(recovery, "_N", 2**12)


def test_an_export_counts_once_it_was_read_back(registered, folder, tmp_path, quick):
    file, words = tmp_path / "export.json", tmp_path / "words"
    made, said = _run("export", str(file))
    assert len(made["passphrase"].split("-")) == 8
    assert "not shown again" in said
    assert recovery.state() == {
        "confirmed": False,
        "confirmed_at": None,
        "keys_not_covered": len(made["keys"]),
    }
    words.write_text(made["passphrase"].lower().replace("-", " ") + "\n")  # as typed from paper
    assert _run("confirm", str(file), "--passphrase-file", str(words))[0]["confirmed"] is True
    assert recovery.state()["confirmed"] is True
    # Another key was made since: not covered any more.
    holders.renew(registered.key.holder)
    assert recovery.state()["confirmed"] is False
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "keys", "confirm", str(file), "--passphrase-file", str(words), "--json", stdout=out, stderr=out
        )
    assert ended.value.code == 1


def test_an_export_tells_nothing_without_its_passphrase(registered, folder, tmp_path, quick):
    file = tmp_path / "export.json"
    recovery.export(file, PASSPHRASE)
    text = file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    for content in keyring.contents().values():
        for value in [*content["wrap"].values(), *(v for k, v in content.items() if k in {"index", "sign"})]:
            assert value not in text
    for key_id in keyring.fingerprints():
        if ":" in key_id:
            assert key_id not in text
    with pytest.raises(BadInput) as wrong:
        recovery.opened(file, PASSPHRASE.replace("Q", "W"))
    assert wrong.value.code == "export.wrong"
    with pytest.raises(BadInput) as there:
        recovery.export(file, PASSPHRASE)
    assert there.value.code == "export.exists"
    with pytest.raises(BadInput) as short:
        recovery.export(tmp_path / "other.json", "short")
    assert short.value.code == "export.passphrase"
    changed = json.loads(text)
    changed["sealed"] = changed["sealed"][:-8] + "AAAAAAA="
    file.write_text(json.dumps(changed))
    with pytest.raises(BadInput):
        recovery.opened(file, PASSPHRASE)
    file.write_text("{}")
    with pytest.raises(BadInput) as no_file:
        recovery.opened(file, PASSPHRASE)
    assert no_file.value.code == "export.file"


def test_after_a_fire_the_export_gives_every_key_back(registered, folder, settings, tmp_path, quick):
    file = tmp_path / "export.json"
    recovery.export(file, PASSPHRASE)
    settings.KEYS_FILE = tmp_path / "fresh" / "keys.json"
    with pytest.raises(KeysMissing):
        vault.read(Identity.objects.get(person=registered), "name")
    assert (
        len(recovery.recover(file, PASSPHRASE))
        == len(recovery.opened(file, PASSPHRASE)["keys.json"]["wrap"]) + 5
    )
    assert vault.read(Identity.objects.get(person=registered), "name") == "Zzcanari"
    assert recovery.recover(file, PASSPHRASE) == []  # again: nothing to do
    for path in settings.KEYS_FILE.parent.rglob("*.json"):
        assert path.stat().st_mode & 0o077 == 0


def test_keys_of_another_installation_are_not_overwritten(registered, folder, settings, tmp_path, quick):
    file = tmp_path / "export.json"
    recovery.export(file, PASSPHRASE)
    settings.KEYS_FILE = tmp_path / "other" / "keys.json"
    keyring.init_keys(settings.KEYS_FILE)
    before = settings.KEYS_FILE.read_bytes()
    with pytest.raises(Conflict):
        recovery.recover(file, PASSPHRASE)
    assert settings.KEYS_FILE.read_bytes() == before
    assert not (settings.KEYS_FILE.parent / "holders").exists()


def test_a_passphrase_costs_what_it_should():
    assert (recovery._N, recovery._R, recovery._P) == (131072, 8, 1)


def test_two_writers_of_one_key_file_lose_nothing(folder):
    made: list[str] = []

    def write() -> None:
        made.extend(keyring.add_wrapping_key("0123456789ab") for _ in range(10))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = json.loads((folder / "holders" / "0123456789ab.json").read_text())["wrap"]
    assert sorted(held) == sorted(made)
    assert len(set(held.values())) == 40
