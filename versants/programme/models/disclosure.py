"""How small a figure may be before it points at somebody, as dated data."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Audience(models.TextChoices):
    """Who reads the figure."""

    PARTNERS = "partners", _("partners of the programme, under contract")
    PUBLIC = "public", _("published outside, where health is concerned")


class DisclosureRule(models.Model):
    """A figure from 1 to ``minimum`` - 1 is not shown to ``audience``, nor anything it could be recomputed from."""

    audience = models.CharField(_("audience"), max_length=8, choices=Audience)
    minimum = models.PositiveSmallIntegerField(_("smallest figure shown"))
    valid_from = models.DateField()
    source = models.CharField(_("source"), max_length=200)

    class Meta:
        verbose_name = _("disclosure rule")
        verbose_name_plural = _("disclosure rules")
        constraints = [
            models.UniqueConstraint(fields=["audience", "valid_from"], name="disclosure_rule_once"),
            models.CheckConstraint(
                name="disclosure_rule_hides",
                condition=Q(minimum__gte=3),
                violation_error_message=_("Below 3, a figure can always be undone."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience} {self.minimum}"
