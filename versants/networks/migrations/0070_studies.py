import uuid

import django.db.models.deletion
from django.db import migrations, models

import versants.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [("people", "0030_imports")]

    operations = [
        migrations.CreateModel(
            name="StudyRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("question", models.JSONField(default=dict)),
                ("chosen_at", models.DateTimeField(default=versants.core.clock.now)),
                ("job", models.UUIDField(editable=False, null=True)),
                ("study", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("scenarios", models.JSONField(default=list)),
                ("simulated", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "study of the mesh",
                "verbose_name_plural": "studies of the mesh",
                "indexes": [models.Index(fields=["organisation", "-chosen_at"], name="study_house")],
            },
        ),
    ]
