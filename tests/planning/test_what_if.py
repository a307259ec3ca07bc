"""What of the library's changes a reader may try."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from versants.mobile.planning import whatif

NOW = datetime(2026, 11, 24, 15, 20, tzinfo=UTC)


@pytest.mark.parametrize(("minutes", "offered"), [(-5, False), (0, True), (60, True)])
def test_nobody_is_proposed_to_arrive_in_the_past(minutes: int, offered: bool) -> None:
    start = NOW + timedelta(minutes=minutes)
    opens = NOW + timedelta(minutes=100)
    visit = SimpleNamespace(window=SimpleNamespace(lower=opens), slots=SimpleNamespace(all=lambda: []))
    situation: Any = SimpleNamespace(focus=["1"], visits={"1": visit}, now=NOW, at=lambda s: start)
    relaxation: Any = SimpleNamespace(kind="window_earlier", params={"start": 0})
    change = whatif.of(situation, relaxation)
    assert (change is not None) is offered
    if change is not None:
        assert change.value == str(100 - minutes)
