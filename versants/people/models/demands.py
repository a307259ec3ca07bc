"""The register of demands by authorities: who asked what, on which ground, and what a human answered.

It has no field for a name and no free text. Who is concerned is a programme code at most; what was asked and
answered are choices. Rows are added, never changed: a correction is another answer.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass, Role
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.core.ids import ALPHABET
from versants.people.models.accounts import Membership
from versants.people.models.organisations import Organisation

# A file number: figures and short groups of letters. No word of five letters, so no name finds room.
REFERENCE = r"^(?!.*[A-Za-z]{5})[A-Za-z0-9 ./-]{0,24}$"
PERSON_CODE = rf"^(V[{ALPHABET}]{{3}}-[{ALPHABET}]{{4}})?$"


class Asker(models.TextChoices):
    """Which kind of authority asked."""

    POLICE = "police", _("police")
    PROSECUTOR = "prosecutor", _("public prosecutor")
    JUDGE = "judge", _("investigating judge or court")
    IMMIGRATION = "immigration", _("immigration office or prefecture")
    ASYLUM = "asylum", _("asylum authority")
    YOUTH = "youth", _("youth protection")
    INSPECTION = "inspection", _("labour or social inspection")
    TAX = "tax", _("tax office")
    FUNDER = "funder", _("funder or auditor")
    OTHER = "other", _("another authority")


class Ground(models.TextChoices):
    """On which legal ground it says it asks."""

    NONE = "none", _("none given")
    COURT_ORDER = "court_order", _("order of a judge")
    REQUISITION = "requisition", _("requisition by a prosecutor")
    STATUTE = "statute", _("an article of law, without order")
    AGREEMENT = "agreement", _("an agreement or a grant contract")
    CONSENT = "consent", _("consent of the person, it says")


class Asked(models.TextChoices):
    """What it wants to know."""

    EXISTENCE = "existence", _("whether somebody is accompanied")
    WHEREABOUTS = "whereabouts", _("where somebody is")
    IDENTITY = "identity", _("an identity")
    APPOINTMENTS = "appointments", _("dates of visits")
    SOCIAL = "social", _("the social file")
    CLINICAL = "clinical", _("clinical notes")
    LISTING = "listing", _("a list of persons")
    FIGURES = "figures", _("figures")


class Answer(models.TextChoices):
    """What was answered."""

    WAITING = "waiting", _("receipt only, the answer follows")
    REFUSED = "refused", _("refused")
    FIGURES_ONLY = "figures_only", _("published figures only")
    UNKNOWN = "unknown", _("neither confirmed nor denied")
    ORDERED = "ordered", _("handed over, an order obliged us")
    CONSENTED = "consented", _("handed over, the person agreed")
    WITHDRAWN = "withdrawn", _("the authority withdrew it")


def _dpo_only() -> Shield:
    rule = f"organisation_id = app.organisation() AND app.role() = '{Role.DPO}'"

    def seen(actor: Actor) -> Q:
        return Q(organisation_id=actor.organisation) if actor.role == Role.DPO else Q(pk__in=[])

    return Shield(
        DataClass.LOGISTIC,
        extra=(Policy("register", "SELECT", rule), Policy("entry", "INSERT", check=rule)),
        extra_q=seen,
        about_person=False,
    )


class AuthorityDemand(models.Model):
    """One demand by an authority, written down by the data protection officer of the organisation it reached."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    received_on = models.DateField(_("received on"))
    asker = models.CharField(_("who asked"), max_length=16, choices=Asker)
    country = models.CharField(
        _("of which country"), max_length=2, choices=[("BE", _("Belgium")), ("FR", _("France"))]
    )
    ground = models.CharField(_("on which ground"), max_length=16, choices=Ground)
    reference = models.CharField(_("number of its letter"), max_length=24, blank=True)
    asked = models.CharField(_("what was asked"), max_length=16, choices=Asked)
    person_code = models.CharField(_("programme code"), max_length=12, blank=True)
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = _dpo_only()

    class Meta:
        verbose_name = _("demand by an authority")
        verbose_name_plural = _("demands by authorities")
        indexes = [models.Index(fields=["organisation", "-received_on"], name="demand_house")]
        constraints = [
            models.CheckConstraint(
                name="demand_reference_is_a_number",
                condition=Q(reference__regex=REFERENCE),
                violation_error_message=_(
                    "A file number only: figures and short groups of letters, no name."
                ),
            ),
            models.CheckConstraint(
                name="demand_person_is_a_code",
                condition=Q(person_code__regex=PERSON_CODE),
                violation_error_message=_("A programme code such as V7K4-2M9X, or nothing."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asker} {self.asked}"


class DemandAnswer(models.Model):
    """What was answered to a demand, when and by whom. The last one counts; the earlier ones stay."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    demand = models.ForeignKey(AuthorityDemand, on_delete=models.PROTECT, related_name="answers")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(_("answered on"))
    answer = models.CharField(_("answer"), max_length=16, choices=Answer)
    written_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = _dpo_only()

    class Meta:
        verbose_name = _("answer to a demand")
        verbose_name_plural = _("answers to demands")
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return f"{self.answer} {self.answered_on}"
