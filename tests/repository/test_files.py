"""Rules about the files themselves."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.repository.files import ROOT, kept, name, text

LINES = 600
# Not written by hand, or a text of law.
LONG = re.compile(r"(^LICENSE|\.lock$|/migrations/|/data/|\.po$|^docs/(schema|glossary)|\.css$|\.csv|\.json)")

# Put together here, so that this file does not hold what it looks for.
MACHINE = re.compile(
    "|".join(
        (
            "/" + r"work/(main|shared)\b",
            "/" + r"opt/pypi",
            "/" + r"root/",
            "/" + r"home/\w+/",
            "/" + r"Users/\w+/",
            "/" + r"tmp/(data-|briefs)",
        )
    )
)
REGISTRY = re.compile(
    "|".join(
        (
            r"pypi" + r"\.(org|python\.org)",
            r"python" + r"hosted\.org",
            r"registry" + r"\.npmjs",
            r"--(extra-)?index" + r"-url[ =]",
            r"find" + r"-links\s*=",
        )
    )
)


def test_no_file_has_grown_a_second_subject():
    grown = {
        name(path): lines
        for path in kept()
        if not LONG.search(name(path))
        and (content := text(path)) is not None
        and (lines := content.count("\n")) > LINES
    }
    assert grown == {}, "look for the second subject in each"


@pytest.mark.parametrize(
    ("pattern", "what"),
    [(MACHINE, "a path of one machine"), (REGISTRY, "the address of a package registry")],
    ids=["machine", "registry"],
)
def test_no_file_names(pattern, what):
    found = [
        f"{name(path)}:{number}: {line.strip()[:80]}"
        for path in kept()
        if (content := text(path)) is not None
        for number, line in enumerate(content.splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == [], what


def test_patterns_see_what_they_look_for():
    assert MACHINE.search("open('/" + "home/someone/x')")
    assert REGISTRY.search("https://pypi" + ".org/simple")
    assert not REGISTRY.search("--no-emit-index" + "-url \\")


def test_no_secret_is_kept():
    kinds = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----|AKIA[0-9A-Z]{16}|ghp_[0-9A-Za-z]{36}")
    found = [name(path) for path in kept() if (content := text(path)) and kinds.search(content)]
    assert found == []
    assert [name(path) for path in kept() if path.name in {"keys.json", "secret", ".env"}] == []


def test_every_licence_named_is_there_and_every_one_there_is_named():
    declared = tomllib.loads((ROOT / "REUSE.toml").read_text())
    named = {
        licence
        for entry in declared["annotations"]
        for licence in re.split(r"\s+(?:AND|OR)\s+", entry["SPDX-License-Identifier"])
    }
    assert named == {path.stem for path in (ROOT / "LICENSES").glob("*.txt")}
    assert (ROOT / "LICENSE").read_text() == (ROOT / "LICENSES" / "EUPL-1.2.txt").read_text()
    assert 'license = "EUPL-1.2"' in (ROOT / "pyproject.toml").read_text()


def test_every_file_that_reuse_names_exists():
    declared = tomllib.loads((ROOT / "REUSE.toml").read_text())
    for entry in declared["annotations"]:
        paths = entry["path"] if isinstance(entry["path"], list) else [entry["path"]]
        for path in paths:
            assert next(ROOT.glob(path), None) is not None, path


def test_data_and_type_are_not_under_the_programs_licence():
    """What others published keeps their licence: each data file but those of our own writing is named."""
    own = {"README.md", "emergency_numbers.csv", "peak_factors.csv", "reception_centres.csv"}
    declared = tomllib.loads((ROOT / "REUSE.toml").read_text())
    named = {Path(path).name for entry in declared["annotations"] for path in _list(entry["path"])}
    data = {path.name for path in (ROOT / "versants/territory/data").iterdir() if path.is_file()}
    assert data - own <= named


def _list(value):
    return value if isinstance(value, list) else [value]
