"""Places: communes of the three versants and the reception centres found in public sources."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Versant(models.TextChoices):
    """One of the three territories. Codes are those of communes.csv everywhere."""

    HAUTS_DE_FRANCE = "hauts-de-france", _("Hauts-de-France")
    WALLONIE = "wallonie", _("Wallonia")
    WEST_VLAANDEREN = "west-vlaanderen", _("West Flanders")


COUNTRY_OF = {"hauts-de-france": "FR", "wallonie": "BE", "west-vlaanderen": "BE"}
# The language teams work in (ISO 639-3): interpreters bring the person's into it.
WORKING_LANGUAGE = {"hauts-de-france": "fra", "wallonie": "fra", "west-vlaanderen": "nld"}
# Three letters beside the name, and what commands accept too.
SHORT = {"hauts-de-france": "HDF", "wallonie": "WAL", "west-vlaanderen": "WVL"}
ALIASES = {
    "FR": "hauts-de-france",
    "WAL": "wallonie",
    "VLA": "west-vlaanderen",
    "HDF": "hauts-de-france",
    "WVL": "west-vlaanderen",
}


def versant_code(text: str) -> str:
    """The code of a versant from a code, a short name or an alias (FR, WAL, VLA). Raises KeyError."""
    folded = text.strip()
    if folded.lower() in Versant.values:
        return folded.lower()
    return ALIASES[folded.upper()]


class Commune(models.Model):
    """A commune. Joined on ``uid``: 24 five-digit codes are both an INSEE and a NIS code."""

    uid = models.CharField(primary_key=True, max_length=10)  # FR-59350, BE-57096
    code = models.CharField(max_length=5)
    name_fr = models.CharField(_("French name"), max_length=80)
    name_nl = models.CharField(_("Dutch name"), max_length=80, blank=True)
    versant = models.CharField(_("versant"), max_length=16, choices=Versant)
    country = models.CharField(_("country"), max_length=2)
    admin2 = models.CharField(max_length=40)
    arrondissement = models.CharField(max_length=60, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    postal_codes = models.CharField(max_length=120, blank=True)  # all of them, separated by spaces
    lat = models.FloatField()
    lon = models.FloatField()
    population = models.PositiveIntegerField(null=True)
    # Names and postal codes without accents, each between spaces: what a person types is looked up here.
    folded = models.CharField(max_length=280, blank=True, editable=False)

    class Meta:
        verbose_name = _("commune")
        verbose_name_plural = _("communes")
        ordering = ["uid"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name as the reader says it: Mouscron, Moeskroen."""
        if get_language() == "nl" and self.name_nl:
            return self.name_nl
        if self.versant == Versant.WEST_VLAANDEREN and get_language() == "en" and self.name_nl:
            return self.name_nl
        return self.name_fr


class ReceptionCentre(models.Model):
    """A reception place named on a public page, with the page and its date: a seed, not a register."""

    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=24)
    operator = models.CharField(max_length=60, blank=True)
    commune = models.ForeignKey(Commune, on_delete=models.PROTECT, related_name="reception_centres")
    capacity = models.PositiveIntegerField(null=True)
    as_of = models.CharField(max_length=10, blank=True)  # year or year-month, as the source gives it
    status = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=300)

    class Meta:
        verbose_name = _("reception centre")
        verbose_name_plural = _("reception centres")
        constraints = [models.UniqueConstraint(fields=["name", "commune"], name="reception_centre_once")]

    def __str__(self) -> str:
        return self.name
