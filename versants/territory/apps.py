from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "versants.territory"
    label = "territory"

    def ready(self) -> None:
        from versants.core.access.shield import leave_open

        leave_open("territory_", "public reference data", prefix=True)
