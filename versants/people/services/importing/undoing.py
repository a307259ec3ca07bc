"""Taking a whole import back: what it created goes, what it changed is as before.

Whatever somebody changed since, or built something on, stays and is listed. Rows of other teams that this reader
cannot see hold it too: the database's own references say so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models.deletion import Collector, ProtectedError, RestrictedError
from django.utils.translation import gettext as _

from versants.people.services.importing.journal import CREATED, Entry, label_of, model_of, plain, restored

# model -> what removes one of its rows with all that came with it. Raises Stays; apps register theirs.
TakeBack = Callable[[Any, Entry], None]
_TAKE_BACK: dict[str, TakeBack] = {}


def register_take_back(model: str, take_back: TakeBack) -> None:
    """``model`` such as mobile.request: its rows are removed by a function of its app."""
    _TAKE_BACK[model] = take_back


class Stays(Exception):
    """This one is kept; ``args[0]`` says why."""


@dataclass(frozen=True)
class Kept:
    """What was not taken back, and why."""

    row: int
    label: str
    why: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def undo(entries: list[Entry], progress: Callable[[int], None] | None = None) -> list[Kept]:
    """Take back, last first, in the current transaction. Returns what was kept."""
    kept: list[Kept] = []
    units: dict[int, list[Entry]] = {}  # in the order of their first entry: what others rest on came first
    for entry in entries:
        units.setdefault(entry.unit, []).append(entry)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for done, unit in enumerate(reversed(units.values())):
        if progress is not None:
            progress(100 * done // max(1, len(units)))
        if unit[0].action == CREATED:
            _whole(unit, kept)
            continue
        for entry in reversed(unit):
            if entry.action == CREATED:
                _whole([entry], kept)
            else:
                _restore(entry, kept)
    kept.sort(key=lambda one: one.row)
    return kept


def _locked(entry: Entry) -> models.Model | None:
    model = model_of(entry.model)
    return model._base_manager.select_for_update(of=("self",)).filter(pk=entry.pk).first()


def _whole(unit: list[Entry], kept: list[Kept]) -> None:
    """All of what one thing brought, or nothing of it."""
    try:
        with transaction.atomic():
            rows = [(entry, _locked(entry)) for entry in unit]
            mine = {(entry.model, entry.pk) for entry in unit}
            for entry, obj in rows:
                if obj is not None and entry.action == CREATED:
                    _check_as_created(obj, entry)
            for entry, obj in reversed(rows):
                if obj is None:
                    continue
                if entry.action != CREATED:
                    found: list[Kept] = []
                    _restore(entry, found)
                    if found:
                        raise Stays(found[0].why)
                elif entry.model in _TAKE_BACK:
                    _TAKE_BACK[entry.model](obj, entry)
                else:
                    _check_nothing_rests_on(obj, mine)
                    obj.delete()
    except Stays as exc:
        kept.append(Kept(unit[0].row, unit[0].label, str(exc.args[0])))
    except (ProtectedError, RestrictedError, IntegrityError):
        kept.append(Kept(unit[0].row, unit[0].label, _built_on()))


def _built_on() -> str:
    return _("something has been built on it since")


def _check_as_created(obj: models.Model, entry: Entry) -> None:
    for name, value in entry.after.items():
        if plain(obj, name) != value:
            raise Stays(_("changed since: %(field)s") % {"field": label_of(obj, name)})


def _check_nothing_rests_on(obj: models.Model, mine: set[tuple[str, int]]) -> None:
    """Nothing that would go with it, or lose it, is there but what this import brought."""
    collector = Collector(using="default")
    collector.collect([obj])
    others = [row for rows in collector.data.values() for row in rows]
    others += [row for rows in collector.fast_deletes for row in rows]
    for row in others:
        if row is not obj and (row._meta.label_lower, row.pk) not in mine and row.pk is not None:
            if (row._meta.label_lower, row.pk) == (obj._meta.label_lower, obj.pk):
                continue
            raise Stays(_built_on())
    lost: Any = collector.field_updates
    if any(row for found in lost.values() for rows in found for row in rows):
        raise Stays(_built_on())


def _restore(entry: Entry, kept: list[Kept]) -> None:
    """Fields that are still as the import left them are as before again; the others stay."""
    obj = _locked(entry)
    if obj is None:
        kept.append(Kept(entry.row, entry.label, _("it is no longer there")))
        return
    model = type(obj)
    back: dict[str, Any] = {}
    for name, value in entry.after.items():
        if plain(obj, name) == value:
            back[name] = restored(model, name, entry.before[name])
        else:
            kept.append(
                Kept(entry.row, entry.label, _("changed since: %(field)s") % {"field": label_of(obj, name)})
            )
    if not back:
        return
    try:
        with transaction.atomic():
            for name, value in back.items():
                field = model._meta.get_field(name)
                setattr(obj, getattr(field, "attname", name), value)
            obj.save(update_fields=sorted(back))
    except IntegrityError:
        kept.append(Kept(entry.row, entry.label, _("the earlier value is no longer possible")))
