"""The file of a person, one sheet per tier."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import CLINICAL, Policy, Shield, ShieldedQuerySet
from versants.core.crypto.vault import SealedField
from versants.core.models import DataKey
from versants.people.models.organisations import Team
from versants.people.models.persons import Person


class SocialSheet(models.Model):
    """Situation and plan, read by the team that follows the person."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="social_sheet")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")
    situation = SealedField()
    plan = SealedField()
    saved_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.SOCIAL, own="team_id", subject=("person", "person_id"), grant_classes=(DataClass.SOCIAL,)
    )

    class Meta:
        verbose_name = _("social sheet")
        verbose_name_plural = _("social sheets")

    def __str__(self) -> str:
        return "<sealed>"


class ClinicalSheet(models.Model):
    """The clinicians' summary: never interpreters, ambassadors, requesters or funders."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="clinical_sheet")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")
    summary = SealedField()
    saved_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.CLINICAL,
        own="team_id",
        own_roles=CLINICAL,
        # Whoever registers a person lays the empty sheet; only clinicians ever read it.
        extra=(Policy("own_insert", "INSERT", check="team_id = app.team()"),),
        subject=("person", "person_id"),
        grant_classes=(DataClass.CLINICAL,),
    )

    class Meta:
        verbose_name = _("clinical sheet")
        verbose_name_plural = _("clinical sheets")

    def __str__(self) -> str:
        return "<sealed>"
