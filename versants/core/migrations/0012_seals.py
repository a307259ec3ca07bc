"""Seals over the log, and the queue that events stand in until they are under one; those from before stand in it."""

import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models

# By statement: a world loaded by COPY queues its events in one go. The owner's function: whoever adds an event may
# neither read nor touch the queue.
QUEUE = """
CREATE FUNCTION event_waits_for_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  INSERT INTO core_unsealedevent (event_id) SELECT id FROM added;
  RETURN NULL;
END $$;
CREATE TRIGGER event_waits_for_seal AFTER INSERT ON core_auditevent REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION event_waits_for_seal();
"""
UNQUEUE = "DROP TRIGGER event_waits_for_seal ON core_auditevent; DROP FUNCTION event_waits_for_seal();"


def queue_what_is_there(apps, schema_editor):
    """Row security holds for the owner too: it is lifted for this one statement and is then as it was."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'core_auditevent'::regclass")
        forced = cursor.fetchone()[0]
        if forced:
            cursor.execute("ALTER TABLE core_auditevent NO FORCE ROW LEVEL SECURITY")
        cursor.execute("INSERT INTO core_unsealedevent (event_id) SELECT id FROM core_auditevent")
        if forced:
            cursor.execute("ALTER TABLE core_auditevent FORCE ROW LEVEL SECURITY")


class Migration(migrations.Migration):
    dependencies = [("core", "0011_data_key_wrapped")]
    operations = [
        migrations.CreateModel(
            name="UnsealedEvent",
            fields=[
                ("event_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "event that waits for its seal",
                "verbose_name_plural": "events that wait for their seal",
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("segment", models.CharField(max_length=7)),
                ("at", models.DateTimeField()),
                ("n", models.PositiveIntegerField()),
                (
                    "event_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), null=True, size=None
                    ),
                ),
                ("leaves", models.BinaryField(null=True)),
                ("root", models.BinaryField()),
                ("previous", models.BinaryField()),
                ("signature", models.BinaryField()),
                (
                    "pruned_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("pruned_signature", models.BinaryField(null=True)),
                ("pruned_before", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "seal of the log",
                "verbose_name_plural": "seals of the log",
                "indexes": [models.Index(fields=["at"], name="seal_at")],
            },
        ),
        migrations.CreateModel(
            name="LogCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("holds", models.BooleanField()),
                ("found", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name": "verification of the log",
                "verbose_name_plural": "verifications of the log",
            },
        ),
        migrations.RunSQL(QUEUE, UNQUEUE),
        migrations.RunPython(queue_what_is_there, migrations.RunPython.noop, elidable=True),
    ]
