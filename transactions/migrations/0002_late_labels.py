import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import finobs.core.clock


def came_with_their_transactions(apps, schema_editor):
    """Every label so far came with its transaction: what came in after that is told of it."""
    Label = apps.get_model("transactions", "Label")
    Label.objects.update(watermark=models.F("transaction_id"))


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="label",
            name="watermark",
            field=models.BigIntegerField(default=0, help_text="Only transactions with a greater id are told of it."),
        ),
        migrations.CreateModel(
            name="LabelBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("file_name", models.CharField(blank=True, max_length=255)),
                (
                    "first_row",
                    models.PositiveBigIntegerField(
                        default=1, help_text="Number of the first row, in the file or request."
                    ),
                ),
                ("received_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("received", models.PositiveIntegerField(default=0)),
                ("accepted", models.PositiveIntegerField(default=0)),
                ("corrected", models.PositiveIntegerField(default=0)),
                ("duplicate", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                (
                    "root",
                    models.BinaryField(
                        help_text="RFC 6962 root over the digests of what was taken.", max_length=32, null=True
                    ),
                ),
                ("refusals", models.JSONField(default=list, help_text="Each refused row as it came, with the reason.")),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transactions.source"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "label batches",
                "ordering": ("-id",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="label",
            name="came_with",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: with its transaction.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="labels",
                to="transactions.labelbatch",
            ),
        ),
        migrations.CreateModel(
            name="PastLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_suspicious", models.BooleanField()),
                ("typology", models.CharField(blank=True, max_length=40)),
                ("known_at", models.DateTimeField(help_text="Nothing may learn from the label before this moment.")),
                (
                    "watermark",
                    models.BigIntegerField(default=0, help_text="Only transactions with a greater id are told of it."),
                ),
                (
                    "replaced_after",
                    models.BigIntegerField(help_text="The watermark of the correction: the last id told of this one."),
                ),
                (
                    "came_with",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="transactions.labelbatch",
                    ),
                ),
                (
                    "replaced_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="transactions.labelbatch",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="past_labels",
                        to="transactions.transaction",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.RunPython(came_with_their_transactions, migrations.RunPython.noop),
    ]
