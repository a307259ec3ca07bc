"""What was done and what was read: codes, never content."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass, Role
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet


class AuditEvent(models.Model):
    """One business action or one reading of a file. The application may add events, never change or remove one."""

    at = models.DateTimeField(default=clock.now)
    action = models.CharField(_("action"), max_length=48)  # visit.assigned, person.read
    actor_kind = models.CharField(max_length=12)
    membership_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    organisation_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    role = models.CharField(max_length=20, blank=True)
    subject_kind = models.CharField(max_length=24, blank=True)
    subject_uid = models.CharField(max_length=40, blank=True)
    person_code = models.CharField(max_length=12, blank=True)
    facts = models.JSONField(default=dict)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.LOGISTIC,
        extra=(
            Policy("append", "INSERT", check="true"),
            # Functions of the sealer: hashes leave them, words do not (core.sealing, core.pruning).
            Policy("sealing", "SELECT", "current_user = 'versants_owner'"),
            Policy("pruning", "DELETE", "current_user = 'versants_owner'"),
            Policy(
                "read_by_dpo", "SELECT", f"app.role() = '{Role.DPO}' AND organisation_id = app.organisation()"
            ),
        ),
        extra_q=lambda actor: (
            Q(organisation_id=actor.organisation) if actor.role == Role.DPO else Q(pk__in=[])
        ),
        about_person=False,
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            models.Index(fields=["organisation_id", "-at"], name="audit_organisation"),
            models.Index(fields=["person_code", "-at"], name="audit_person", condition=~Q(person_code="")),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_kind}/{self.subject_uid}"
