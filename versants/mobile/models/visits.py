"""Visits: an intervention at a place and time. Slots: places in it. Assignments: who takes them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.fields.ranges import RangeStartsWith
from django.db import models
from django.db.models import Deferrable, Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.mobile.enums import (
    HOLDING,
    AssignmentState,
    GenderWish,
    InterventionKind,
    Mode,
    Pin,
    Urgency,
    VisitState,
)
from versants.mobile.models.requests import ASKED_BY_READER, Request
from versants.people.enums import Complexity, Discipline, Level
from versants.people.models import Professional, Site, Team
from versants.territory.models import Commune, Language, Versant

# No visit lasts longer (constraint visit_lasts), so what reaches into a day began less than this before it.
LONGEST = timedelta(days=1)


def held_within(low: datetime, high: datetime) -> Q:
    """Visits or assignments whose time meets [low, high): what the range says, and what an index can serve."""
    return Q(held__overlap=(low, high), starts_at__lt=high, starts_at__gt=low - LONGEST)


_AS_CARER = f"SELECT app.granted('visit', ARRAY['{DataClass.SOCIAL}'])"


class Need(models.Model):
    """What triage decided: which roles, in which languages, once or as a series."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="needs")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=16, choices=InterventionKind)
    # A series: {"weekday": 1, "time": "14:00", "times": 8, "skip_holidays": true}; None for a single visit.
    series = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id", coordinators=True)

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")

    def __str__(self) -> str:
        return str(self.get_kind_display())


class Visit(models.Model):
    """An intervention at a place and a time. Logistics only: for whom stands with the request."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    need = models.ForeignKey(Need, on_delete=models.PROTECT, related_name="visits")
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="visits")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="visits")
    kind = models.CharField(_("kind"), max_length=16, choices=InterventionKind)
    urgency = models.CharField(max_length=8, choices=Urgency)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="visits")
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="+")
    versant = models.CharField(max_length=16, choices=Versant)
    country = models.CharField(max_length=2)
    mode = models.CharField(_("how"), max_length=8, choices=Mode, default=Mode.ON_SITE)
    gender_wish = models.CharField(max_length=8, choices=GenderWish, blank=True)
    complexity = models.PositiveSmallIntegerField(choices=Complexity, default=Complexity.EVERYDAY)
    window = DateTimeRangeField(_("arrival between"))  # half-open, UTC
    duration_min = models.PositiveSmallIntegerField(_("minutes"))
    held = DateTimeRangeField(_("held at"), null=True)  # half-open, UTC; set when placed
    # The beginning of ``held``, kept by the database. Under row security an index serves the comparison of instants
    # but not of ranges, which PostgreSQL does not trust with rows the reader may not see: lists ask for both.
    starts_at = models.GeneratedField(
        expression=RangeStartsWith("held"), output_field=models.DateTimeField(null=True), db_persist=True
    )
    state = models.CharField(_("state"), max_length=10, choices=VisitState, default=VisitState.OPEN)
    pin = models.PositiveSmallIntegerField(_("firmness"), choices=Pin, default=Pin.FREE)
    series_rank = models.PositiveSmallIntegerField(default=1)
    cancel_reason = models.CharField(max_length=24, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.LOGISTIC,
        own="team_id",
        subject=("visit", "id"),
        coordinators=True,
        extra=(
            # The one who asked follows what becomes of it: place, time, state; the pages show no more.
            Policy("asker", "SELECT", ASKED_BY_READER),
            # A carer invited from another team signs the record, and with it the visit is done.
            Policy("carer", "UPDATE", f"id IN ({_AS_CARER})", f"id IN ({_AS_CARER})"),
        ),
        extra_q=lambda actor: Q(
            request__in=Request.objects.filter(Request.shield.extra_q(actor)).values("pk")
        ),
    )

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        indexes = [
            models.Index(fields=["team", "state"], name="visit_team_state"),
            models.Index(fields=["request"], name="visit_request"),
            models.Index(fields=["starts_at", "team"], name="visit_start"),
            models.Index(fields=["team", "starts_at"], name="visit_team_start"),
            models.Index(fields=["team"], name="visit_open", condition=Q(state=VisitState.OPEN)),
        ]
        constraints = [
            models.CheckConstraint(
                name="visit_placed_has_time",
                condition=Q(state__in=[VisitState.OPEN, VisitState.CANCELLED, VisitState.MISSED])
                | Q(held__isnull=False),
                violation_error_message=_("A planned visit has a time."),
            ),
            models.CheckConstraint(
                name="visit_lasts",
                condition=Q(duration_min__gte=5) & Q(duration_min__lte=600),
                violation_error_message=_("A visit lasts between 5 minutes and 10 hours."),
            ),
        ]

    # Set by prefetches, and only there: who holds a place (planning), who comes along (the day of one of them).
    holding: list[Assignment]
    others: list[Assignment]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.place}"

    @property
    def place(self) -> str:
        return self.site.name if self.site is not None else self.commune.name


class Slot(models.Model):
    """One place in a visit for a role. ``after_min`` None: together with the others; else minutes after the start."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="slots")
    rank = models.PositiveSmallIntegerField(default=1)
    discipline = models.CharField(_("role"), max_length=20, choices=Discipline)
    language = models.ForeignKey(Language, on_delete=models.PROTECT, null=True, related_name="+")
    second_languages = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    level = models.PositiveSmallIntegerField(_("at least"), choices=Level, default=Level.B2)
    gender = models.CharField(max_length=8, choices=GenderWish, blank=True)
    gender_required = models.BooleanField(default=False)
    mode = models.CharField(
        max_length=8, choices=Mode, blank=True
    )  # an interpreter by telephone at a visit on site
    after_min = models.PositiveSmallIntegerField(null=True)
    duration_min = models.PositiveSmallIntegerField(null=True)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, follows=("visit_id", "mobile_visit"))

    class Meta:
        verbose_name = _("place in a visit")
        verbose_name_plural = _("places in visits")
        ordering = ["rank"]
        constraints = [
            models.CheckConstraint(
                name="slot_interpreter_has_language",
                condition=~Q(discipline=Discipline.INTERPRETER) | Q(language__isnull=False),
                violation_error_message=_("Say which language the interpreter speaks."),
            )
        ]

    def __str__(self) -> str:
        return str(self.get_discipline_display())


class Assignment(models.Model):
    """One professional in one slot of a visit."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="assignments")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="assignments")
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="assignments")
    held = DateTimeRangeField(_("time held"))  # half-open [start, end), UTC
    starts_at = models.GeneratedField(  # as of a visit
        expression=RangeStartsWith("held"), output_field=models.DateTimeField(), db_persist=True
    )
    travel_min = models.PositiveSmallIntegerField(default=0)  # road to it, as counted when placed
    state = models.CharField(
        _("state"), max_length=10, choices=AssignmentState, default=AssignmentState.OFFERED
    )
    answer_by = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    offer_token_hash = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.LOGISTIC,
        follows=("visit_id", "mobile_visit"),
        extra=(
            Policy("oneself", "SELECT", "professional_id = app.professional()"),
            # app.busy() reads for everybody on the board: professional and time, never where or for whom. PostgreSQL asks
            # the policies of a row from the last name to the first: this one before those that look at its visit.
            Policy("taken", "SELECT", "current_user = 'versants_owner'"),
            # The link of an offer shows this one assignment; its token is stored as a hash.
            Policy("offered", "SELECT", "offer_token_hash <> '' AND offer_token_hash = app.setting('token')"),
            Policy(
                "answer",
                "UPDATE",
                "professional_id = app.professional()",
                "professional_id = app.professional()",
            ),
            Policy("carer", "UPDATE", f"visit_id IN ({_AS_CARER})", f"visit_id IN ({_AS_CARER})"),
        ),
        extra_q=lambda actor: (
            Q(professional_id=actor.professional)
            if actor.professional
            else Q(offer_token_hash=actor.token)
            if actor.token
            else Q(pk__in=[])
        ),
    )

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        indexes = [
            models.Index(fields=["professional", "state"], name="assignment_professional"),
            models.Index(fields=["professional", "starts_at"], name="assignment_start"),
        ]
        constraints = [
            ExclusionConstraint(
                name="assignment_not_double_booked",
                expressions=[("professional", RangeOperators.EQUAL), ("held", RangeOperators.OVERLAPS)],
                condition=Q(state__in=HOLDING),
                # A plan that swaps two people is one UPDATE, checked at its end.
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("This professional already has a visit at that time."),
            ),
            models.UniqueConstraint(
                name="assignment_one_per_slot",
                fields=["slot"],
                condition=Q(state__in=HOLDING),
                violation_error_message=_("Somebody already holds this place."),
            ),
            models.CheckConstraint(
                name="assignment_held_not_empty",
                condition=Q(held__isempty=False),
                violation_error_message=_("A visit has a beginning and an end."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional_id} {self.state}"
