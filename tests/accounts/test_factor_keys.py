"""Another key for the secrets of second factors, while people sign in."""

from __future__ import annotations

import io
import json

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.core.management import call_command

from versants.core.crypto import keyring, rotation, vault
from versants.core.crypto.vault import SealBroken
from versants.people.services import factors


@pytest.fixture
def keyfile(settings, tmp_path):
    """Keys of this test alone."""
    settings.KEYS_FILE = tmp_path / "keys" / "keys.json"
    keyring.init_keys(settings.KEYS_FILE)
    return settings.KEYS_FILE


@pytest.fixture
def secrets(keyfile, world):
    """Two people with an app, one of them with recovery codes and a passkey too."""
    one, two = world.coordinator.account, world.clinician.account
    Authenticator.objects.create(user=one, type="totp", data={"secret": encrypt("AAAA")})
    Authenticator.objects.create(user=two, type="totp", data={"secret": encrypt("BBBB")})
    Authenticator.objects.create(
        user=two, type="recovery_codes", data={"seed": encrypt("cccc"), "used_mask": 3}
    )
    Authenticator.objects.create(user=two, type="webauthn", data={"name": "key", "credential": {}})


def _words():
    found = Authenticator.objects.exclude(type="webauthn").order_by("pk")
    return [decrypt(one.data.get("secret") or one.data["seed"]) for one in found]


def test_everything_is_locked_anew_and_the_key_before_can_go(secrets, keyfile):
    before = json.loads(keyfile.read_text())["accounts"]
    out = io.StringIO()
    call_command("keys", "rotate", "--accounts", "--retire", "--json", stdout=out, stderr=io.StringIO())
    assert json.loads(out.getvalue())["retired"] == ["accounts"]
    content = json.loads(keyfile.read_text())
    assert content["accounts"] != before
    assert "accounts_before" not in content
    assert _words() == ["AAAA", "BBBB", "cccc"]
    assert Authenticator.objects.get(type="recovery_codes").data["used_mask"] == 3


def test_killed_in_the_middle_both_open_and_it_goes_on_with_the_same_key(secrets, keyfile):
    assert keyring.renew_accounts_key()
    half = json.loads(keyfile.read_text())["accounts"]
    assert factors.lock_anew(1) == 1
    assert factors.locked_before() == 2
    assert _words() == ["AAAA", "BBBB", "cccc"]
    assert rotation.retire() == []  # the one before is still needed
    rotation.rotate_accounts()
    assert json.loads(keyfile.read_text())["accounts"] == half
    assert factors.locked_before() == 0
    assert rotation.retire() == ["accounts"]
    assert _words() == ["AAAA", "BBBB", "cccc"]


def test_the_worker_ends_what_was_begun(secrets, keyfile):
    keyring.renew_accounts_key()
    while rotation.tend(2):
        pass
    assert factors.locked_before() == 0


def test_what_no_key_opens_is_said(secrets, keyfile):
    keyring.renew_accounts_key()
    keyring.forget_accounts_key()
    with pytest.raises(SealBroken):
        vault.take_out(factors.PURPOSE, Authenticator.objects.filter(type="totp").first().data["secret"])
