"""Figures: facts without persons, written in the transaction of the record they come from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import DataClass, Role
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.mobile.enums import InterventionKind, Mode, PartOfDay, UnmetOrigin, Urgency
from versants.people.models import Team
from versants.territory.models import Commune, Language, Versant

_OWN_IMPORT = f"team_id = app.team() AND app.role() = '{Role.COORDINATOR}' AND imported <> ''"


class FigureDefinition(models.Model):
    """What counts, as dated data: a figure can say by which definition it was counted."""

    key = models.CharField(max_length=24)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    text_fr = models.TextField()
    text_nl = models.TextField()
    text_en = models.TextField()
    counts = models.JSONField(default=dict)  # {"record_state": "signed", "attempts": false}
    source = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("definition of a figure")
        verbose_name_plural = _("definitions of figures")
        constraints = [models.UniqueConstraint(fields=["key", "valid_from"], name="definition_once")]

    def __str__(self) -> str:
        return f"{self.key} {self.valid_from}"


class InterventionFact(models.Model):
    """One visit delivered = 1, whatever the roles; persons, contacts, professionals and hours are counts of their own.

    An attempt is a fact with ``delivered`` 0; an imported one holds the counts of a month. No person, no visit and no
    author can be found from a row.
    """

    day = models.DateField()
    semester = models.CharField(max_length=6)  # 2026-2, from the calendar of reporting periods
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    versant = models.CharField(max_length=16, choices=Versant)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=InterventionKind)
    language = models.ForeignKey(Language, on_delete=models.PROTECT, null=True, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode)
    delivered = models.PositiveSmallIntegerField(_("interventions"), default=1)
    attempted = models.PositiveSmallIntegerField(_("in vain"), default=0)
    n_persons = models.PositiveSmallIntegerField(_("persons met"), default=0)
    n_first_contacts = models.PositiveSmallIntegerField(_("first contacts"), default=0)
    n_professionals = models.PositiveSmallIntegerField(_("professionals supported"), default=0)
    minutes = models.PositiveIntegerField(_("minutes"), default=0)
    with_interpreter = models.CharField(max_length=8, blank=True)  # on_site | remote | none; empty: not known
    # When it was to begin, as coarse as with an unmet need; empty: not known.
    part_of_day = models.CharField(max_length=9, choices=PartOfDay, blank=True, default="", db_default="")
    # Counted before Versants, by month (its first day) and several at once: a hash of what the row is about.
    imported = models.CharField(max_length=64, blank=True, editable=False)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.AGGREGATE,
        extra=(
            Policy("read", "SELECT", "app.membership() IS NOT NULL"),
            Policy("write", "INSERT", check="app.team() IS NOT NULL"),
            # What a signature counted stays for ever; what a team brought in from its own list it may set right.
            Policy("set_right", "UPDATE", _OWN_IMPORT, _OWN_IMPORT),
            Policy("take_back", "DELETE", _OWN_IMPORT),
        ),
        extra_q=lambda actor: Q(pk__isnull=False) if actor.membership else Q(pk__in=[]),
        about_person=False,
    )

    class Meta:
        verbose_name = _("intervention, as counted")
        verbose_name_plural = _("interventions, as counted")
        indexes = [
            models.Index(fields=["semester", "versant", "kind"], name="fact_semester"),
            models.Index(fields=["day"], name="fact_day"),
        ]
        constraints = [
            models.CheckConstraint(
                name="fact_delivered_or_attempted",
                condition=Q(delivered=1, attempted=0) | Q(delivered=0, attempted=1) | ~Q(imported=""),
                violation_error_message=_("A visit took place, or it did not."),
            ),
            models.UniqueConstraint(
                fields=["team", "imported"],
                condition=~Q(imported=""),
                name="fact_imported_once",
                violation_error_message=_("This month is counted already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class UnmetNeed(models.Model):
    """A need that was not met, as counted: a request refused or a visit that failed, and for want of what.

    Like an intervention's fact it names no person, no request and no author.
    """

    day = models.DateField()
    semester = models.CharField(max_length=6)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    versant = models.CharField(max_length=16, choices=Versant)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, null=True, related_name="+")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, null=True, related_name="+")
    urgency = models.CharField(max_length=8, choices=Urgency)
    origin = models.CharField(max_length=8, choices=UnmetOrigin)
    reason = models.CharField(max_length=20)  # a RefusalReason or an AttemptReason
    part_of_day = models.CharField(max_length=9, choices=PartOfDay)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.AGGREGATE,
        extra=(
            Policy("read", "SELECT", "app.membership() IS NOT NULL"),
            Policy("write", "INSERT", check="app.team() IS NOT NULL"),
        ),
        extra_q=lambda actor: Q(pk__isnull=False) if actor.membership else Q(pk__in=[]),
        about_person=False,
    )

    class Meta:
        verbose_name = _("unmet need, as counted")
        verbose_name_plural = _("unmet needs, as counted")
        indexes = [models.Index(fields=["semester", "versant"], name="unmet_semester")]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}"
