"""The file of a person, one sheet per tier."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import CLINICAL, Policy, Shield
from versants.core.crypto.vault import SealedField
from versants.people.models.persons import Person
from versants.people.models.sealed import SealedRow


class SocialSheet(SealedRow):
    """Situation and plan, read by the team that follows the person."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="social_sheet")
    situation = SealedField()
    plan = SealedField()
    saved_at = models.DateTimeField(default=clock.now)

    shield = Shield(
        DataClass.SOCIAL, own="team_id", subject=("person", "person_id"), grant_classes=(DataClass.SOCIAL,)
    )

    class Meta:
        verbose_name = _("social sheet")
        verbose_name_plural = _("social sheets")


class ClinicalSheet(SealedRow):
    """The clinicians' summary: never interpreters, ambassadors, requesters or funders."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="clinical_sheet")
    summary = SealedField()
    saved_at = models.DateTimeField(default=clock.now)

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
