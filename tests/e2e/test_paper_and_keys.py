"""What a sheet of paper shows, and what the keyboard reaches, on the running product."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.e2e.product import Running, sign_in

# What has the focus, unless something that stays in place lies over it.
COVERED = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect();
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + Math.min(box.height / 2, 20));
  const label = e.closest('label');
  return !top || top === e || e.contains(top) || top.contains(e) || (label && label.contains(top))
    ? null : `${e.name || e.textContent} under ${top.textContent}`;
}"""


@pytest.mark.parametrize("width", [360, 1280])
def test_no_field_of_a_record_is_tabbed_to_under_the_bar_at_the_foot(
    running: Running, window: Any, width: int
) -> None:
    page = window("fr", width)
    sign_in(page, running.login("clinician"))
    page.goto("/today/")
    page.goto(page.locator('main a[href$="/record/"]').first.get_attribute("href"))
    assert page.locator(".tabs").count() == 1
    names, covered = [], []
    while "action" not in names and len(names) < 100:
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.name || ''"))
        covered += filter(None, [page.evaluate(COVERED)])
    assert covered == []
    fields = list(dict.fromkeys(name for name in names if name))
    assert fields[:4] == ["kind", "mode", "began_on", "began_time"]
    assert fields[-3:] == ["social_note", "clinical_note", "action"]


def test_a_request_opened_by_its_address_is_printed_without_the_list(running: Running, window: Any) -> None:
    page = window("nl", 1280)
    sign_in(page, running.login("coordinator"))
    page.goto("/requests/")
    links = page.locator("#requests a.what")
    first, second = (links.nth(n).inner_text() for n in (0, 1))
    path = re.sub(r"[?#].*", "", links.nth(0).get_attribute("href"))
    page.emulate_media(media="print")
    assert page.get_by_role("link", name=second).first.is_visible()
    assert not page.locator('[data-test="export-csv"]').is_visible()

    page.emulate_media(media="screen")
    page.goto(path)
    page.emulate_media(media="print")
    assert page.locator("#chosen h2").first.is_visible()
    assert not page.get_by_role("link", name=second, exact=True).first.is_visible()
    assert not page.get_by_role("link", name=first, exact=True).first.is_visible()
    assert not page.locator("h1").is_visible()


def test_the_list_of_keys_opens_takes_the_focus_and_closes(running: Running, window: Any) -> None:
    page = window("fr", 1280)
    sign_in(page, running.login("coordinator"))
    page.goto("/requests/")
    page.keyboard.press("?")
    dialog = page.locator("dialog#keys")
    assert dialog.is_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    keys = dialog.locator("dt").all_inner_texts()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.goto("/accessibility/")
    assert page.locator("main .keys-list dt").all_inner_texts() == keys
