"""French and Dutch catalogues, with Babel alone: no msgfmt, no xgettext.

``python -m versants.launch.catalogues`` compiles what changed; ``--check`` fails on a sentence that is
missing, empty, unsure, whose placeholders differ or that lets a French line begin with a sign; ``--update``
brings the catalogues in line with the code and templates and keeps every translation.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from versants.launch.errors import EXIT_DONE, EXIT_NO
from versants.launch.paths import PROJECT

LANGUAGES = ("fr", "nl")
TEMPLATE_SUFFIXES = {".html", ".txt"}
KEYWORDS: dict[str, tuple[object, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# A line may not begin with these signs: a no-break space stands before them, a narrow one before ; ? !
LOOSE = re.compile(r" [;:?!»]|« ")
SHOWN = 30
HEADER = """# Versants, {name} catalogue.
# SPDX-License-Identifier: EUPL-1.2
# Kept in line with the code by “make fix”; translate, then run “make check”."""
NAMES = {"fr": "French", "nl": "Dutch"}


@dataclass(frozen=True)
class Problem:
    """One sentence that a reader in ``language`` would not get right."""

    language: str
    text: str
    where: str
    why: str

    def __str__(self) -> str:
        return f"{self.where or '?'}: {self.language}: {self.why}: “{self.text}”"


def main(arguments: list[str]) -> int:
    """Returns 0, or 1 when ``--check`` found something."""
    parser = argparse.ArgumentParser(prog="python -m versants.launch.catalogues", description=__doc__)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--check", action="store_true", help="fail if a translation is missing")
    chosen.add_argument("--update", action="store_true", help="extract and merge")
    options = parser.parse_args(arguments)
    package = PROJECT / "versants"
    if options.update:
        for language, (added, removed) in update(package).items():
            print(f"{language}: {added} new, {removed} gone", file=sys.stderr)  # noqa: T201
    elif options.check:
        problems = check(package)
        for problem in problems[:SHOWN]:
            print(problem, file=sys.stderr)  # noqa: T201
        if problems:
            more = f" ({len(problems) - SHOWN} more)" if len(problems) > SHOWN else ""
            print(f"{len(problems)} translations to do{more}.", file=sys.stderr)  # noqa: T201
            return EXIT_NO
    else:
        compile_all(package)
    return EXIT_DONE


def compile_all(package: Path) -> str:
    """Compile each .po that is newer than its .mo. Returns a few words for the progress line."""
    done = 0
    for source in sorted(package.glob("**/locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        from babel.messages.mofile import write_mo

        catalogue = _read(source, source.parent.parent.name)
        partial = target.with_suffix(f".{os.getpid()}")
        with partial.open("wb") as file:
            write_mo(file, catalogue)
        partial.replace(target)
        done += 1
    return f"{done} compiled" if done else ""


def check(package: Path) -> list[Problem]:
    """All problems of both languages, in the order of the code."""
    wanted = extract(package)
    found: list[Problem] = []
    for language in LANGUAGES:
        catalogues = [_read(path, language) for path in _files(package, language)]
        for message in wanted:
            if message.id:
                problem = _problem(message, catalogues, language)
                if problem:
                    found.append(problem)
    return found


def update(package: Path) -> dict[str, tuple[int, int]]:
    """Merge new messages into the main catalogue of each language; says how many came and went.

    What an app translates in a catalogue of its own is left there.
    """
    from babel.messages.pofile import write_po

    changed: dict[str, tuple[int, int]] = {}
    for language in LANGUAGES:
        main_file = package / "locale" / language / "LC_MESSAGES" / "django.po"
        others = [_read(path, language) for path in _files(package, language) if path != main_file]
        template = extract(package)
        for message in list(template):
            if message.id and any(other.get(message.id, message.context) for other in others):
                template.delete(message.id, message.context)
        catalogue = _read(main_file, language) if main_file.exists() else _empty(language)
        before = {(m.id, m.context) for m in catalogue if m.id}
        catalogue.update(template, no_fuzzy_matching=True)
        after = {(m.id, m.context) for m in catalogue if m.id}
        catalogue.header_comment = HEADER.format(name=NAMES[language])
        written = io.BytesIO()
        write_po(written, catalogue, width=100, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
        text = _steady(written.getvalue())
        if not main_file.exists() or _steady(main_file.read_bytes()) != text:
            main_file.parent.mkdir(parents=True, exist_ok=True)
            main_file.write_bytes(text)
        changed[language] = (len(after - before), len(before - after))
    return changed


def extract(package: Path):  # type: ignore[no-untyped-def]  # a babel Catalog; Babel is imported late
    """Every message of the package's code and templates, with the files it comes from."""
    from babel.messages.catalog import Catalog

    catalogue = Catalog(charset="utf-8")
    for path in _sources(package):
        where = path.relative_to(package.parent).as_posix()
        for line, message, comments, context in _messages(path):
            catalogue.add(message, None, [(where, line)], auto_comments=comments, context=context)
    return catalogue


def _sources(package: Path) -> Iterator[Path]:
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package).parts
        if "locale" in inside or "migrations" in inside or "__pycache__" in inside:
            continue
        if path.suffix == ".py" or (path.suffix in TEMPLATE_SUFFIXES and "templates" in inside):
            yield path


def _messages(path: Path) -> Iterator[tuple[int, object, list[str], str | None]]:
    from babel.messages.extract import extract as babel_extract

    content = path.read_bytes()
    if path.suffix != ".py":
        content = _as_python(content.decode(), path).encode()
    yield from babel_extract(
        "python",
        io.BytesIO(content),
        keywords=KEYWORDS,
        comment_tags=("Translators:",),
        strip_comment_tags=True,
    )


def _as_python(template: str, path: Path) -> str:
    """Django's own reading of a template: everything but the messages is blanked out."""
    from django.conf import settings
    from django.utils.translation.template import templatize

    if not settings.configured:
        settings.configure()
    return templatize(template, origin=str(path))


def _problem(message, catalogues, language: str) -> Problem | None:  # type: ignore[no-untyped-def]
    text = message.id if isinstance(message.id, str) else message.id[0]
    where = ":".join(map(str, message.locations[0])) if message.locations else ""
    for catalogue in catalogues:
        translated = catalogue.get(message.id, message.context)
        if translated is None:
            continue
        strings = translated.string if isinstance(translated.string, list | tuple) else [translated.string]
        if not all(strings):
            return Problem(language, text, where, "not translated")
        if translated.fuzzy:
            return Problem(language, text, where, "unsure (fuzzy)")
        # The flag is Babel's guess on extraction; the code's own message decides.
        translated.flags |= message.flags
        errors = list(translated.check(catalogue))
        if errors:
            return Problem(language, text, where, str(errors[0]))
        if _names(str(message.id)) != _names(" ".join(strings)):
            return Problem(language, text, where, "other placeholders")
        if language == "fr" and any(LOOSE.search(one) for one in strings):
            return Problem(language, text, where, "a space that may break before ; : ? ! » or after «")
        return None
    return Problem(language, text, where, "missing")


def _names(text: str) -> set[str]:
    """The named placeholders of a sentence: ``{name}`` and ``%(name)s``."""
    return {brace or percent for brace, percent in re.findall(r"\{([a-z_][\w.]*)[^}]*\}|%\((\w+)\)", text)}


def _files(package: Path, language: str) -> list[Path]:
    return sorted(package.glob(f"**/locale/{language}/LC_MESSAGES/django.po"))


def _read(path: Path, language: str):  # type: ignore[no-untyped-def]
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        return read_po(file, locale=language, charset="utf-8", abort_invalid=True)


def _empty(language: str):  # type: ignore[no-untyped-def]
    from babel.messages.catalog import Catalog

    return Catalog(locale=language, charset="utf-8", fuzzy=False, project="Versants", version="")


def _steady(content: bytes) -> bytes:
    """Without the header's dates and tool version, so that only messages make a difference."""
    drop = rb'^"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By): .*\\n"\n'
    return re.sub(drop, b"", content, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
