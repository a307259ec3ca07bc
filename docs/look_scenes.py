"""What the demonstration world lacks for ``docs/look.py``: a plan, imports, an invitation, a demand; and error pages."""

from __future__ import annotations

import os
import re
from typing import Any

from playwright.sync_api import Browser, Page

from tests.e2e.product import Running, sign_in

# Pages for persons themselves are written in their languages; one of them from right to left.
PERSONS = {"/", "/call-me/", "/call-me/<uuid:uid>/"}
ERRORS = [("error", f"/error-{status}/") for status in (400, 403, 404, 405, 409, 413, 429, 500, 503)]
_PEOPLE = """Prénom;Nom;E-mail;Fonction;Langues;Habilitation France au
Anne;Essai0;anne0@example.org;psychologue;français langue maternelle, néerlandais B2;31/12/2030
Bruno;Essai1;bruno1@example.org;interprète;tigrigna C2, français C1;
;Essai2;pas-une-adresse;astronaute;klingon A1;31/02/2027
"""
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
_CENTRES = """Centre;Commune;Adresse;Téléphone;Places
Centre des Essais;7700 Mouscron;rue des Essais 1;+32 000 00 00 01;120
Centre des Fautes;Atlantide;;;beaucoup
"""


def prepare(browser: Browser, running: Running) -> list[tuple[str, str]]:
    """Role and address of what no link leads to, after what was missing was made."""
    links = running.command("demo", "links")
    scene = running.command("demo", "scenario", "crisis-mouscron")
    found = [("anonymous", links[key]) for key in ("request", "follow", "offer") if links[key]]
    found += [("anonymous", f"{links['request']}?way={way}") for way in ("crisis", "urgent", "planned")]
    found = [(role, path.replace(running.url, "")) for role, path in found]
    found.append(("coordinator", scene["urls"]["who"].replace(running.url, "")))
    day = running.day.isoformat()
    for role in ("coordinator", "desk"):
        found += [(role, f"/board/?day={day}"), (role, f"/board/?day={day}&view=week")]
    for role, make in (
        ("anonymous", _call),
        ("coordinator", _coordination),
        ("dpo", _demand),
        ("clinician", _note),
        ("administrator", _codes),
        ("administrator", _passkey),
    ):
        context = browser.new_context(locale="fr-BE", base_url=running.url)
        context.add_cookies([{"name": "versants_language", "value": "fr", "url": running.url}])
        page = context.new_page()
        page.set_default_timeout(15_000)
        if role != "anonymous":
            sign_in(page, running.login(role))
        found += [(role, path) for path in make(page, running)]
        context.close()
    mails = [one["body"] for one in running.command("outbox") if one["about"] == "account.invited"]
    if mails:
        path = re.search(r"https?://[^/\s]+(/account/\S+)", mails[-1])
        found += [("anonymous", path[1])] if path else []
    found += [("anonymous", "/account/invited/nothing-here/"), ("anonymous", "/account/back/nothing-here/")]
    return found


def _call(page: Page, running: Running) -> list[str]:
    page.goto("/call-me/")
    page.fill('[name="phone"]', "+32 470 00 00 00")
    for name in ("team", "when", "urgent"):
        page.locator(f'[name="{name}"]').last.check()
    page.click('[data-test="send"]')
    page.wait_for_selector('[data-test="due"]')
    return [page.url.replace(running.url, "")]


def _coordination(page: Page, running: Running) -> list[str]:
    found = []
    for kind, content in (("professionals", _PEOPLE), ("centres", _CENTRES)):
        page.goto("/imports/")
        page.check(f"input[name=kind][value={kind}]")
        page.set_input_files(
            "input[type=file]", {"name": f"{kind}.csv", "mimeType": "text/csv", "buffer": content.encode()}
        )
        page.click('[data-test="send"]')
        page.wait_for_selector('[data-test="counts"]')
        found.append(page.url.replace(running.url, ""))
    if page.locator('[data-test="confirm-good"]').count():  # else it is there from an earlier look
        page.click('[data-test="confirm-good"]')
        page.wait_for_selector('[data-test="undo"]')
    page.goto("/invitations/")
    page.fill("input[name=email]", "nora.essai@example.org")
    page.fill("input[name=name]", "Nora Essai")
    page.select_option("select[name=role]", "practitioner")
    page.click('[data-test="invite"]')
    page.wait_for_selector('[data-test="invitation"]')
    page.goto(f"/board/?day={running.day.isoformat()}")
    page.click('[data-test="plan-day"]')
    page.wait_for_url(re.compile(r"/(jobs|plans)/"))
    found.append(page.url.replace(running.url, ""))
    page.wait_for_selector("main a[href*='/plans/']", timeout=120_000)
    page.goto(page.get_attribute("main a[href*='/plans/']", "href") or "")
    found.append(page.url.replace(running.url, ""))
    return found


def _note(page: Page, _running: Running) -> list[str]:
    page.goto("/people/")
    links = page.eval_on_selector_all("main a[href]", "all => all.map(one => one.getAttribute('href'))")
    for person in dict.fromkeys(link for link in links if re.fullmatch(r"/people/[0-9A-Z-]{9}/", link)):
        answer = page.goto(f"{person}notes/")
        if answer is not None and answer.status == 200:
            break
    if not page.locator('[data-test="private-note"]').count():
        page.fill(
            "textarea[name=text]", "Parle plus volontiers le matin. Demander d'abord des nouvelles du frère."
        )
        page.click('[data-test="keep-note"]')
    page.wait_for_selector('[data-test="private-note"]')
    change = page.locator('[data-test="change-note"]').first.get_attribute("href") or ""
    return [f"{person}notes/", change]


def _demand(page: Page, _running: Running) -> list[str]:
    page.goto("/demands/")
    for name, value in (
        ("asker", "immigration"),
        ("country", "BE"),
        ("ground", "statute"),
        ("asked", "whereabouts"),
    ):
        page.select_option(f"select[name={name}]", value)
    page.click('[data-test="write-demand"]')
    page.wait_for_selector('[data-test="demand"]')
    return []


def _codes(page: Page, _running: Running) -> list[str]:
    """Recovery codes, without which their page is not there."""
    page.goto("/account/2fa/recovery-codes/generate/")
    page.locator("main form button").last.click()
    page.wait_for_url("**/account/2fa/recovery-codes/")
    return []


def _passkey(page: Page, running: Running) -> list[str]:
    """A passkey of a device that answers by itself, at the name a browser trusts without a certificate."""
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(locale="fr-BE", base_url=running.url.replace("127.0.0.1", "localhost"))
    mine = context.new_page()
    mine.set_default_timeout(15_000)
    sign_in(mine, running.login("administrator"))
    mine.goto("/account/2fa/webauthn/")
    if not mine.locator('main a[href*="/edit/"]').count():  # else it is there from an earlier look
        session = context.new_cdp_session(mine)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})
        mine.goto("/account/2fa/webauthn/add/")
        mine.fill("input[name=name]", "Clé du bureau")
        mine.click('[data-test="add-passkey"]')
        mine.wait_for_url(lambda url: "/add/" not in url)
        mine.goto("/account/2fa/webauthn/")
    links = mine.eval_on_selector_all(
        "main a[href*='/keys/']", "all => all.map(one => one.getAttribute('href'))"
    )
    context.close()
    return ["/account/2fa/webauthn/", "/account/2fa/webauthn/reauthenticate/", *links]


_ready = False


def serve_error(page: Page, running: Running, path: str, language: str) -> None:
    """Answer ``path`` in this browser with the page of that error, as the product writes it."""
    global _ready
    if not _ready:
        os.environ.update({key: value for key, value in running.env.items() if key.startswith("VERSANTS_")})
        os.environ["DJANGO_SETTINGS_MODULE"] = "versants.config.settings"
        import django

        django.setup()
        _ready = True
    from django.test import RequestFactory

    from versants.core.web.errors import render_error

    status = int(re.sub(r"\D", "", path))
    made: Any = RequestFactory().get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    made.request_id = "k3v9-20q7"
    answer = render_error(made, status)
    page.route(
        f"**{path}*",
        lambda route: route.fulfill(status=status, body=answer.content.decode(), content_type="text/html"),
    )
