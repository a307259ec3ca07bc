import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0010_keys_of_holders"), ("people", "0003_identity_opening")]
    operations = [
        migrations.AddField(
            model_name="person",
            name="clinical_key",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.datakey"
            ),
        ),
    ]
