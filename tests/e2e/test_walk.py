"""The walk, clicked: a centre asks, a team is found, says yes, goes, records; a figure grows by one."""

from __future__ import annotations

import json
import re
import time
from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.e2e.product import Running, sign_in
from versants.territory.calendars import is_holiday

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def clean(page: Any) -> None:
    """axe finds nothing, nothing scrolls sideways."""
    # The whole page at once: what the bar at the foot covers for the moment is reached by scrolling.
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": 6000})
    found = Axe().run(page, options=AXE).response["violations"]
    page.set_viewport_size(size)
    assert [(v["id"], v["nodes"][0]["html"][:160]) for v in found] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url


def press(page: Any, name: str) -> None:
    """Press ``data-test=name`` and be on the page it leads to: the old one is not looked at while it goes."""
    with page.expect_navigation():
        page.locator(f'[data-test="{name}"]').first.click()


def sign_out(page: Any) -> None:
    page.context.clear_cookies(name="sessionid")


def total(page: Any) -> int:
    """Interventions since the start, as the page of figures says."""
    page.goto("/figures/")
    return int(re.sub(r"\D", "", page.locator("dl.sum dd").first.evaluate("e => e.firstChild.textContent")))


def next_working_day(day: date) -> date:
    """The first day after ``day`` on which offices are open on both sides."""
    following = day + timedelta(days=1)
    while following.weekday() > 4 or is_holiday(following, "BE") or is_holiday(following, "FR"):
        following += timedelta(days=1)
    return following


def offers(running: Running) -> list[str]:
    """Addresses of the offers sent so far, oldest first."""
    found = []
    for message in running.command("outbox"):
        found += re.findall(r"/o/[A-Za-z0-9_-]+/", json.dumps(message))
    return list(dict.fromkeys(found))


WALKS = [("fr", 360, "elise"), ("nl", 1280, "lien"), ("nl", 360, "nadege"), ("fr", 1280, "karim")]


# Each run signs the record of somebody else's visit of that day.
@pytest.mark.parametrize(
    ("language", "width", "carer"),
    WALKS,
)
def test_the_walk(running: Running, window: Any, language: str, width: int, carer: str) -> None:
    page = window(language, width)
    login = {one["email"].split("@")[0]: one for one in running.logins}
    following = running.day
    for _ in range(
        WALKS.index((language, width, carer)) + 1
    ):  # a day each: nobody is there already from another walk
        following = next_working_day(following)
    sent_before = offers(running)

    # A centre asks, by its link, without an account; what to do first stands first.
    page.goto(running.asked)
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator('a[href="tel:112"]').first.is_visible()
    press(page, "way-crisis")
    clean(page)
    page.check('input[name=language][value="tir"]')
    page.check('input[name=danger][value="no_but_unwell"]')
    page.fill("input[name=callback_phone]", "+32 000 00 24 10")
    page.click('[data-test="send"]')
    page.wait_for_url(re.compile(r"/r/[^/]+/[0-9a-f-]{36}/"))
    follow = page.url
    assert "24 10" not in page.locator("main").inner_text()  # what was sent is not shown back
    clean(page)
    uid = follow.rstrip("/").split("/")[-1]

    # Coordination reads it, takes it on and decides who is needed.
    sign_in(page, login["camille"])
    page.goto("/requests/")
    clean(page)
    page.goto(f"/requests/{uid}/")
    press(page, "accept")
    page.goto(f"/requests/{uid}/triage/")
    clean(page)
    page.fill("input[name=v0-day]", following.isoformat())
    page.fill("input[name=v0-from_time]", "09:00")
    page.fill("input[name=v0-to_time]", "16:00")
    page.click('[data-test="submit"]')
    page.wait_for_url(re.compile(r"/visits/[^/]+/who/"))

    # Whole teams, ranked. The last is proposed: whoever is confirmed at that place that day is told, and not asked,
    # and the first may be just those.
    assert page.locator('[data-test="team"]').count() >= 1
    clean(page)
    page.locator('[data-test="propose"]').last.click()
    page.wait_for_url(re.compile(r"^(?!.*/assign/).*$"))
    page.goto(f"/board/?day={following}")
    clean(page)

    # One of them says yes from the message, without an account; opening it changed nothing.
    deadline = time.monotonic() + 30
    while not (fresh := [one for one in offers(running) if one not in sent_before]):
        assert time.monotonic() < deadline, "no offer was sent"
    sign_out(page)
    page.goto(fresh[0])
    clean(page)
    press(page, "offer-yes")
    clean(page)

    # On the road: the day on a phone, and the record of a visit that took place.
    sign_in(page, login[carer])
    before = total(page)
    page.goto(f"/today/?day={running.day}")
    clean(page)
    press(page, "record")
    clean(page)
    present = page.locator("input[name=persons]").all()
    for person in present:
        person.check()
    if present:  # the number follows those who are ticked
        assert page.input_value("input[name=n_persons]") == str(len(present))
    else:
        page.fill("input[name=n_persons]", "1")
    page.check('input[name=done][value="listening"]')
    note = page.locator("textarea[name=social_note]")
    note.fill(
        "Zzcanari, une note de la visite." if language == "fr" else "Zzcanari, een nota van het bezoek."
    )
    press(page, "sign")
    clean(page)
    assert page.locator('[data-test="sign"]').count() == 0

    # The figure has grown by one, and its bar opens onto the records this reader may see.
    assert total(page) == before + 1
    clean(page)
    bar = page.locator("svg.chart a").last
    page.goto(bar.get_attribute("href"))
    clean(page)
    sign_out(page)
    sign_in(page, login["hilde"])
    page.goto(bar_of(page))
    assert "Zzcanari" not in page.content()
    assert page.locator("main a[href*='/visits/']").count() == 0  # figures only, for those who pay
    clean(page)


def bar_of(page: Any) -> str:
    """Where the last bar leads."""
    page.goto("/figures/")
    return page.locator("svg.chart a").last.get_attribute("href")
