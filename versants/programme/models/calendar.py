"""The calendar of reporting periods, as data: which days a semester holds was never obvious.

Sources disagree on the programme's own first years (semester 6 ends 31-12-2020 on calendar halves, 31-03-2021 on
project halves), so the days stand here and not in code.
"""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportingPeriod(models.Model):
    """A semester: its key as written in reports (2026-2) and its days, half-open."""

    key = models.CharField(_("semester"), max_length=8, unique=True)
    days = DateRangeField(_("from, to"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("reporting period")
        verbose_name_plural = _("reporting periods")
        constraints = [
            ExclusionConstraint(
                name="reporting_period_no_overlap",
                expressions=[("days", RangeOperators.OVERLAPS)],
                violation_error_message=_("A day belongs to one semester."),
            )
        ]

    def __str__(self) -> str:
        return self.key
