"""Imports: who brought in which file, what came of it, and how to take it back."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass, Role
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield
from versants.core.crypto.vault import SealedField
from versants.people.models.organisations import Organisation
from versants.people.models.sealed import SealedRow

IMPORTING_ROLES = frozenset({Role.COORDINATOR, Role.DESK})
_OWN_TEAM = (
    f"team_id = app.desk() AND organisation_id = app.organisation()"
    f" AND app.role() IN ('{Role.COORDINATOR}', '{Role.DESK}')"
)


class ImportState(models.TextChoices):
    RECEIVED = "received", _("received")
    PREVIEWED = "previewed", _("to confirm")
    APPLIED = "applied", _("imported")
    UNDONE = "undone", _("undone")
    DISCARDED = "discarded", _("thrown away")


def _team_of(actor: Actor) -> Q:
    if actor.role not in IMPORTING_ROLES or not actor.desk or not actor.organisation:
        return Q(pk__in=[])
    return Q(team_id=actor.desk, organisation_id=actor.organisation)


class Import(SealedRow):
    """One file of one kind. The file, what it does and what it wrote are sealed: they may hold private numbers.

    The file and the preview go after thirty days; what it wrote stays, so that it can be taken back later.
    """

    kind = models.CharField(_("kind"), max_length=16)
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.RECEIVED)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    membership_id = models.BigIntegerField(null=True)
    account_id = models.BigIntegerField(null=True)
    file_name = SealedField()
    file_hash = models.CharField(max_length=64)  # SHA-256 of the bytes
    content = SealedField()  # the bytes, base 64
    report = SealedField()  # JSON of the preview, then of the import
    journal = SealedField()  # JSON of what was written
    kept = SealedField()  # JSON: what taking back left standing, and why
    language = models.CharField(max_length=2, default="fr")  # of the sentences in the report
    digest = models.CharField(max_length=64, blank=True)  # of the preview that was shown
    n_rows = models.PositiveIntegerField(default=0)
    n_new = models.PositiveIntegerField(default=0)
    n_changed = models.PositiveIntegerField(default=0)
    n_same = models.PositiveIntegerField(default=0)
    n_faulty = models.PositiveIntegerField(default=0)
    n_kept = models.PositiveIntegerField(default=0)
    overtaken = models.BooleanField(default=False)  # the data changed between preview and confirmation
    created_at = models.DateTimeField(default=clock.now)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    shield = Shield(
        DataClass.WORKFORCE_PRIVATE,
        extra=(
            Policy("own_team", "ALL", _OWN_TEAM, _OWN_TEAM),
            # app.forget_imports() empties old ones, unread.
            Policy("ageing", "ALL", "current_user = 'versants_owner'", "current_user = 'versants_owner'"),
        ),
        extra_q=_team_of,
        about_person=False,
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["team", "-created_at"], name="import_team")]

    @property
    def is_open(self) -> bool:
        """Nothing is written yet, and it may still be."""
        return self.state in {ImportState.RECEIVED, ImportState.PREVIEWED}
