from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("networks", "0082_front")]

    operations = [
        migrations.AddField(
            model_name="studyrun",
            name="turns",
            field=models.JSONField(default=list),
        ),
    ]
