"""Grants: the only thing that opens a row which is not the reader's own team's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import CLINICAL_ROLES, WALLED_ROLES, DataClass
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet

_WALL = ", ".join(f"'{role}'" for role in sorted(WALLED_ROLES))


class GrantQuerySet(ShieldedQuerySet["Grant"]):
    def open_to(self, actor: Actor) -> Self:
        """Grants that ``actor`` holds at this moment: the same rule as the database's app.granted."""
        if actor.role in WALLED_ROLES:  # no grant, by whatever mistake it was written, goes through the wall
            return self.none()
        held = Q(pk__in=[])
        for kind, holder in actor.holders():
            held |= Q(holder_kind=kind, holder_id=holder)
        found = self.filter(held, period__contains=clock.now())
        if actor.role not in CLINICAL_ROLES:
            found = found.exclude(data_class=DataClass.CLINICAL)
        return found

    def about(self, kind: str, classes: Iterable[str] = ()) -> Self:
        """Those about subjects of ``kind``; of ``classes`` only, if given."""
        found = self.filter(subject_kind=kind)
        return found.filter(data_class__in=list(classes)) if classes else found


class Grant(models.Model):
    """The right of a membership, team or link to one person's or visit's data of one class, from-to, and why."""

    subject_kind = models.CharField(_("subject"), max_length=12)  # person | visit | request
    subject_id = models.BigIntegerField()
    holder_kind = models.CharField(
        _("holder"), max_length=12
    )  # membership | team | desk | organisation | link
    holder_id = models.BigIntegerField()
    data_class = models.CharField(_("data class"), max_length=20, choices=DataClass)
    period = DateTimeRangeField(_("period"))  # half-open [from, to), UTC
    because = models.CharField(
        _("because"), max_length=24
    )  # assignment | referent | consent | request | break_glass
    because_id = models.BigIntegerField(null=True)
    # The consent without which it would not exist: when that ends, so does this.
    consent_id = models.BigIntegerField(null=True)
    # The team whose subject it is: it may see and close the grants on its own files.
    given_by_team = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = GrantQuerySet.as_manager()
    shield = Shield(
        DataClass.LOGISTIC,
        own="given_by_team",
        extra=(
            Policy(
                "held",
                "SELECT",
                # Not even the grant itself, which names a person, shows to a walled role that holds it by mistake.
                f"app.role() NOT IN ({_WALL}) AND ("
                "(holder_kind = 'membership' AND holder_id = app.membership())"
                " OR (holder_kind = 'team' AND holder_id = app.team())"
                " OR (holder_kind = 'desk' AND holder_id = app.desk())"
                " OR (holder_kind = 'organisation' AND holder_id = app.organisation())"
                " OR (holder_kind = 'link' AND holder_id = app.link()))",
            ),
            # app.end_grants_of and app.referent_of run as the tables' owner.
            Policy("ending", "ALL", "current_user = 'versants_owner'", "current_user = 'versants_owner'"),
        ),
        extra_q=lambda actor: Q(pk__in=Grant.objects.open_to(actor).values("pk")),
    )

    class Meta:
        verbose_name = _("access right")
        verbose_name_plural = _("access rights")
        indexes = [
            models.Index(
                fields=["holder_kind", "holder_id", "subject_kind", "data_class"], name="grant_holder"
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="grant_subject"),
            models.Index(fields=["because", "because_id"], name="grant_because"),
            models.Index(fields=["consent_id"], name="grant_consent", condition=~Q(consent_id=None)),
            GistIndex(fields=["period"], name="grant_period"),
        ]

    def __str__(self) -> str:
        return f"{self.data_class} {self.subject_kind}/{self.subject_id}"
