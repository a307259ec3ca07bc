"""Who opens which page of this app (core.web.pages)."""

from versants.core.access.classes import DataClass
from versants.core.web.pages import ALL_ROLES, declare


def declare_all() -> None:
    """Figures are read under any membership; the list behind a bar holds what its reader may see."""
    declare("figures figure_records semester_xlsx", ALL_ROLES, data_class=DataClass.AGGREGATE)
