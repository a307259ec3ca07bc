from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("core", "0010_keys_of_holders")]
    operations = [
        AddIndexConcurrently(
            "datakey", models.Index(fields=["wrapped_by", "holder"], name="data_key_wrapped")
        ),
    ]
