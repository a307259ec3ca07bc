"""Who an event of an account is written down for: the house in which the account holds a role."""

from __future__ import annotations

from typing import Any

from versants.core.access.scope import Actor
from versants.people.models import Membership


def actor_of(account: Any) -> Actor:
    """As the account's first role that holds, so that its data protection officer finds the event; else as itself."""
    held = Membership.objects.active().filter(account_id=account.pk).order_by("pk").first()
    return Actor.for_membership(held) if held is not None else Actor(kind="account", account=account.pk)
