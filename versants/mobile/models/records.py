"""Records: what was done, by whom, for whom. The basis of every figure, signed, then corrected only by an addition."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core import clock
from versants.core.access.classes import DataClass
from versants.core.access.scope import Actor
from versants.core.access.shield import CLINICAL, Policy, Shield, ShieldedQuerySet, granted_ids
from versants.core.crypto.vault import SealedField
from versants.mobile.enums import AttemptReason, Done, InterventionKind, Mode, RecordState, Step, TimeKind
from versants.mobile.models.visits import Assignment, Visit
from versants.people.models import Organisation, Person, Professional, Team
from versants.people.models.sealed import SealedRow

# Whoever intervenes as a carer writes the record, also when invited from the other side of the border.
_BY_VISITOR: dict[str, Any] = {
    "subject": ("visit", "visit_id"),
    "grant_classes": (DataClass.SOCIAL,),
    "grant_writes": (DataClass.SOCIAL,),
}
# For tables that hang on a record: "the reader was invited as a carer for its visit".
# Records as a set, not for each row whether its record is one of them: a long file would ask that for every visit.
_VISITORS_RECORD = (
    "record_id IN (SELECT r.id FROM mobile_record r"
    f" WHERE r.visit_id IN (SELECT app.granted('visit', ARRAY['{DataClass.SOCIAL}'])))"
)
# app.first_contacts() counts across teams who was met before; it answers a number and nothing else.
_COUNTING = Policy("counting", "SELECT", "current_user = 'versants_owner'")


class Record(models.Model):
    """What was done on one visit, in categories and counts. Words stand in notes, sealed, by tier."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="record")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="records")
    kind = models.CharField(_("kind"), max_length=16, choices=InterventionKind)
    mode = models.CharField(_("how"), max_length=8, choices=Mode, default=Mode.ON_SITE)
    state = models.CharField(_("state"), max_length=8, choices=RecordState, default=RecordState.DRAFT)
    began_at = models.DateTimeField(_("began at"), null=True)
    duration_min = models.PositiveSmallIntegerField(_("minutes"), null=True)
    n_persons = models.PositiveSmallIntegerField(_("persons accompanied present"), default=1)
    n_professionals = models.PositiveSmallIntegerField(_("professionals supported"), default=0)
    done = ArrayField(
        models.CharField(max_length=20, choices=Done), verbose_name=_("what was done"), default=list
    )
    with_interpreter = models.BooleanField(_("with an interpreter"), default=True)
    # Next steps while it is being written, [{"step": "call_back", "due_on": "2026-11-27"}]; follow-ups once signed.
    steps = models.JSONField(_("next steps"), default=list, blank=True)
    written_by = models.BigIntegerField(null=True)  # membership
    saved_at = models.DateTimeField(default=clock.now)
    signed_at = models.DateTimeField(null=True)
    signed_by = models.BigIntegerField(null=True)
    version = models.PositiveIntegerField(default=1)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.SOCIAL, own="team_id", extra=(_COUNTING,), **_BY_VISITOR)

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        indexes = [models.Index(fields=["team", "-began_at"], name="record_team")]
        constraints = [
            models.CheckConstraint(
                name="record_signed_is_whole",
                condition=~Q(state=RecordState.SIGNED)
                | (Q(signed_at__isnull=False) & Q(began_at__isnull=False) & Q(duration_min__isnull=False)),
                violation_error_message=_("A signed record says when it began and how long it lasted."),
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class RecordPerson(models.Model):
    """Who was present, by code."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="persons")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="records")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.SOCIAL,
        own="team_id",
        # Whoever was invited for the visit writes who was there: a code, which the assignment already told.
        extra=(Policy("visitor", "ALL", _VISITORS_RECORD, _VISITORS_RECORD), _COUNTING),
        extra_q=lambda actor: Q(record__visit__in=granted_ids(actor, "visit", (DataClass.SOCIAL,))),
    )

    class Meta:
        verbose_name = _("person present")
        verbose_name_plural = _("persons present")
        constraints = [models.UniqueConstraint(fields=["record", "person"], name="record_person_once")]

    def __str__(self) -> str:
        return str(self.person_id)


class RecordAddition(SealedRow):
    """What is added to a signed record: by whom, when; the first text stands."""

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="additions")
    text = SealedField()
    by = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=clock.now)

    shield = Shield(
        DataClass.SOCIAL,
        follows=("record_id", "mobile_record"),
        extra=(Policy("visitor_adds", "INSERT", check=_VISITORS_RECORD),),
    )

    class Meta:
        verbose_name = _("addition to a record")
        verbose_name_plural = _("additions to records")


class SocialNote(SealedRow):
    """Situation, orientation, plan: read by the team that follows the person."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="social_note")
    text = SealedField()
    saved_at = models.DateTimeField(default=clock.now)

    shield = Shield(DataClass.SOCIAL, own="team_id", **_BY_VISITOR)

    class Meta:
        verbose_name = _("social note")
        verbose_name_plural = _("social notes")


class ClinicalNote(SealedRow):
    """The psychologist's note: the clinicians of the team only, never interpreters, requesters or funders."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="clinical_note")
    text = SealedField()
    saved_at = models.DateTimeField(default=clock.now)

    shield = Shield(
        DataClass.CLINICAL,
        own="team_id",
        own_roles=CLINICAL,
        subject=("visit", "visit_id"),
        grant_classes=(DataClass.CLINICAL,),
        grant_writes=(DataClass.CLINICAL,),
    )

    class Meta:
        verbose_name = _("clinical note")
        verbose_name_plural = _("clinical notes")


class ClinicalAddition(SealedRow):
    """What a clinician adds to the clinical note of a signed record; read like the note itself."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="clinical_additions")
    text = SealedField()
    by = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=clock.now)

    shield = Shield(
        DataClass.CLINICAL,
        own="team_id",
        own_roles=CLINICAL,
        subject=("visit", "visit_id"),
        grant_classes=(DataClass.CLINICAL,),
        grant_writes=(DataClass.CLINICAL,),
    )

    class Meta:
        verbose_name = _("addition to a clinical note")
        verbose_name_plural = _("additions to clinical notes")


class FollowUp(models.Model):
    """A next step with a date, for the team's list."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="follow_ups")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="follow_ups")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="follow_ups")
    step = models.CharField(_("next step"), max_length=16, choices=Step)
    due_on = models.DateField(_("by"))
    by_professional = models.ForeignKey(Professional, on_delete=models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.SOCIAL, own="team_id", **_BY_VISITOR)

    class Meta:
        verbose_name = _("next step")
        verbose_name_plural = _("next steps")
        indexes = [models.Index(fields=["team", "due_on"], name="follow_up_due", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return str(self.get_step_display())


class Attempt(models.Model):
    """A visit that was due and did not take place, with its reason: counted apart."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="attempt")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=16, choices=AttemptReason)
    by = models.BigIntegerField(null=True)
    at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.SOCIAL, own="team_id", **_BY_VISITOR)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return str(self.get_reason_display())


def _own_times(actor: Actor) -> Q:
    """One's own; the coordination and the desk see those of their house."""
    seen = Q(professional_id=actor.professional) if actor.professional else Q(pk__in=[])
    if actor.role in {"coordinator", "desk"} and actor.organisation:
        seen |= Q(organisation_id=actor.organisation)
    return seen


class StaffTime(models.Model):
    """Minutes of a day that are not a visit; one line per person, day and kind."""

    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="times")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(_("day"))
    kind = models.CharField(_("kind"), max_length=12, choices=TimeKind)
    minutes = models.PositiveSmallIntegerField(_("minutes"))

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.WORKFORCE_PRIVATE,
        extra=(
            Policy(
                "oneself",
                "ALL",
                "professional_id = app.professional()",
                "professional_id = app.professional()",
            ),
            Policy(
                "own_house",
                "SELECT",
                "organisation_id = app.organisation() AND app.role() IN ('coordinator', 'desk')",
            ),
        ),
        extra_q=_own_times,
        about_person=False,
    )

    class Meta:
        verbose_name = _("staff time")
        verbose_name_plural = _("staff times")
        constraints = [
            models.UniqueConstraint(fields=["professional", "day", "kind"], name="staff_time_once"),
            models.CheckConstraint(
                name="staff_time_within_a_day",
                condition=Q(minutes__lte=1440),
                violation_error_message=_("A day has 24 hours."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class ConfirmedHours(models.Model):
    """When someone was really there and on the road, in their own words of hours: never what was said."""

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="confirmed_hours")
    professional = models.ForeignKey(Professional, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField(_("began at"))
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    travel_min = models.PositiveSmallIntegerField(_("minutes on the road"), default=0)
    confirmed_at = models.DateTimeField(default=clock.now)

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(
        DataClass.WORKFORCE_PRIVATE,
        extra=(
            Policy(
                "oneself",
                "ALL",
                "professional_id = app.professional()",
                "professional_id = app.professional()",
            ),
            Policy(
                "own_house",
                "SELECT",
                "organisation_id = app.organisation() AND app.role() IN ('coordinator', 'desk')",
            ),
        ),
        extra_q=_own_times,
        about_person=False,
    )

    class Meta:
        verbose_name = _("confirmed hours")
        verbose_name_plural = _("confirmed hours")
        constraints = [
            models.CheckConstraint(
                name="confirmed_hours_within_a_day",
                condition=Q(minutes__gte=1, minutes__lte=1440, travel_min__lte=1440),
                violation_error_message=_("A day has 24 hours."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.began_at} {self.minutes}"
