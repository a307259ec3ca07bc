"""Sessions: where one is signed in, ending them, and the rest after which a care session ends by itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest
from django.utils import timezone

from versants.people.models import Account, Membership
from versants.people.services import factors

SEEN = "seen_at"
ACTING = "membership"  # the role under which the session acts
# The stamp is renewed once a minute at most: a page does not cost a write.
STAMP_EVERY_S = 60
# Asked by a script while nobody is there: they keep no session alive.
BACKGROUND = frozenset({"api-v1:board_changes", "job", "ask_draft"})


@dataclass(frozen=True)
class Session:
    """One place where the account is signed in."""

    key: int
    device: str
    since: datetime
    last_seen: datetime
    here: bool


def idle_limit_s(memberships: Iterable[Membership]) -> int | None:
    """Seconds of rest after which the session ends; None: with the browser, after ten hours at most."""
    return int(settings.CARE_IDLE_SECONDS) if factors.must_show(memberships) else None


def is_idle(request: HttpRequest, memberships: Iterable[Membership]) -> bool:
    """Has nobody touched this session for longer than its roles allow?"""
    limit = idle_limit_s(memberships)
    seen = request.session.get(SEEN)
    return limit is not None and seen is not None and time.time() - seen > limit


def touch(request: HttpRequest, name: str) -> None:
    """Somebody is here. Not for what a page asks by itself."""
    if name in BACKGROUND:
        return
    now = time.time()
    if now - request.session.get(SEEN, 0) > STAMP_EVERY_S:
        request.session[SEEN] = now
        UserSession.objects.filter(session_key=request.session.session_key).update(
            last_seen_at=timezone.now()
        )


def end(request: HttpRequest) -> None:
    """End this one."""
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    logout(request)


def end_all(account: Account, but: str = "") -> int:
    """End every session of the account, except the one with the key ``but``. Returns how many."""
    ended = 0
    for session in UserSession.objects.filter(user=account).exclude(session_key=but):
        session.end()
        ended += 1
    return ended


def of(request: HttpRequest) -> list[Session]:
    """Where the signed-in account is signed in, this place first, then the last seen."""
    found = [
        Session(
            session.pk,
            device(session.user_agent),
            session.created_at,
            session.last_seen_at,
            session.session_key == request.session.session_key,
        )
        for session in UserSession.objects.purge_and_list(request.user)
    ]
    return sorted(found, key=lambda one: (not one.here, -one.last_seen.timestamp()))


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """What a person recognises of a browser's own description: "Firefox, Android". Empty if it says nothing known."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return ", ".join(part for part in (browser, system) if part)


def end_one(account: Account, key: int, but: str) -> int:
    """End the account's session with this primary key, unless it is the one with session key ``but``."""
    found = UserSession.objects.filter(user=account, pk=key).exclude(session_key=but).first()
    if found is None:
        return 0
    found.end()
    return 1
