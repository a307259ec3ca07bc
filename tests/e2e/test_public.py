"""The page for everybody in a browser: two directions of writing, two widths, no script, and a call asked for."""

from __future__ import annotations

from typing import Any

import pytest

LANGUAGES = ("fr", "ar")


def clean(page: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found = [
        (one["id"], [node["html"][:120] for node in one["nodes"]])
        for one in Axe().run(page).response["violations"]
    ]
    assert found == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_call_is_asked_for_and_taken_back(window: Any, language: str, width: int) -> None:
    page = window("fr", width)
    page.goto(f"/?lang={language}")
    clean(page)
    page.locator('[data-test="call-me"]').click()
    page.wait_for_url(f"**/call-me/?lang={language}")
    clean(page)
    page.locator('[data-test="send"]').click()
    page.locator('[data-test="wrong"]').wait_for()
    clean(page)
    page.fill('[name="phone"]', "+32 470 00 00 00")
    for name in ("team", "when", "urgent"):
        page.locator(f'[name="{name}"]').last.check()
    page.locator('[data-test="send"]').click()
    page.locator('[data-test="due"]').wait_for()
    clean(page)
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    with page.expect_navigation():
        page.locator('[data-test="withdraw"]').click()
    page.locator('[data-test="withdraw"]').wait_for(state="detached")
    assert page.locator('[data-test="due"]').count() == 0
    clean(page)


def test_the_margin_is_on_the_side_where_reading_begins(window: Any) -> None:
    page = window("fr", 360)
    for language, begins_right in (("ar", True), ("ti", False)):
        page.goto(f"/?lang={language}")
        margin, text = (page.locator(f"main .row.head > :nth-child({n})").bounding_box() for n in (1, 2))
        assert (margin["x"] > text["x"]) is begins_right


def test_a_language_is_chosen_by_its_own_name_without_a_script(browser: Any, running: Any) -> None:
    context = browser.new_context(
        locale="de-DE",
        viewport={"width": 360, "height": 800},
        base_url=running.url,
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto("/")
    tigrinya = page.locator('.tongues a[lang="ti"]')
    assert tigrinya.is_visible()
    assert tigrinya.bounding_box()["height"] >= 44
    tigrinya.click()
    assert page.locator("html").get_attribute("lang") == "ti"
    assert not page.locator('.tongues a[lang="ti"]').is_visible()
    assert context.cookies() == []
    context.close()
