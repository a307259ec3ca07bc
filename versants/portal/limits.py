"""How often one address may ask to be rung, or ask by one link. Whole centres share an address, so the limits are wide:
they stop a machine, or somebody who took a picture of the QR, before the watch is rung all night.

Counted in the database's cache, so that every web process counts together. Only a keyed hash of the address is kept,
with the instants of an hour: a count alone would begin its hour anew at each request, or forget it.
"""

from __future__ import annotations

import time

from django.core.cache import cache
from django.http import HttpRequest

from versants.core import locking
from versants.core.crypto import vault
from versants.people.services import limits

PER_HOUR = 12
PER_LINK = 40
_HOUR_S = 3600


def address_of(request: HttpRequest) -> str:
    """Where the request comes from, as for signing in: of IPv6 the network, which one house owns."""
    return limits.client_of(request)


def by_link(request: HttpRequest, link: int) -> str:
    """Who asks by this link: others who hold it, at another address, are not kept waiting."""
    return f"{link}|{address_of(request)}"


def _key(address: str) -> str:
    return "call-me.at." + vault.blind_index("call-me", address)


def _within_the_hour(address: str) -> list[float]:
    since = time.time() - _HOUR_S
    return [at for at in cache.get(_key(address), ()) if at > since]


def wait_turn(address: str) -> None:
    """Until this transaction ends, no other request of this address is looked at: those sent at once count too."""
    locking.hold(_key(address))


def is_over(address: str, most: int | None = None) -> bool:
    """Has this address asked as often as it may within the hour? ``most``: else PER_HOUR."""
    return len(_within_the_hour(address)) >= (PER_HOUR if most is None else most)


def count(address: str) -> None:
    """One more request from this address."""
    cache.set(_key(address), [*_within_the_hour(address), time.time()], _HOUR_S)
