"""The second factor: who must show one, whether this session has, and how fresh it is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from versants.core.access.classes import FACTOR_ROLES
from versants.people.models import Account, Membership

SESSION_KEY = "second_factor"
FRESH_S = 300
TYPES = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def must_show(memberships: Iterable[Membership]) -> bool:
    """Does one of these roles read files of persons, or give access? Then the whole session needs the factor."""
    return any(membership.role in FACTOR_ROLES for membership in memberships)


def has_one(account: Account) -> bool:
    """Is there an app or a passkey? Recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=account, type__in=TYPES).exists())


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
