from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0072_question_stays")]

    operations = [
        migrations.AddField(model_name="studyrun", name="front", field=models.JSONField(default=dict)),
        migrations.AddField(
            model_name="studyrun", name="front_job", field=models.UUIDField(editable=False, null=True)
        ),
    ]
