from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "versants.portal"
    label = "portal"
