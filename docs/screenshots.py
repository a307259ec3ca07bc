"""The documentation's pictures, taken from the running product with its demonstration world: ``make screenshots``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.e2e.product import CHROMIUM, FLAGS, Running, product  # noqa: E402  (the path is set above)

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
        ]
        for name, who, language, width, address in pages:
            missed += not _take(browser, running, name, who, language, width, address)
        browser.close()
    return missed


def _take(
    browser: Any, running: Running, name: str, who: str, language: str, width: int, address: str
) -> bool:
    context = browser.new_context(
        locale=f"{language}-BE", viewport={"width": width, "height": 900}, base_url=running.url
    )
    context.add_cookies([{"name": "versants_language", "value": language, "url": running.url}])
    page = context.new_page()
    if who:
        login = next(one for one in running.logins if one["email"].startswith(who))
        page.goto("/account/login/")
        page.fill("input[name=login]", login["email"])
        page.fill("input[name=password]", login["password"])
        page.click('[data-test="sign-in"]')
        page.wait_for_url(lambda url: "/account/login/" not in url)
    answer = page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")
    context.close()
    print(name, answer.status)
    return answer.status == 200


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
