"""Who the programme is made of: legal bodies, their places and their teams."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from versants.core.access.classes import DataClass
from versants.core.access.shield import Shield, ShieldedQuerySet
from versants.people.enums import OrganisationKind, TeamKind
from versants.territory.models import Commune, Versant


class Organisation(models.Model):
    """A legal body: a partner of the programme, an interpreting service, a reception network."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=120)
    short_name = models.CharField(max_length=40, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=OrganisationKind)
    versant = models.CharField(_("versant"), max_length=16, choices=Versant)
    is_partner = models.BooleanField(_("partner of the programme"), default=False)
    is_lead = models.BooleanField(_("lead partner"), default=False)

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_lead"], condition=models.Q(is_lead=True), name="organisation_one_lead"
            )
        ]

    def __str__(self) -> str:
        return self.short_name or self.name


class Site(models.Model):
    """A place where the programme works: a centre, an office, a school. Its address is public; persons' are not."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=24, blank=True)
    address = models.CharField(_("address"), max_length=160, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="sites")
    lat = models.FloatField()
    lon = models.FloatField()
    access_notes = models.CharField(_("how to get in"), max_length=240, blank=True)
    source = models.CharField(max_length=300, blank=True)
    as_of = models.CharField(max_length=10, blank=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def versant(self) -> str:
        return self.commune.versant

    @property
    def country(self) -> str:
        return self.commune.country


class Team(models.Model):
    """People who work as one: a mobile team, an interpreting desk. Rows about persons belong to exactly one team."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=12, choices=TeamKind)
    versant = models.CharField(_("versant"), max_length=16, choices=Versant)
    base = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, related_name="+")
    phone = models.CharField(_("telephone"), max_length=24, blank=True)
    email = models.EmailField(blank=True)
    # Local wall time per weekday: {"mon": [["08:30", "17:00"]], ...}; promised delays count these hours only.
    opening_hours = models.JSONField(_("opening hours"), default=dict)
    # Promised delay to an answer, in opening minutes, per urgency; a crisis counts every minute.
    promise_minutes = models.JSONField(default=dict)
    presents = models.JSONField(_("what it does, by language"), default=dict)

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class SiteContact(models.Model):
    """Where a team writes to a centre, to send it its link for instance. Each team keeps its own address for it."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="contacts")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    email = models.EmailField(_("contact e-mail"))

    objects = ShieldedQuerySet.as_manager()
    shield = Shield(DataClass.LOGISTIC, own="team_id", about_person=False)

    class Meta:
        verbose_name = _("contact of a centre")
        verbose_name_plural = _("contacts of centres")
        constraints = [models.UniqueConstraint(fields=["site", "team"], name="site_contact_once_per_team")]

    def __str__(self) -> str:
        return f"{self.site_id}"
