"""Languages people speak, and the numbers to ring when a life is in danger."""

from __future__ import annotations

from typing import NamedTuple

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from versants.territory.models.places import Versant


class Language(models.Model):
    """A language as services book it: Sudanese and Levantine Arabic are two, with one macrolanguage."""

    code = models.CharField(primary_key=True, max_length=3)  # ISO 639-3
    bcp47 = models.CharField(max_length=12)
    macro = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="varieties")
    name_fr = models.CharField(max_length=60)
    name_nl = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    autonym = models.CharField(max_length=60, blank=True)
    script = models.CharField(max_length=4)
    direction = models.CharField(max_length=3, default="ltr")
    # 1 to 9 for those offered first on a request; None for the rest of the list.
    first_rank = models.PositiveSmallIntegerField(null=True)

    class Meta:
        verbose_name = _("language")
        verbose_name_plural = _("languages")
        ordering = ["name_fr"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return {"nl": self.name_nl, "en": self.name_en}.get(get_language() or "fr", self.name_fr)


class Spoken(NamedTuple):
    """A language as a list offers it: its name is the reader's."""

    code: str
    name: str
    first_rank: int | None


def spoken() -> list[Spoken]:
    """Every language by its name, without an object of each: a list of two hundred stands on most pages."""
    column = {"nl": "name_nl", "en": "name_en"}.get(get_language() or "fr", "name_fr")
    rows = Language.objects.values_list("code", column, "first_rank")
    return sorted((Spoken(*row) for row in rows), key=lambda one: one.name.casefold())


class EmergencyNumber(models.Model):
    """A number to ring first, per versant, with where and when it was read. Never typed into a template."""

    versant = models.CharField(max_length=16, choices=Versant)
    rank = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=20)
    what_fr = models.CharField(max_length=80)
    what_nl = models.CharField(max_length=80)
    what_en = models.CharField(max_length=80)
    source = models.CharField(max_length=200)
    read_on = models.DateField()

    class Meta:
        verbose_name = _("emergency number")
        verbose_name_plural = _("emergency numbers")
        ordering = ["versant", "rank"]
        constraints = [models.UniqueConstraint(fields=["versant", "number"], name="emergency_number_once")]

    def __str__(self) -> str:
        return self.number

    @property
    def what(self) -> str:
        """What it is for, in the reader's language."""
        return {"nl": self.what_nl, "en": self.what_en}.get(get_language() or "fr", self.what_fr)
