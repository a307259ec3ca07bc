"""The smallest figures shown: 5 among partners under contract, 11 outside where health is concerned."""

from datetime import date

from django.db import migrations

RULES = [
    (
        "partners",
        5,
        "default among partners under contract; below 5 is common practice at Statbel and in Flanders",
    ),
    (
        "public",
        11,
        "CASD/PMSI: no cell under 11 patients or stays (Health Data Hub, entraide.health-data-hub.fr)",
    ),
]


def write(apps, schema_editor):
    rule = apps.get_model("programme", "DisclosureRule")
    for audience, minimum, source in RULES:
        rule.objects.get_or_create(
            audience=audience, valid_from=date(2018, 4, 1), defaults={"minimum": minimum, "source": source}
        )


class Migration(migrations.Migration):
    dependencies = [("programme", "0001_calendar_and_disclosure")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
