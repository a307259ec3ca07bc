"""What a person agreed to, with whom and until when. The grants it opened end with it."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet
from versants.people.enums import ConsentMode, Purpose
from versants.people.models.organisations import Team
from versants.people.models.persons import Person
from versants.territory.models import Language, Versant


class Consent(models.Model):
    """One person, one purpose, one receiving versant, from-to. Never changed after, except to end it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="consents")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(_("purpose"), max_length=16, choices=Purpose)
    receiving_versant = models.CharField(_("receiving versant"), max_length=16, choices=Versant, blank=True)
    period = DateTimeRangeField(_("from, to"))
    mode = models.CharField(_("how"), max_length=12, choices=ConsentMode)
    language = models.ForeignKey(Language, on_delete=models.PROTECT, null=True, related_name="+")
    collected_by = models.BigIntegerField(null=True)  # membership
    collected_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_how = models.CharField(max_length=16, blank=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.SOCIAL, own="team_id", subject=("person", "person_id"), grant_classes=(DataClass.SOCIAL,)
    )

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(
                name="consent_crossing_names_versant",
                condition=~Q(purpose=Purpose.CROSS_BORDER) | ~Q(receiving_versant=""),
                violation_error_message=_(
                    "A consent to share across the border names the versant that receives."
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.receiving_versant}"
