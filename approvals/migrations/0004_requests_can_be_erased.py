"""What was asked for can be erased once its request has ended: the trigger that keeps requests lets that through."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from approvals import triggers


def install(apps: Any, schema_editor: Any) -> None:
    triggers.install(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = (("approvals", "0003_triggers"),)

    operations = (migrations.RunPython(install, migrations.RunPython.noop),)
