"""The second factor: who must show one, whether this session has, and how fresh it is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from versants.core.access.classes import FACTOR_ROLES
from versants.core.crypto import keyring, vault
from versants.people.models import Account, Membership

SESSION_KEY = "second_factor"
PURPOSE = "second-factor"  # what their secrets are locked for
FRESH_S = 300
TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def must_show(memberships: Iterable[Membership]) -> bool:
    """Does one of these roles read files of persons, or give access? Then the whole session needs the factor."""
    return any(membership.role in FACTOR_ROLES for membership in memberships)


def has_one(account: Account) -> bool:
    """Is there an app or a passkey? Recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=account, type__in=TYPES).exists())


def page_to_show(account: Account) -> str:
    """The name of the page on which it is shown: for a code of the app, or of those for recovery; else for a passkey."""
    coded = Authenticator.objects.filter(user=account).exclude(type=Authenticator.Type.WEBAUTHN)
    return "mfa_reauthenticate" if coded.exists() else "mfa_reauthenticate_webauthn"


def passed(request: HttpRequest) -> bool:
    """Has this session shown a second factor of the account that is signed in?"""
    mark = request.session.get(SESSION_KEY)
    return isinstance(mark, dict) and mark.get("account") == request.user.pk


def mark(request: HttpRequest, account: Any, how: str) -> None:
    """The session has shown one: an app, a passkey, a recovery code, or the partner's own at its sign-in."""
    request.session[SESSION_KEY] = {"account": account.pk, "how": how, "at": int(time.time())}


def unmark(request: HttpRequest) -> None:
    request.session.pop(SESSION_KEY, None)


def is_fresh(request: HttpRequest, seconds: int = FRESH_S) -> bool:
    """Was an app or a passkey shown within the last minutes? A recovery code does not confirm for others."""
    since = time.time() - seconds
    return any(
        record.get("method") == "mfa" and record.get("type") in TYPES and record.get("at", 0) >= since
        for record in get_authentication_records(request, request.user)
    )


# -- when the key of accounts changes -----------------------------------------------------------------------------

_LOCKED = ("secret", "seed")  # of the app, of recovery codes


def _behind() -> Iterator[Authenticator]:
    """Those that the key of accounts from before still locks; nobody while there is only one key."""
    if len(keyring.accounts_keys()) > 1:
        for one in Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).order_by("pk").iterator():
            if any(not vault.is_locked_anew(PURPOSE, one.data[name]) for name in _LOCKED if name in one.data):
                yield one


def lock_anew(limit: int) -> int:
    """Lock at most ``limit`` second factors with the key of accounts in use. Returns how many."""
    done = 0
    for found in islice(_behind(), limit):
        with transaction.atomic():
            one = Authenticator.objects.select_for_update().filter(pk=found.pk).first()
            if one is None:
                continue  # taken away meanwhile
            for name in _LOCKED:
                if name in one.data:
                    one.data[name] = vault.lock_away(PURPOSE, vault.take_out(PURPOSE, one.data[name]))
            one.save(update_fields=["data"])
            done += 1
    return done


def locked_before() -> int:
    """How many still need the key from before."""
    return sum(1 for _ in _behind())
