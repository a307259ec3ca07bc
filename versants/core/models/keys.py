"""Data keys: one per person or request. Everything sensitive about it is encrypted with it; destroying it erases."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock


class DataKey(models.Model):
    """A random 256-bit key, stored wrapped by a key that is never in the database."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    wrapped_by = models.CharField(_("wrapped by"), max_length=40)
    wrapped = models.BinaryField(null=True)  # None: destroyed, what it sealed is gone for good
    created_at = models.DateTimeField(default=clock.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("data key")
        verbose_name_plural = _("data keys")

    def __str__(self) -> str:
        return str(self.uid)
