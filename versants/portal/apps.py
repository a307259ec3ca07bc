from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "versants.portal"
    label = "portal"

    def ready(self) -> None:
        from versants.portal.pages import declare_all

        declare_all()
