"""A piece of a day that is being planned, for whichever worker takes it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet
from versants.core.pieces import Piece, PieceState
from versants.people.models import Team

__all__ = ["PieceState", "PlanPiece"]


class PlanPiece(Piece):
    """What a worker is to solve and what it found, packed; ids, times and travel only. Gone when its round is over."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    seconds = models.FloatField()

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id", about_person=False)

    class Meta:
        verbose_name = _("piece of a plan")
        verbose_name_plural = _("pieces of a plan")
