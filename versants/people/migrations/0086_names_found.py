"""Hashes of names move out of the identity into a table of their own, which the following team may compare."""

import django.db.models.deletion
from django.db import migrations, models

_MOVE = """
INSERT INTO people_namehash (person_id, team_id, digest, layers)
SELECT person_id, team_id, name_index, 1 FROM people_identity WHERE name_index <> ''
"""


def move(apps, schema_editor):
    """Row security holds for the owner too: it is lifted for this one statement and is then as it was."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS app.forget_name(bigint)")
        cursor.execute("SELECT relforcerowsecurity FROM pg_class WHERE oid = 'people_identity'::regclass")
        (forced,) = cursor.fetchone()
        if forced:
            cursor.execute("ALTER TABLE people_identity NO FORCE ROW LEVEL SECURITY")
        cursor.execute(_MOVE)
        if forced:
            cursor.execute("ALTER TABLE people_identity FORCE ROW LEVEL SECURITY")


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
        migrations.RunPython(move, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="identity", name="name_index"),
    ]
