"""What holds for every address, found in the URL configuration: headers, the form's seal, where a redirect may lead."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from tests.access.matrix import _arguments
from tests.access.rows import fill
from versants.core.web import pages
from versants.core.web.addresses import addresses

pytestmark = pytest.mark.django_db
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https:evil.example",
    "http:///evil.example/",
    "javascript:alert(1)",
    "\thttps://evil.example/",
    "/follow-up/../../\\evil.example",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
)
NAMES = (
    "next",
    "to",
    "back",
    "url",
    "return",
    "return_to",
    "redirect",
    "redirect_to",
    "continue",
    "from",
    "process",
)
# Forms without the seal, and why nobody can forge one. Their addresses hold a secret of 128 bits, which a forger does
# not know, and send no referrer, so that browsers send ``Origin: null`` and Django would refuse them all.
UNSEALED = {"ask_link", "ask_draft", "ask_follow", "offer", "invited", "recovered"}
# Read-only: GET is all they answer to.
READ_ONLY = {"api-v1:visit_teams", "api-v1:board_changes"}


def address_of(w, page: pages.Page) -> str:
    """One address of the Walloon side under this name."""
    tokens = {
        "offer": ["offer-1"],
        "invited": [f"invited-{w.walloon.pk}"],
        "recovered": [f"back-{w.walloon.pk}"],
        "ask_follow": ["token-of-le-refuge-00", w.be.request.uid],
        "call_me_sent": [w.be.request.uid],
    }
    if page.name in tokens:
        return reverse(page.name, args=tokens[page.name])
    for given in (_arguments(w).get(page.subject, []), ["token-of-le-refuge-00"], [1], ["x", "x"]):
        try:
            return reverse(page.name, args=given)
        except NoReverseMatch:
            continue
    raise AssertionError(f"{page.name}: no address found")


def reader_of(w, page: pages.Page):
    """A member of the own organisation to whom the page opens; None where no account is asked."""
    if page.public:
        return w.coordinator if page.name.startswith(("account_", "mfa_", "social")) else None
    mine = [m for m in w.members.values() if m.role in page.roles]
    return next((m for m in mine if m.organisation_id == w.house_be.pk), mine[0] if mine else None)


@pytest.fixture
def filled(world):
    fill(world)
    return world


def test_every_answer_carries_the_headers(filled, client_for, settings):
    """Pages, refusals, redirects, files and JSON alike, signed in or not, over TLS."""
    settings.SECURE_HSTS_SECONDS = 31536000
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    wrong = []
    for page in pages.pages():
        path = address_of(filled, page)
        for reader in {None, reader_of(filled, page)}:
            client = client_for(reader)
            client.raise_request_exception = False
            answer = client.get(path, headers={"x-forwarded-proto": "https"})
            policy = answer.get("Content-Security-Policy", "")
            held = {
                "csp": "default-src 'none'" in policy and "frame-ancestors 'none'" in policy,
                "inline": "unsafe" not in policy and "base-uri 'none'" in policy and "form-action" in policy,
                "frame": answer.get("X-Frame-Options") == "DENY",
                "sniff": answer.get("X-Content-Type-Options") == "nosniff",
                "referrer": answer.get("Referrer-Policy") in {"same-origin", "no-referrer"},
                "permissions": "camera=()" in answer.get("Permissions-Policy", ""),
                "opener": answer.get("Cross-Origin-Opener-Policy") == "same-origin",
                "hsts": answer.get("Strict-Transport-Security") == "max-age=31536000",
            }
            wrong += [
                (page.name, bool(reader), answer.status_code, name) for name, ok in held.items() if not ok
            ]
    assert not wrong, "\n".join(map(str, wrong))


def test_a_page_that_is_not_there_carries_them_too(client_for, db):
    answer = client_for().get("/nothing/here/")
    assert answer.status_code == 404
    assert answer["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer["Content-Security-Policy"]


def test_without_tls_no_browser_is_told_to_insist_on_it(client_for, db):
    assert "Strict-Transport-Security" not in client_for().get("/")


def test_pages_behind_a_secret_address_name_it_to_nobody(filled, client_for):
    for name in ("ask_link", "ask_follow", "offer", "invited", "recovered"):
        page = pages.page(name)
        answer = client_for().get(address_of(filled, page))
        assert answer["Referrer-Policy"] == "no-referrer", name
        assert answer["Cache-Control"] == "no-store", name


def test_no_browser_keeps_what_stands_there_about_persons(filled, client_for):
    """Whoever presses "back" on a shared computer, after the reader has signed out, gets no page out of its cache."""
    wrong, seen = [], set()
    for page in pages.pages():
        about = {"identity", "social", "clinical"} & {page.data_class}
        if not (about and page.subject) and page.name not in {"inbox", "person_named", "follow_up"}:
            continue
        answer = client_for(reader_of(filled, page)).get(address_of(filled, page))
        if answer.status_code == 200:
            seen.add(page.name)
            if answer.get("Cache-Control") != "no-store":
                wrong.append(page.name)
    assert wrong == []
    assert {
        "person",
        "request",
        "visit_record",
        "private_notes",
        "inbox",
        "person_named",
        "follow_up",
    } <= seen


def test_every_post_needs_its_seal(filled, client_for):
    wrong = []
    for page in pages.pages():
        if "POST" not in page.methods or page.name in UNSEALED:
            continue
        signed_in = client_for(reader_of(filled, page))
        strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
        strict.cookies = signed_in.cookies
        answer = strict.post(address_of(filled, page), {"x": "y"})
        if answer.status_code != 403 or "attendu trop" not in answer.content.decode():
            wrong.append((page.name, answer.status_code))
    assert wrong == []


def test_only_named_forms_go_without_a_seal():
    exempt = {one.name for one in addresses() if getattr(one.view, "csrf_exempt", False)}
    assert exempt == UNSEALED | READ_ONLY


def test_the_api_answers_reading_only(filled, client_for):
    client = client_for(filled.coordinator)
    for name in READ_ONLY:
        path = address_of(filled, pages.page(name))
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.generic(method, path).status_code == 405, (name, method)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_address_leads_elsewhere(filled, client_for, method):
    """Whatever a link or a form says about where to go next, the answer stays in the house."""
    wrong = []
    for page in pages.pages():
        if method not in page.methods and not page.name.startswith("account_"):
            continue
        path, reader = address_of(filled, page), reader_of(filled, page)
        for to in ELSEWHERE:
            client = client_for(reader)
            client.raise_request_exception = False
            sent = dict.fromkeys(NAMES, to) | {"membership": str(filled.coordinator.uid), "language": "nl"}
            headers = {"referer": to.strip()}
            if method == "POST":
                answer = client.post(path, sent, query_params={"next": to}, headers=headers)
            else:
                answer = client.get(path, sent, headers=headers)
            led = answer.get("Location", "") or answer.get("HX-Redirect", "")
            parts = urlsplit(led.replace("\\", "/").strip())
            if (
                parts.netloc not in {"", "testserver"}
                or parts.scheme not in {"", "http", "https"}
                or led[:2] == "//"
            ):
                wrong.append((page.name, to, led))
            if (
                page.name != "membership"
                and page.name != "set_language"
                and not page.name.startswith("account_")
            ):
                break  # one is enough to see whether the address reads such a name at all
    assert wrong == []


def test_a_redirect_that_stays_is_followed(world, client_for):
    """The guard is no wall: the page named by the form is the page that comes."""
    sent = {"membership": str(world.coordinator.uid), "next": "/requests/?page=2"}
    assert client_for(world.coordinator).post("/membership/", sent).url == "/requests/?page=2"
