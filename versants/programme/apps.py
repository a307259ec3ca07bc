from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgrammeConfig(AppConfig):
    name = "versants.programme"
    label = "programme"

    def ready(self) -> None:
        from versants.programme.pages import declare_all

        declare_all()
        from versants.core.access.shield import leave_open
        from versants.core.registries import NavEntry, nav
        from versants.core.web.audit import name_actions
        from versants.programme.rules import FIGURE_ROLES

        name_actions(
            {
                "figure.opened": _("records behind a figure opened"),
                "figures.exported": _("table of the semester exported"),
            }
        )
        leave_open("programme_reportingperiod", "the calendar of reports is public")
        leave_open("programme_disclosurerule", "how figures are protected is public")
        nav.add(NavEntry("figures", _("Figures"), "figures", roles=FIGURE_ROLES, order=80))
