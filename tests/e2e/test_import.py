"""An empty product, clicked: a team of twelve and its forty centres from its own lists, then a request by link,
its triage, and people placed on it."""

from __future__ import annotations

import email
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.product import Running, empty_product
from tests.e2e.test_walk import clean, next_working_day, sign_in
from tests.imports import sheets
from tests.imports.sheets import as_csv, as_xlsx

CENTRE = "centre5@example.org"  # in Mouscron


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with empty_product() as started:
        yield started


def letter_to(running: Running, address: str) -> str:
    """The message to ``address``, once the worker has sent it."""
    folder = Path(running.env["VERSANTS_DATA"]) / "mail"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in folder.glob("*.eml"):
            message = email.message_from_bytes(path.read_bytes())
            if message["To"] == address:
                return message.get_payload(decode=True).decode()
        time.sleep(0.5)
    raise AssertionError(f"nothing was sent to {address}")


def bring_in(page: Any, kind: str, name: str, content: bytes) -> None:
    page.goto("/imports/")
    clean(page)
    page.check(f'input[name=kind][value="{kind}"]')
    page.set_input_files("input[name=file]", {"name": name, "mimeType": "text/csv", "buffer": content})
    page.click('[data-test="send"]')
    page.wait_for_url(re.compile(r"/imports/[0-9a-f-]{36}/"))
    assert page.locator('[data-test="n-faulty"]').inner_text() == "0"
    clean(page)
    page.click('[data-test="confirm"]')
    page.wait_for_selector('[data-test="undo"]')
    clean(page)


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("nl", 360)])
def test_from_a_spreadsheet_to_a_team_on_its_way(
    running: Running, window: Any, language: str, width: int
) -> None:
    page = window(language, width)
    sign_in(page, running.logins[0])
    if language == "nl":  # a second look at what the first has brought in
        page.goto("/imports/")
        page.locator('[data-test="import"] a').first.click()
        page.wait_for_load_state()
        clean(page)
        return
    bring_in(page, "centres", "centres.xlsx", as_xlsx(sheets.CENTRES))
    bring_in(page, "professionals", "équipe.csv", as_csv(sheets.PROFESSIONALS, ";", "cp1252"))
    bring_in(page, "requests", "demandes.csv", as_csv(sheets.REQUESTS))
    bring_in(page, "past", "mois.csv", as_csv(sheets.PAST))
    page.goto("/links/")
    clean(page)
    page.click('[data-test="send-links"]')
    page.wait_for_load_state()
    asked = re.search(r"/r/[A-Za-z0-9_-]+/", letter_to(running, CENTRE))[0]

    page.context.clear_cookies(name="sessionid")
    page.goto(f"{asked}?way=crisis")
    page.check('input[name=language][value="tir"]')
    page.check('input[name=danger][value="no_but_unwell"]')
    page.fill("input[name=callback_phone]", "+32 000 00 24 10")
    page.click('[data-test="send"]')
    page.wait_for_url(re.compile(r"/r/[^/]+/[0-9a-f-]{36}/"))
    uid = page.url.rstrip("/").split("/")[-1]

    sign_in(page, running.logins[0])
    page.goto(f"/requests/{uid}/triage/")
    page.fill("input[name=v0-day]", next_working_day(running.day).isoformat())
    page.fill("input[name=v0-from_time]", "10:00")
    page.fill("input[name=v0-to_time]", "14:00")
    page.click('[data-test="submit"]')
    page.wait_for_url(re.compile(r"/visits/[^/]+/who/"))
    assert page.locator('[data-test="team"]').count() >= 1
    page.locator('[data-test="propose"]').first.click()
    page.wait_for_url(re.compile(r"^(?!.*/assign/).*$"))
    page.goto(f"/requests/{uid}/")
    clean(page)
