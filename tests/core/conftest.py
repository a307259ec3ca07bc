"""Keys and witness files of one test alone."""

from __future__ import annotations

import pytest


@pytest.fixture
def witness(settings, tmp_path):
    """A folder of its own for heads and erasures."""
    settings.WITNESS_DIR = tmp_path / "witness"
    return settings.WITNESS_DIR
