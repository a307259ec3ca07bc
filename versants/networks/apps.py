from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworksConfig(AppConfig):
    name = "versants.networks"
    label = "networks"

    def ready(self) -> None:
        from versants.core.registries import NavEntry, nav
        from versants.core.web.audit import name_actions
        from versants.core.web.jobs import name_job
        from versants.networks.pages import declare_all
        from versants.networks.rules import STUDY_ROLES
        from versants.networks.services import studies  # registers the job

        declare_all()
        name_job(studies.KIND, _("Working out where to recruit"))
        name_actions(
            {"study.asked": _("study of the mesh asked for"), "study.done": _("study of the mesh done")}
        )
        nav.add(NavEntry("studies", _("Mesh"), "studies", roles=STUDY_ROLES, order=85))
