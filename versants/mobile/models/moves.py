"""What coordination did to the plan, so that its last step can be undone."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet
from versants.people.models import Team


class MoveKind(models.TextChoices):
    ASSIGN = "assign", _("placed")
    RELEASE = "release", _("taken off")
    PLAN = "plan", _("plan of a day applied")


class BoardMove(models.Model):
    """One step on the board by one membership. ``visits``: how each stood before, and the version it then had.

    Ids, times and codes only; kept for the hours in which it can be undone (``services.moves``).
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    membership_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=MoveKind)
    visits = models.JSONField(default=list)
    made_at = models.DateTimeField(default=clock.now)
    undone_at = models.DateTimeField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id", about_person=False)

    class Meta:
        verbose_name = _("step on the board")
        verbose_name_plural = _("steps on the board")
        indexes = [models.Index(fields=["membership_id", "-id"], name="move_membership")]

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%Y-%m-%d %H:%M}"
