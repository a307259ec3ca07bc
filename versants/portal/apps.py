from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    name = "versants.portal"
    label = "portal"

    def ready(self) -> None:
        from versants.core.access.classes import Role
        from versants.core.registries import NavEntry, nav
        from versants.portal.pages import declare_all

        declare_all()
        asks = frozenset({Role.REQUESTER, Role.SITE_MANAGER})
        nav.add(NavEntry("ask", _("Ask for help"), "ask", roles=asks, order=5, icon="phone", pocket=True))
