"""Which role may open which address. Deny by default: an address that no app declared opens to nobody.

Apps declare theirs in ``AppConfig.ready``; the middleware asks before a view runs, row security decides which rows
are there afterwards. ``versants access-matrix`` and its test read the same declarations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from versants.core.access.classes import DataClass, Role

EVERYBODY = "everybody"
ALL_ROLES = frozenset(Role.values)


@dataclass(frozen=True)
class Page:
    """One address by its URL name.

    roles: who may open it under a membership. ``public``: no login is asked.
    subject: what its address names (request, visit, person, job ...), empty for a list or a form of one's own.
    elsewhere: roles that also open it when the subject is another team's, for its logistics.
    by_grant: roles for which belonging to the team is not enough: they open it when it was given to them.
    refusal: the sentence that another role reads there; without one, only that it is not open.
    """

    name: str
    methods: tuple[str, ...]
    data_class: str
    roles: frozenset[str]
    public: bool = False
    subject: str = ""
    elsewhere: frozenset[str] = frozenset()
    by_grant: frozenset[str] = frozenset()
    refusal: Any = ""

    @property
    def shows_persons(self) -> bool:
        """Names or words about persons stand on it; an empty form in which they are written does not."""
        return self.data_class in _ABOUT_PERSONS and (bool(self.subject) or "POST" not in self.methods)


_ABOUT_PERSONS = frozenset({DataClass.IDENTITY, DataClass.SOCIAL, DataClass.CLINICAL})
_PAGES: dict[str, Page] = {}


def declare(
    names: str | Iterable[str],
    roles: Iterable[str] = (),
    *,
    data_class: str = "",
    methods: str = "GET",
    public: bool = False,
    subject: str = "",
    elsewhere: Iterable[str] = (),
    by_grant: Iterable[str] = (),
    refusal: Any = "",
) -> None:
    """Declare one address or several (separated by spaces) under the same rule. Raises ValueError if named twice
    with another rule."""
    for name in names.split() if isinstance(names, str) else names:
        page = Page(
            name,
            tuple(methods.split()),
            data_class,
            ALL_ROLES if public else frozenset(roles),
            public,
            subject,
            frozenset(elsewhere),
            frozenset(by_grant),
            refusal,
        )
        if _PAGES.get(name, page) != page:
            raise ValueError(f"{name} is declared twice, differently")
        _PAGES[name] = page


def pages() -> list[Page]:
    """Every declaration, by name."""
    return [_PAGES[name] for name in sorted(_PAGES)]


def page(name: str | None) -> Page | None:
    """The declaration of a URL name."""
    return _PAGES.get(name or "")
