from django.db import migrations, models

#: Studies whose work is over say how; the owner passes the shields for a moment.
FILL = """
ALTER TABLE networks_studyrun NO FORCE ROW LEVEL SECURITY;
ALTER TABLE core_job NO FORCE ROW LEVEL SECURITY;
UPDATE networks_studyrun AS study SET ended = job.state
  FROM core_job AS job WHERE job.uid = study.job AND job.state IN ('done', 'failed', 'cancelled');
ALTER TABLE core_job FORCE ROW LEVEL SECURITY;
ALTER TABLE networks_studyrun FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0012_seals"), ("networks", "0090_study_pieces")]

    operations = [
        migrations.AddField(
            model_name="studyrun",
            name="ended",
            field=models.CharField(blank=True, editable=False, max_length=12, default=""),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
