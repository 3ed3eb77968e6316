"""One form of an address for look-up, uniqueness and throttle. Two accounts with one address are named, and stop it."""

from __future__ import annotations

from django.db import migrations

from finobs.accounts.addresses import AddressKeyField, address_key


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
        User.objects.filter(pk=user.pk).update(email_key=key)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sessions_under_digests")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_key",
            field=AddressKeyField(null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="user", name="accounts_user_email_ci"),
        migrations.AlterField(
            model_name="user",
            name="email_key",
            field=AddressKeyField(unique=True),
        ),
    ]
