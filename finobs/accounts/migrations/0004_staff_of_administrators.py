"""Administrators who were made by API could not open the administration: what the role says, the account says now."""

from typing import Any

from django.db import migrations


def open_admin(apps: Any, schema_editor: Any) -> None:
    User = apps.get_model("accounts", "User")
    User.objects.filter(groups__name="admin", kind="human", is_staff=False).update(is_staff=True)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sessions_under_digests"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(open_admin, migrations.RunPython.noop)]
