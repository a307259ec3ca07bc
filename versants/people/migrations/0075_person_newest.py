from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0072_private_notes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["-created_at", "-id"], name="person_newest"),
        ),
    ]
