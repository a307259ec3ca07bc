"""What ended, to be known outside the database; the triggers that write it come with the policies (core/ending.py)."""

import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0012_seals")]
    operations = [
        migrations.CreateModel(
            name="Ending",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("kind", models.CharField(max_length=20)),
                ("of", models.UUIDField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("says", models.CharField(blank=True, max_length=80)),
                ("kept_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "end of a right",
                "verbose_name_plural": "ends of rights",
                "indexes": [
                    models.Index(condition=models.Q(("kept_at", None)), fields=["at"], name="ending_waiting")
                ],
            },
        ),
    ]
