"""What ended, to be known outside the database."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Ending(models.Model):
    """The end of a row changed: a role was ended, a consent withdrawn, a link cut. Written by a trigger of that table.

    Ids and instants only. The same line stands in a file outside the database, where a restored backup does not forget
    it; the newest line of a row counts.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20)  # a key of launch.backup.endings.KINDS
    of = models.UUIDField()  # uid of the row
    at = models.DateTimeField(db_default=Now())
    says = models.CharField(max_length=80, blank=True)  # what its column says since; empty: it has no end
    kept_at = models.DateTimeField(null=True)  # written to the file

    class Meta:
        verbose_name = _("end of a right")
        verbose_name_plural = _("ends of rights")
        indexes = [models.Index(fields=["at"], name="ending_waiting", condition=Q(kept_at=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.of}"
