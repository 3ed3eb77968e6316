"""Attempts to sign in keep nothing of what was sent, nor a name that is no address: either may hold a password."""

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import migrations


def forget(apps, schema_editor):
    attempts = apps.get_model("axes", "AccessAttempt").objects
    attempts.update(get_data="", post_data="")
    for model in ("AccessAttempt", "AccessFailureLog"):
        rows = apps.get_model("axes", model).objects
        for name in rows.order_by().values_list("username", flat=True).distinct():
            if name and not _is_address(name):
                rows.filter(username=name).delete()


def _is_address(name):
    try:
        validate_email(name)
    except ValidationError:
        return False
    return True


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_address_key"), ("axes", "0010_accessattemptexpiration")]

    operations = [migrations.RunPython(forget, migrations.RunPython.noop)]
