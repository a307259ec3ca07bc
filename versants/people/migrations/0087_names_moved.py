"""Hashes of names move out of the identity. After their table was made: its foreign keys are checked as the owner, too."""

from django.db import migrations

_MOVE = """
INSERT INTO people_namehash (person_id, team_id, digest, layers)
SELECT person_id, team_id, name_index, 1 FROM people_identity WHERE name_index <> ''
"""


_TABLES = ("people_identity", "people_person", "people_team")


def move(apps, schema_editor):
    """Row security holds for the owner too, also where a foreign key is checked: it is lifted for this and is then as it
    was.
    """
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS app.forget_name(bigint)")
        cursor.execute(
            "SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND relforcerowsecurity",
            [list(_TABLES)],
        )
        forced = [name for (name,) in cursor.fetchall()]
        for table in forced:
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        cursor.execute(_MOVE)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in forced:
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0086_names_found"),
    ]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField(model_name="identity", name="name_index"),
    ]
