from __future__ import annotations

import pytest

from tests.records.visits import make_visit


@pytest.fixture
def walk(world):
    """The crisis at Le Refuge, three hours ago: Élise and Selam were there, for one person."""
    world.visit = make_visit(
        world.walloon,
        world.refuge,
        [("psychologist", world.elise), ("interpreter", world.selam)],
        persons=[world.person],
    )
    return world
