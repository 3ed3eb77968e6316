"""The database itself keeps four eyes."""

from django.db import migrations

from .. import triggers


def forwards(apps, schema_editor):
    triggers.install(schema_editor.connection)


def backwards(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_initial"), ("accounts", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
