"""Browsers that are known: a random secret in a cookie, its hash beside the account."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from versants.core.ids import new_token, token_hash
from versants.people.models import Account, KnownDevice

COOKIE = "versants_device"
AGE_S = 180 * 86400


def known(request: HttpRequest, email: str) -> str:
    """The hash of this browser's secret if the account of ``email`` has signed in here before, else empty."""
    secret = request.COOKIES.get(COOKIE, "")
    if not secret:
        return ""
    hashed = token_hash(secret)
    found = KnownDevice.objects.filter(
        account__email=email.strip().lower(),
        token_hash=hashed,
        last_at__gt=timezone.now() - timedelta(seconds=AGE_S),
    )
    return hashed if found.exists() else ""


def remember(request: HttpRequest, response: HttpResponse, account: Account) -> None:
    """This browser is known for the account from now on; one that held another account keeps its secret."""
    secret = request.COOKIES.get(COOKIE, "")
    if not 20 <= len(secret) <= 64:
        secret = new_token()
    KnownDevice.objects.update_or_create(
        account=account, token_hash=token_hash(secret), defaults={"last_at": timezone.now()}
    )
    response.set_cookie(
        COOKIE,
        secret,
        max_age=AGE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        path="/account/",
    )


def forget_all(account: Account, but: str = "") -> int:
    """No browser is known for the account any more, except the one whose secret is ``but``."""
    found = KnownDevice.objects.filter(account=account)
    if but:
        found = found.exclude(token_hash=token_hash(but))
    return found.delete()[0]
