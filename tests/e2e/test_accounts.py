"""Coming in, seen from a browser: an invitation, the app, a passkey, what comes back after a rest; axe on each page."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.e2e.product import Running, code_of, sign_in
from tests.e2e.test_walk import clean, sign_out

MAIL = "nora.nouvelle@example.org"


def by_name(running: Running, name: str) -> dict[str, Any]:
    return next(one for one in running.logins if one["email"].startswith(name))


def mailed(running: Running, to: str, about: str) -> str:
    """The link of the last message of that kind, as a path."""
    deadline = time.monotonic() + 30
    while True:
        found = [one for one in running.command("outbox") if one["to"] == to and one["about"] == about]
        if found:
            return re.search(r"https?://[^/\s]+(/account/\S+)", found[-1]["body"])[1]
        assert time.monotonic() < deadline, "nothing was sent"


@pytest.mark.parametrize(("language", "width"), [("fr", 360), ("nl", 1280)])
def test_from_the_invitation_to_the_app_and_a_passkey(
    running: Running, window: Any, language: str, width: int
) -> None:
    page = window(language, width)
    address = f"{language}.{MAIL}"
    sign_in(page, by_name(running, "camille"))
    for path in (
        "/roles/",
        "/invitations/",
        "/recoveries/",
        "/rights/",
        "/account/sessions/",
        "/account/2fa/",
    ):
        page.goto(path)
        clean(page)
    page.goto("/invitations/")
    page.fill("input[name=email]", address)
    page.fill("input[name=name]", "Nora Nouvelle")
    page.select_option("select[name=role]", "practitioner")
    page.click('[data-test="invite"]')
    page.wait_for_selector('[data-test="invitation"] [data-state="waiting"], [data-state="waiting"]')
    clean(page)
    sign_out(page)

    link = mailed(running, address, "account.invited")
    page.goto(link)
    clean(page)
    page.fill("input[name=password]", "quatre mots sans lien")
    page.click('[data-test="accept"]')
    page.wait_for_url("**/account/second-factor/")
    clean(page)
    page.goto("/people/")
    assert page.url.endswith("/account/second-factor/")

    if language == "fr":  # the app
        page.click('[data-test="choose-app"]')
        secret = page.locator("#authenticator_secret").inner_text()
        clean(page)
        page.fill("input[name=code]", code_of({"totp_secret": secret}))
        page.locator("main form button.main").click()
    else:  # a passkey of the device, at the name a browser trusts without a certificate
        page.goto(page.url.replace("127.0.0.1", "localhost"))
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        session.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        page.goto(page.url.split("/account/")[0] + "/account/login/")
        page.fill("input[name=login]", address)
        page.fill("input[name=password]", "quatre mots sans lien")
        page.click('[data-test="sign-in"]')
        page.wait_for_url("**/account/second-factor/")
        page.click('[data-test="choose-passkey"]')
        clean(page)
        page.click('[data-test="add-passkey"]')
    page.wait_for_url("**/recovery-codes/")
    clean(page)
    here = page.url.split("/account/")[0]
    page.goto(f"{here}/people/")
    assert page.url == f"{here}/people/"

    if language == "nl":  # and signs in with it
        page.context.clear_cookies(name="sessionid")
        page.goto(f"{here}/account/login/")
        page.fill("input[name=login]", address)
        page.fill("input[name=password]", "quatre mots sans lien")
        page.click('[data-test="sign-in"]')
        page.wait_for_url("**/2fa/authenticate/")
        clean(page)
        page.click('[data-test="use-passkey"]')
        page.wait_for_url(lambda url: "/account/" not in url)


def test_the_register_and_the_roles_of_a_house(running: Running, window: Any) -> None:
    page = window("nl", 360)
    sign_in(page, by_name(running, "aurelie"))
    page.goto("/demands/")
    clean(page)
    page.select_option("select[name=asker]", "immigration")
    page.select_option("select[name=country]", "BE")
    page.select_option("select[name=ground]", "statute")
    page.select_option("select[name=asked]", "whereabouts")
    page.click('[data-test="write-demand"]')
    page.wait_for_selector('[data-test="demand"]')
    page.click('[data-test="demand"] summary')
    clean(page)
    page.select_option('[data-test="demand"] select[name=answer]', "refused")
    page.click('[data-test="answer-demand"]')
    page.wait_for_selector('[data-test="answer"]')
    sign_out(page)
    sign_in(page, by_name(running, "wim"))
    page.goto("/roles/")
    page.locator('[data-test="open-role"]').first.click()
    page.wait_for_selector('[data-test="hand-over"]')
    clean(page)
