from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "versants.demo"
    label = "demo"
