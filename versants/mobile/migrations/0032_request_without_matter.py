"""The logistics of a request no longer say what it is about, how dangerous, what the person knows, why it was refused."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("mobile", "0031_request_matter_data")]

    operations = [
        migrations.RemoveField(model_name="request", name="categories"),
        migrations.RemoveField(model_name="request", name="danger"),
        migrations.RemoveField(model_name="request", name="agreement"),
        migrations.RemoveField(model_name="request", name="agreement_why_not"),
        migrations.RemoveField(model_name="request", name="interpreted_by"),
        migrations.RemoveField(model_name="request", name="refusal"),
    ]
