"""How somebody comes in: by an invitation, or again after having lost the way."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import GIVING_ROLES, RECOVERING_ROLES, DataClass, Role
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.people.models.accounts import Account, Membership
from versants.people.models.organisations import Organisation, Team
from versants.people.models.professionals import Professional
from versants.territory.models import Versant


def _of_house(roles: frozenset[Role]) -> Shield:
    """The organisation's rows, for those of its members who hold one of ``roles``; and the row of a link's token."""
    named = ", ".join(f"'{role}'" for role in sorted(roles))
    house = f"organisation_id = app.organisation() AND app.role() IN ({named})"
    held = "token_hash = app.setting('token')"

    def seen(actor: Actor) -> Q:
        found = Q(pk__in=[])
        if actor.role in roles and actor.organisation:
            found |= Q(organisation_id=actor.organisation)
        if actor.token:
            found |= Q(token_hash=actor.token)
        return found

    return Shield(
        DataClass.WORKFORCE_PRIVATE,
        extra=(
            Policy("house", "ALL", house, house),
            Policy("holder", "SELECT", held),
            Policy("holder_update", "UPDATE", held, held),
        ),
        extra_q=seen,
        about_person=False,
    )


class Invitation(models.Model):
    """A role offered to somebody by a link in an e-mail. Only the hash of its token is stored; it serves once."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, null=True, related_name="+")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=80)
    language = models.CharField(_("language"), max_length=2, default="fr")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    versant = models.CharField(_("versant"), max_length=16, choices=Versant, blank=True)
    period = DateRangeField(_("from, to"))  # of the role, half-open [from, to)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.BigIntegerField(null=True)  # membership; none: from the command line
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = _of_house(GIVING_ROLES)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        indexes = [models.Index(fields=["organisation", "-created_at"], name="invitation_house")]
        constraints = [
            models.CheckConstraint(
                name="invitation_ends_one_way",
                condition=Q(accepted_at=None) | Q(revoked_at=None),
                violation_error_message=_("An invitation is accepted or withdrawn, not both."),
            ),
            models.UniqueConstraint(
                fields=["organisation", "email", "role"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="invitation_waits_once",
                violation_error_message=_("This person is already invited to this role."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.uid}"

    @property
    def state(self) -> str:
        """accepted | withdrawn | over | waiting."""
        if self.accepted_at is not None:
            return "accepted"
        if self.revoked_at is not None:
            return "withdrawn"
        return "waiting" if clock.now() < self.expires_at else "over"


class Recovery(models.Model):
    """A way back for somebody who lost the second factor: two different people confirm, then a link is sent.

    The link leaves when the second one has confirmed, to the address known before; it serves once.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="recoveries")
    reason = models.CharField(_("what was lost"), max_length=16)
    first = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    first_account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    second_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    token_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  (none until two confirmed)
    used_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = _of_house(RECOVERING_ROLES)

    class Meta:
        verbose_name = _("recovery of an account")
        verbose_name_plural = _("recoveries of accounts")
        indexes = [models.Index(fields=["organisation", "-opened_at"], name="recovery_house")]
        constraints = [
            models.CheckConstraint(
                name="recovery_by_two_others",
                condition=~Q(first_account=F("account"))
                & (
                    Q(second_account=None)
                    | (~Q(second_account=F("account")) & ~Q(second_account=F("first_account")))
                ),
                violation_error_message=_(
                    "Two different people confirm, and neither is the one who comes back."
                ),
            ),
            models.CheckConstraint(
                name="recovery_link_after_two",
                condition=Q(token_hash=None)
                | (Q(second_account__isnull=False) & Q(confirmed_at__isnull=False)),
                violation_error_message=_("The link is made when two people have confirmed."),
            ),
            models.UniqueConstraint(
                fields=["account"],
                condition=Q(used_at=None, stopped_at=None),
                name="recovery_one_at_a_time",
                violation_error_message=_("A recovery of this account is already under way."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.uid}"

    @property
    def state(self) -> str:
        """used | stopped | over | sent (the link) | waiting (for the second person)."""
        if self.used_at is not None:
            return "used"
        if self.stopped_at is not None:
            return "stopped"
        if clock.now() >= self.expires_at:
            return "over"
        return "sent" if self.confirmed_at is not None else "waiting"
