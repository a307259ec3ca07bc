"""What an import wrote, so that it can be shown before and taken back after.

Values are kept as their fields write them (``value_to_string``) and read back by the same fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange

from versants.people.services.importing.said import Said, as_json, kept, of_json
from versants.people.services.importing.said import Said as _

CREATED, CHANGED = "created", "changed"


@dataclass
class Entry:
    """One row of a table, created or changed. Entries of one ``unit`` stand or fall together if its first was created."""

    unit: int
    row: int  # of the sheet
    action: str
    model: str  # people.site
    pk: int
    label: str
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def plain(obj: models.Model, name: str) -> Any:
    """The value of a field as JSON holds it."""
    field_ = obj._meta.get_field(name)
    assert isinstance(field_, models.Field)
    if getattr(obj, field_.attname) is None:
        return None
    found = field_.value_to_string(obj)
    return found if isinstance(found, (str, int, float, bool, list, dict, type(None))) else str(found)


def snapshot(obj: models.Model) -> dict[str, Any]:
    """Every column of a row."""
    return {one.name: plain(obj, one.name) for one in obj._meta.concrete_fields}


def restored(model: type[models.Model], name: str, value: Any) -> Any:
    """The Python value of what ``plain`` wrote."""
    field_ = model._meta.get_field(name)
    assert isinstance(field_, models.Field)
    if value is None or isinstance(field_, models.JSONField):
        return value
    return field_.to_python(value)


def shown(obj: models.Model, name: str) -> Said | str:
    """The value of a field as a reader sees it, in the language of the reader."""
    value = getattr(obj, name)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, DateRange):
        last = f"{value.upper - timedelta(days=1):%d/%m/%Y}" if value.upper else "…"
        return f"{value.lower:%d/%m/%Y} – {last}" if value.lower else f"… – {last}"
    try:
        field_ = obj._meta.get_field(name)
    except FieldDoesNotExist:
        field_ = None
    one = getattr(field_, "base_field", field_)
    choices = dict(getattr(one, "flatchoices", None) or ())
    if isinstance(value, list):
        return Said("", of=[kept(choices.get(each, each)) for each in value]) if value else ""
    word: Said | str = kept(choices[value]) if choices and value in choices else str(value)
    return "" if value is None else word


def label_of(obj: models.Model, name: str) -> Said | str:
    """The name of a field as pages say it."""
    found = obj._meta.get_field(name)
    named: Said | str = kept(getattr(found, "verbose_name", name))
    return named


@dataclass(frozen=True)
class Change:
    """One field of one thing: what it was, what it becomes."""

    label: Said | str
    before: Said | str
    after: Said | str

    def as_json(self) -> dict[str, Any]:
        return {name: as_json(getattr(self, name)) for name in ("label", "before", "after")}

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> Change:
        return cls(**{name: of_json(value) for name, value in found.items()})


class Journal:
    """Written to while rows are applied; a row that fails leaves nothing in it."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._row, self._unit, self._units = 0, 0, 0
        self.changes: list[Change] = []
        self.created: list[Said | str] = []

    def begin(self, row: int) -> None:
        """A new row of the sheet."""
        self._row, self.changes, self.created = row, [], []
        self._units += 1
        self._unit = self._units

    @contextmanager
    def unit(self) -> Iterator[None]:
        """What is written inside stands for itself: others of the file may rest on it."""
        outer = self._unit
        self._units += 1
        self._unit = self._units
        try:
            yield
        finally:
            self._unit = outer

    def mark(self) -> int:
        return len(self.entries)

    def back_to(self, mark: int) -> None:
        del self.entries[mark:]

    def create(self, obj: models.Model, label: str = "", *, quiet: bool = False, saved: bool = False) -> Any:
        """Save a new row and note it. ``quiet``: a part of what is named already."""
        if not saved:
            obj.save(force_insert=True)
            obj.refresh_from_db()
        self.entries.append(
            Entry(
                self._unit,
                self._row,
                CREATED,
                obj._meta.label_lower,
                obj.pk,
                label or str(obj),
                after=snapshot(obj),
            )
        )
        if not quiet:
            what = {"what": obj._meta.verbose_name, "name": label or str(obj)}
            self.created.append(_("%(what)s: %(name)s") % what)
        return obj

    def change(self, obj: models.Model, label: str = "", **values: Any) -> bool:
        """Set fields that differ, note what they were. False if all are as they should be."""
        different = {name: value for name, value in values.items() if getattr(obj, name) != value}
        if not different:
            return False
        before = {name: plain(obj, name) for name in different}
        seen = {name: shown(obj, name) for name in different}
        for name, value in different.items():
            setattr(obj, name, value)
        obj.save(update_fields=sorted(different))
        obj.refresh_from_db(fields=sorted(different))
        after = {name: plain(obj, name) for name in different}
        self.entries.append(
            Entry(
                self._unit,
                self._row,
                CHANGED,
                obj._meta.label_lower,
                obj.pk,
                label or str(obj),
                before,
                after,
            )
        )
        for name in different:
            named = Said("", of=[label, label_of(obj, name)]) if label else label_of(obj, name)
            self.changes.append(Change(named, seen[name], shown(obj, name)))
        return True


def model_of(label: str) -> type[models.Model]:
    return apps.get_model(label)
