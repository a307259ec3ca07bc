"""What one app offers to the others without being imported by them.

Every app fills these when it starts (``AppConfig.ready``); the ground floor reads them. A registry is keyed,
so that loading an app twice changes nothing, and iterates in its declared order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Protocol, TypeVar

from versants.core.access.scope import Actor


class Keyed(Protocol):
    """An entry of a registry."""

    @property
    def key(self) -> str: ...

    @property
    def order(self) -> int: ...


Entry = TypeVar("Entry", bound=Keyed)


class Registry(Generic[Entry]):
    """Entries by key, in their order. A second, different entry under a key is a mistake and raises."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._entries: dict[str, Entry] = {}

    def add(self, entry: Entry) -> Entry:
        """Register ``entry``; the same one twice is allowed. Raises ValueError if the key is taken by another."""
        known = self._entries.get(entry.key)
        if known is not None and known != entry:
            raise ValueError(f"{self.name}: {entry.key!r} is registered twice with different content")
        self._entries[entry.key] = entry
        return entry

    def get(self, key: str) -> Entry | None:
        return self._entries.get(key)

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted(self._entries.values(), key=lambda e: (e.order, e.key)))

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries


@dataclass(frozen=True)
class NavEntry:
    """A word in the masthead. Shown to ``roles`` (empty: to everyone who acts under a membership)."""

    key: str
    label: Any  # lazily translated
    url_name: str
    roles: frozenset[str] = frozenset()
    order: int = 50
    icon: str = "list"  # of svg.signs.ICONS, for the bar at the foot of a phone
    pocket: bool = False  # also at the foot of the phone page


@dataclass(frozen=True)
class TimelineItem:
    """One line of a person's timeline. ``text`` never holds clinical content: it links to it.

    A long file has more lines than its page shows: ``text`` and ``url`` may be lazy, and are then made when shown.
    """

    at: datetime
    text: Any
    url: Any = ""
    state: str = ""  # a key of svg.signs.MARKS, or empty


@dataclass(frozen=True)
class TimelineSource:
    """Where lines of a person's timeline come from: ``items(person, actor)`` reads through visible_to."""

    key: str
    items: Callable[[Any, Actor], Iterable[TimelineItem]]
    order: int = 50


@dataclass(frozen=True)
class Figure:
    """One count of the programme, defined once: ``cells(since, until)`` half-open days -> rows of counts."""

    key: str
    label: Any
    definition: Any
    cells: Callable[[date, date], Iterable[dict[str, Any]]]
    order: int = 50


@dataclass(frozen=True)
class ExportPart:
    """A part of what a person receives about herself: ``rows(person)`` as plain values."""

    key: str
    label: Any
    rows: Callable[[Any], Iterable[dict[str, Any]]]
    order: int = 50


@dataclass(frozen=True)
class RevocationHook:
    """What else must stop when a right ends: ``revoke(subject, at, reason_code)`` closes grants, links, offers."""

    key: str
    revoke: Callable[[Any, datetime, str], int]  # how many things were closed
    order: int = 50


@dataclass(frozen=True)
class DemandSource:
    """Where needs for interpreters and teams come from, for planning and the mesh study: sums by versant, commune and
    language; ``ways``: apart from these, sums by versant, mode and time of the week; ``speakers``: persons known, counted
    by commune and language, where they are five or more."""

    key: str
    demands: Callable[[date, date], Iterable[dict[str, Any]]]
    ways: Callable[[date, date], Iterable[dict[str, Any]]] | None = None
    speakers: Callable[[date, date], Iterable[dict[str, Any]]] | None = None
    order: int = 50


@dataclass(frozen=True)
class OpenWork:
    """What waits with somebody whose role ends: ``count(membership)`` as a number, ``label`` in words."""

    key: str
    label: Any
    count: Callable[[Any], int]
    order: int = 50


@dataclass(frozen=True)
class Standing:
    """Whether an actor still holds what it acted under when it asked for work to be done later: ``holds(actor)``."""

    key: str
    holds: Callable[[Actor], bool]
    order: int = 50


nav: Registry[NavEntry] = Registry("nav")
timeline: Registry[TimelineSource] = Registry("timeline")
figures: Registry[Figure] = Registry("figures")
exports: Registry[ExportPart] = Registry("exports")
revocations: Registry[RevocationHook] = Registry("revocations")
demands: Registry[DemandSource] = Registry("demands")
open_work: Registry[OpenWork] = Registry("open_work")
standings: Registry[Standing] = Registry("standings")
