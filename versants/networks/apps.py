from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworksConfig(AppConfig):
    name = "versants.networks"
    label = "networks"

    def ready(self) -> None:
        from versants.core.access.install import register_sql
        from versants.core.registries import NavEntry, nav
        from versants.core.web.audit import name_actions
        from versants.core.web.jobs import name_job
        from versants.networks.naming import about
        from versants.networks.pages import declare_all
        from versants.networks.rules import STUDY_ROLES
        from versants.networks.services import fronts, roads, studies  # registers the jobs
        from versants.networks.services.staff import MESH_STAFF

        roads.named()  # a slip in a setting is said at the start, not in the middle of a study
        declare_all()
        register_sql(MESH_STAFF)
        name_job(studies.KIND, _("Working out where to recruit"), about=about)
        name_job(fronts.KIND, _("Working out what fewer or more recruits would buy"), about=about)
        name_actions(
            {
                "study.asked": _("study of the mesh asked for"),
                "study.done": _("study of the mesh done"),
                "study.front_asked": _("steps of a study asked for"),
                "study.front_done": _("steps of a study done"),
            }
        )
        nav.add(NavEntry("studies", _("Mesh"), "studies", roles=STUDY_ROLES, order=85))
