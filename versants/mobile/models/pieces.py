"""A piece of a day that is being planned, for whichever worker takes it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet
from versants.people.models import Team


class PieceState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    TAKEN = "taken", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class PlanPiece(models.Model):
    """What a worker is to solve and what it found, packed; ids, times and travel only. Gone when its round is over."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=PieceState, default=PieceState.WAITING)
    order = models.BinaryField()
    answer = models.BinaryField(null=True)
    seconds = models.FloatField()
    asked_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, blank=True)  # host and process, for the operator

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id", about_person=False)

    class Meta:
        verbose_name = _("piece of a plan")
        verbose_name_plural = _("pieces of a plan")

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
