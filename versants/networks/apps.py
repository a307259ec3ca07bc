from django.apps import AppConfig


class NetworksConfig(AppConfig):
    name = "versants.networks"
    label = "networks"
