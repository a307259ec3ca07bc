"""Who is acting, told to PostgreSQL for the length of a transaction.

Row security reads these settings; no setting means no row. They are transaction-local, so a pooled
connection never carries them to the next request.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from versants.core import clock
from versants.core.access.classes import TEAM_ROLES, WALLED_ROLES


@dataclass(frozen=True, slots=True)
class Actor:
    """One actor: a membership, a link, the public, or a job working for a team.

    ``team`` is set only for roles that act for a team on rows about persons (TEAM_ROLES); ``desk`` holds the
    team of the others, which opens nothing about persons by itself. Ids are primary keys.
    """

    kind: str  # membership | link | public | job
    membership: int | None = None
    account: int | None = None
    organisation: int | None = None
    team: int | None = None
    desk: int | None = None
    professional: int | None = None
    versant: str = ""
    role: str = ""
    link: int | None = None
    token: str = ""
    request: str = ""
    phone: str = ""  # hash of the secret kept by the phone that holds a draft

    @classmethod
    def nobody(cls) -> Actor:
        """Somebody without a role: sees reference data only."""
        return cls(kind="public")

    @classmethod
    def for_membership(cls, membership: Any) -> Actor:
        """The actor of a people.Membership."""
        acts_for_team = membership.role in TEAM_ROLES
        return cls(
            kind="membership",
            membership=membership.pk,
            account=membership.account_id,
            organisation=membership.organisation_id,
            team=membership.team_id if acts_for_team else None,
            desk=membership.team_id,
            # Behind the wall not even one's own visits of another role: one acts under that role to see them.
            professional=None if membership.role in WALLED_ROLES else membership.professional_id,
            versant=membership.versant,
            role=membership.role,
        )

    @classmethod
    def for_team(cls, team: Any) -> Actor:
        """A job that works for one people.Team, as its coordination would."""
        return cls(
            kind="job",
            organisation=team.organisation_id,
            team=team.pk,
            desk=team.pk,
            versant=team.versant,
            role="coordinator",
        )

    def holders(self) -> list[tuple[str, int]]:
        """As whom this actor may hold a grant: (``Grant.holder_kind``, ``Grant.holder_id``), as app.granted reads them."""
        mine = (
            ("membership", self.membership),
            ("team", self.team),
            ("desk", self.desk),
            ("organisation", self.organisation),
            ("link", self.link),
        )
        return [(kind, holder) for kind, holder in mine if holder]


_current: ContextVar[Actor | None] = ContextVar("versants_actor", default=None)


def current() -> Actor:
    """The acting one; somebody without rights when nothing was declared."""
    return _current.get() or Actor.nobody()


_SETTINGS = [f.name for f in fields(Actor)]


def _apply(actor: Actor | None) -> None:
    values = {
        f"app.{name}": "" if actor is None or getattr(actor, name) is None else str(getattr(actor, name))
        for name in _SETTINGS
    }
    values["app.now"] = clock.now().isoformat() if actor and clock.is_frozen() else ""
    calls = ", ".join(["set_config(%s, %s, true)"] * len(values))
    with connection.cursor() as cursor:
        if settings.ASSUMED_DATABASE_ROLE:
            cursor.execute(f"SET LOCAL ROLE {settings.ASSUMED_DATABASE_ROLE if actor else 'NONE'}")
        cursor.execute(f"SELECT {calls}", [part for pair in values.items() for part in pair])


@contextmanager
def acting(actor: Actor) -> Iterator[Actor]:
    """Run a block, in one transaction, as ``actor``. Scopes nest; the outer one is restored."""
    outer = _current.get()
    with transaction.atomic():
        _apply(actor)
        token = _current.set(actor)
        try:
            yield actor
        finally:
            _current.reset(token)
        # Reached without an error only: a rollback, whole or to the savepoint, undoes the settings by itself.
        if not connection.needs_rollback:
            _apply(outer)
