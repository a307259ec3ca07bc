"""The whole product and a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.product import Running, product


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e" in str(item.path):
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.xdist_group("e2e"))  # one server, one browser at a time


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    # A folder that stays spares a second run the preparation.
    with product(os.environ.get("VERSANTS_E2E_WORLD")) as started:
        yield started


@pytest.fixture
def window(browser: Any, running: Running) -> Iterator[Any]:
    """``window("fr", 360)``: a fresh browser of that language and width, failing on any error on a page."""
    opened = []

    def make(language: str, width: int) -> Any:
        context = browser.new_context(
            locale={"fr": "fr-BE", "nl": "nl-BE", "en": "en-GB"}[language],
            viewport={"width": width, "height": 800},
            base_url=running.url,
            timezone_id="Europe/Brussels",
        )
        # The language chosen on the page outlives the account's own.
        context.add_cookies([{"name": "versants_language", "value": language, "url": running.url}])
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda message: (
                problems.append(message.text) if "Content Security Policy" in message.text else None
            ),
        )
        opened.append((context, problems))
        return page

    yield make
    for context, problems in opened:
        context.close()
        assert problems == []
