"""A table for the hashes of names, which the following team may compare."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0075_person_newest"),
    ]

    operations = [
        migrations.CreateModel(
            name="NameHash",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("layers", models.PositiveSmallIntegerField()),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="name_hash",
                        to="people.person",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.team"
                    ),
                ),
            ],
            options={
                "verbose_name": "hash of a name",
                "verbose_name_plural": "hashes of names",
                "indexes": [models.Index(fields=["team", "digest"], name="name_hash_equal")],
            },
        ),
    ]
