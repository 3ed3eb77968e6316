"""Sessions are found by a digest of their key from now on: those that are kept by the key itself are over."""

from django.db import migrations
from django.utils import timezone


def end_all(apps, schema_editor):
    apps.get_model("sessions", "Session").objects.all().delete()
    live = apps.get_model("accounts", "UserSession").objects.filter(ended_at=None)
    live.update(ended_at=timezone.now(), end_reason="ended")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_versions"), ("sessions", "0001_initial")]

    operations = [migrations.RunPython(end_all, migrations.RunPython.noop)]
