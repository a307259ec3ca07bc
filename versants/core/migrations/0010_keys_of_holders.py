"""Wrapping keys become rows: whose they are, since when, which one new keys use. What exists stays under the first."""

import uuid

from django.db import migrations, models

import versants.core.clock

FILL = """
UPDATE core_datakey SET wrapped_by = NULL WHERE wrapped IS NULL;
INSERT INTO core_wrappingkey (key_id, holder, is_active, made_at)
  SELECT wrapped_by, '', wrapped_by = (SELECT max(wrapped_by) FROM core_datakey), min(created_at)
  FROM core_datakey WHERE wrapped_by IS NOT NULL GROUP BY wrapped_by;
"""
# Not deferred: wrapping with a key and forgetting that key wait for each other.
REFER = """
ALTER TABLE core_datakey ADD CONSTRAINT data_key_wrapped_by_known
  FOREIGN KEY (wrapped_by) REFERENCES core_wrappingkey (key_id);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0003_grant_under_consent")]
    operations = [
        migrations.CreateModel(
            name="WrappingKey",
            fields=[
                ("key_id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("holder", models.CharField(blank=True, max_length=25)),
                ("is_active", models.BooleanField(default=True)),
                ("made_at", models.DateTimeField(default=versants.core.clock.now)),
            ],
            options={
                "verbose_name": "wrapping key",
                "verbose_name_plural": "wrapping keys",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_active", True)),
                        fields=("holder",),
                        name="wrapping_key_one_active",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KeyRotation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("holder", models.CharField(max_length=25, null=True)),
                ("started_at", models.DateTimeField(default=versants.core.clock.now)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={"verbose_name": "rotation of keys", "verbose_name_plural": "rotations of keys"},
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("code", models.CharField(max_length=12)),
                ("at", models.DateTimeField(default=versants.core.clock.now)),
                ("keys", models.JSONField(default=list)),
                ("kept_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "erasure",
                "verbose_name_plural": "erasures",
                "indexes": [
                    models.Index(condition=models.Q(("kept_at", None)), fields=["at"], name="erasure_waiting")
                ],
            },
        ),
        migrations.AddField(
            model_name="datakey",
            name="holder",
            field=models.CharField(blank=True, default="", max_length=25),
        ),
        migrations.AlterField(
            model_name="datakey",
            name="wrapped_by",
            field=models.CharField(max_length=40, null=True, verbose_name="wrapped by"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(REFER, "ALTER TABLE core_datakey DROP CONSTRAINT data_key_wrapped_by_known"),
    ]
