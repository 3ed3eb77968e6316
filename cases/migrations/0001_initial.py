import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import finobs.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("detection", "0001_initial"),
        ("transactions", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Case",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("updated_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("reference", models.CharField(max_length=20, unique=True)),
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
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Being worked"),
                            ("awaiting_approval", "Awaiting approval"),
                            ("closed", "Closed"),
                        ],
                        default="new",
                        max_length=20,
                    ),
                ),
                (
                    "disposition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not concluded"),
                            ("false_positive", "False positive"),
                            ("no_action", "Unusual, explained"),
                            ("confirmed", "Confirmed suspicious"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("known_pattern", "Known behaviour of this customer"),
                            ("documented_source", "Source of funds documented"),
                            ("rule_too_wide", "Rule or model too wide"),
                            ("data_error", "Error in the data"),
                            ("customer_explained", "Customer explained it credibly"),
                            ("structuring", "Structuring"),
                            ("stolen_credentials", "Stolen card or credentials"),
                            ("compromised_terminal", "Compromised terminal"),
                            ("money_mule", "Money mule"),
                            ("other_suspicion", "Other grounds for suspicion"),
                        ],
                        max_length=30,
                    ),
                ),
                ("rationale", models.TextField(blank=True)),
                (
                    "machine_opinion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "No opinion"),
                            ("probable_false_positive", "Probably a false positive"),
                            ("investigate", "Investigate"),
                            ("escalate", "Escalate"),
                        ],
                        default="",
                        max_length=30,
                    ),
                ),
                ("priority", models.PositiveSmallIntegerField(default=0, help_text="0 to 100; the sum of its parts.")),
                ("priority_parts", models.JSONField(default=dict)),
                ("alert_count", models.PositiveIntegerField(default=0)),
                ("block_count", models.PositiveIntegerField(default=0, help_text="How many of its alerts said block.")),
                (
                    "urgency",
                    models.FloatField(help_text="0 to 1: how far a model's score lies above its threshold.", null=True),
                ),
                ("amounts", models.JSONField(default=dict, help_text="Currency: alerted minor units, as text.")),
                ("opened_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="transactions.account"
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assigned_cases",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "last_edited_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-priority", "-id"),
                "permissions": (
                    ("view_case", "See this case"),
                    ("work_case", "Work this case"),
                    ("lead_case", "Lead this case"),
                ),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="HistoricalIncident",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("updated_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("reference", models.CharField(db_index=True, max_length=20)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("alert_count", models.PositiveIntegerField(default=0)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "case",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cases.case",
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
            ],
            options={
                "verbose_name": "historical incident",
                "verbose_name_plural": "historical incidents",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalQueue",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True)),
                (
                    "typologies",
                    models.JSONField(blank=True, default=list, help_text="Cases of these typologies come here."),
                ),
                ("is_default", models.BooleanField(default=False, verbose_name="takes what no other queue takes")),
                (
                    "lease_minutes",
                    models.PositiveSmallIntegerField(default=30, help_text="How long a case taken from here is held."),
                ),
                (
                    "alerts_a_day",
                    models.PositiveIntegerField(
                        blank=True, help_text="How many alerts a day its people can review. Empty: not set.", null=True
                    ),
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
            ],
            options={
                "verbose_name": "historical queue",
                "verbose_name_plural": "historical queues",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Incident",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("updated_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("reference", models.CharField(max_length=20, unique=True)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("alert_count", models.PositiveIntegerField(default=0)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="incidents", to="cases.case"
                    ),
                ),
            ],
            options={
                "ordering": ("-last_at", "-id"),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="CaseAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("grouped_at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "alert",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="case_alert", to="detection.alert"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="case_alerts", to="cases.case"
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="case_alerts", to="cases.incident"
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField()),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now)),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="notes", to="cases.case"
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="Queue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True)),
                (
                    "typologies",
                    models.JSONField(blank=True, default=list, help_text="Cases of these typologies come here."),
                ),
                ("is_default", models.BooleanField(default=False, verbose_name="takes what no other queue takes")),
                (
                    "lease_minutes",
                    models.PositiveSmallIntegerField(default=30, help_text="How long a case taken from here is held."),
                ),
                (
                    "alerts_a_day",
                    models.PositiveIntegerField(
                        blank=True, help_text="How many alerts a day its people can review. Empty: not set.", null=True
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "permissions": (
                    ("view_queue", "See the queue's cases"),
                    ("work_queue", "Work the queue's cases"),
                    ("lead_queue", "Lead the queue: approve and reassign"),
                ),
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("is_default",), name="cases_one_default_queue"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HistoricalCase",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("updated_at", models.DateTimeField(default=finobs.core.clock.now, editable=False)),
                ("reference", models.CharField(db_index=True, max_length=20)),
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
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Being worked"),
                            ("awaiting_approval", "Awaiting approval"),
                            ("closed", "Closed"),
                        ],
                        default="new",
                        max_length=20,
                    ),
                ),
                (
                    "disposition",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not concluded"),
                            ("false_positive", "False positive"),
                            ("no_action", "Unusual, explained"),
                            ("confirmed", "Confirmed suspicious"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "reason_code",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("known_pattern", "Known behaviour of this customer"),
                            ("documented_source", "Source of funds documented"),
                            ("rule_too_wide", "Rule or model too wide"),
                            ("data_error", "Error in the data"),
                            ("customer_explained", "Customer explained it credibly"),
                            ("structuring", "Structuring"),
                            ("stolen_credentials", "Stolen card or credentials"),
                            ("compromised_terminal", "Compromised terminal"),
                            ("money_mule", "Money mule"),
                            ("other_suspicion", "Other grounds for suspicion"),
                        ],
                        max_length=30,
                    ),
                ),
                ("rationale", models.TextField(blank=True)),
                (
                    "machine_opinion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "No opinion"),
                            ("probable_false_positive", "Probably a false positive"),
                            ("investigate", "Investigate"),
                            ("escalate", "Escalate"),
                        ],
                        default="",
                        max_length=30,
                    ),
                ),
                ("priority", models.PositiveSmallIntegerField(default=0, help_text="0 to 100; the sum of its parts.")),
                ("priority_parts", models.JSONField(default=dict)),
                ("alert_count", models.PositiveIntegerField(default=0)),
                ("block_count", models.PositiveIntegerField(default=0, help_text="How many of its alerts said block.")),
                (
                    "urgency",
                    models.FloatField(help_text="0 to 1: how far a model's score lies above its threshold.", null=True),
                ),
                ("amounts", models.JSONField(default=dict, help_text="Currency: alerted minor units, as text.")),
                ("opened_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                ("history_id", models.AutoField(primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_change_reason", models.CharField(max_length=100, null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="transactions.account",
                    ),
                ),
                (
                    "assignee",
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
                    "last_edited_by",
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
                    "queue",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="cases.queue",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical case",
                "verbose_name_plural": "historical cases",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="case",
            name="queue",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="cases", to="cases.queue"
            ),
        ),
        migrations.CreateModel(
            name="QueueGroupGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_object", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="cases.queue")),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="QueueUserGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_object", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="cases.queue")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="WorkLease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("taken_at", models.DateTimeField(default=finobs.core.clock.now)),
                ("expires_at", models.DateTimeField()),
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lease", to="cases.case"
                    ),
                ),
                (
                    "holder",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leases", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="CaseGroupGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_object", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="cases.case")),
                ("group", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.group")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
            ],
            options={
                "abstract": False,
                "unique_together": {("group", "permission", "content_object")},
            },
        ),
        migrations.CreateModel(
            name="CaseUserGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("content_object", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="cases.case")),
                ("permission", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="auth.permission")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "abstract": False,
                "unique_together": {("user", "permission", "content_object")},
            },
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["queue", "status", "-priority", "-id"], name="cases_queue_order"),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["assignee", "status"], name="cases_of_assignee"),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "closed"), _negated=True),
                fields=("account", "typology"),
                name="cases_one_open_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "closed"), _negated=True),
                    models.Q(
                        models.Q(("disposition", ""), _negated=True),
                        models.Q(("reason_code", ""), _negated=True),
                        ("closed_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="cases_closed_has_a_disposition",
            ),
        ),
        migrations.AlterUniqueTogether(
            name="queuegroupgrant",
            unique_together={("group", "permission", "content_object")},
        ),
        migrations.AlterUniqueTogether(
            name="queueusergrant",
            unique_together={("user", "permission", "content_object")},
        ),
    ]
