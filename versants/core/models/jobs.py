"""Long work with a face: what it does, how far it is, how to stop it, what came out."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet

ROLE_ENDED = "job.role_ended"  # the error code of one that was refused


class JobState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Job(models.Model):
    """A piece of work somebody asked for. ``params`` and ``result`` hold ids and figures, never content."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=32)
    state = models.CharField(_("state"), max_length=12, choices=JobState, default=JobState.WAITING)
    progress_pct = models.PositiveSmallIntegerField(default=0)
    doing = models.CharField(max_length=120, blank=True)  # an English source string, translated when shown
    params = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    result_url = models.CharField(max_length=200, blank=True)
    error_code = models.CharField(max_length=48, blank=True)
    cancel_asked = models.BooleanField(default=False)
    account_id = models.BigIntegerField(null=True)
    membership_id = models.BigIntegerField(null=True)
    team_id = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.LOGISTIC,
        own="team_id",
        extra=(
            Policy("asker", "ALL", "membership_id = app.membership()", "membership_id = app.membership()"),
            # Refused because that role ended: told under whichever role the same person has now.
            Policy("refused", "SELECT", f"account_id = app.account() AND error_code = '{ROLE_ENDED}'"),
        ),
        extra_q=lambda actor: (
            (Q(membership_id=actor.membership) if actor.membership else Q(pk__in=[]))
            | (Q(account_id=actor.account, error_code=ROLE_ENDED) if actor.account else Q(pk__in=[]))
        ),
        about_person=False,
    )

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_over(self) -> bool:
        return self.state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}

    @property
    def is_refused(self) -> bool:
        """The role under which it was asked for had ended when a worker took it."""
        return self.error_code == ROLE_ENDED
