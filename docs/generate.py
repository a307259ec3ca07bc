"""Write the parts of docs/ that the code knows better: commands, addresses, lists of words.

A generated part stands between ``<!-- NAME: written by docs/generate.py -->`` and ``<!-- end of NAME -->``.
``python docs/generate.py`` writes them, ``--check`` answers 1 when a document is behind.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LANGUAGES = ("fr", "nl", "en")


def _setup() -> None:
    """Django without a database: only its addresses, lists and catalogues are read."""
    sys.path.insert(0, str(ROOT))
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        home = Path(tempfile.mkdtemp(prefix="versants-docs-"))
        (home / "secret").write_text("only-for-documents\n")
        os.environ.update(
            DJANGO_SETTINGS_MODULE="versants.config.settings",
            VERSANTS_DATA=str(home),
            VERSANTS_SECRET_FILE=str(home / "secret"),
            VERSANTS_KEYS_FILE=str(home / "keys.json"),
        )
    import django

    from versants.launch.catalogues import compile_all

    compile_all(ROOT / "versants")
    django.setup()


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; bars inside a cell are escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def commands() -> str:
    """Every command of ``versants`` that is here."""
    from versants.launch.commands import TABLE, available

    role = {"app": "the application's", "owner": "the owner's", "": "none"}
    return table(
        ("command", "what it does", "database role"),
        [(f"`versants {c.name}`", c.help, role[c.role]) for c in TABLE.values() if available(c)],
    )


def targets() -> str:
    """Targets of the Makefile with their own words."""
    found = re.findall(r"^([a-z][a-z-]*):[^#\n]*## (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return table(("target", "what it does"), [(f"`make {name}`", words) for name, words in sorted(found)])


def addresses() -> str:
    """Every address of the product's own views: what it is, and which roles it opens to."""
    from versants.core.web import pages
    from versants.core.web.addresses import addresses as all_addresses

    rows = []
    for name, path, view in all_addresses():
        view = getattr(view, "view_class", view)
        if not (view.__module__ or "").startswith("versants."):
            continue
        declared = pages.page(name)
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m: m[1].upper(), path)
        said = re.sub(r"\s+", " ", (view.__doc__ or "").strip().split("\n\n")[0])
        said = said.split(". ")[0].rstrip(".").replace("``", "`")
        methods = " ".join(declared.methods) if declared else ""
        rows.append((f"`{path}`", methods, _open_to(view, declared), said))
    return table(("address", "methods", "open to", "what it is"), sorted(set(rows)))


def _open_to(view: Any, declared: Any) -> str:
    from versants.core.access.classes import Role

    if getattr(view, "without_database", False):
        return "anybody, without the database"
    if getattr(view, "own_scope", False):
        return "who holds the link" if declared and declared.subject == "token" else "anybody"
    if getattr(view, "public", False):
        return "anybody"
    if declared is None:
        return "not declared"
    if declared.roles == frozenset(Role.values):
        return "every role"
    return ", ".join(role.value for role in Role if role in declared.roles)


def roles() -> str:
    """Roles in the three languages, by code."""
    from versants.core.access.classes import Role

    return _choices(Role)


def _choices(enumeration: Any) -> str:
    from django.utils import translation

    def label(member: Any, language: str) -> str:
        with translation.override(language):
            return str(member.label)

    return table(
        ("code", *LANGUAGES),
        [
            (f"`{m.value}`" if m.value != "" else "", *(label(m, lang) for lang in LANGUAGES))
            for m in enumeration
        ],
    )


def lists() -> str:
    """Every list of words of the field, by module."""
    import inspect

    from django.db.models import Choices

    from versants.core.access import classes
    from versants.core.models import JobState
    from versants.mobile import enums as mobile
    from versants.mobile.models.plans import PlanState
    from versants.people import enums as people

    found: list[Any] = []
    for module in (classes, people, mobile):
        found += [
            value
            for value in vars(module).values()
            if inspect.isclass(value) and issubclass(value, Choices) and value.__module__ == module.__name__
        ]
    found += [PlanState, JobState]
    parts = []
    for enumeration in found:
        words = re.sub(r"(?<!^)(?=[A-Z])", " ", enumeration.__name__).lower()
        said = inspect.getdoc(enumeration) if "__doc__" in vars(enumeration) else ""
        said = "" if not said or said.startswith(("An enum", "Class for")) else said.split("\n")[0] + "\n\n"
        parts.append(f"### {words[0].upper()}{words[1:]}\n\n{said}{_choices(enumeration)}")
    return "\n\n".join(parts)


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "reference.md": {"commands": commands, "targets": targets, "addresses": addresses},
    "glossary.md": {"lists": lists},
}


def documents() -> dict[Path, str]:
    """Each document with generated parts, as it should be. Raises LookupError if a document lost a marker."""
    _setup()
    wanted = {}
    for name, parts in PARTS.items():
        text = (DOCS / name).read_text()
        for key, write in parts.items():
            begin, end = f"<!-- {key}: written by docs/generate.py -->", f"<!-- end of {key} -->"
            if text.count(begin) != 1 or text.count(end) != 1:
                raise LookupError(f"docs/{name} needs one “{begin}” and one “{end}”")
            before, _, rest = text.partition(begin)
            after = rest.partition(end)[2]
            text = f"{before}{begin}\n{write()}\n{end}{after}"
        wanted[DOCS / name] = text
    return wanted


def main() -> int:
    """0 when every document is as it should be."""
    behind = {path: text for path, text in documents().items() if path.read_text() != text}
    if "--check" in sys.argv[1:]:
        for path in behind:
            sys.stderr.write(f"docs/{path.name} is behind the code: run python docs/generate.py\n")
        return 1 if behind else 0
    for path, text in behind.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
