"""Seals over the log: each covers the events committed since the one before, and binds itself to it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class UnsealedEvent(models.Model):
    """An event that waits for its seal, put here by a trigger in the event's own transaction.

    A queue, because ids and clocks say nothing of the order of commits: what commits late is sealed late, never
    passed over; and because it is true after a dump is loaded elsewhere.
    """

    event_id = models.BigIntegerField(primary_key=True)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("event that waits for its seal")
        verbose_name_plural = _("events that wait for their seal")

    def __str__(self) -> str:
        return str(self.event_id)


class Seal(models.Model):
    """Events put under one signature. ``leaves`` are their hashes, 32 bytes each, in the order of ``event_ids``."""

    number = models.BigIntegerField(primary_key=True)  # 1, 2, 3, without a gap
    segment = models.CharField(max_length=7)  # the month of sealing, UTC: 2026-11
    at = models.DateTimeField()
    n = models.PositiveIntegerField()
    event_ids = ArrayField(models.BigIntegerField(), null=True)  # None once every event of it was pruned
    leaves = models.BinaryField(null=True)
    root = models.BinaryField()
    previous = models.BinaryField()  # hash of the seal before; 32 zero bytes for the first
    signature = models.BinaryField()
    # Events whose legal period is over and whose rows went, with a signature of its own: what is missing without one
    # was removed.
    pruned_ids = ArrayField(models.BigIntegerField(), default=list)
    pruned_signature = models.BinaryField(null=True)
    pruned_before = models.DateTimeField(null=True)  # looked through for rows older than this

    class Meta:
        verbose_name = _("seal of the log")
        verbose_name_plural = _("seals of the log")
        indexes = [models.Index(fields=["at"], name="seal_at")]

    def __str__(self) -> str:
        return str(self.number)


class LogCheck(models.Model):
    """What a verification of the whole log found: shown to data protection officers."""

    at = models.DateTimeField()
    holds = models.BooleanField()
    found = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("verification of the log")
        verbose_name_plural = _("verifications of the log")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d} {self.holds}"
