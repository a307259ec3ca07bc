"""The addresses of an account: one is a fact, several are a choice, a new one counts once its link was opened."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress

from tests.accounts.signing import fresh, link_in, messages_to, sign_in, with_password

PAGE = "/account/email/"
SECOND = "second@example.org"


@pytest.fixture
def account(world):
    return with_password(world.requester.account)


def signed_in(account, language: str = "fr"):
    client = fresh(language)
    sign_in(client, account)
    client.cookies["versants_language"] = language
    return client


def said(client, path: str = PAGE) -> str:
    return client.get(path).content.decode()


def test_a_single_address_is_a_fact_without_buttons(account):
    page = said(signed_in(account))
    assert account.email in page
    assert re.findall(r'data-test="(address-[a-z]+)"', page) == ["address-add"]
    assert page.count("btn main") == 1


def test_of_several_one_is_chosen_and_one_button_is_filled(account):
    EmailAddress.objects.create(user=account, email=SECOND, verified=True, primary=False)
    client = signed_in(account)
    page = said(client)
    assert set(re.findall(r'data-test="(address-[a-z]+)"', page)) == {
        "address-first",
        "address-remove",
        "address-send",
        "address-add",
    }
    assert page.count("btn main") == 1
    client.post(PAGE, {"email": SECOND, "action_primary": "1"})
    account.refresh_from_db()
    assert account.email == SECOND


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "Mon adresse e-mail"), ("nl", "Mijn e-mailadres"), ("en", "My e-mail address")],
)
def test_the_page_speaks_with_the_voice_of_the_house(account, language, words):
    page = said(signed_in(account, language))
    assert f"<h1>{words}</h1>" in page
    for foreign in ("Primair", "Principale", "Primary", "Unverified", "verificatie"):
        assert foreign not in page


def test_a_new_address_counts_once_its_link_was_opened(account, django_capture_on_commit_callbacks):
    client = signed_in(account)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(PAGE, {"email": "new@example.org", "action_add": "1"})
    (mail,) = messages_to("new@example.org", "account.email_confirmation")
    assert "example.com" not in mail.get_content()
    assert account.name in mail.get_content()
    link = link_in(mail)
    asked = said(client, link)
    assert 'data-test="confirm-address"' in asked
    client.post(link)
    assert EmailAddress.objects.get(email="new@example.org").verified
    assert "new@example.org" in said(client)


def test_a_link_of_nothing_leads_back_to_the_addresses(account):
    page = said(signed_in(account), "/account/confirm-email/nothing-here/")
    assert f'href="{PAGE}"' in page
    assert "btn main" not in page


def test_what_happens_to_an_address_is_told_in_the_words_of_the_house(
    account, django_capture_on_commit_callbacks
):
    EmailAddress.objects.create(user=account, email=SECOND, verified=True, primary=False)
    client = signed_in(account)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(PAGE, {"email": SECOND, "action_primary": "1"})
    before = EmailAddress.objects.get(user=account, primary=False).email
    (mail,) = messages_to(before, "account.email_changed")
    assert SECOND in mail.get_content()
    with django_capture_on_commit_callbacks(execute=True):
        client.post(PAGE, {"email": before, "action_remove": "1"})
    (mail,) = messages_to(SECOND, "account.email_deleted")
    assert before in mail.get_content()
    assert "IP" not in mail.get_content()


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "choisissez d’abord une autre adresse"), ("nl", "kies eerst een ander adres")],
)
def test_the_address_one_signs_in_with_stays_and_it_is_said(account, language, words):
    EmailAddress.objects.create(user=account, email=SECOND, verified=True, primary=False)
    client = signed_in(account, language)
    page = client.post(PAGE, {"email": account.email, "action_remove": "1"}, follow=True).content.decode()
    assert words in page
    assert EmailAddress.objects.filter(user=account, email=account.email).exists()


def test_an_address_nobody_has_shown_to_be_theirs_gets_no_new_password(
    account, django_capture_on_commit_callbacks
):
    EmailAddress.objects.create(user=account, email=SECOND, verified=False, primary=False)

    def asked(address: str) -> int:
        before = len(messages_to(address, "password_reset_key"))
        with django_capture_on_commit_callbacks(execute=True):
            answer = fresh().post("/account/password/reset/", {"email": address})
        assert (answer.status_code, answer.url) == (302, "/account/password/reset/done/")
        return len(messages_to(address, "password_reset_key")) - before

    assert (asked(SECOND), asked(account.email)) == (0, 1)
    EmailAddress.objects.filter(email=SECOND).update(verified=True)
    assert asked(SECOND) == 1


def test_an_address_nobody_has_shown_to_be_theirs_does_not_become_the_accounts(account):
    EmailAddress.objects.create(user=account, email=SECOND, verified=False, primary=False)
    first = account.email
    signed_in(account).post(PAGE, {"email": SECOND, "action_primary": "1"})
    account.refresh_from_db()
    assert account.email == first
