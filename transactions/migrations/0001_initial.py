import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import finobs.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "default_currency",
                    models.CharField(blank=True, help_text="ISO 4217, for rows that name none.", max_length=3),
                ),
                (
                    "time_zone",
                    models.CharField(default="UTC", help_text="For timestamps without an offset.", max_length=64),
                ),
                (
                    "mapping",
                    models.JSONField(blank=True, default=dict, help_text="Field of a transaction: column of the file."),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
            ],
            options={
                "ordering": ("name",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("rest", "REST API"),
                            ("file", "File import"),
                            ("admin", "Admin"),
                            ("release", "Released from quarantine"),
                        ],
                        max_length=10,
                    ),
                ),
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
                ("duplicate", models.PositiveIntegerField(default=0)),
                ("quarantined", models.PositiveIntegerField(default=0)),
                (
                    "root",
                    models.BinaryField(
                        help_text="RFC 6962 root over the accepted rows' digests.", max_length=32, null=True
                    ),
                ),
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
                "verbose_name_plural": "batches",
                "ordering": ("-id",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HistoricalSource",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                (
                    "default_currency",
                    models.CharField(blank=True, help_text="ISO 4217, for rows that name none.", max_length=3),
                ),
                (
                    "time_zone",
                    models.CharField(default="UTC", help_text="For timestamps without an offset.", max_length=64),
                ),
                (
                    "mapping",
                    models.JSONField(blank=True, default=dict, help_text="Field of a transaction: column of the file."),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical source",
                "verbose_name_plural": "historical sources",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
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
                        help_text="RFC 6962 root over the accepted rows' digests.", max_length=32, null=True
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
        migrations.CreateModel(
            name="Counterparty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transactions.source"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "counterparties",
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=100)),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transactions.source"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=100)),
                ("position", models.PositiveIntegerField()),
                ("occurred_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                (
                    "direction",
                    models.CharField(
                        choices=[("out", "Out of the account"), ("in", "Into the account")], default="out", max_length=3
                    ),
                ),
                ("channel", models.CharField(blank=True, max_length=32)),
                ("country", models.CharField(blank=True, help_text="ISO 3166-1, where it took place.", max_length=2)),
                ("memo", models.CharField(blank=True, max_length=500)),
                ("digest", models.BinaryField(max_length=32)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="transactions.account",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="transactions.batch",
                    ),
                ),
                (
                    "counterparty",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transactions",
                        to="transactions.counterparty",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="transactions.source",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="QuarantinedRow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row_number", models.PositiveBigIntegerField()),
                ("raw", models.BinaryField(help_text="The row as it came (zlib), never cut.")),
                ("raw_size", models.PositiveBigIntegerField()),
                (
                    "raw_digest",
                    models.BinaryField(
                        help_text="SHA-256 of the row as it came; a replay is known by it.", max_length=32
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("malformed", "Not a readable row"),
                            ("encoding", "Not valid UTF-8"),
                            ("unknown-field", "Unknown field"),
                            ("missing", "Required field is empty"),
                            ("type", "Wrong type of value"),
                            ("too-long", "Value too long"),
                            ("characters", "Forbidden characters"),
                            ("amount", "Impossible amount"),
                            ("currency", "Unknown currency"),
                            ("date", "Impossible date"),
                            ("direction", "Unknown direction"),
                            ("country", "Unknown country"),
                            ("label", "Unusable label"),
                            ("conflict", "Known id with other content"),
                        ],
                        max_length=40,
                    ),
                ),
                ("detail", models.TextField()),
                ("fields", models.JSONField(default=dict, help_text="The row's fields as far as they could be read.")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("released", "Released"), ("discarded", "Discarded")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("resolution", models.TextField(blank=True, help_text="Why it was released or discarded.")),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quarantined_rows",
                        to="transactions.batch",
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transactions.source"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
        migrations.CreateModel(
            name="PastLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_suspicious", models.BooleanField()),
                ("typology", models.CharField(blank=True, max_length=40)),
                ("known_at", models.DateTimeField(help_text="Nothing may learn from the label before this moment.")),
                (
                    "watermark",
                    models.BigIntegerField(default=0, help_text="Visible to transactions with a greater id only."),
                ),
                (
                    "replaced_after",
                    models.BigIntegerField(
                        help_text="The watermark of the correction: the last id that this one is visible to."
                    ),
                ),
                (
                    "label_batch",
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
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_suspicious", models.BooleanField()),
                ("typology", models.CharField(blank=True, max_length=40)),
                ("known_at", models.DateTimeField(help_text="Nothing may learn from the label before this moment.")),
                (
                    "watermark",
                    models.BigIntegerField(default=0, help_text="Visible to transactions with a greater id only."),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("transaction", "With its transaction"),
                            ("batch", "A batch of labels"),
                            ("case", "A case's closing"),
                        ],
                        default="transaction",
                        max_length=11,
                    ),
                ),
                (
                    "label_batch",
                    models.ForeignKey(
                        blank=True,
                        help_text="Where it comes from a batch of labels.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="labels",
                        to="transactions.labelbatch",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="labels",
                        to="transactions.transaction",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HistoricalQuarantinedRow",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("row_number", models.PositiveBigIntegerField()),
                ("raw_size", models.PositiveBigIntegerField()),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("malformed", "Not a readable row"),
                            ("encoding", "Not valid UTF-8"),
                            ("unknown-field", "Unknown field"),
                            ("missing", "Required field is empty"),
                            ("type", "Wrong type of value"),
                            ("too-long", "Value too long"),
                            ("characters", "Forbidden characters"),
                            ("amount", "Impossible amount"),
                            ("currency", "Unknown currency"),
                            ("date", "Impossible date"),
                            ("direction", "Unknown direction"),
                            ("country", "Unknown country"),
                            ("label", "Unusable label"),
                            ("conflict", "Known id with other content"),
                        ],
                        max_length=40,
                    ),
                ),
                ("detail", models.TextField()),
                ("fields", models.JSONField(default=dict, help_text="The row's fields as far as they could be read.")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("released", "Released"), ("discarded", "Discarded")],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("resolution", models.TextField(blank=True, help_text="Why it was released or discarded.")),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="transactions.batch",
                    ),
                ),
                (
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="transactions.source",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="transactions.transaction",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical quarantined row",
                "verbose_name_plural": "historical quarantined rows",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddConstraint(
            model_name="counterparty",
            constraint=models.UniqueConstraint(
                models.F("source"), models.F("external_id"), name="transactions_counterparty_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                models.F("source"), models.F("external_id"), name="transactions_account_once"
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                fields=["account", "occurred_at", "id", "amount_minor"],
                include=("currency", "counterparty", "country"),
                name="transactions_by_account",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                fields=["counterparty", "occurred_at", "id", "amount_minor"],
                include=("currency",),
                name="transactions_by_cpty",
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["occurred_at", "id"], name="transactions_by_time"),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["batch", "position"], name="transactions_by_batch"),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.UniqueConstraint(fields=("source", "external_id"), name="transactions_once"),
        ),
        migrations.AddIndex(
            model_name="quarantinedrow",
            index=models.Index(fields=["state", "-id"], name="transactions_quarantine"),
        ),
        migrations.AddIndex(
            model_name="quarantinedrow",
            index=models.Index(fields=["source", "raw_digest"], name="transactions_quarantine_raw"),
        ),
        migrations.AddIndex(
            model_name="label",
            index=models.Index(
                condition=models.Q(("is_suspicious", True)), fields=["transaction"], name="transactions_suspicious"
            ),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.UniqueConstraint(fields=("transaction", "origin"), name="transactions_label_once"),
        ),
        migrations.AddConstraint(
            model_name="label",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("label_batch__isnull", False), ("origin", "batch")),
                    models.Q(models.Q(("origin", "batch"), _negated=True), ("label_batch__isnull", True)),
                    _connector="OR",
                ),
                name="transactions_label_batch",
            ),
        ),
    ]
