import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import finobs.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("transactions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("anomaly", "Anomaly"), ("supervised", "Supervised")], default="anomaly", max_length=12
                    ),
                ),
                ("kind", models.CharField(default="ensemble", max_length=40)),
                ("number", models.PositiveIntegerField()),
                ("feature_set", models.CharField(max_length=40)),
                ("parameters", models.JSONField(default=dict)),
                ("metrics", models.JSONField(default=dict)),
                ("training_rows", models.PositiveIntegerField()),
                ("trained_from", models.DateTimeField()),
                ("trained_to", models.DateTimeField()),
                ("threshold", models.FloatField(help_text="Scores at or above it go to review.")),
                (
                    "alerts_a_day",
                    models.FloatField(blank=True, help_text="The capacity that the threshold was set from.", null=True),
                ),
                ("artefact", models.BinaryField(help_text="ONNX")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("candidate", "Candidate"),
                            ("shadow", "Shadow"),
                            ("challenger", "Challenger"),
                            ("champion", "Champion"),
                            ("retired", "Retired"),
                        ],
                        default="candidate",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose artefact it is, at another threshold.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
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
            name="HistoricalModelVersion",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("anomaly", "Anomaly"), ("supervised", "Supervised")], default="anomaly", max_length=12
                    ),
                ),
                ("kind", models.CharField(default="ensemble", max_length=40)),
                ("number", models.PositiveIntegerField()),
                ("feature_set", models.CharField(max_length=40)),
                ("parameters", models.JSONField(default=dict)),
                ("metrics", models.JSONField(default=dict)),
                ("training_rows", models.PositiveIntegerField()),
                ("trained_from", models.DateTimeField()),
                ("trained_to", models.DateTimeField()),
                ("threshold", models.FloatField(help_text="Scores at or above it go to review.")),
                (
                    "alerts_a_day",
                    models.FloatField(blank=True, help_text="The capacity that the threshold was set from.", null=True),
                ),
                ("sha256", models.CharField(max_length=64)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("candidate", "Candidate"),
                            ("shadow", "Shadow"),
                            ("challenger", "Challenger"),
                            ("champion", "Champion"),
                            ("retired", "Retired"),
                        ],
                        default="candidate",
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "created_by",
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
                    "history_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Whose artefact it is, at another threshold.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical model version",
                "verbose_name_plural": "historical model versions",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Assessment",
            fields=[
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="assessment",
                        serialize=False,
                        to="transactions.transaction",
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("approve", "Approve"), ("review", "Review"), ("block", "Block")], max_length=8
                    ),
                ),
                ("score", models.FloatField(help_text="0 to 1, of the model; null when none was in force.", null=True)),
                ("fired", models.JSONField(default=list, help_text="Ids of the rule versions that fired.")),
                ("anomaly_score", models.FloatField(null=True)),
                ("if_score", models.FloatField(help_text="Of the Isolation Forest: 0 to 1.", null=True)),
                ("pca_error", models.FloatField(help_text="Of the PCA reconstruction: 1 is typical.", null=True)),
                ("assessed_at", models.DateTimeField()),
                (
                    "anomaly_version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "typology",
                    models.CharField(
                        choices=[
                            ("large_amount", "Large amount"),
                            ("unusual_activity", "Unusual activity"),
                            ("structuring", "Structuring"),
                            ("compromised_terminal", "Compromised terminal"),
                            ("leaked_card", "Leaked card"),
                            ("rapid_in_out", "Rapid in and out"),
                            ("dormant_account", "Dormant account"),
                            ("round_amounts", "Round amounts"),
                        ],
                        max_length=40,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("approve", "Approve"), ("review", "Review"), ("block", "Block")], max_length=8
                    ),
                ),
                ("score", models.FloatField(null=True)),
                (
                    "parameters",
                    models.JSONField(help_text="Of every rule version that fired, and the model's threshold."),
                ),
                ("snapshot", models.JSONField(help_text="The input: the transaction's fields and the feature vector.")),
                ("snapshot_digest", models.CharField(max_length=64)),
                ("reasons", models.JSONField(default=list, help_text="Why, in plain words.")),
                (
                    "explanation",
                    models.JSONField(
                        help_text="Each feature's contribution to the score; null without one.", null=True
                    ),
                ),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="transactions.account"
                    ),
                ),
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alert", to="transactions.transaction"
                    ),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alerts",
                        to="detection.modelversion",
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
            name="ReassessmentRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("step", models.CharField(blank=True, help_text="What it is doing, in words.", max_length=80)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="How many workers have taken it so far."),
                ),
                (
                    "attempts_before_retry",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Of these, those before somebody last had it retried: they count no more."
                    ),
                ),
                (
                    "scheduled_at",
                    models.DateTimeField(default=finobs.core.clock.now, help_text="No worker takes it before."),
                ),
                ("lease_until", models.DateTimeField(blank=True, help_text="Until then a worker has it.", null=True)),
                ("error", models.TextField(blank=True, help_text="Why it ended early, or why it is tried again.")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "started_at",
                    models.DateTimeField(blank=True, help_text="When the latest worker took it.", null=True),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("as_of", models.BigIntegerField(help_text="The greatest transaction id that it sees.")),
                (
                    "cursor",
                    models.BigIntegerField(blank=True, help_text="Transactions from this id on are done.", null=True),
                ),
                (
                    "requested_by",
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
                "ordering": ("-id",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Reassessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome_before",
                    models.CharField(
                        choices=[("approve", "Approve"), ("review", "Review"), ("block", "Block")], max_length=8
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("approve", "Approve"), ("review", "Review"), ("block", "Block")], max_length=8
                    ),
                ),
                ("score_before", models.FloatField(null=True)),
                ("score", models.FloatField(null=True)),
                ("anomaly_score", models.FloatField(null=True)),
                ("feature_set", models.CharField(max_length=40)),
                ("features", models.BinaryField(help_text="float32, in the order of the set.")),
                ("digest", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "alert",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reassessment",
                        to="detection.alert",
                    ),
                ),
                (
                    "anomaly_version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        help_text="What came in late.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="transactions.batch",
                    ),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reassessments",
                        to="transactions.transaction",
                    ),
                ),
                (
                    "version_before",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reassessments",
                        to="detection.reassessmentrun",
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
            name="LateBatch",
            fields=[
                (
                    "batch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="transactions.batch",
                    ),
                ),
                ("due_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("late", models.PositiveIntegerField(default=0)),
                ("touched", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("raised", models.PositiveIntegerField(default=0)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="transactions.source"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="late_batches",
                        to="detection.reassessmentrun",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "late batches",
                "ordering": ("-batch_id",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(choices=[("amount", "Amount over a limit")], max_length=20)),
                (
                    "typology",
                    models.CharField(
                        choices=[
                            ("large_amount", "Large amount"),
                            ("unusual_activity", "Unusual activity"),
                            ("structuring", "Structuring"),
                            ("compromised_terminal", "Compromised terminal"),
                            ("leaked_card", "Leaked card"),
                            ("rapid_in_out", "Rapid in and out"),
                            ("dormant_account", "Dormant account"),
                            ("round_amounts", "Round amounts"),
                        ],
                        max_length=40,
                    ),
                ),
                (
                    "obligation",
                    models.CharField(blank=True, help_text="The regulation or procedure it serves.", max_length=200),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: every source.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="transactions.source",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RuleVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("parameters", models.JSONField()),
                ("reason", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="detection.rule"
                    ),
                ),
            ],
            options={
                "ordering": ("-number",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="rule",
            name="live",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="detection.ruleversion",
            ),
        ),
        migrations.CreateModel(
            name="HistoricalRule",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(choices=[("amount", "Amount over a limit")], max_length=20)),
                (
                    "typology",
                    models.CharField(
                        choices=[
                            ("large_amount", "Large amount"),
                            ("unusual_activity", "Unusual activity"),
                            ("structuring", "Structuring"),
                            ("compromised_terminal", "Compromised terminal"),
                            ("leaked_card", "Leaked card"),
                            ("rapid_in_out", "Rapid in and out"),
                            ("dormant_account", "Dormant account"),
                            ("round_amounts", "Round amounts"),
                        ],
                        max_length=40,
                    ),
                ),
                (
                    "obligation",
                    models.CharField(blank=True, help_text="The regulation or procedure it serves.", max_length=200),
                ),
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
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        help_text="Empty: every source.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="transactions.source",
                    ),
                ),
                (
                    "live",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="detection.ruleversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical rule",
                "verbose_name_plural": "historical rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="alert",
            name="rule_version",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alerts",
                to="detection.ruleversion",
            ),
        ),
        migrations.CreateModel(
            name="ShadowScore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("score", models.FloatField()),
                (
                    "model_version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
            name="TrainingRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("step", models.CharField(blank=True, help_text="What it is doing, in words.", max_length=80)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="How many workers have taken it so far."),
                ),
                (
                    "attempts_before_retry",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Of these, those before somebody last had it retried: they count no more."
                    ),
                ),
                (
                    "scheduled_at",
                    models.DateTimeField(default=finobs.core.clock.now, help_text="No worker takes it before."),
                ),
                ("lease_until", models.DateTimeField(blank=True, help_text="Until then a worker has it.", null=True)),
                ("error", models.TextField(blank=True, help_text="Why it ended early, or why it is tried again.")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "started_at",
                    models.DateTimeField(blank=True, help_text="When the latest worker took it.", null=True),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "role",
                    models.CharField(choices=[("anomaly", "Anomaly"), ("supervised", "Supervised")], max_length=12),
                ),
                ("parameters", models.JSONField(default=dict, help_text="What was requested: share, rows and seed.")),
                (
                    "model_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detection.modelversion",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: every source.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="transactions.source",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(fields=("kind", "number"), name="detection_model_version_once"),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "champion")), fields=("role",), name="detection_one_champion"
            ),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "challenger")), fields=("role",), name="detection_one_challenger"
            ),
        ),
        migrations.AddIndex(
            model_name="reassessmentrun",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=["scheduled_at"],
                name="detection_reassessmentrun_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="reassessmentrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_until__isnull", False), ("state", "running")),
                    models.Q(models.Q(("state", "running"), _negated=True), ("lease_until__isnull", True)),
                    _connector="OR",
                ),
                name="detection_reassessmentrun_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="reassessmentrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state__in", ("queued", "running"))),
                    models.Q(("ended_at__isnull", False), ("state__in", ("done", "failed", "cancelled"))),
                    _connector="OR",
                ),
                name="detection_reassessmentrun_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="reassessmentrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=("source",),
                name="detection_one_reassessment_at_a_time",
                violation_error_message="Another reassessment run of this source waits or runs already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="reassessment",
            constraint=models.UniqueConstraint(fields=("run", "transaction"), name="detection_reassessed_once"),
        ),
        migrations.AddIndex(
            model_name="latebatch",
            index=models.Index(condition=models.Q(("run", None)), fields=["due_at"], name="detection_late_due"),
        ),
        migrations.AddConstraint(
            model_name="ruleversion",
            constraint=models.UniqueConstraint(fields=("rule", "number"), name="detection_rule_version_once"),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["account", "typology", "-id"], name="detection_alert_account"),
        ),
        migrations.AddConstraint(
            model_name="alert",
            constraint=models.CheckConstraint(
                condition=models.Q(("rule_version__isnull", False), ("model_version__isnull", False), _connector="OR"),
                name="detection_alert_has_a_version",
            ),
        ),
        migrations.AddConstraint(
            model_name="shadowscore",
            constraint=models.UniqueConstraint(
                fields=("transaction", "model_version"), name="detection_shadow_score_once"
            ),
        ),
        migrations.AddIndex(
            model_name="trainingrun",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=["scheduled_at"],
                name="detection_trainingrun_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_until__isnull", False), ("state", "running")),
                    models.Q(models.Q(("state", "running"), _negated=True), ("lease_until__isnull", True)),
                    _connector="OR",
                ),
                name="detection_trainingrun_lease",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("state__in", ("queued", "running"))),
                    models.Q(("ended_at__isnull", False), ("state__in", ("done", "failed", "cancelled"))),
                    _connector="OR",
                ),
                name="detection_trainingrun_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="trainingrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("queued", "running"))),
                fields=("role",),
                name="detection_one_run_at_a_time",
                violation_error_message="Another training run of this role waits or runs already.",
            ),
        ),
    ]
