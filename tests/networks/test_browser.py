"""The study's pages in Chromium: axe, 360 and 1280 px, French and Dutch, sliders with and without a script."""

from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

from tests.networks.test_page import stepped, worked_out
from versants.networks.services import studies

pytestmark = pytest.mark.e2e
SITE = "http://127.0.0.1:9"  # nothing listens there: every answer comes from the route


@pytest.fixture
def opened(browser, client_for, officer, monkeypatch):
    """``opened(path, language, width)``: a page answered by the product itself, without a server between."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs in this thread
    contexts = []

    def open_(path, language="fr", width=1280, **options):
        # Answered here: within the browser's loop Django would open another connection.
        said = client_for(officer, language).get(path)
        assert said.status_code == 200

        def answer(route):
            name = urlsplit(route.request.url).path
            if name == urlsplit(path).path:
                route.fulfill(status=200, headers=dict(said.headers), body=said.content)
                return
            file = finders.find(name.removeprefix("/static/"))
            route.fulfill(path=file) if file else route.fulfill(status=404)

        context = browser.new_context(locale=language, viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.route("**/*", answer)
        page = context.new_page()
        page.said = []
        page.on("console", lambda m: page.said.append(m.text) if m.type == "error" else None)
        page.goto(SITE + path)
        return page

    yield open_
    for context in contexts:
        context.close()


def test_pages_are_clean_in_every_look(opened, world, client_for, officer, monkeypatch, tmp_path):
    from axe_playwright_python.sync_playwright import Axe

    monkeypatch.setattr(studies, "SECONDS", 6.0)
    run = worked_out(client_for(officer), officer)
    run = stepped(client_for(officer), officer, run)
    for path in (reverse("studies"), reverse("study", args=[run.uid])):
        for language, width in (("fr", 360), ("nl", 360), ("fr", 1280), ("nl", 1280)):
            page = opened(path, language, width)
            page.screenshot(path=tmp_path / f"{len(path) > 10}-{language}-{width}.png", full_page=True)
            violations = [
                (v["id"], [node["html"][:120] for node in v["nodes"]])
                for v in Axe().run(page).response["violations"]
            ]
            assert violations == [], (path, language, width)
            assert page.evaluate(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
            ), (path, language, width)
            assert page.said == []


def test_sliders_are_fields_without_a_script(opened):
    page = opened(reverse("studies"))
    assert page.locator("input[type=range]").count() == 5
    page.locator("#id_simple").press("ArrowRight")
    assert page.locator("#id_simple + output").inner_text() == "40"
    page.locator("#id_number").fill("9")
    assert page.locator("#id_number + output").inner_text() == "9"
    plain = opened(reverse("studies"), java_script_enabled=False)
    assert plain.locator("input[type=range]").count() == 0
    assert plain.locator("input[type=number][data-slider]").count() == 5
    plain.locator("summary").filter(has_text="Les nommer").click()
    plain.get_by_label("somali").check()


def test_a_slider_lies_between_the_maps_and_without_a_script_they_stand_side_by_side(
    opened, world, client_for, officer, monkeypatch
):  # fmt: skip
    monkeypatch.setattr(studies, "SECONDS", 6.0)
    run = worked_out(client_for(officer), officer)
    for measure in ("fill", "minutes"):
        page = opened(reverse("study", args=[run.uid]) + f"?map={measure}", "fr", 360)
        slider = page.get_by_role("slider", name="carte d’aujourd’hui")
        before, after = page.locator("[data-compare] > figure").all()
        assert before.bounding_box()["y"] == after.bounding_box()["y"]
        assert before.bounding_box()["x"] == after.bounding_box()["x"]
        clipped = "getComputedStyle(document.querySelector('[data-compare] > :last-child > svg')).clipPath"
        middle = page.evaluate(clipped)
        slider.focus()
        page.keyboard.press("End")
        assert slider.input_value() == "100"
        assert page.evaluate(clipped) != middle
        assert page.said == []
    plain = opened(reverse("study", args=[run.uid]), width=1280, java_script_enabled=False)
    before, after = plain.locator("[data-compare] > figure").all()
    assert before.bounding_box()["x"] < after.bounding_box()["x"]
    assert plain.get_by_test_id("compare").count() == 0
