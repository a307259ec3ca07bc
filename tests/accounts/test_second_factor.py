"""The second factor: asked of those who read files, each code once, its secret locked away, the last one kept."""

from __future__ import annotations

import re

import pytest
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.utils import get_form_class
from django import forms
from django.urls import reverse
from django.utils import translation

from tests.accounts.signing import PASSWORD, code, fresh, sign_in, with_app, with_password
from tests.world import make_membership
from versants.core.access.classes import FACTOR_ROLES, Role
from versants.core.web import pages
from versants.people.gate import ENROLMENT, SHOWING

INSIDE = {"coordinator": "/requests/", "dpo": "/audit/", "administrator": "/roles/", "desk": "/requests/"}


@pytest.mark.parametrize("name", sorted(INSIDE))
def test_a_care_session_without_it_reaches_only_the_enrolment(world, client_for, name):
    member = getattr(world, name)
    client = client_for(member, factor=False)
    answer = client.get(INSIDE[name])
    if member.role in FACTOR_ROLES:
        assert answer.url == "/account/second-factor/"
    else:
        assert answer.status_code == 200


def test_nothing_but_the_enrolment_opens(world, client_for):
    """Every declared address that takes no argument, GET and POST."""
    client = client_for(world.coordinator, factor=False)
    for page in pages.pages():
        if page.subject or page.name in {"account_logout", "set_language", "help"}:
            continue
        try:
            url = reverse(page.name)
        except Exception:  # an address with an argument of allauth
            continue
        for method in page.methods:
            answer = client.generic(method, url, content_type="application/x-www-form-urlencoded")
            to = answer.headers.get("Location", "")
            if page.name in ENROLMENT or (page.public and not url.startswith("/account/")):
                assert "/account/second-factor/" not in to or page.name == "second_factor", page.name
            else:
                assert to == "/account/second-factor/", (page.name, method, answer.status_code, to)
    assert 'name="membership"' not in client.get("/accessibility/").content.decode()


def test_htmx_is_led_there_too(world, client_for):
    client = client_for(world.coordinator, factor=False)
    answer = client.get("/requests/", headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == "/account/second-factor/"


def test_enrolling_the_app_opens_the_session_and_gives_recovery_codes(committed):
    account = with_password(committed.coordinator.account)
    client = fresh()
    sign_in(client, account)
    assert client.get("/requests/").url == "/account/second-factor/"
    page = client.get("/account/2fa/totp/activate/")
    assert page.status_code == 200, page.headers
    secret = re.search(r'id="authenticator_secret"[^>]*>([A-Z2-7]+)<', page.content.decode())[1]
    assert client.post("/account/2fa/totp/activate/", {"code": "000000"}).status_code == 200
    assert not Authenticator.objects.exists()
    done = client.post("/account/2fa/totp/activate/", {"code": code(secret)})  # marked as it is committed
    assert done.url == reverse("mfa_view_recovery_codes")
    assert Authenticator.objects.filter(user=account).count() == 2
    assert client.get(done.url).status_code == 200
    assert client.get("/requests/").status_code == 200


def test_the_secret_is_locked_in_the_database(world):
    secret = with_app(world.coordinator.account)
    stored = Authenticator.objects.get().data["secret"]
    assert secret not in stored
    assert get_adapter().decrypt(stored) == secret
    codes = RecoveryCodes.activate(world.coordinator.account)
    assert codes.instance.data["seed"] != get_adapter().decrypt(codes.instance.data["seed"])


def test_signing_in_asks_for_the_code_and_takes_each_once(world):
    account = with_password(world.coordinator.account)
    secret = with_app(account)
    client = fresh()
    assert sign_in(client, account).url == "/account/2fa/authenticate/"
    assert client.get("/requests/").url.startswith("/account/login/")
    assert client.post("/account/2fa/authenticate/", {"code": "000000"}).status_code == 200
    right = code(secret)
    assert client.post("/account/2fa/authenticate/", {"code": right}).url == "/"
    assert client.get("/requests/").status_code == 200

    again = fresh()
    sign_in(again, account)
    assert (
        again.post("/account/2fa/authenticate/", {"code": right}).status_code == 200
    )  # seen over a shoulder
    assert (
        again.post("/account/2fa/authenticate/", {"code": code(secret, -1)}).status_code == 200
    )  # older still
    assert again.post("/account/2fa/authenticate/", {"code": code(secret, 1)}).url == "/"


def test_a_recovery_code_opens_once(world):
    account = with_password(world.coordinator.account)
    with_app(account)
    one = RecoveryCodes.activate(account).get_unused_codes()[0]
    client = fresh()
    sign_in(client, account)
    assert client.post("/account/2fa/authenticate/", {"code": one}).url == "/"
    assert client.get("/requests/").status_code == 200
    again = fresh()
    sign_in(again, account)
    assert again.post("/account/2fa/authenticate/", {"code": one}).status_code == 200


def test_the_mark_of_one_account_serves_no_other(world, client_for):
    client = client_for(world.coordinator)
    session = client.session
    session["second_factor"] = {"account": world.dpo.account_id, "how": "totp"}
    session.save()
    assert client.get("/requests/").url == "/account/second-factor/"


def test_a_role_given_later_asks_for_the_factor_of_a_session_that_has_shown_none(world, client_for):
    client = client_for(world.requester, factor=False)
    assert client.get("/rights/").status_code == 200
    with_app(world.requester.account)
    make_membership(world.requester.account, world.house_be, Role.PRACTITIONER, world.walloon)
    assert client.get("/rights/").url.startswith(reverse("mfa_reauthenticate"))


def test_the_last_factor_of_a_care_role_stays(world):
    with_app(world.coordinator.account)
    with_app(world.requester.account)
    theirs = Authenticator.objects.get(user=world.coordinator.account)
    assert not get_adapter().can_delete_authenticator(theirs)
    assert get_adapter().can_delete_authenticator(Authenticator.objects.get(user=world.requester.account))
    Authenticator.objects.create(user=world.coordinator.account, type="webauthn", data={"name": "key"})
    assert get_adapter().can_delete_authenticator(theirs)


def test_who_may_not_do_without_the_app_is_led_to_another_factor(world):
    """No button that would be refused; who may, confirms."""
    for member, may in ((world.coordinator, False), (world.requester, True)):
        account = with_password(member.account)
        secret = with_app(account)
        client = fresh()
        sign_in(client, account)
        client.post("/account/2fa/authenticate/", {"code": code(secret)})
        page = client.get("/account/2fa/totp/deactivate/").content.decode()
        assert ('data-test="turn-off-app"' in page) is may
        assert ('class="btn main" href="/account/2fa/webauthn/add/"' in page) is not may


def test_making_new_recovery_codes_says_what_becomes_of_the_old(world):
    account = with_password(world.coordinator.account)
    secret = with_app(account)
    client = fresh()
    sign_in(client, account)
    client.post("/account/2fa/authenticate/", {"code": code(secret)})
    page = client.get("/account/2fa/recovery-codes/generate/").content.decode()
    assert "jetez ce papier" not in page
    client.post("/account/2fa/recovery-codes/generate/")
    before = Authenticator.objects.get(user=account, type="recovery_codes")
    assert "jetez ce papier" in client.get("/account/2fa/recovery-codes/generate/").content.decode()
    client.post("/account/2fa/recovery-codes/generate/")
    assert Authenticator.objects.get(user=account, type="recovery_codes").data != before.data


@pytest.mark.parametrize(
    ("language", "words"), [("fr", "Un nom, pour la reconnaître"), ("nl", "Een naam, om ze te herkennen")]
)
def test_a_passkey_is_renamed_in_the_readers_language(world, language, words):
    account = with_password(world.requester.account)
    key = Authenticator.objects.create(
        user=account, type=Authenticator.Type.WEBAUTHN, data={"name": "Ma clé", "credential": {}}
    )
    form = get_form_class(app_settings.FORMS, "edit_webauthn", forms.Form)(instance=key)
    with translation.override(language):
        assert form["name"].label == words
    assert form["name"].value() == "Ma clé"


def test_who_has_a_factor_shows_it_before_another_is_added(world, client_for):
    """A session from before the factor, or a password alone, makes no factor of its own and reads no recovery codes."""
    account = with_password(world.coordinator.account)
    client = client_for(world.coordinator, factor=False)
    secret = with_app(account)
    codes = RecoveryCodes.activate(account).get_unused_codes()
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    shown = client.get(reverse("mfa_view_recovery_codes"), follow=True).content.decode()
    assert not [one for one in codes if one in shown]
    for name in sorted(ENROLMENT - SHOWING - {"second_factor"}):
        for method in ("get", "post"):
            answer = getattr(client, method)(reverse(name))
            assert answer.status_code == 302, (name, method)
            assert answer.url.startswith(reverse("mfa_reauthenticate")), (name, method)
    assert client.get("/requests/").url.startswith(reverse("mfa_reauthenticate"))
    done = client.post(reverse("mfa_reauthenticate"), {"code": code(secret), "next": "/requests/"})
    assert done.url == "/requests/"
    assert client.get("/requests/").status_code == 200
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200


def test_who_has_a_passkey_alone_is_led_to_where_it_is_shown(world, client_for):
    account = with_password(world.coordinator.account)
    Authenticator.objects.create(user=account, type=Authenticator.Type.WEBAUTHN, data={"name": "clé"})
    client = client_for(world.coordinator, factor=False)
    there = client.get("/requests/").url
    assert there == reverse("mfa_reauthenticate_webauthn") + "?next=%2Frequests%2F"
    assert client.get(reverse("mfa_add_webauthn")).url.startswith(reverse("mfa_reauthenticate_webauthn"))
