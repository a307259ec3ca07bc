"""Signing in: the session is new, forms are sealed, one stays in the house, nobody learns who has an account."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from tests.accounts.signing import PASSWORD, fresh, link_in, messages_to, sign_in, with_password
from versants.people.models import KnownDevice


def test_the_session_of_before_is_not_the_session_of_after(world):
    account = with_password(world.requester.account)
    client = fresh()
    client.get("/account/login/")
    client.cookies["sessionid"] = "planted0planted0planted0planted0"
    sign_in(client, account)
    assert client.cookies["sessionid"].value != "planted0planted0planted0planted0"
    assert client.get("/rights/").status_code == 200
    assert fresh_with("planted0planted0planted0planted0").get("/rights/").status_code == 302


def fresh_with(session: str) -> Client:
    client = fresh()
    client.cookies["sessionid"] = session
    return client


def test_cookies_are_closed_to_scripts_and_to_other_sites(world, settings):
    settings.SESSION_COOKIE_SECURE = True
    client = fresh()
    sign_in(client, with_password(world.requester.account))
    for name in ("sessionid", "versants_device"):
        cookie = client.cookies[name]
        assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", True), name


@pytest.mark.parametrize(
    "path", ["/account/login/", "/account/2fa/authenticate/", "/account/sessions/", "/roles/"]
)
def test_forms_carry_a_seal(world, client_for, path):
    client = client_for(world.coordinator)
    client.handler.enforce_csrf_checks = True
    assert client.post(path, {"login": "x", "password": "y"}).status_code in {302, 403, 405}
    strict = Client(enforce_csrf_checks=True)
    if path == "/account/login/":
        assert strict.post(path, {"login": "x", "password": "y"}).status_code == 403


@pytest.mark.parametrize(
    ("to", "leads"),
    [
        ("/requests/?kind=crisis", "/requests/?kind=crisis"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_after_signing_in_one_stays_in_the_house(world, to, leads):
    client = fresh()
    assert sign_in(client, with_password(world.requester.account), next=to).url == leads


def test_an_unknown_address_gets_the_same_answer(world, monkeypatch):
    account = with_password(world.requester.account)
    hashed = []
    plain = Argon2PasswordHasher.encode
    monkeypatch.setattr(
        Argon2PasswordHasher,
        "encode",
        lambda self, *args, **more: hashed.append(1) or plain(self, *args, **more),
    )

    def text(answer):
        body = answer.content.decode()
        start = body.index("<main")
        import re

        return re.sub(r'value="[^"]*"', "", body[start:])

    known = fresh(address="192.0.2.1").post(
        "/account/login/", {"login": account.email, "password": "faux faux faux"}
    )
    n_known, hashed[:] = len(hashed), []
    unknown = fresh(address="192.0.2.2").post(
        "/account/login/", {"login": "personne@example.org", "password": "faux faux faux"}
    )
    assert (known.status_code, text(known)) == (unknown.status_code, text(unknown))
    assert len(hashed) >= 1  # the same work is done for somebody who does not exist
    assert n_known <= 1


def test_a_forgotten_password_says_the_same_to_everybody(world, django_capture_on_commit_callbacks):
    account = with_password(world.requester.account)
    answers = []
    for address in (account.email, "personne@example.org"):
        with django_capture_on_commit_callbacks(execute=True):
            answers.append(fresh().post("/account/password/reset/", {"email": address}))
    assert {(one.status_code, one.url) for one in answers} == {(302, "/account/password/reset/done/")}
    assert messages_to("personne@example.org") == []
    mail = messages_to(account.email, "password_reset_key")[0]
    assert mail["Content-Language"] == account.language
    client = fresh()
    page = client.get(link_in(mail), follow=True)
    assert page.status_code == 200, page.content.decode()[-1500:]
    form = page.request["PATH_INFO"]
    done = client.post(
        form, {"password1": "cinq mots bien plus neufs", "password2": "cinq mots bien plus neufs"}
    )
    assert done.status_code == 302
    account.refresh_from_db()
    assert account.check_password("cinq mots bien plus neufs")
    # Whoever came by the account's own mail is no stranger on this device.
    assert KnownDevice.objects.filter(account=account).count() == 1
    assert sign_in(fresh(), account, PASSWORD).status_code == 200


def test_nobody_signs_up(world):
    assert (
        fresh().post("/account/signup/", {"email": "x@example.org", "password1": PASSWORD}).status_code == 200
    )
    from versants.people.models import Account

    assert not Account.objects.filter(email="x@example.org").exists()


def test_each_address_of_an_account_is_a_choice_of_its_own(world, client_for):
    account = world.requester.account
    for address, primary in ((account.email, True), ("second@example.org", False)):
        EmailAddress.objects.update_or_create(
            user=account, email=address, defaults={"verified": True, "primary": primary}
        )
    page = client_for(world.requester).get("/account/email/").content.decode()
    found = re.findall(r'<input type="radio" name="email"[^>]* value="([^"]*)"', page)
    assert sorted(found) == sorted([account.email, "second@example.org"])


@pytest.mark.parametrize(
    "path",
    [
        "/account/login/",
        "/account/password/reset/",
        "/account/password/change/",
        "/account/email/",
        "/account/reauthenticate/",
        "/account/2fa/totp/activate/",
    ],
)
def test_no_field_says_inside_itself_what_its_label_says(world, path):
    account = with_password(world.requester.account)
    client = fresh()
    if path not in {"/account/login/", "/account/password/reset/"}:
        sign_in(client, account)
    page = client.get(path)
    assert page.status_code == 200
    html = page.content.decode()
    assert re.search(r"<input[^>]*type=\"(?:password|email|text)\"", html)
    assert "placeholder=" not in html
