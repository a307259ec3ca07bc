"""What the database itself counts: sums of the facts by month, so that figures need not read every fact there is, and
the last number of a request."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import DataClass
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.territory.models import Versant

_OWNER = "current_user = 'versants_owner'"


class FactTotal(models.Model):
    """What facts of one month and versant add to the sums: of all (``detail`` empty) or of one value of one detail.

    A trigger adds rows in the transaction of the facts, negative ones for what is corrected or taken back: nobody waits
    for a row that somebody else counts in. A total is the sum of its rows; ``app.fold_fact_totals`` makes one row of
    many now and then, which changes no sum.
    """

    month = models.DateField()  # its first day
    versant = models.CharField(max_length=16, choices=Versant)
    detail = models.CharField(
        max_length=16, blank=True
    )  # kind | language | mode | commune | with_interpreter
    value = models.CharField(max_length=16, blank=True)  # its code; empty: the fact says none
    delivered = models.BigIntegerField()
    attempted = models.BigIntegerField()
    n_persons = models.BigIntegerField()
    n_first_contacts = models.BigIntegerField()
    n_professionals = models.BigIntegerField()
    minutes = models.BigIntegerField()

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.AGGREGATE,
        extra=(
            Policy("read", "SELECT", "app.membership() IS NOT NULL"),
            # Written by the trigger and the folding alone, which run as the owner.
            Policy("adding_up", "ALL", _OWNER, _OWNER),
        ),
        extra_q=lambda actor: Q(pk__isnull=False) if actor.membership else Q(pk__in=[]),
        about_person=False,
    )

    class Meta:
        verbose_name = _("sum of interventions")
        verbose_name_plural = _("sums of interventions")
        indexes = [models.Index(fields=["detail", "month"], name="facttotal_detail")]

    def __str__(self) -> str:
        return f"{self.month} {self.versant} {self.detail} {self.value}"


class RequestCounter(models.Model):
    """The last number given to a request of a year; ``app.request_number`` alone reads and writes it."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("last number of a request")
        verbose_name_plural = _("last numbers of requests")

    def __str__(self) -> str:
        return f"{self.year} {self.last}"
