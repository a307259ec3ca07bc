"""What is kept to let people sign in, read before anyone is known: no word about persons accompanied is in clear."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from versants.core.crypto.vault import SealedField
from versants.core.models import DataKey
from versants.people.models.accounts import Account


class SignInLimit(models.Model):
    """Wrong tries under one key (a keyed hash of account and client), and until when the next one waits."""

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(null=True)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["last_at"], name="signin_limit_age")]

    def __str__(self) -> str:
        return f"{self.failures}"


class KnownDevice(models.Model):
    """A browser from which this account has signed in before: the hash of the secret its cookie holds."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "token_hash"], name="known_device_once")]

    def __str__(self) -> str:
        return f"{self.account_id}"


class HeldForm(models.Model):
    """What somebody was sending when the session ended: sealed, offered once to the same account, then gone."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="held_forms")
    membership_id = models.BigIntegerField(null=True)
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+")
    content = SealedField()  # {"path": ..., "fields": [[name, value], ...]}
    held_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["held_at"], name="held_form_age")]

    def __str__(self) -> str:
        return "<sealed>"
