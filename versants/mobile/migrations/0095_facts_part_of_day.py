from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mobile", "0085_code_given"),
    ]

    operations = [
        migrations.AddField(
            model_name="interventionfact",
            name="part_of_day",
            field=models.CharField(
                blank=True,
                choices=[
                    ("night", "at night"),
                    ("morning", "in the morning"),
                    ("afternoon", "in the afternoon"),
                    ("evening", "in the evening"),
                ],
                db_default="",
                default="",
                max_length=9,
            ),
        ),
    ]
