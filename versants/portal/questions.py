"""The questions of a form as the page asks them: those that may be left alone are folded, with what then holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.forms import BoundField, Form
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# First field of a question that has an answer already if nobody touches it -> what it is about, where its own label
# would be too much or not enough.
FOLDED: dict[str, Any] = {
    "person_codes": "",
    "second_language": gettext_lazy("Failing that, another language"),
    "interpreted_by": "",
    "gender_wish": "",
    "mode": "",
    "day": gettext_lazy("When, and for how long?"),
}


@dataclass(frozen=True)
class Question:
    """``fields`` asked together. ``folded``: shown as one line, ``title`` and the ``answer`` that holds now."""

    fields: list[BoundField]
    folded: bool = False
    title: str = ""
    answer: str = ""


def of(form: Form, questions: Iterable[Iterable[str]], *, fold: bool = True) -> list[Question]:
    """The questions of a form in their order. One with a fault stands open."""
    found = []
    for names in questions:
        fields = [form[name] for name in names if name in form.fields]
        if not fields:
            continue
        if not fold or fields[0].name not in FOLDED or any(field.errors for field in fields):
            found.append(Question(fields))
            continue
        title = str(FOLDED[fields[0].name] or fields[0].label)
        found.append(Question(fields, True, title, _answer(fields)))
    return found


def _answer(fields: list[BoundField]) -> str:
    """What the fields say now, in words; the first one without a value says that nothing is fixed."""
    said = [word for word in map(_word, fields) if word]
    if fields[0].name == "day" and not fields[0].value():
        said.insert(0, _("as soon as possible"))
    return ", ".join(said) or _("not said")


def _word(field: BoundField) -> str:
    value: Any = field.value()
    for key, label in getattr(field.field, "choices", ()):
        if str(key) == str("" if value is None else value):
            return str(label)
    return str(value) if value else ""
