"""Sums of the facts by month, kept by a trigger, and the last number of a request of each year."""

from django.db import migrations, models

# By statement: many facts at once, as a list of past months or a world loaded by COPY, add a few rows. The owner's
# function: nobody else may write sums.
ADD_UP = """
CREATE FUNCTION facts_add_up() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
  IF TG_OP IN ('INSERT', 'UPDATE') THEN
    INSERT INTO mobile_facttotal (month, versant, detail, value, delivered, attempted, n_persons, n_first_contacts,
                                  n_professionals, minutes)
    SELECT date_trunc('month', f.day)::date, f.versant, d.detail, d.value, sum(f.delivered), sum(f.attempted),
           sum(f.n_persons), sum(f.n_first_contacts), sum(f.n_professionals), sum(f.minutes)
    FROM added f CROSS JOIN LATERAL (VALUES ('', ''), ('kind', f.kind), ('language', coalesce(f.language_id, '')),
         ('mode', f.mode), ('commune', f.commune_id), ('with_interpreter', f.with_interpreter)) d (detail, value)
    GROUP BY 1, 2, 3, 4;
  END IF;
  IF TG_OP IN ('UPDATE', 'DELETE') THEN
    INSERT INTO mobile_facttotal (month, versant, detail, value, delivered, attempted, n_persons, n_first_contacts,
                                  n_professionals, minutes)
    SELECT date_trunc('month', f.day)::date, f.versant, d.detail, d.value, -sum(f.delivered), -sum(f.attempted),
           -sum(f.n_persons), -sum(f.n_first_contacts), -sum(f.n_professionals), -sum(f.minutes)
    FROM gone f CROSS JOIN LATERAL (VALUES ('', ''), ('kind', f.kind), ('language', coalesce(f.language_id, '')),
         ('mode', f.mode), ('commune', f.commune_id), ('with_interpreter', f.with_interpreter)) d (detail, value)
    GROUP BY 1, 2, 3, 4;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER facts_add_up_new AFTER INSERT ON mobile_interventionfact
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION facts_add_up();
CREATE TRIGGER facts_add_up_changed AFTER UPDATE ON mobile_interventionfact
  REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION facts_add_up();
CREATE TRIGGER facts_add_up_gone AFTER DELETE ON mobile_interventionfact
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION facts_add_up();
"""
LEAVE = """
DROP TRIGGER facts_add_up_new ON mobile_interventionfact;
DROP TRIGGER facts_add_up_changed ON mobile_interventionfact;
DROP TRIGGER facts_add_up_gone ON mobile_interventionfact;
DROP FUNCTION facts_add_up();
"""
VERSANTS = [
    ("hauts-de-france", "Hauts-de-France"),
    ("wallonie", "Wallonia"),
    ("west-vlaanderen", "West Flanders"),
]


class Migration(migrations.Migration):
    dependencies = [("mobile", "0060_when_it_begins")]

    operations = [
        migrations.CreateModel(
            name="RequestCounter",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField()),
            ],
            options={
                "verbose_name": "last number of a request",
                "verbose_name_plural": "last numbers of requests",
            },
        ),
        migrations.AlterField("request", "number", models.CharField(max_length=16, unique=True)),
        migrations.CreateModel(
            name="FactTotal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField()),
                ("versant", models.CharField(choices=VERSANTS, max_length=16)),
                ("detail", models.CharField(blank=True, max_length=16)),
                ("value", models.CharField(blank=True, max_length=16)),
                ("delivered", models.BigIntegerField()),
                ("attempted", models.BigIntegerField()),
                ("n_persons", models.BigIntegerField()),
                ("n_first_contacts", models.BigIntegerField()),
                ("n_professionals", models.BigIntegerField()),
                ("minutes", models.BigIntegerField()),
            ],
            options={
                "verbose_name": "sum of interventions",
                "verbose_name_plural": "sums of interventions",
                "indexes": [models.Index(fields=["detail", "month"], name="facttotal_detail")],
            },
        ),
        migrations.RunSQL(ADD_UP, LEAVE),
    ]
