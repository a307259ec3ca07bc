"""Placing on the board with the mouse: what is dropped goes to that person at that hour, or the page says what else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.e2e.product import Running, sign_in


def test_a_visit_dropped_where_it_cannot_be_offers_three_others(running: Running, window: Any) -> None:
    """The crisis of Mouscron, dropped on Élise at ten to eight in the evening: 32 minutes of road, one too late."""
    page = window("fr", 1280)
    camille = next(one for one in running.logins if one["email"].startswith("camille"))
    sign_in(page, camille)
    page.goto(f"/board/?day={running.day.isoformat()}")
    waiting = page.locator("[data-visit]", has_text="Mouscron, ce soir")
    n_waiting = waiting.count()
    row = page.locator("tr[data-row]", has_text="Élise Dumoulin")
    cell = row.locator("td[data-at]").last
    box = cell.bounding_box()
    waiting.first.drag_to(cell, target_position={"x": box["width"] * 0.9, "y": box["height"] / 2})
    page.wait_for_url("**/place/")
    assert "Élise Dumoulin" in page.locator('[data-test="refused"]').inner_text()
    assert page.locator('[data-test="refused"] form').count() == 3
    page.goto(f"/board/?day={running.day.isoformat()}")
    assert waiting.count() == n_waiting >= 1


def test_placing_by_keyboard_begins_where_the_visit_is_asked_for(running: Running, window: Any) -> None:
    """Not with the first person at eight: with one who is there first, at that minute; Enter sends just that."""
    page = window("fr", 1280)
    camille = next(one for one in running.logins if one["email"].startswith("camille"))
    sign_in(page, camille)
    page.goto(f"/board/?day={running.day.isoformat()}")
    waiting = page.locator("[data-visit]", has_text="Mouscron, ce soir").first
    waiting.locator("[data-place-here]").press("Enter")
    asked = page.locator("[data-visit][data-placing]")
    near, at = asked.get_attribute("data-near"), asked.get_attribute("data-near-at")
    focused = page.evaluate(
        "[document.activeElement.closest('tr').dataset.row, document.activeElement.ariaLabel]"
    )
    assert focused[0] == near
    assert focused[1].endswith(f", {at[11:16]}")
    assert asked.locator("[data-where]").inner_text() == focused[1]  # beside the visit, not below the list
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.ariaLabel") != focused[1]
    page.keyboard.press("ArrowRight")
    sent: list[str] = []
    page.route("**/place/", lambda route: (sent.append(route.request.post_data or ""), route.abort()))
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert f"professional={near}" in sent[0]
    moment = datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%dT%H%%3A%M")
    assert f"start={moment}" in sent[0]
