"""Wrong passwords and codes: each client waits longer, and nobody can shut somebody else out.

Counted in a table of the database, so that every web process on every host counts together and no cache that is full
forgets. A try is charged before the password is looked at and given back when it was right: tries made at the same
moment wait for each other on the row.

Three things are counted for a stranger: the account from this client, the account from anywhere, the client over all
accounts. A browser in which the account has signed in before (``KnownDevice``) is counted by itself only: however much
others try, its owner comes in. A new password, asked for by e-mail, makes the browser known too.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils import timezone

from versants.core.crypto import vault

# Wrong tries that cost nothing, by what is counted. Each one after that doubles the wait.
FREE = {"device": 10, "pair": 5, "account": 30, "client": 60}
FIRST_WAIT_S = 30
LONGEST_WAIT_S = {"device": 900, "pair": 3600, "account": 900, "client": 900}
# After so long without a wrong try all is forgotten.
FORGOTTEN_AFTER = timedelta(hours=24)

_CHARGE = """
INSERT INTO people_signinlimit AS l (key, failures, last_at) VALUES (%(key)s, 1, %(now)s)
ON CONFLICT (key) DO UPDATE SET
  failures = CASE WHEN l.until > %(now)s THEN l.failures
                  WHEN l.last_at < %(forgotten)s THEN 1 ELSE l.failures + 1 END,
  last_at = CASE WHEN l.until > %(now)s THEN l.last_at ELSE %(now)s END
RETURNING failures, until
"""


@dataclass(frozen=True)
class Charge:
    """One try: ``wait_s`` is 0 if it may go on; ``keys`` are what it counted under."""

    wait_s: int
    keys: tuple[str, ...] = ()


def now() -> datetime:
    """The real hour: a frozen demonstration clock must not freeze a lock."""
    return timezone.now()


def client_of(request: HttpRequest) -> str:
    """Where the request comes from: an address, of IPv6 the network (/64), since one house owns all of it.

    Behind the installation's own proxy it is what that proxy says.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if settings.SECURE_PROXY_SSL_HEADER and _is_near(address):
        address = request.headers.get("X-Forwarded-For", "").split(",")[-1].strip() or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
    return address


def _is_near(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return address == ""


def charge(purpose: str, account: str, client: str, device: str = "") -> Charge:
    """Count one try of ``purpose`` (password, code) for ``account`` (its address, whether it exists or not).

    ``device``: the hash of a device known for this account, else empty. In the caller's transaction.
    """
    named = (
        [("device", f"{account}|{device}")]
        if device
        else [("pair", f"{account}|{client}"), ("account", account), ("client", client)]
    )
    at = now()
    keys, wait = [], 0
    # Always in the same order, so that two tries never wait for each other crosswise.
    for kind, text in sorted(named):
        key = vault.blind_index(f"sign-in.{purpose}.{kind}", text)
        with connection.cursor() as cursor:
            cursor.execute(_CHARGE, {"key": key, "now": at, "forgotten": at - FORGOTTEN_AFTER})
            failures, until = cursor.fetchone()
        if until is not None and until > at:
            wait = max(wait, int((until - at).total_seconds()) + 1)
            continue
        keys.append(key)
        over = failures - FREE[kind]
        if over >= 0:
            delay = min(FIRST_WAIT_S * 2 ** min(over, 20), LONGEST_WAIT_S[kind])
            _hold(key, at + timedelta(seconds=delay))
    if wait:  # refused: what it counted elsewhere is given back
        give_back(keys)
        return Charge(wait)
    return Charge(0, tuple(keys))


def _hold(key: str, until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_signinlimit SET until = %s WHERE key = %s", [until, key])


def give_back(keys: tuple[str, ...] | list[str]) -> None:
    """The try was right, or was refused elsewhere: it does not count."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE people_signinlimit SET failures = greatest(failures - 1, 0), until = NULL WHERE key = ANY(%s)",
            [list(keys)],
        )


def forget(purpose: str, account: str, client: str, device: str = "") -> None:
    """Somebody came in from here: their own wrong tries are forgotten, those of strangers stay."""
    mine = [("pair", f"{account}|{client}")] + ([("device", f"{account}|{device}")] if device else [])
    keys = [vault.blind_index(f"sign-in.{purpose}.{kind}", text) for kind, text in mine]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_signinlimit WHERE key = ANY(%s)", [keys])


def clean_up() -> int:
    """Remove what is forgotten anyway. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_signinlimit WHERE last_at < %s", [now() - FORGOTTEN_AFTER])
        return int(cursor.rowcount)
