"""Where the reference data came from and when it was loaded."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DataSource(models.Model):
    """One shipped file as it was last loaded; its hash tells whether it has to be loaded again."""

    name = models.CharField(primary_key=True, max_length=60)  # file name
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    origin = models.TextField()  # who published it, licence
    as_of = models.CharField(max_length=40)  # the date of the data, as its publisher gives it
    loaded_at = models.DateTimeField()

    class Meta:
        db_table = "territory_source"
        verbose_name = _("data source")
        verbose_name_plural = _("data sources")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
