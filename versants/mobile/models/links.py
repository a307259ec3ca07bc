"""A site's link, or the QR on its wall: anyone on shift may ask with it, and sees nothing of earlier requests."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass, Role
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.people.models import Site, Team


class RequestLink(models.Model):
    """The right to ask for one site, from-to. Only the hash of its token is stored; the manager renews it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="request_links")
    organisation = models.ForeignKey("people.Organisation", on_delete=models.PROTECT, related_name="+")
    # Who receives what is asked here.
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="request_links")
    token_hash = models.CharField(max_length=64, unique=True)
    period = DateTimeRangeField(_("from, to"))
    revoked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.LOGISTIC,
        own="team_id",
        extra=(
            # The visitor shows a token; the row with its hash, and no other, is visible.
            Policy("holder", "SELECT", "token_hash = app.setting('token')"),
            Policy(
                "manager",
                "ALL",
                f"organisation_id = app.organisation() AND app.role() = '{Role.SITE_MANAGER}'",
                f"organisation_id = app.organisation() AND app.role() = '{Role.SITE_MANAGER}'",
            ),
        ),
        extra_q=lambda actor: (
            Q(token_hash=actor.token)
            if actor.token
            else Q(organisation_id=actor.organisation)
            if actor.role == Role.SITE_MANAGER
            else Q(pk__in=[])
        ),
        about_person=False,
    )

    class Meta:
        verbose_name = _("request link")
        verbose_name_plural = _("request links")

    def __str__(self) -> str:
        return f"{self.site}"
