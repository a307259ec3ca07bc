"""What allauth tells when a second factor is shown, added or removed, and when a password is new."""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_reset
from allauth.mfa import signals as mfa

from versants.core import audit
from versants.people.services import factors, who


def connect() -> None:
    """Listen, once."""
    mfa.authenticator_used.connect(_used, dispatch_uid="versants.factor_used")
    mfa.authenticator_added.connect(_added, dispatch_uid="versants.factor_added")
    mfa.authenticator_removed.connect(_removed, dispatch_uid="versants.factor_removed")
    password_reset.connect(_reset, dispatch_uid="versants.password_reset")


def _used(request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    factors.mark(request, user, authenticator.type)


def _added(request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """The new one was just shown: its first code or its first touch made it."""
    if authenticator.type in factors.TYPES:
        factors.mark(request, user, authenticator.type)
        audit.record(
            "account.factor_added",
            subject=user,
            actor=who.actor_of(user),
            factor=str(authenticator.type),
        )


def _removed(request: Any, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Without any left, the session has shown none: whose role needs one enrols again at once."""
    if not factors.has_one(user):
        factors.unmark(request)
    audit.record(
        "account.factor_removed",
        subject=user,
        actor=who.actor_of(user),
        factor=str(authenticator.type),
    )


def _reset(request: Any, user: Any, **kwargs: Any) -> None:
    """Whoever set a new password by a link in the account's e-mail is no stranger on this device."""
    request.known_device_for = user
