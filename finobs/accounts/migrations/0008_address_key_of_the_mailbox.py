"""One key for one mailbox: the domain as DNS has it. Two accounts with one address are named, and stop it."""

from __future__ import annotations

from django.db import migrations

from finobs.accounts.addresses import address_key


def fill(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    owners = {}
    for user in User.objects.order_by("pk").only("pk", "email", "name", "email_key"):
        owners.setdefault(address_key(user.email), []).append(user)
    clashes = [
        " and ".join(f"{user.email!r} ({user.name}, id {user.pk})" for user in users)
        for users in owners.values()
        if len(users) > 1
    ]
    if clashes:
        raise RuntimeError(
            f"These accounts have one and the same address, written in two ways: {'; '.join(clashes)}. Nothing was "
            "changed. Give one of each another address with the version of finobs that ran before, then migrate again."
        )
    for key, (user,) in owners.items():
        if user.email_key != key:
            User.objects.filter(pk=user.pk).update(email_key=key)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_name_key")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
