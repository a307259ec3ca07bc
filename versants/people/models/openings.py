"""Identities opened by breaking the glass: each one waits for somebody else to look at it."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet
from versants.core.models import Grant
from versants.people.models.organisations import Team
from versants.people.models.persons import Person


class IdentityOpening(models.Model):
    """Somebody opened an identity with a stated reason; a colleague of the coordination reviews it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="openings")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    grant = models.ForeignKey(Grant, on_delete=models.PROTECT, related_name="+")
    opened_by = models.BigIntegerField()  # membership
    opened_at = models.DateTimeField(default=clock.now)
    reason = models.CharField(_("reason"), max_length=16)
    reviewed_by = models.BigIntegerField(null=True)  # membership
    reviewed_at = models.DateTimeField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.SOCIAL, own="team_id")

    class Meta:
        verbose_name = _("opening of an identity")
        verbose_name_plural = _("openings of identities")
        indexes = [models.Index(fields=["team", "-opened_at"], name="opening_team")]
        constraints = [
            models.CheckConstraint(
                name="opening_reviewed_by_another",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=models.F("opened_by")),
                violation_error_message=_("Somebody else reviews it."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.reason}"
