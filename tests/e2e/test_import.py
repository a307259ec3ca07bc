"""The import page clicked: a spreadsheet sent, its preview, the good rows written, the whole taken back."""

from __future__ import annotations

import pytest

from tests.e2e.product import Running, sign_in
from tests.e2e.test_walk import clean
from tests.imports.sheets import as_csv, as_xlsx

CENTRES = [
    ["Centre", "Commune", "Adresse", "Places"],
    ["Centre du Clic {}", "Mouscron", "rue des Essais 1", 40],
    ["Centre de la Faute {}", "Atlantide", "", ""],
]


@pytest.mark.parametrize(("language", "width"), [("fr", 1280), ("nl", 360)])
def test_a_spreadsheet_is_read_confirmed_in_part_and_taken_back(
    running: Running, window, language: str, width: int
) -> None:
    rows = [[str(cell).format(language) for cell in row] for row in CENTRES]
    page = window(language, width)
    sign_in(page, next(one for one in running.logins if one["email"].startswith("camille")))
    page.goto("/imports/")
    clean(page)
    page.click('[data-test="send"]')  # nothing chosen: said, nothing lost
    assert page.url.endswith("/imports/")

    page.check("input[name=kind][value=centres]")
    content = as_xlsx(rows) if language == "fr" else as_csv(rows)
    name = "centres.xlsx" if language == "fr" else "centres.csv"
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "", "buffer": content})
    page.click('[data-test="send"]')
    page.wait_for_selector('[data-test="counts"]')
    assert [page.inner_text(f'[data-test="n-{state}"]') for state in ("new", "faulty")] == ["1", "1"]
    assert "Atlantide" in page.inner_text('[data-test="faults"]')
    clean(page)
    with page.expect_download() as fetched:
        page.click('[data-test="left"]')
    assert fetched.value.suggested_filename.endswith((".xlsx", ".csv"))

    page.click('[data-test="confirm-good"]')
    page.wait_for_selector('[data-test="undo"]')
    clean(page)
    here = page.url
    with page.expect_navigation():
        page.click('[data-test="undo"]')
    page.wait_for_selector('[data-test="undo"]', state="detached")
    clean(page)
    page.goto("/imports/")
    assert page.locator(f'a[href="{here.split(running.url)[-1]}"]').count() == 1
    clean(page)


def test_a_preview_is_thrown_away_without_a_trace(running: Running, window) -> None:
    page = window("nl", 1280)
    sign_in(page, next(one for one in running.logins if one["email"].startswith("camille")))
    page.goto("/imports/")
    page.check("input[name=kind][value=centres]")
    rows = [CENTRES[0], ["Centre qui ne reste pas", "Tournai", "", ""]]
    page.set_input_files(
        "input[type=file]", {"name": "c.csv", "mimeType": "text/csv", "buffer": as_csv(rows)}
    )
    page.click('[data-test="send"]')
    page.wait_for_selector('[data-test="confirm"]')
    page.click('[data-test="discard"]')
    page.wait_for_selector('[data-test="confirm"]', state="detached")
    page.goto("/links/")
    assert "Centre qui ne reste pas" not in page.content()
