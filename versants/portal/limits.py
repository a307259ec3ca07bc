"""How often one address may ask to be rung. Whole centres share an address, so the limit is wide; it stops a machine.

Counted in the database's cache, so that every web process counts together. Only a keyed hash of the address is kept,
for an hour.
"""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from versants.core.crypto import vault

PER_HOUR = 12
_HOUR_S = 3600


def address_of(request: HttpRequest) -> str:
    """Where the request comes from: what the installation's own proxy says, when there is one and it asks us."""
    asking = str(request.META.get("REMOTE_ADDR", ""))
    if settings.SECURE_PROXY_SSL_HEADER and _is_near(asking):
        return str(request.headers.get("X-Forwarded-For", "")).split(",")[-1].strip() or asking
    return asking


def _is_near(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return address == ""  # a socket of this machine has no address


def _key(address: str) -> str:
    return "call-me." + vault.blind_index("call-me", address)


def is_over(address: str) -> bool:
    """Has this address asked as often as it may within the hour?"""
    return int(cache.get(_key(address), 0)) >= PER_HOUR


def count(address: str) -> None:
    """One more request from this address."""
    key = _key(address)
    if not cache.add(key, 1, _HOUR_S):
        try:
            cache.incr(key)
        except ValueError:  # over between the two
            cache.set(key, 1, _HOUR_S)
