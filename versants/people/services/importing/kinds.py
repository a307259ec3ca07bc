"""Kinds of import and their columns. An app registers its kinds when it starts; the engine knows none by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from versants.core.errors import BadInput
from versants.people.services.importing.reading import Cell
from versants.territory.folding import fold

if TYPE_CHECKING:
    from versants.people.services.importing.rows import Row
    from versants.people.services.importing.running import Run

LANGUAGES = ("fr", "nl", "en")
# Columns that a returned or filled file may carry and that are nobody's data.
REMARKS = ("a corriger", "te verbeteren", "to correct", "remarques", "opmerkingen", "remarks", "notes")
_NUMBERED = re.compile(r"^(.+?) ?(\d)$")


@dataclass(frozen=True)
class Column:
    """What may stand under one head.

    label: as the model file writes it; its French, Dutch and English are all accepted.
    names: what else a spreadsheet calls it, in any language; accents and case do not matter.
    expected: what is expected, a phrase that follows "expected:".
    choices: an enumeration (its labels in three languages, its codes and ``words`` are accepted).
    example: text per language, or one for all.
    numbered: "Language 1", "Language 2" ... are the same column several times.
    """

    key: str
    label: Any
    names: tuple[str, ...] = ()
    required: bool = False
    expected: Any = ""
    choices: Any = None
    words: Mapping[str, str] = field(default_factory=dict)
    example: Mapping[str, str] | str = ""
    numbered: bool = False

    def example_in(self, language: str) -> str:
        return self.example if isinstance(self.example, str) else self.example.get(language, "")

    def label_in(self, language: str) -> str:
        with translation.override(language):
            return str(self.label)


@dataclass(frozen=True)
class Kind:
    """One kind of import. ``apply(row, run)`` writes what a row says; ``key_of(row, run)`` names what it is about, so
    that the same thing twice in one file is noticed."""

    key: str
    label: Any
    about: Any  # one sentence for the page
    roles: frozenset[str]
    columns: tuple[Column, ...]
    apply: Callable[[Row, Run], None]
    key_of: Callable[[Row, Run], tuple[Any, ...] | None]
    order: int = 50
    aliases: tuple[str, ...] = ()
    next_url: str = ""  # URL name of what one does afterwards
    next_label: Any = ""

    def column(self, key: str) -> Column:
        return next(one for one in self.columns if one.key == key)

    @property
    def sheet_names(self) -> list[str]:
        """What the sheet may be called in a workbook of several."""
        found = [self.key, *self.aliases]
        for language in LANGUAGES:
            with translation.override(language):
                found.append(str(self.label))
        return found


_KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> Kind:
    """Add a kind. Raises ValueError if its key is taken by another."""
    if _KINDS.setdefault(kind.key, kind) is not kind:
        raise ValueError(kind.key)
    return kind


def kinds(role: str | None = None) -> list[Kind]:
    """All kinds in their order, or those a role may import."""
    found = sorted(_KINDS.values(), key=lambda one: one.order)
    return [one for one in found if role is None or role in one.roles]


def kind(key: str) -> Kind:
    """The kind called ``key`` or one of its aliases. Raises BadInput ``import.kind``."""
    for one in _KINDS.values():
        if key == one.key or key in one.aliases:
            return one
    raise BadInput("import.kind", _("Choose what the file holds."), known=[one.key for one in kinds()])


@lru_cache(maxsize=32)
def _heads(key: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Folded head -> (column, languages that say so)."""
    found: dict[str, tuple[str, set[str]]] = {}
    for column in _KINDS[key].columns:
        for language in LANGUAGES:
            found.setdefault(fold(column.label_in(language)), (column.key, set()))[1].add(language)
        for name in (column.key.replace("_", " "), *column.names):
            found.setdefault(fold(name), (column.key, set()))
    return {head: (column, frozenset(languages)) for head, (column, languages) in found.items()}


@dataclass(frozen=True)
class Head:
    """The head of a sheet, understood. ``places``: column -> its positions, the numbered ones in order."""

    number: int  # row
    places: Mapping[str, tuple[int, ...]]
    texts: tuple[str, ...]
    unknown: tuple[str, ...]
    doubled: tuple[str, ...]  # a head that stands there twice
    language: str  # fr, nl, en or ""


def _match(kind: Kind, text: str) -> tuple[str, int] | None:
    bare = fold(text)
    known = _heads(kind.key)
    if bare in known:
        return known[bare][0], 0
    if (cut := _NUMBERED.match(bare)) and cut[1] in known and kind.column(known[cut[1]][0]).numbered:
        return known[cut[1]][0], int(cut[2])
    return None


def find_head(kind: Kind, rows: Sequence[tuple[int, tuple[Cell, ...]]]) -> Head:
    """The first of the first twenty rows that names the most columns; titles may stand above it."""
    best, best_n = rows[0], -1
    for row in rows[:20]:
        n = len({found[0] for cell in row[1] if (found := _match(kind, cell.text))})
        if n > best_n:
            best, best_n = row, n
    number, cells = best
    texts = tuple(cell.text for cell in cells)
    places: dict[str, list[tuple[int, int]]] = {}
    unknown, doubled = [], []
    votes = dict.fromkeys(LANGUAGES, 0)
    for at, text in enumerate(texts):
        if not text or fold(text) in REMARKS:
            continue
        found = _match(kind, text)
        if found is None:
            unknown.append(text)
            continue
        key, nth = found
        if any(known == nth for known, _at in places.get(key, [])):
            doubled.append(text)
            continue
        places.setdefault(key, []).append((nth, at))
        for language in _heads(kind.key).get(fold(text), ("", frozenset()))[1]:
            votes[language] += 1
    first = max(votes, key=lambda one: votes[one])
    decided = votes[first] > 0 and list(votes.values()).count(votes[first]) == 1
    return Head(
        number,
        {key: tuple(at for _nth, at in sorted(found)) for key, found in places.items()},
        texts,
        tuple(unknown),
        tuple(doubled),
        first if decided else "",
    )


def missing(kind: Kind, head: Head) -> list[Column]:
    """Required columns that the sheet does not have."""
    return [column for column in kind.columns if column.required and column.key not in head.places]
