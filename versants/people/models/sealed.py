"""What every row of sealed words has in common."""

from __future__ import annotations

import uuid

from django.db import models

from versants.core.access.shield import ShieldedQuerySet
from versants.core.models import DataKey
from versants.people.models.organisations import Team


class SealedRow(models.Model):
    """Words of one team under one data key. Each kind declares its own shield: who reads it is never inherited.

    It prints as ``<sealed>``, wherever it ends up.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")

    objects = ShieldedQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return "<sealed>"
