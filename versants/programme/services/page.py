"""The figures as a page and as a workbook show them: the same rows, so that both always say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import format_decimal, format_percent
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from versants.core.web.words import locale
from versants.mobile.enums import InterventionKind
from versants.programme.disclosure import ALL
from versants.programme.services.calendar import Semester
from versants.programme.services.figures import VERSANTS, Figures, Table
from versants.territory.models import Versant

HIDDEN = "·"
MEASURE_LABELS = (
    ("delivered", gettext_lazy("Interventions")),
    ("attempted", gettext_lazy("Attempts")),
    ("n_first_contacts", gettext_lazy("Persons met for the first time")),
    ("n_persons", gettext_lazy("Contacts")),
    ("n_professionals", gettext_lazy("Professionals supported")),
    ("minutes", gettext_lazy("Hours")),
)


def number(value: int | float) -> str:
    """A figure as the reader writes it: 1 327 in French, 1.327 in Dutch; hours with their tenth, 49,0."""
    return format_decimal(value, "#,##0.0" if isinstance(value, float) else None, locale=locale())


def percent(value: int) -> str:
    """Whole per cent, the sign where the reader's language puts it: 77 % in French, 77% in Dutch and English."""
    return format_percent(value / 100, locale=locale())


@dataclass(frozen=True)
class Figure:
    """One figure of a table. ``value`` None: hidden. ``url``: where it opens, if anywhere."""

    value: int | float | None
    url: str = ""

    def __str__(self) -> str:
        return HIDDEN if self.value is None else number(self.value)


@dataclass(frozen=True)
class Line:
    """One row: its name and its figures."""

    label: str
    figures: Sequence[Figure]
    total: bool = False
    code: str = ""


@dataclass(frozen=True)
class Sheet:
    """A table with its title: on the page, and as a sheet of the workbook."""

    key: str
    title: str
    corner: str
    columns: Sequence[str]
    lines: Sequence[Line] = field(default_factory=tuple)

    @property
    def has_hidden(self) -> bool:
        return any(figure.value is None for line in self.lines for figure in line.figures)


def versant_name(code: str) -> str:
    return _("Together") if code == ALL else str(Versant(code).label)


def by_versant(
    table: Table, semesters: Sequence[Semester], versants: Sequence[str], url: Any = None
) -> Sheet:
    """Interventions by versant and semester, with totals when nothing is left out."""
    rows = [*versants, ALL] if len(versants) > 1 else list(versants)
    columns = [s.key for s in semesters]
    lines = [
        Line(
            versant_name(code),
            [
                Figure(table.shown(code, key), url(code, key) if url and ALL not in (code, key) else "")
                for key in [*columns, ALL]
            ],
            total=code == ALL,
            code=code,
        )
        for code in rows
    ]
    return Sheet("versants", _("Interventions by versant"), _("Versant"), [*columns, _("Together")], lines)


def by_measure(figures: Figures, semester: Semester) -> Sheet:
    """What one semester holds, by versant: visits, attempts, persons, contacts, professionals, hours."""
    tables = {name: figures.of(name) for name, _label in MEASURE_LABELS}
    unmet = figures.unmet_table()
    lines = []
    for code in [*VERSANTS, ALL]:
        row = []
        for name, _label in MEASURE_LABELS:
            value: int | float | None = tables[name].shown(code, semester.key)
            if name == "minutes" and value is not None:
                value = round(value / 60, 1)
            row.append(Figure(value))
        row.append(Figure(unmet.shown(code, semester.key)))
        lines.append(Line(versant_name(code), row, total=code == ALL, code=code))
    columns = [str(label) for _name, label in MEASURE_LABELS] + [_("Needs not met")]
    title = _("Semester %(semester)s by versant") % {"semester": semester.key}
    return Sheet("semester", title, _("Versant"), columns, lines)


def by_kind(figures: Figures, semester: Semester) -> Sheet:
    """Interventions of one semester by kind and versant."""
    tables = figures.detail("kind")
    lines = [
        Line(
            str(InterventionKind(kind).label),
            [Figure(table.shown(code, semester.key)) for code in [*VERSANTS, ALL]],
            code=kind,
        )
        for kind, table in tables.items()
    ]
    whole = [Figure(figures.interventions.shown(code, semester.key)) for code in [*VERSANTS, ALL]]
    lines.append(Line(_("Together"), whole, total=True, code=ALL))
    title = _("Semester %(semester)s by kind") % {"semester": semester.key}
    return Sheet("kinds", title, _("Kind"), [versant_name(code) for code in [*VERSANTS, ALL]], lines)


def fact(figures: Figures) -> str:
    """The sentence the chart shows: where interventions grew the most over two years of full semesters."""
    table, full = figures.interventions, [s for s in figures.semesters if not s.runs]
    if not figures.first:
        return _("No intervention has been counted yet.")
    if len(full) >= 5:
        new, old = full[-1], full[-5]
        grown = []
        for code in VERSANTS:
            after, before = table.shown(code, new.key), table.shown(code, old.key)
            if after is not None and before is not None and after > before:
                grown.append((after - before, code, after, before))
        if grown:
            _growth, code, after, before = max(grown)
            return _(
                "Interventions grew most in %(versant)s: %(after)s in %(new)s, against %(before)s two years earlier."
            ) % {
                "versant": versant_name(code),
                "after": number(after),
                "new": new.key,
                "before": number(before),
            }
    total = table.shown(ALL, ALL)
    if total is None:
        return _("There are too few interventions yet to show figures.")
    return _("%(n)s interventions were counted since %(semester)s.") % {
        "n": number(total),
        "semester": figures.since,
    }


def fact_of(figures: Figures, table: Table, what: str) -> str:
    """The sentence of one detail: what it is and how many since the start."""
    total = table.shown(ALL, ALL)
    if total is None:
        return _("%(what)s: too few interventions to show a figure.") % {"what": what.capitalize()}
    return _("%(what)s: %(n)s interventions since %(semester)s.") % {
        "what": what.capitalize(),
        "n": number(total),
        "semester": figures.since,
    }
