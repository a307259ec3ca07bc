"""A planned day, proposed: what it would change, applied in one transaction or thrown away."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet
from versants.people.models import Team


class PlanState(models.TextChoices):
    PROPOSED = "proposed", _("proposed")
    APPLIED = "applied", _("applied")
    DISCARDED = "discarded", _("thrown away")
    STALE = "stale", _("overtaken")


class PlanPurpose(models.TextChoices):
    DAY = "day", _("plan of the day")
    REPAIR = "repair", _("repair")


class PlanProposal(models.Model):
    """What the planner proposes for a day. Ids and times only; ``based_on`` are the visits' versions it was made from."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    purpose = models.CharField(max_length=6, choices=PlanPurpose, default=PlanPurpose.DAY)
    state = models.CharField(max_length=10, choices=PlanState, default=PlanState.PROPOSED)
    changes = models.JSONField(default=list)
    based_on = models.JSONField(default=dict)
    cost = models.JSONField(default=dict)
    unassigned = models.JSONField(default=list)
    engine = models.CharField(max_length=8, default="python")
    created_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id", about_person=False)

    class Meta:
        verbose_name = _("proposed plan")
        verbose_name_plural = _("proposed plans")

    def __str__(self) -> str:
        return f"{self.day} {self.state}"
