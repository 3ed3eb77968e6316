import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from .. import triggers


def install_triggers(apps, schema_editor):
    triggers.install(schema_editor.connection)


def remove_triggers(apps, schema_editor):
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField(max_length=32)),
                ("frontier", models.BinaryField()),
                ("note", models.TextField()),
                ("sealed_at", models.DateTimeField()),
            ],
            options={
                "ordering": ("-size",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(unique=True)),
                ("at", models.DateTimeField()),
                ("action", models.CharField(max_length=80)),
                ("actor_type", models.CharField(max_length=10)),
                ("subject_type", models.CharField(max_length=60)),
                ("subject_id", models.CharField(max_length=64)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("body", models.BinaryField(help_text="Canonical bytes (RFC 8785)")),
                ("leaf", models.BinaryField(help_text="SHA-256(0x00 || body), RFC 6962", max_length=32)),
                (
                    "actor",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("equivocation", "Two histories have been signed"),
                            ("shrunk", "The log is shorter than what was signed"),
                            ("inconsistent", "The tree does not follow from its last checkpoint"),
                            ("key", "The last checkpoint is signed by no trusted key"),
                            ("event", "An event waiting to be sealed has been changed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("detail", models.TextField()),
                ("evidence", models.TextField(blank=True, help_text="The signed notes that contradict each other")),
                ("raised_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                ("settled_reason", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("-raised_at", "-id"),
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        models.F("kind"), condition=models.Q(("settled_at", None)), name="ledger_alarm_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PendingEvent",
            fields=[
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="pending",
                        serialize=False,
                        to="ledger.event",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TreeLeaf",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("leaf", models.BinaryField(max_length=32)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="place", to="ledger.event"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="TreeNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("height", models.PositiveSmallIntegerField()),
                ("position", models.BigIntegerField()),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(models.F("height"), models.F("position"), name="ledger_node_place")
                ],
            },
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["subject_type", "subject_id", "id"], name="ledger_event_subject"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["actor", "id"], name="ledger_event_actor"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["action", "id"], name="ledger_event_action"),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("actor_type", ""), _negated=True), name="ledger_event_has_actor_type"
            ),
        ),
        migrations.RunPython(install_triggers, remove_triggers),
    ]
