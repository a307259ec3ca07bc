"""Data keys: one per person or request. Everything sensitive about it is encrypted with it; destroying it erases."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock


class WrappingKey(models.Model):
    """What the database knows of a key that it does not have: whose it is, since when, whether new keys use it."""

    key_id = models.CharField(primary_key=True, max_length=40)
    # ORGANISATION, ORGANISATION/TEAM (first 12 hexadecimal digits of their uid), or empty: the installation's own.
    holder = models.CharField(max_length=25, blank=True)
    is_active = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = _("wrapping key")
        verbose_name_plural = _("wrapping keys")
        constraints = [
            models.UniqueConstraint(
                fields=["holder"], condition=Q(is_active=True), name="wrapping_key_one_active"
            )
        ]

    def __str__(self) -> str:
        return self.key_id


class DataKey(models.Model):
    """A random 256-bit key, stored wrapped by a key that is never in the database."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    holder = models.CharField(max_length=25, blank=True, default="")  # as WrappingKey.holder
    # The id of a WrappingKey; the database refuses one that does not exist, and to forget one that is used.
    wrapped_by = models.CharField(_("wrapped by"), max_length=40, null=True)  # noqa: DJ001 (refers, or to nothing)
    wrapped = models.BinaryField(null=True)  # None: destroyed, what it sealed is gone for good
    created_at = models.DateTimeField(default=clock.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("data key")
        verbose_name_plural = _("data keys")
        indexes = [models.Index(fields=["wrapped_by", "holder"], name="data_key_wrapped")]

    def __str__(self) -> str:
        return str(self.uid)


class KeyRotation(models.Model):
    """A change of wrapping keys: begun, finished when nothing is left under older ones."""

    holder = models.CharField(max_length=25, null=True)  # noqa: DJ001 (None: every holder's; empty: the house's)
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("rotation of keys")
        verbose_name_plural = _("rotations of keys")

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d}"


class Erasure(models.Model):
    """Somebody was erased: by code and instant, with the data keys destroyed, so that it can be done again.

    The same line stands in a file outside the database, where a restored backup does not forget it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(max_length=12)
    at = models.DateTimeField(default=clock.now)
    keys = models.JSONField(default=list)  # uids of data keys
    kept_at = models.DateTimeField(null=True)  # written to the file

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [models.Index(fields=["at"], name="erasure_waiting", condition=Q(kept_at=None))]

    def __str__(self) -> str:
        return self.code
