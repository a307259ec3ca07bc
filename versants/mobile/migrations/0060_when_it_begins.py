"""The beginning of a visit and of a place in it as a column, and what lists of a large world ask for as indexes.

Row security lets an index serve comparisons of instants, not of ranges: without this every board read all visits.
"""

import django.contrib.postgres.fields.ranges
from django.db import migrations, models


def _begins(null: bool) -> models.GeneratedField:
    return models.GeneratedField(
        db_persist=True,
        expression=django.contrib.postgres.fields.ranges.RangeStartsWith("held"),
        output_field=models.DateTimeField(null=null),
    )


class Migration(migrations.Migration):
    dependencies = [("mobile", "0050_past_months")]

    operations = [
        migrations.AddField("visit", "starts_at", _begins(null=True)),
        migrations.AddField("assignment", "starts_at", _begins(null=False)),
        migrations.AddIndex("visit", models.Index(fields=["starts_at", "team"], name="visit_start")),
        migrations.AddIndex("visit", models.Index(fields=["team", "starts_at"], name="visit_team_start")),
        migrations.AddIndex(
            "visit", models.Index(fields=["team"], name="visit_open", condition=models.Q(state="open"))
        ),
        migrations.AddIndex(
            "assignment", models.Index(fields=["professional", "starts_at"], name="assignment_start")
        ),
        migrations.AddIndex("interventionfact", models.Index(fields=["day"], name="fact_day")),
    ]
