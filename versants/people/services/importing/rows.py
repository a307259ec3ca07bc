"""One row of a sheet: reads values under their heads and collects what is wrong, cell by cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.translation import gettext_lazy

from versants.people.services.importing import values
from versants.people.services.importing.kinds import LANGUAGES, Column, Head, Kind
from versants.people.services.importing.reading import EMPTY, MAX_CHARS, Cell
from versants.people.services.importing.said import Said, kept
from versants.people.services.importing.said import Said as _
from versants.territory.folding import fold

T = TypeVar("T")
EXAMPLE = re.compile(r"^\s*(exemple|voorbeeld|example)\s*:", re.I)
DAY_EXPECTED = gettext_lazy("a day, such as 31/12/2026 or 2026-12-31")


@dataclass(frozen=True)
class Fault:
    """What is wrong in one cell, and what is expected there. ``column`` is empty for the row as a whole."""

    column: str
    cell: str
    wrong: Said | str
    expected: Said | str


class Faulty(Exception):
    """This row cannot be imported; its faults say why."""


@lru_cache(maxsize=64)
def _words(choices: Any) -> dict[str, str]:
    """Folded word -> code of an enumeration, in three languages. A word of two codes is none's."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for member in choices:
        names = {fold(str(member.value).replace("_", " ")), fold(str(member.value))}
        for language in LANGUAGES:
            with translation.override(language):
                names.add(fold(str(member.label)))
        for name in names - {""}:
            if found.setdefault(name, member.value) != member.value:
                twice.add(name)
    return {name: code for name, code in found.items() if name not in twice}


class Row:
    """Cells by column. Every reader returns None for an empty cell and notes a fault for one it cannot read."""

    def __init__(
        self,
        kind: Kind,
        head: Head,
        number: int,
        cells: tuple[Cell, ...],
        orders: dict[str, str],
        from_1904: bool,
    ) -> None:
        self.kind, self.head, self.number, self.cells = kind, head, number, cells
        self._orders, self._from_1904 = orders, from_1904
        self.faults: list[Fault] = []
        self.notices: list[Said | str] = []
        for column in kind.columns:
            for cell in self.all_of(column.key):
                if cell.lost:
                    self.fault(column.key, _("this is a formula without a result"), _("its value, as text"))
                elif len(cell.text) > MAX_CHARS:
                    self.fault(column.key, _("this text is too long"), _("2,000 characters at most"))

    @property
    def is_example(self) -> bool:
        """The row that shows how it is filled in."""
        first = next((cell for cell in self.cells if cell), EMPTY)
        return bool(EXAMPLE.match(first.text))

    def all_of(self, key: str) -> list[Cell]:
        """The cells under a head; several for a numbered one."""
        places = self.head.places.get(key, ())
        return [self.cells[at] if at < len(self.cells) else EMPTY for at in places]

    def cell(self, key: str) -> Cell:
        found = self.all_of(key)
        return found[0] if found else EMPTY

    def fault(self, key: str, wrong: Any, expected: Any = "", cell: str | None = None) -> None:
        """Note that something is wrong. ``key`` "" for the row."""
        column = self.kind.column(key) if key else None
        shown = self.cell(key).text if key and cell is None else cell or ""
        label = self.head_of(key) if column else ""
        said = kept(expected or (column.expected if column else ""))
        fault = Fault(label, shown[:200], kept(wrong), said)
        if fault not in self.faults:
            self.faults.append(fault)

    def head_of(self, key: str) -> str:
        """The head as the sheet writes it, else as the model does."""
        places = self.head.places.get(key, ())
        return self.head.texts[places[0]] if places else str(self.kind.column(key).label)

    def notice(self, sentence: Said | str) -> None:
        """Something worth knowing that stops nothing."""
        if sentence not in self.notices:
            self.notices.append(sentence)

    def check(self) -> None:
        """Raises Faulty if anything was noted."""
        if self.faults:
            raise Faulty

    # -- readers ------------------------------------------------------------------------------------------------------

    def _read(self, key: str, reader: Callable[[Cell], T], expected: Any = "") -> T | None:
        cell = self.cell(key)
        if cell.lost or not cell:
            if not cell and self.kind.column(key).required:
                self.fault(key, _("this cell is empty"), expected)
            return None
        try:
            return reader(cell)
        except values.Unclear as exc:
            self.fault(key, _("this may mean two things: %(two)s") % {"two": exc.args[0]}, expected)
        except (ValueError, OverflowError):
            self.fault(key, _("this cannot be read"), expected)
        return None

    def text(self, key: str, longest: int = 120) -> str:
        """The text, "" if empty."""
        cell = self.cell(key)
        if not cell and self.kind.column(key).required:
            self.fault(key, _("this cell is empty"))
        if len(cell.text) > longest and not cell.lost:
            self.fault(key, _("this text is too long"), _("%(n)s characters at most") % {"n": longest})
        return "" if cell.lost else " ".join(cell.text.split())

    def day(self, key: str) -> date | None:
        order = self._orders.get(key, "")
        return self._read(key, lambda c: values.day(c, order, from_1904=self._from_1904), DAY_EXPECTED)

    def month(self, key: str) -> date | None:
        """Its first day."""
        order = self._orders.get(key, "")
        expected = gettext_lazy("a month, such as 03/2026, 2026-03 or “March 2026”")
        return self._read(key, lambda c: values.month(c, order, from_1904=self._from_1904), expected)

    def whole(self, key: str, low: int, high: int) -> int | None:
        def read(cell: Cell) -> int:
            found = values.whole(cell)
            if not low <= found <= high:
                raise ValueError(found)
            return found

        expected = _("a whole number from {low} to {high}") % {"low": low, "high": high}
        return self._read(key, read, expected)

    def amount(self, key: str, low: Decimal, high: Decimal) -> Decimal | None:
        def read(cell: Cell) -> Decimal:
            found = values.amount(cell)
            if not low <= found <= high:
                raise ValueError(found)
            return found

        expected = _("a number from {low} to {high}, such as 30,4") % {"low": low, "high": high}
        return self._read(key, read, expected)

    def yes(self, key: str) -> bool | None:
        return self._read(key, values.yes, gettext_lazy("yes or no"))

    def hour(self, key: str) -> time | None:
        return self._read(key, values.hour, gettext_lazy("an hour, such as 08:30"))

    def email(self, key: str) -> str:
        def read(cell: Cell) -> str:
            text = cell.text.removeprefix("mailto:").lower()
            try:
                validate_email(text)
            except ValidationError as exc:
                raise ValueError(text) from exc
            return text

        return self._read(key, read, gettext_lazy("an e-mail address, such as centre@example.org")) or ""

    def phone(self, key: str) -> str:
        def read(cell: Cell) -> str:
            text = cell.text
            if isinstance(cell.value, (int, float)) and not text.startswith("+"):
                raise ValueError(text)  # a number has lost its leading 0
            if not re.fullmatch(r"[+0-9 ()./\-\u00a0\u202f]{6,24}", text):
                raise ValueError(text)
            return " ".join(text.split())

        return (
            self._read(key, read, gettext_lazy("a telephone number kept as text, such as +32 470 00 00 00"))
            or ""
        )

    def _code(self, column: Column, text: str) -> str | None:
        bare = fold(text)
        extra = {fold(word): code for word, code in column.words.items()}
        return extra.get(bare) or _words(column.choices).get(bare)

    def choice(self, key: str) -> str | None:
        """The code of one word of a list."""
        column = self.kind.column(key)

        def read(cell: Cell) -> str:
            code = self._code(column, cell.text)
            if code is None:
                raise ValueError(cell.text)
            return code

        return self._read(key, read, column.expected or listed(column))

    def choices(self, key: str) -> list[str]:
        """The codes of several, separated by semicolons, commas, slashes or new lines."""
        column = self.kind.column(key)
        found: list[str] = []
        for cell in self.all_of(key):
            for part in re.split(r"[;,/\n+]", "" if cell.lost else cell.text):
                if not part.strip():
                    continue
                code = self._code(column, part)
                if code is None:
                    self.fault(
                        key, _("“%(word)s” is not known") % {"word": part.strip()[:60]}, listed(column)
                    )
                elif code not in found:
                    found.append(code)
        if not found and column.required and not any(self.all_of(key)):
            self.fault(key, _("this cell is empty"), listed(column))
        return found


def listed(column: Column) -> Said:
    """The words of a list, as what is expected."""
    return _("one of: %(words)s") % {
        "words": Said("", of=[kept(m.label) for m in column.choices if m.value != ""])
    }
