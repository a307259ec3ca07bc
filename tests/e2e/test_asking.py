"""Asking from a telephone: the two questions that open when needed, no network, a draft found again."""

from __future__ import annotations

import pytest


@pytest.fixture
def ask(running):
    return running.command("demo", "links")["request"]


def test_a_form_without_network_waits_with_what_was_typed(window, ask):
    page = window("fr", 360)
    page.goto(ask)
    assert not page.is_visible("input[name=elsewhere]")
    page.check("input[name=place][value=elsewhere]")
    assert page.is_visible("input[name=elsewhere]")
    page.check("input[name=place][value=here]")
    page.check("input[name=language][value=tir]")
    page.check("input[name=danger][value=unknown]")
    page.fill("input[name=callback_phone]", "056 00 00 01")

    page.context.set_offline(True)
    page.click("[data-test=send]")
    page.wait_for_selector("main [role=alert]:not(:empty)")
    assert page.input_value("input[name=callback_phone]") == "056 00 00 01"
    page.context.set_offline(False)
    page.wait_for_url("**/r/*/*-*-*-*-*/", timeout=15_000)
    assert "056 00 00 01" not in page.content()


def test_a_draft_is_found_again_on_the_same_telephone(window, ask):
    page = window("nl", 360)
    page.goto(f"{ask}?way=planned")
    page.fill("textarea[name=summary]", "slaapt niet meer")
    page.wait_for_selector("[data-saved][data-state=saved]")
    page.goto("about:blank")
    page.goto(f"{ask}?way=planned")
    assert page.input_value("textarea[name=summary]") == "slaapt niet meer"
    with page.expect_navigation():
        page.click("button[name=forget]")
    page.goto(f"{ask}?way=planned")
    assert page.input_value("textarea[name=summary]") == ""


def test_what_looks_like_a_name_is_hinted_at_while_typing(window, ask):
    page = window("fr", 360)
    page.goto(f"{ask}?way=urgent")
    hint = page.locator("textarea[name=summary] + p")
    page.fill("textarea[name=summary]", "elle ne dort plus")
    assert hint.inner_text() == ""
    page.fill("textarea[name=summary]", "Madame Kebede ne dort plus")
    assert hint.inner_text() != ""
