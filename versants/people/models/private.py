"""What a clinician writes for nobody else."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import CLINICAL_ROLES, DataClass
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield
from versants.core.crypto.vault import SealedField
from versants.people.models.persons import Person
from versants.people.models.sealed import SealedRow

_MINE = "author = app.membership() AND app.role() = ANY(ARRAY[{}])".format(
    ", ".join(f"'{role}'" for role in sorted(map(str, CLINICAL_ROLES)))
)


def _mine(actor: Actor) -> Q:
    if actor.membership is None or actor.role not in CLINICAL_ROLES:
        return Q(pk__in=[])
    return Q(author=actor.membership)


class PrivateNote(SealedRow):
    """A working note of one clinician about one person: read by its author, by nobody else, never passed on.

    No grant opens it, no team, no coordination. It stands under the person's clinical key and goes dark with it.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="private_notes")
    author = models.BigIntegerField()  # membership
    text = SealedField()
    written_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(null=True)

    shield = Shield(DataClass.CLINICAL, extra=(Policy("author", "ALL", _MINE, _MINE),), extra_q=_mine)

    class Meta:
        verbose_name = _("private note")
        verbose_name_plural = _("private notes")
        indexes = [models.Index(fields=["person", "author", "-written_at"], name="private_note_mine")]
