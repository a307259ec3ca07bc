"""Catalogues on a small package: what is found, what is kept, what fails."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from versants.launch import catalogues
from versants.launch.paths import PROJECT

PACKAGE = PROJECT / "versants"

CODE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
TITLE = _("Requests")
def told(n):
    return ngettext("%(n)s visit", "%(n)s visits", n), pgettext("month", "May"), _("Ask {name}.")
NOT_A_SENTENCE = "not marked"
"""
TEMPLATE = """{% load i18n %}<h1>{% translate "My day" %}</h1><p>{% blocktranslate trimmed with who=x %}
  {{ who }} is
  coming.
{% endblocktranslate %}</p><!-- not marked -->"""
IDS = {"Requests", "%(n)s visit", "May", "Ask {name}.", "My day", "%(who)s is coming."}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    (folder / "templates").mkdir(parents=True)
    (folder / "code.py").write_text(CODE)
    (folder / "templates" / "page.html").write_text(TEMPLATE)
    (folder / "notes.html").write_text('{% translate "Outside the templates" %}')
    return folder


def po(package: Path, language: str) -> Path:
    return package / "locale" / language / "LC_MESSAGES" / "django.po"


def translate(package: Path, language: str, **changes: str) -> None:
    """Fill every empty entry with ``~`` before its own text, then replace what ``changes`` names."""
    from babel.messages.pofile import write_po

    catalogue = catalogues._read(po(package, language), language)
    for message in catalogue:
        if message.id and isinstance(message.id, str):
            message.string = message.string or "~" + message.id
        elif message.id:
            message.string = tuple(text or "~" + message.id[1] for text in message.string)
    with po(package, language).open("wb") as file:
        write_po(file, catalogue)


def test_extraction_finds_code_and_templates_and_nothing_else(package: Path):
    found = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogues.extract(package) if m.id}

    assert found == IDS


def test_update_keeps_translations_drops_what_is_gone_and_settles(package: Path):
    assert catalogues.update(package) == {"fr": (6, 0), "nl": (6, 0)}
    translate(package, "fr")
    (package / "code.py").write_text(CODE.replace('"Requests"', '"Inbox"'))

    assert catalogues.update(package)["fr"] == (1, 1)

    text = po(package, "fr").read_text()
    assert "~My day" in text
    assert "Requests" not in text
    catalogues.update(package)
    assert po(package, "fr").read_text() == text  # a second run changes nothing: no dates, no line numbers


@pytest.mark.parametrize(
    "said", ["Vraiment ?", "Oui ; non", "Voici : rien", "« Voici\u00a0»", "«\u00a0Voici »"]
)
def test_check_finds_a_french_sign_that_a_line_could_begin_with(package: Path, said: str):
    catalogues.update(package)
    translate(package, "nl")
    translate(package, "fr")
    text = po(package, "fr").read_text()
    po(package, "fr").write_text(text.replace('msgstr "~My day"', f'msgstr "{said}"'))
    assert [(p.language, p.text) for p in catalogues.check(package)] == [("fr", "My day")]
    kept = re.sub(" (?=[;:?!»])|(?<=«) ", "\u00a0", said)
    po(package, "fr").write_text(text.replace('msgstr "~My day"', f'msgstr "{kept}"'))
    assert catalogues.check(package) == []


def test_check_counts_what_is_missing_empty_unsure_or_without_its_placeholder(package: Path):
    assert {p.why for p in catalogues.check(package)} == {"missing"}
    catalogues.update(package)
    assert {p.why for p in catalogues.check(package)} == {"not translated"}
    translate(package, "fr")
    translate(package, "nl")
    assert catalogues.check(package) == []

    text = po(package, "nl").read_text()
    po(package, "nl").write_text(text.replace('msgstr "~Ask {name}."', 'msgstr "Vraag {naam}."'))
    assert [(p.language, p.text, p.why) for p in catalogues.check(package)] == [
        ("nl", "Ask {name}.", "other placeholders")
    ]
    broken = text.replace('msgstr "~%(who)s is coming."', 'msgstr "%(wie)s komt."')
    po(package, "nl").write_text(broken)
    assert [p.text for p in catalogues.check(package)] == ["%(who)s is coming."]
    po(package, "nl").write_text(text.replace('msgid "Requests"', '#, fuzzy\nmsgid "Requests"'))
    assert [p.why for p in catalogues.check(package)] == ["unsure (fuzzy)"]


def test_an_app_may_keep_a_catalogue_of_its_own(package: Path):
    catalogues.update(package)
    own = package / "app" / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    own.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    own.write_text(header + 'msgid "My day"\nmsgstr "Ma journée"\n')

    assert catalogues.update(package) == {"fr": (0, 1), "nl": (0, 0)}
    assert "My day" not in [p.text for p in catalogues.check(package) if p.language == "fr"]


def test_compiled_catalogue_is_read_by_gettext_and_made_once(package: Path):
    catalogues.update(package)
    translate(package, "fr")

    assert catalogues.compile_all(package) == "2 compiled"
    assert catalogues.compile_all(package) == ""

    french = gettext.translation("django", package / "locale", ["fr"])
    assert french.gettext("My day") == "~My day"
    assert french.ngettext("%(n)s visit", "%(n)s visits", 3) == "~%(n)s visits"


def test_no_sentence_hides_inside_an_f_string():
    """The extraction does not look there: the sentence must be in the catalogues from somewhere else."""
    known = {one for path in PACKAGE.rglob("locale/nl/LC_MESSAGES/django.po") for one in ids_of(path)}
    hidden = {
        (str(path.relative_to(PACKAGE)), call.args[0].value)
        for path in PACKAGE.rglob("*.py")
        for string in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in {"_", "gettext"}
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert {(path, text) for path, text in hidden if text not in known} == set()


def ids_of(path: Path) -> set[str]:
    with path.open("rb") as file:
        return {one.id if isinstance(one.id, str) else one.id[0] for one in read_po(file, locale="nl")}
