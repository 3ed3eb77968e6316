"""The triggers come back, once the tables that they look at are as they stay.

A later migration that makes `accounts_user` or a table of approvals anew on SQLite needs the same: one of approvals
before it that drops the triggers, and one after it that makes them.
"""

from django.db import migrations

from .. import triggers


def install_triggers(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove_triggers(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_versions"), ("accounts", "0006_name_key")]

    operations = [migrations.RunPython(install_triggers, remove_triggers)]
