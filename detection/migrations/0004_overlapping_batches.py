from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("detection", "0003_unexplained_alerts"),
    ]

    operations = [
        migrations.AddField(
            model_name="latebatch",
            name="missed_by",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Batches that were decided at the same time and could not see it (on PostgreSQL).",
            ),
        ),
        migrations.CreateModel(
            name="OverlapCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("xid", models.BigIntegerField(default=0)),
            ],
            options={
                "abstract": False,
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="detection_one_overlap_check")
                ],
            },
        ),
    ]
