"""Documents say what is true: commands exist, links lead somewhere, generated parts are up to date."""

import ast
import os
import re
import subprocess
import sys

import pytest

from tests.repository.files import ROOT, kept, name, text
from versants.launch.commands import TABLE, available

MARKDOWN = [path for path in kept() if path.suffix == ".md"]
INSTALLED = sorted(
    path.parent.name
    for path in (ROOT / "versants").glob("*/apps.py")
    if (path.parent / "urls.py").exists() or (path.parent / "models").exists()
)


@pytest.mark.parametrize("path", MARKDOWN, ids=name)
def test_links_of_documents_lead_to_a_file(path):
    content = re.sub(r"```.*?```", "", path.read_text(), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", content):
        if target.startswith(("http://", "https://", "mailto:", "#")):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve()
        assert there.exists(), f"{name(path)} links to {target}"
        if anchor and there.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", there.read_text(), re.M)
            anchors = {re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in headings}
            assert anchor in anchors, f"{name(path)} links to {target}"


@pytest.mark.parametrize("path", MARKDOWN, ids=name)
def test_commands_of_documents_exist(path):
    content = path.read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|^)make ([a-z][a-z-]*)", content, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), f"make {target}"
    for command in re.findall(r"(?:`|^|bin/)versants ([a-z][a-z-]*)", content, re.M):
        assert command in TABLE, f"versants {command}"
        assert available(TABLE[command]), f"versants {command} is not part of this version"


def _environment_named_in_code() -> set[str]:
    found: set[str] = set()
    for path in kept():
        if path.suffix == ".py" and path.parts[len(ROOT.parts)] in {"versants", "versants_libs"}:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found |= set(
                        re.findall(
                            r"\b(VERSANTS_[A-Z_]+|DATABASE_(?:OWNER_|BACKUP_)?URL|PG_BIN)\b", node.value
                        )
                    )
    return found


def test_every_variable_of_the_environment_is_in_the_reference_and_no_other():
    written = (ROOT / "docs/reference.md").read_text()
    documented = set(re.findall(r"`(VERSANTS_[A-Z_]+|DATABASE_(?:OWNER_|BACKUP_)?URL|PG_BIN)`", written))
    assert documented == _environment_named_in_code()


@pytest.mark.parametrize("script", ["generate.py", "notice.py"])
def test_generated_documents_are_up_to_date(script):
    run = subprocess.run(
        [sys.executable, f"docs/{script}", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_generated_parts_would_notice_a_change(monkeypatch):
    """The check is not blind: a document with another table is behind."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import generate
    finally:
        sys.path.pop(0)
    monkeypatch.setitem(generate.PARTS["reference.md"], "commands", lambda: "| nothing |")
    wanted = generate.documents()[ROOT / "docs" / "reference.md"]
    assert "| nothing |" in wanted
    assert wanted != (ROOT / "docs" / "reference.md").read_text()


def test_release_notes_have_a_place_for_what_comes_next():
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert headings[0] == "Unreleased"


@pytest.mark.parametrize("app", INSTALLED)
def test_each_app_says_its_words_and_rules(app):
    path = ROOT / "versants" / app / "README.md"
    assert path.exists(), f"versants/{app}/README.md is missing"
    content = path.read_text()
    assert re.search(r"^(## |\*\*)Words", content, re.M)
    assert re.search(r"^(## |\*\*)Rules", content, re.M)


def test_functions_that_see_more_than_their_caller_are_named_in_the_architecture():
    named = (ROOT / "docs/architecture.md").read_text()
    found = set()
    for path in kept():
        if path.suffix == ".py" and "versants" in path.parts and (content := text(path)):
            found |= set(
                re.findall(r"FUNCTION (app\.\w+)\((?:(?!FUNCTION).)*?SECURITY DEFINER", content, re.S)
            )
    assert found, "the pattern finds none: has their manner of writing changed?"
    assert [function for function in sorted(found) if f"`{function}`" not in named] == []


def test_glossary_says_what_pages_say():
    """A term that is a model has the French and Dutch word of its catalogue."""
    from django.apps import apps
    from django.utils import translation

    models = {
        model.__name__: model for model in apps.get_models() if model.__module__.startswith("versants.")
    }
    checked = 0
    for line in (ROOT / "docs/glossary.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 4 or cells[0] not in models:
            continue
        for language, word in zip(("fr", "nl"), cells[2:], strict=True):
            with translation.override(language):
                said = str(models[cells[0]]._meta.verbose_name)
            assert word in said or said in word, (
                f"{cells[0]}, {language}: the glossary says {word}, pages {said}"
            )
        checked += 1
    assert checked >= 15


def test_decisions_are_numbered_without_gap_and_dated():
    files = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in files] == list(range(1, len(files) + 1))
    for path in files:
        assert re.search(r"\b20\d\d-\d\d-\d\d\b", path.read_text()), path.name


def test_readme_says_what_it_is_shows_it_and_gives_two_commands():
    first_screen = "\n".join((ROOT / "README.md").read_text().splitlines()[:30])
    assert re.search(r"!\[[^\]]{20,}\]\(docs/img/", first_screen), (
        "a picture with words for who cannot see it"
    )
    assert "make run" in first_screen
    assert "make test" in first_screen


def test_a_target_is_told_only_what_was_said():
    """An empty word in the environment is not a number: a benchmark without its seed must start."""
    told = subprocess.run(
        ["make", "--no-print-directory", "--eval", "told: ; @env", "told", "ROUNDS=3"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "SEED": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert "ROUNDS=3" in told
    assert not [line for line in told if line.startswith(("SECONDS=", "PROCS=", "KINDS=", "WORLD="))]
