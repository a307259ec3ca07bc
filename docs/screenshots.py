"""The documentation's pictures, taken from the running product with its demonstration world: ``make screenshots``.

``ONLY=mesh`` takes those alone whose name begins so; ``WORLD=FOLDER`` keeps the world.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.e2e.product import CHROMIUM, FLAGS, Running, product, sign_in  # noqa: E402  (the path is set above)

IMAGES = PROJECT / "docs" / "img"
HEIGHT = 900
#: Processor seconds of the study whose pictures are taken, and how long its work may take in all.
STUDY_S, STUDY_WITHIN_S = "6", 900.0
TIMEOUT_MS = 120_000


@dataclass(frozen=True)
class Picture:
    """A screen as one reader sees it. ``press``: the link to follow from the address, by its selector; ``until``: the
    picture ends below this; ``of``: it shows this alone; ``height``: in pixels, without any of these."""

    name: str
    who: str
    language: str
    width: int
    address: str
    press: str = ""
    until: str = ""
    of: str = ""
    height: int = HEIGHT


PICTURES = (
    Picture("inbox", "camille", "fr", 1280, "/requests/"),
    Picture("inbox-360", "camille", "nl", 360, "/requests/"),
    Picture("board", "camille", "fr", 1280, "/board/"),
    Picture("day-360", "lien", "nl", 360, "/today/"),
    Picture("figures", "hilde", "nl", 1280, "/figures/"),
    Picture("public-ar-360", "", "fr", 360, "/?lang=ar"),
)


def main() -> int:
    """Write each picture; the number of pages that did not answer 200."""
    missed = 0
    only = os.environ.get("ONLY", "")
    world = product(os.environ.get("WORLD") or None, VERSANTS_MESH_SECONDS=STUDY_S)
    with world as running, sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        scene = running.command("demo", "scenario", "crisis-mouscron")
        pictures = [
            *PICTURES,
            Picture("ask-360", "", "fr", 360, running.asked),
            Picture("who", "camille", "fr", 1280, scene["urls"]["who"]),
            Picture("person", "camille", "fr", 1280, f"/people/{scene['links']['person']['code']}/"),
            # The record is reached as its writer reaches it: from the day.
            Picture("record-360", "lien", "nl", 360, "/today/", '[data-test="record"]'),
        ]
        if "mesh".startswith(only[:4]):
            pictures += mesh_pictures(_study(browser, running))
        for one in pictures:
            if one.name.startswith(only):
                missed += not _take(browser, running, one)
        browser.close()
    return missed


def mesh_pictures(study: str) -> list[Picture]:
    """Of a study of the mesh: its question, what came out, the languages."""
    return [
        Picture("mesh-ask", "camille", "fr", 1280, "/mesh/"),
        Picture("mesh", "camille", "fr", 1280, study, until="#maps"),
        Picture("mesh-360", "camille", "nl", 360, study, height=1400),
        Picture("mesh-languages", "camille", "fr", 1280, study, of='.row:has([aria-label="Par langue"])'),
    ]


def _study(browser: Browser, running: Running) -> str:
    """Ask for a small study as a coordinator does, wait for it; its address."""
    page = _open(browser, running, "camille", "fr", 1280)
    page.goto("/mesh/")
    form = page.get_by_test_id("study-form")
    for name, value in (("n_languages", "8"), ("number", "4")):
        form.locator(f"[name={name}]").fill(value)
    form.locator("[name=meaning][value=worst_language]").check()
    form.locator("button.btn").last.click()
    page.wait_for_url("**/jobs/**")
    end = time.monotonic() + STUDY_WITHIN_S
    while time.monotonic() < end:
        page.goto("/mesh/")
        study = page.get_by_test_id("studies").locator("a.what").first.get_attribute("href") or ""
        page.goto(study)
        if page.get_by_test_id("plain").count():
            page.context.close()
            return study
        assert page.get_by_test_id("waiting").count(), f"the study at {study} was not worked out"
        time.sleep(3)
    raise TimeoutError("the study of the mesh took too long")


def _open(browser: Browser, running: Running, who: str, language: str, width: int) -> Page:
    """A page in a browser of its own, signed in as ``who``."""
    context = browser.new_context(
        locale=f"{language}-BE", viewport={"width": width, "height": HEIGHT}, base_url=running.url
    )
    context.add_cookies([{"name": "versants_language", "value": language, "url": running.url}])
    page = context.new_page()
    page.context.set_default_timeout(TIMEOUT_MS)
    if who:
        sign_in(page, next(one for one in running.logins if one["email"].startswith(who)))
    return page


def _take(browser: Browser, running: Running, one: Picture) -> bool:
    """One picture of one screen."""
    page = _open(browser, running, one.who, one.language, one.width)
    answer = page.goto(one.address)
    if one.press:
        answer = page.goto(page.locator(one.press).first.get_attribute("href") or "")
    page.wait_for_load_state("networkidle")
    path = IMAGES / f"{one.name}.png"
    if one.of:
        part: Any = page.locator(one.of).first.bounding_box()
        band = {"x": 0, "y": part["y"], "width": one.width, "height": part["height"] + 16}
        page.screenshot(path=path, full_page=True, clip=band)  # type: ignore[arg-type]
    else:
        height = one.height
        if one.until:
            box: Any = page.locator(one.until).bounding_box()
            height = int(box["y"] + box["height"]) + 16
        page.set_viewport_size({"width": one.width, "height": height})
        page.screenshot(path=path)
    page.context.close()
    status = answer.status if answer else 0
    print(one.name, status)
    return status == 200


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
