"""Who acts, as ids; and who an event of an account is written down for: the house in which it holds a role."""

from __future__ import annotations

from typing import Any

from versants.core.access.scope import Actor
from versants.people.models import Membership


def actor_of(of: Any) -> Actor:
    """As the account's first role that holds, so that its data protection officer finds the event; else as itself."""
    held = Membership.objects.active().filter(account_id=of.pk).order_by("pk").first()
    return Actor.for_membership(held) if held is not None else Actor(kind="account", account=of.pk)


def still_holds(actor: Actor) -> bool:
    """Whether the role under which ``actor`` asked for something holds today, unchanged, and its account is not closed.

    The house's own work, which nobody asked for under a role, is not asked.
    """
    if actor.membership is None:
        return True
    held = Membership.objects.active().filter(pk=actor.membership, account__is_active=True).first()
    if held is None:
        return False
    return (held.account_id, held.organisation_id, held.team_id, held.role) == (
        actor.account,
        actor.organisation,
        actor.desk,
        actor.role,
    )


def house(actor: Actor) -> int:
    """The actor's organisation; 0, which is nobody's, for one without."""
    return actor.organisation or 0


def membership(actor: Actor) -> int:
    """The role under which the actor acts; 0 without."""
    return actor.membership or 0


def account(actor: Actor) -> int:
    """The account behind it; 0 without."""
    return actor.account or 0
