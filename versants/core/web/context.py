"""The frame of every page: where one can go, who one is, in which language. Built only when a template asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _

from versants.core import clock
from versants.core.access.scope import Actor
from versants.core.registries import nav

# Each language by its own name: a reader looks for the word he knows.
AUTONYMS = {"fr": "Français", "nl": "Nederlands", "en": "English"}
SOURCE_URL_NAME = "legal"


def url_or_empty(name: str, *args: Any) -> str:
    """The address of a named page, or nothing when no installed app has it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True)
class Link:
    """A word with an address; ``current`` is true on its own page."""

    label: str
    url: str
    current: bool = False
    icon: str = ""
    lang: str = ""
    key: str = ""


class Frame:
    """What ``base.html`` and ``base_pocket.html`` show around a page."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def lang(self) -> str:
        return get_language() or settings.LANGUAGE_CODE

    @property
    def dir(self) -> str:
        return "rtl" if get_language_bidi() else "ltr"

    @cached_property
    def actor(self) -> Actor:
        return getattr(self._request, "actor", None) or Actor.nobody()

    @cached_property
    def membership(self) -> Any:
        return getattr(self._request, "membership", None)

    @cached_property
    def account(self) -> Any:
        """The signed-in account, or None. A page of the public never loads the session for it."""
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @cached_property
    def memberships(self) -> list[Any]:
        """Memberships one may switch to; ``request.memberships`` is set by the middleware of people."""
        given: Iterable[Any] = getattr(self._request, "memberships", None) or ()
        return list(given)

    @cached_property
    def role(self) -> str:
        """What one acts as: the role, then the team or the organisation."""
        if self.membership is None:
            return ""
        place = getattr(self.membership, "team", None) or getattr(self.membership, "organisation", None)
        role = self.membership.get_role_display()
        role = role[:1].upper() + role[1:]
        return f"{role}, {place}" if place else role

    def _entries(self, *, pocket: bool) -> list[Link]:
        if self.membership is None and self.actor.kind != "membership":
            return []
        links = []
        for entry in nav:
            if (pocket and not entry.pocket) or (entry.roles and self.actor.role not in entry.roles):
                continue
            url = url_or_empty(entry.url_name)
            if url:
                links.append(Link(str(entry.label), url, False, entry.icon, key=entry.key))
        here = [link.url for link in links if self._request.path.startswith(link.url)]
        best = max(here, key=len, default="")
        return [Link(k.label, k.url, bool(best) and k.url == best, k.icon, key=k.key) for k in links]

    @cached_property
    def nav(self) -> list[Link]:
        return self._entries(pocket=False)

    @cached_property
    def tabs(self) -> list[Link]:
        """The few pages at the foot of a phone. The only one, when one is on it, leads nowhere: none then."""
        tabs = self._entries(pocket=True)
        return [] if [tab.url for tab in tabs] == [self.here] else tabs

    @cached_property
    def languages(self) -> list[Link]:
        return [
            Link(AUTONYMS.get(code, code), "", code == self.lang, lang=code)
            for code, _name in settings.LANGUAGES
        ]

    @property
    def set_language_url(self) -> str:
        return url_or_empty("set_language")

    @property
    def here(self) -> str:
        """The page itself, without its query: a filter survives in the browser's history, not in a redirect."""
        return self._request.path

    @property
    def home(self) -> str:
        return url_or_empty("home") or "/"

    @property
    def search_url(self) -> str:
        return url_or_empty("search") if self.membership is not None else ""

    @property
    def switch_url(self) -> str:
        return url_or_empty("membership")

    @property
    def login_url(self) -> str:
        return url_or_empty("account_login")

    @property
    def logout_url(self) -> str:
        return url_or_empty("account_logout")

    @property
    def password_url(self) -> str:
        return url_or_empty("account_change_password")

    @property
    def factors_url(self) -> str:
        return url_or_empty("mfa_index")

    @property
    def sessions_url(self) -> str:
        return url_or_empty("sessions")

    @property
    def rights_url(self) -> str:
        return url_or_empty("rights")

    @property
    def help_url(self) -> str:
        return url_or_empty("help", self.actor.role) if self.actor.role else ""

    @cached_property
    def links(self) -> list[Link]:
        """The foot of the page."""
        named = (
            (_("Accessibility"), "accessibility"),
            (_("Privacy"), "privacy"),
            (_("Legal notice"), "legal"),
        )
        links = [Link(label, url_or_empty(name)) for label, name in named]
        return [link for link in links if link.url]

    @property
    def today(self) -> Any:
        return clock.today()


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``frame``, built at its first use, so that a fragment pays nothing for it."""
    return {"frame": SimpleLazyObject(lambda: Frame(request))}
