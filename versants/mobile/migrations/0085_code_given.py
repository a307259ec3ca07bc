from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mobile", "0080_sums_of_what_is_there"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="requestperson",
            index=models.Index(fields=["code_given"], name="request_code_given"),
        ),
    ]
