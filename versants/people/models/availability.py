"""When professionals can be asked: a weekly pattern in wall time, exceptions, on call."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import DataClass, Role
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.people.enums import AbsenceKind
from versants.people.models.organisations import Organisation
from versants.people.models.professionals import WORKFORCE, Professional


class WeeklyShift(models.Model):
    """One stretch of a weekly pattern, in local wall time, expanded per day (spring and autumn included)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="weekly_shifts")
    weekday = models.PositiveSmallIntegerField(_("weekday"))  # Monday 0
    start = models.TimeField(_("from"))
    end = models.TimeField(_("to"))

    objects = ShieldedQuerySet.as_manager()
    shield = WORKFORCE

    class Meta:
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")
        constraints = [
            models.CheckConstraint(
                name="weekly_shift_in_order",
                condition=Q(end__gt=F("start")) & Q(weekday__lte=6),
                violation_error_message=_("The end comes after the beginning, on the same day."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.start}-{self.end}"


class Absence(models.Model):
    """A time when someone is not to be asked. That it is so, everybody who plans knows; why, only the own house."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="absences")
    held = DateTimeRangeField(_("from, to"))  # half-open, UTC
    kind = models.CharField(_("why"), max_length=12, choices=AbsenceKind)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.WORKFORCE_PRIVATE,
        extra=(
            Policy(
                "own_house",
                "ALL",
                f"organisation_id = app.organisation() AND app.role() IN ('{Role.COORDINATOR}', '{Role.DESK}')",
                f"organisation_id = app.organisation() AND app.role() IN ('{Role.COORDINATOR}', '{Role.DESK}')",
            ),
            Policy(
                "oneself",
                "ALL",
                "professional_id = app.professional()",
                "professional_id = app.professional()",
            ),
            # app.busy() reads for those who plan: professional and time, never the reason.
            Policy("busy", "SELECT", "current_user = 'versants_owner'"),
        ),
        extra_q=lambda actor: (
            Q(organisation_id=actor.organisation)
            if actor.role in {Role.COORDINATOR, Role.DESK} and actor.organisation
            else Q(professional_id=actor.professional)
            if actor.professional
            else Q(pk__in=[])
        ),
        about_person=False,
    )

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        indexes = [models.Index(fields=["professional"], name="absence_professional")]

    def __str__(self) -> str:
        return f"{self.held}"


class OnCall(models.Model):
    """Who is on call for a team, from-to: two people never hold the same watch of one team and role."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="on_call")
    team = models.ForeignKey("people.Team", on_delete=models.CASCADE, related_name="on_call")
    held = DateTimeRangeField(_("from, to"))
    phone = models.CharField(_("telephone of the watch"), max_length=24)

    objects = ShieldedQuerySet.as_manager()
    shield = WORKFORCE

    class Meta:
        verbose_name = _("on call")
        verbose_name_plural = _("on call")
        constraints = [
            ExclusionConstraint(
                name="on_call_one_at_a_time",
                expressions=[("team", RangeOperators.EQUAL), ("held", RangeOperators.OVERLAPS)],
                violation_error_message=_("Somebody is already on call then."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.held}"
