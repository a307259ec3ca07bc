"""Those who intervene, paid or volunteer: what they can do, in which languages, on which side of the border."""

from __future__ import annotations

import uuid
from dataclasses import replace

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import WORKFORCE_ROLES, DataClass, Role
from versants.core.access.scope import Actor
from versants.core.access.shield import Policy, Shield, ShieldedQuerySet
from versants.people.enums import Complexity, Discipline, Gender, InterpreterKind, Level, Status
from versants.people.models.organisations import Organisation, Team
from versants.territory.models import Commune, Language

_WORKFORCE = ", ".join(f"'{role}'" for role in sorted(WORKFORCE_ROLES))


def _reads_workforce(actor: Actor) -> Q:
    return Q(pk__isnull=False) if actor.role in WORKFORCE_ROLES or actor.kind == "job" else Q(pk__in=[])


# Name, languages and mandates are read by those who book and those who go together; nobody else.
WORKFORCE = Shield(
    DataClass.WORKFORCE,
    extra=(
        Policy("workforce", "SELECT", f"app.role() IN ({_WORKFORCE})"),
        Policy(
            "own_house",
            "ALL",
            f"organisation_id = app.organisation() AND app.role() IN ('{Role.COORDINATOR}', '{Role.DESK}')",
            f"organisation_id = app.organisation() AND app.role() IN ('{Role.COORDINATOR}', '{Role.DESK}')",
        ),
    ),
    extra_q=_reads_workforce,
    about_person=False,
)

# app.mesh_staff() counts who interprets what for studies of the mesh, whoever may make one; it answers counts of five.
COUNTED = replace(
    WORKFORCE, extra=(*WORKFORCE.extra, Policy("counting", "SELECT", "current_user = 'versants_owner'"))
)


class Professional(models.Model):
    """Someone who intervenes, with disciplines, languages and mandates."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="professionals")
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="professionals", verbose_name=_("team")
    )
    first_name = models.CharField(_("first name"), max_length=40)
    last_name = models.CharField(_("name"), max_length=60)
    gender = models.CharField(_("gender"), max_length=8, choices=Gender)
    status = models.CharField(_("status"), max_length=16, choices=Status)
    disciplines = ArrayField(
        models.CharField(max_length=20, choices=Discipline), verbose_name=_("disciplines")
    )
    interpreter_kind = models.CharField(
        _("kind of interpreter"), max_length=12, choices=InterpreterKind, blank=True
    )
    # The hardest talk this person may interpret; 0 for those who do not interpret.
    max_complexity = models.PositiveSmallIntegerField(_("hardest talk"), default=0)
    # Where the working day starts and ends as others may know it: the commune of the office or, for those without, theirs.
    base = models.ForeignKey(
        Commune, on_delete=models.PROTECT, related_name="+", verbose_name=_("commune of the base")
    )
    weekly_hours = models.DecimalField(_("hours a week"), max_digits=4, decimal_places=1, default=38)
    max_daily_minutes = models.PositiveSmallIntegerField(default=480)
    max_crises_in_a_row = models.PositiveSmallIntegerField(default=2)
    works_remotely = models.BooleanField(_("by telephone or video too"), default=True)
    active = models.BooleanField(default=True)

    objects = ShieldedQuerySet.as_manager()
    shield = COUNTED

    class Meta:
        verbose_name = _("professional")
        verbose_name_plural = _("professionals")
        ordering = ["last_name", "first_name"]
        constraints = [
            models.CheckConstraint(
                name="professional_helper_ceiling",
                condition=~Q(interpreter_kind=InterpreterKind.HELPER)
                | Q(max_complexity__lte=Complexity.EVERYDAY),
                violation_error_message=_("A language helper takes simple or everyday talks only."),
            ),
            models.CheckConstraint(
                name="professional_interpreter_has_kind",
                condition=~Q(disciplines__contains=[Discipline.INTERPRETER])
                | (~Q(interpreter_kind="") & Q(max_complexity__gte=Complexity.SIMPLE)),
                violation_error_message=_("Say which kind of interpreter, and the hardest talk."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def short(self) -> str:
        """Élise D."""
        return f"{self.first_name} {self.last_name[:1]}."


class ProfessionalLanguage(models.Model):
    """A language someone works in, with level and direction."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="languages")
    language = models.ForeignKey(Language, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(_("level"), choices=Level)
    understands_only = models.BooleanField(_("from this language only"), default=False)
    certified_until = models.DateField(null=True, blank=True)

    objects = ShieldedQuerySet.as_manager()
    shield = COUNTED

    class Meta:
        verbose_name = _("working language")
        verbose_name_plural = _("working languages")
        constraints = [
            models.UniqueConstraint(
                fields=["professional", "language"],
                name="professional_language_once",
                violation_error_message=_("This language is already there."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.language} {self.get_level_display()}"


class Mandate(models.Model):
    """The right to intervene in one country, from-to."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    professional = models.ForeignKey(Professional, on_delete=models.CASCADE, related_name="mandates")
    country = models.CharField(_("country"), max_length=2)
    period = DateRangeField(_("from, to"))  # half-open
    basis = models.CharField(_("on what basis"), max_length=120, blank=True)

    objects = ShieldedQuerySet.as_manager()
    shield = COUNTED

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        constraints = [
            ExclusionConstraint(
                name="mandate_once_per_country",
                expressions=[
                    ("professional", RangeOperators.EQUAL),
                    ("country", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("There is already a mandate for this country at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.period}"


class ProfessionalPrivate(models.Model):
    """Home and limits that only the own organisation's coordination and the person themself read."""

    professional = models.OneToOneField(Professional, on_delete=models.CASCADE, related_name="private")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    home = models.ForeignKey(Commune, on_delete=models.PROTECT, null=True, related_name="+")
    phone = models.CharField(_("telephone"), max_length=24, blank=True)
    email = models.EmailField(blank=True)

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
            Policy("oneself", "SELECT", "professional_id = app.professional()"),
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
        verbose_name = _("private data of a professional")
        verbose_name_plural = _("private data of professionals")

    def __str__(self) -> str:
        return f"{self.professional_id}"
