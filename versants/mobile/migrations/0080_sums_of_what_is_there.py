"""The sums of the facts that were there before sums were kept. Run again, it finds the same."""

from django.db import migrations

_TABLES = ("mobile_interventionfact", "mobile_facttotal")
_FILL = """
INSERT INTO mobile_facttotal (month, versant, detail, value, delivered, attempted, n_persons, n_first_contacts,
                              n_professionals, minutes)
SELECT date_trunc('month', f.day)::date, f.versant, d.detail, d.value, sum(f.delivered), sum(f.attempted),
       sum(f.n_persons), sum(f.n_first_contacts), sum(f.n_professionals), sum(f.minutes)
FROM mobile_interventionfact f CROSS JOIN LATERAL (VALUES ('', ''), ('kind', f.kind),
     ('language', coalesce(f.language_id, '')), ('mode', f.mode), ('commune', f.commune_id),
     ('with_interpreter', f.with_interpreter)) d (detail, value)
GROUP BY 1, 2, 3, 4
"""


def add_up(apps, schema_editor):
    """Row security holds for the owner too: it is lifted for this and is then as it was. Writers of facts wait."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("LOCK TABLE mobile_interventionfact IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(
            "SELECT relname FROM pg_class WHERE oid = ANY(%s::regclass[]) AND relforcerowsecurity",
            [list(_TABLES)],
        )
        forced = [name for (name,) in cursor.fetchall()]
        for table in forced:
            cursor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        cursor.execute("DELETE FROM mobile_facttotal")
        cursor.execute(_FILL)
        for table in forced:
            cursor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


class Migration(migrations.Migration):
    dependencies = [("mobile", "0070_sums_of_facts")]
    operations = [migrations.RunPython(add_up, migrations.RunPython.noop, elidable=True)]
