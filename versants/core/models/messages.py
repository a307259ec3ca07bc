"""Messages to be sent. They carry no name, no reason and no language of a person: only when, where, and a link."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet


class Message(models.Model):
    """One e-mail or SMS in the receiver's language, written in the transaction of what it tells."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    team_id = models.BigIntegerField(null=True)
    channel = models.CharField(max_length=8, choices=[("email", _("e-mail")), ("sms", _("text message"))])
    address = models.CharField(max_length=254)
    language = models.CharField(max_length=8)
    subject = models.CharField(max_length=120, blank=True)
    body = models.TextField()
    about = models.CharField(max_length=48)  # request.received, offer.made
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.WORKFORCE, own="team_id", about_person=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["created_at"], name="message_waiting", condition=models.Q(sent_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.about}"
