"""Who opens which page of this app (core.web.pages)."""

from versants.core.access.classes import DataClass
from versants.core.web.pages import declare
from versants.programme.rules import FIGURE_ROLES


def declare_all() -> None:
    """Figures are for those who run or account for the programme; the list behind a bar holds what its reader may
    see."""
    declare("figures figure_records semester_xlsx", FIGURE_ROLES, data_class=DataClass.AGGREGATE)
