"""The mesh, seen from a browser: a question with a slip, sliders, the work, the result, the files; then a telephone."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from tests.e2e.product import Running, sign_in
from tests.e2e.test_walk import clean

WORK_MS = 180_000


def slide(page: Any, name: str, *keys: str) -> str:
    """Move a slider by its keys; the figure beside it."""
    field = page.locator(f'[data-test="study-form"] input[name={name}]')
    assert field.get_attribute("type") == "range"
    field.focus()
    for key in keys:
        page.keyboard.press(key)
    return page.locator(f'[data-test="study-form"] output[for="{field.get_attribute("id")}"]').inner_text()


def test_a_study_from_the_question_to_the_report(running: Running, window: Any) -> None:
    page = window("fr", 1280)
    sign_in(page, running.login("programme_officer"))
    page.get_by_role("link", name="Maillage").first.click()
    page.wait_for_url("**/mesh/")
    clean(page)

    # A slip: said at the top and at the field, and everything typed is kept.
    form = page.locator('[data-test="study-form"]')
    form.locator("[name=n_languages]").fill("3")
    form.locator("[name=meaning][value=worst_versant]").check()  # of a territory in one versant
    form.locator("[name=budget]").fill("12.000")
    assert slide(page, "number", "Home", "ArrowRight", "ArrowRight") == "2"
    with page.expect_navigation():
        form.locator("button.btn").last.click()
    assert page.locator('[data-test="wrong"] a').count() == 1
    assert form.locator("[name=budget]").input_value() == "12.000"
    assert form.locator("[name=meaning][value=worst_versant]").is_checked()
    assert form.locator("[name=n_languages]").input_value() == "3"
    assert form.locator("[name=number]").input_value() == "2"
    clean(page)

    # Put right, it is worked out while one looks on.
    form.locator("[name=meaning][value=sum]").check()
    form.locator("[name=budget]").fill("")
    assert slide(page, "minutes", "ArrowLeft", "ArrowLeft") == "50"
    with page.expect_navigation():
        form.locator("button.btn").last.click()
    assert "/jobs/" in page.url
    assert page.locator("progress").count() == 1
    clean(page)
    page.get_by_role("link", name="Voir le résultat").click(timeout=WORK_MS)
    page.wait_for_url("**/mesh/*/")
    assert page.locator('[data-test="plain"] p').count() >= 3
    assert page.locator(".mesh-half .sum > div").count() == 3
    clean(page)

    # Two maps, a slider between them.
    compare = page.locator('[data-test="compare"]')
    pair = page.locator(".mesh-pair")
    before = pair.evaluate("e => e.style.getPropertyValue('--shown')")
    compare.focus()
    page.keyboard.press("Home")
    assert (before, pair.evaluate("e => e.style.getPropertyValue('--shown')")) == (before, "0%")
    assert before != "0%"
    with page.expect_navigation():
        page.locator('[data-test="map-minutes"]').click()
    assert page.locator('[data-test="map-minutes"][aria-current]').count() == 1

    # What goes to the council: a report in both languages and its annex, of this study.
    for test, language in (("pdf", b"/Lang(fr)"), ("pdf-other", b"/Lang(nl)")):
        answer = page.request.get(page.locator(f'[data-test="{test}"]').get_attribute("href"))
        assert answer.body().startswith(b"%PDF-")
        assert language in answer.body()
    answer = page.request.get(page.locator('[data-test="xlsx"]').get_attribute("href"))
    assert len(openpyxl.load_workbook(io.BytesIO(answer.body())).sheetnames) > 5
    study = page.url.partition("?")[0]

    # The same study, by a reader of Dutch with a telephone.
    small = window("nl", 360)
    sign_in(small, running.login("programme_officer"))
    small.goto("/mesh/")
    clean(small)
    small.locator('[data-test="studies"] a.what').first.click()
    small.wait_for_url("**/mesh/*/")
    assert small.url == study
    assert small.locator("h1").inner_text().startswith("Waar tolken")
    clean(small)
