"""Placing on the board with the mouse: what is dropped goes to that person at that hour, or the page says what else."""

from __future__ import annotations

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
