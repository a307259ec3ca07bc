"""Templates of the apps above core: each is used, and found by one name only (core's are checked in tests/look)."""

from collections import Counter
from pathlib import Path

import pytest

from tests.repository.files import ROOT

PACKAGE = ROOT / "versants"
TEMPLATES = sorted(path for path in PACKAGE.glob("*/templates/**/*.*") if path.is_file())
ABOVE_CORE = [path for path in TEMPLATES if PACKAGE / "core" not in path.parents]


def called(path: Path) -> str:
    """The name Django finds it under."""
    folder = next(parent for parent in path.parents if parent.name == "templates")
    return path.relative_to(folder).as_posix()


def _sources():
    for pattern in ("*.html", "*.txt", "*.py"):
        for path in PACKAGE.rglob(pattern):
            yield path, path.read_text()


SOURCES = list(_sources())


@pytest.mark.parametrize("path", ABOVE_CORE, ids=called)
def test_template_is_used(path):
    users = [source for source, content in SOURCES if source != path and called(path) in content]
    assert users, f"{called(path)} is rendered, included and extended nowhere"


def test_no_template_hides_another():
    twice = [name for name, n in Counter(called(path) for path in TEMPLATES).items() if n > 1]
    assert twice == []
