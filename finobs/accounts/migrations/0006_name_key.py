"""The form of a name in which it is compared, in a column with an index."""

from __future__ import annotations

from django.db import migrations

import finobs.accounts.names


def fill(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    # Not by saving: a migration is nobody's change of a person.
    for pk, name in User.objects.order_by("pk").values_list("pk", "name"):
        User.objects.filter(pk=pk).update(name_key=finobs.accounts.names.name_key(name))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_no_typed_words")]

    operations = [
        migrations.AddField(model_name="user", name="name_key", field=finobs.accounts.names.NameKeyField()),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
