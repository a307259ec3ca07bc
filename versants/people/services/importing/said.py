"""Sentences of an import: kept as source and facts, worded in the language of whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext


class Said:
    """A source string of the catalogue and what fills it: texts, numbers or other sentences.

    Written like gettext (``_("row %(n)s") % {"n": 3}``); ``str`` words it in the language that is active then.
    ``of`` are several of the kind, told one after the other.
    """

    def __init__(self, source: str, facts: Mapping[str, Any] | None = None, of: Iterable[Any] = ()) -> None:
        self.source, self.facts, self.of = source, dict(facts or {}), list(of)

    def __mod__(self, facts: Mapping[str, Any]) -> Said:
        return Said(self.source, {name: kept(value) for name, value in facts.items()})

    def __str__(self) -> str:
        if self.of:
            return ", ".join(str(one) for one in self.of)
        worded = gettext(self.source) if self.source else ""
        if not self.facts:
            return worded
        return worded % self.facts if "%(" in self.source else worded.format(**self.facts)

    def __deepcopy__(self, _memo: Any) -> Said:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and self.as_json() == other.as_json()

    def __hash__(self) -> int:
        return hash(self.source)

    def __bool__(self) -> bool:
        return bool(self.source or self.of)

    def __repr__(self) -> str:
        return f"Said({self.source!r}, {self.facts!r}, {self.of!r})"

    def as_json(self) -> dict[str, Any]:
        """``{"say": source, "with": {name: text or sentence}}``, or ``{"of": [...]}``."""
        if self.of:
            return {"of": [as_json(one) for one in self.of]}
        return {"say": self.source, "with": {name: as_json(one) for name, one in self.facts.items()}}


def kept(text: Any) -> Any:
    """A translation that was put off becomes a sentence with its source; anything else is its text."""
    if isinstance(text, Said):
        return text
    if isinstance(text, Promise):
        with translation.override(None):
            source = str(text)
        return Said(source)
    return str(text)


def as_json(text: Any) -> Any:
    return text.as_json() if isinstance(text, Said) else str(text)


def of_json(stored: Any) -> Any:
    """A sentence, or the text as it stands: that of an import from before sentences were kept as such."""
    if not isinstance(stored, dict):
        return stored
    if "of" in stored:
        return Said("", of=[of_json(one) for one in stored["of"]])
    return Said(stored["say"], {name: of_json(one) for name, one in stored["with"].items()})
