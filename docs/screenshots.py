"""The documentation's pictures, taken from the running product with its demonstration world: ``make screenshots``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.e2e.product import CHROMIUM, FLAGS, Running, product, sign_in  # noqa: E402  (the path is set above)

IMAGES = PROJECT / "docs" / "img"
# picture, who is signed in, language, width, address
PAGES = (
    ("inbox", "camille", "fr", 1280, "/requests/"),
    ("inbox-360", "camille", "nl", 360, "/requests/"),
    ("board", "camille", "fr", 1280, "/board/"),
    ("day-360", "lien", "nl", 360, "/today/"),
    ("figures", "hilde", "nl", 1280, "/figures/"),
    ("public-ar-360", "", "fr", 360, "/?lang=ar"),
)


def main() -> int:
    """Write each picture; the number of pages that did not answer 200."""
    missed = 0
    with product() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        scene = running.command("demo", "scenario", "crisis-mouscron")
        pages = [
            *PAGES,
            ("ask-360", "", "fr", 360, running.asked),
            ("who", "camille", "fr", 1280, scene["urls"]["who"]),
            ("person", "camille", "fr", 1280, f"/people/{scene['links']['person']['code']}/"),
            # The record is reached as its writer reaches it: from the day.
            ("record-360", "lien", "nl", 360, "/today/", '[data-test="record"]'),
        ]
        for one in pages:
            missed += not _take(browser, running, *one)
        browser.close()
    return missed


def _take(
    browser: Any,
    running: Running,
    name: str,
    who: str,
    language: str,
    width: int,
    address: str,
    press: str = "",
) -> bool:
    """One picture of one screen. ``press``: the link to follow from the address, by its selector."""
    context = browser.new_context(
        locale=f"{language}-BE", viewport={"width": width, "height": 900}, base_url=running.url
    )
    context.add_cookies([{"name": "versants_language", "value": language, "url": running.url}])
    page = context.new_page()
    if who:
        login = next(one for one in running.logins if one["email"].startswith(who))
        sign_in(page, login)
    answer = page.goto(address)
    if press:
        answer = page.goto(page.locator(press).first.get_attribute("href"))
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")
    context.close()
    print(name, answer.status)
    return answer.status == 200


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
