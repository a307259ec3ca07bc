"""A partner's own sign-in: who was invited comes in; the token is signed, for us, of now, and about the same person."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured

from tests.accounts.provider import provider
from tests.accounts.signing import fresh, with_app, with_password
from versants.config import oidc
from versants.people.models import Account

MFA = {"amr": ["mfa", "otp"], "acr": ["https://refeds.org/profile/mfa"]}


@pytest.fixture(scope="module")
def partner():
    with provider() as one:
        yield one


@pytest.fixture
def ready(world, settings, partner):
    """The partner is configured, and says who the coordinator is."""
    configure(settings, partner, {})
    partner.signing_key, partner.algorithm = partner.key, "RS256"
    account = with_password(world.requester.account)
    partner.claims = {"email": account.email, "email_verified": True, "name": "Jean"}
    partner.asked.clear()
    return account


def configure(settings, partner, mfa, domains=("example.org",)):
    known = [
        {
            "id": "maison",
            "name": "La maison",
            "server": partner.issuer,
            "client_id": "versants",
            "secret": "between us",
            "domains": list(domains),
            "mfa": mfa,
        }
    ]
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": oidc.apps(known)}
    }


def come(partner, client=None, next_url=""):
    client = client or fresh()
    there = client.post("/account/oidc/maison/login/", {"next": next_url} if next_url else {})
    assert there.status_code == 302, there.content.decode()[:400]
    assert there.url.startswith(f"{partner.issuer}/authorize")
    return client, client.get(f"/account/oidc/maison/login/callback/?{partner.authorize(there.url)}")


def is_in(client) -> bool:
    return client.get("/rights/").status_code == 200


def test_who_was_invited_comes_in(ready, partner):
    client, answer = come(partner)
    assert answer.url == "/"
    assert is_in(client)
    assert "/userinfo" not in partner.asked  # the signed token says all
    again, _answer = come(partner)  # by the partner's own id from now on, whatever its address becomes
    partner.claims = {"email": "new@example.org", "email_verified": True}
    other, _answer = come(partner)
    assert is_in(again)
    assert is_in(other)
    assert Account.objects.filter(email="new@example.org").count() == 0


def test_the_ways_in_are_listed_and_one_is_taken_away(ready, partner):
    client, _answer = come(partner)
    page = client.get("/account/3rdparty/").content.decode()
    assert partner.claims["email"] in page
    assert "La maison" in page
    one = SocialAccount.objects.get(user=ready)
    client.post("/account/3rdparty/", {"account": one.pk})
    assert not SocialAccount.objects.filter(user=ready).exists()
    assert 'data-test="partner-remove"' not in client.get("/account/3rdparty/").content.decode()


def test_a_get_does_not_lead_away(ready):
    assert 'data-test="partner-maison"' in fresh().get("/account/login/?next=/requests/").content.decode()
    assert fresh().get("/account/oidc/maison/login/").status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "inconnue@example.org", "email_verified": True},
        {"email_verified": False},
        {"email_verified": "false"},
        {"email": None, "email_verified": True},
    ],
)
def test_nobody_else(ready, partner, claims):
    partner.claims = {**partner.claims, **claims, "sub": "u2"}
    before = Account.objects.count()
    client, answer = come(partner)
    assert answer.status_code == 403
    assert not is_in(client)
    assert Account.objects.count() == before


@pytest.mark.parametrize("domains", [["prefecture.example"], ["mail.example.org"], ["org"], []])
def test_a_partner_says_nothing_of_the_people_of_another_house(ready, settings, partner, domains):
    """It calls the address verified and its second factor shown: of an address that is not its own to speak for."""
    configure(settings, partner, MFA, domains)
    partner.claims |= {"sub": "u3", "amr": ["mfa"]}
    client, answer = come(partner)
    assert answer.status_code == 403
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_an_account_whose_address_was_never_proved_is_not_connected(ready, partner):
    from allauth.account.models import EmailAddress

    EmailAddress.objects.all().delete()
    client, answer = come(partner)
    assert answer.status_code == 403
    assert not is_in(client)


def test_an_account_that_was_closed_stays_closed(ready, partner):
    come(partner)
    Account.objects.filter(pk=ready.pk).update(is_active=False)
    client, _answer = come(partner)
    assert not is_in(client)


@pytest.mark.parametrize(
    "how",
    ["another key", "no signature", "shared secret", "another audience", "another issuer", "expired"],
)
def test_a_token_that_is_not_theirs_for_us_now_opens_nothing(ready, partner, how):
    if how == "another key":
        partner.signing_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif how == "no signature":
        partner.signing_key, partner.algorithm = None, "none"
    elif how == "shared secret":
        partner.signing_key, partner.algorithm = "x" * 64, "HS256"
    else:
        partner.claims |= {
            "another audience": {"aud": "somebody-else"},
            "another issuer": {"iss": "http://127.0.0.1:9"},
            "expired": {"exp": int(time.time()) - 60},
        }[how]
    client, answer = come(partner)
    assert answer.status_code in {200, 401, 403}
    assert not is_in(client)


def test_the_answer_about_the_user_is_about_the_same_one(ready, partner):
    """Without an address in the token it is asked for; what it says must be about the token's own subject."""
    partner.claims = {"name": "Jean"}
    client, _answer = come(partner)
    assert "/userinfo" in partner.asked
    assert not is_in(client)


def test_a_stolen_code_and_a_foreign_state_open_nothing(ready, partner):
    victim = fresh()
    there = victim.post("/account/oidc/maison/login/")
    brought = partner.authorize(there.url)
    thief = fresh()
    thief.get(f"/account/oidc/maison/login/callback/?{brought}")  # another browser: no such state
    assert not is_in(thief)
    thief, _answer = come(partner)
    assert is_in(thief)
    code = brought.split("&")[0]
    other = fresh()
    other.post("/account/oidc/maison/login/")
    other.get(f"/account/oidc/maison/login/callback/?{code}&state=guessed")
    assert not is_in(other)


def test_after_it_one_stays_in_the_house(ready, partner):
    _client, answer = come(partner, next_url="https://elsewhere.example/")
    assert answer.url == "/"
    _client, answer = come(partner, next_url="/requests/")
    assert answer.url == "/requests/"


@pytest.mark.parametrize(
    ("configured", "said", "enough"),
    [
        ({}, {"amr": ["mfa"]}, False),
        (MFA, {"amr": ["pwd", "mfa"]}, True),
        (MFA, {"amr": ["pwd"]}, False),
        (MFA, {"amr": "otp"}, True),
        (MFA, {"acr": "https://refeds.org/profile/mfa"}, True),
        (MFA, {"acr": "0"}, False),
        (MFA, {}, False),
    ],
)
def test_the_partners_second_factor_counts_where_it_was_said_so(
    world, settings, partner, configured, said, enough
):
    configure(settings, partner, configured)
    partner.signing_key, partner.algorithm = partner.key, "RS256"
    account = with_password(world.coordinator.account)
    partner.claims = {"email": account.email, "email_verified": True, "sub": "c1", **said}
    client, _answer = come(partner)
    assert is_in(client) == enough
    if not enough:
        assert client.get("/requests/").url == "/account/second-factor/"
    with_app(account)
    _client, answer = come(partner)
    assert answer.url == ("/" if enough else "/account/2fa/authenticate/")


def test_the_file_of_partners(tmp_path: Path):
    file = tmp_path / "partners.json"
    one = {
        "id": "a",
        "name": "A",
        "server": "https://login.example/realms/a",
        "client_id": "v",
        "secret": "s",
        "domains": ["a.example"],
    }
    file.write_text(json.dumps([one]))
    file.chmod(0o644)
    with pytest.raises(ImproperlyConfigured, match="0600"):
        oidc.read(str(file))
    file.chmod(0o600)
    assert oidc.read(str(file)) == [one]
    assert oidc.origins([one]) == ["https://login.example"]
    assert oidc.read("") == []
    nowhere = {name: value for name, value in one.items() if name != "domains"}
    everywhere = [{**one, "domains": said} for said in ("a.example", ["*"], ["x@a.example"], [""])]
    for wrong in ({**one, "server": "http://login.example"}, {"id": "a"}, nowhere, *everywhere):
        file.write_text(json.dumps([wrong]))
        with pytest.raises(ImproperlyConfigured):
            oidc.read(str(file))


def test_an_unknown_partner_is_not_found(world):
    assert fresh().post("/account/oidc/nobody/login/").status_code == 404
    assert fresh().get("/account/oidc/nobody/login/callback/").status_code == 404
