from django.apps import AppConfig


class ProgrammeConfig(AppConfig):
    name = "versants.programme"
    label = "programme"
