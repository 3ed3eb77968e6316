from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0002_queue_capacity"),
    ]

    operations = [
        migrations.RenameField("case", "highest_score", "urgency"),
        migrations.RenameField("historicalcase", "highest_score", "urgency"),
        *(
            migrations.AlterField(
                model,
                "urgency",
                models.FloatField(null=True, help_text="0 to 1: how far a model's score lies above its threshold."),
            )
            for model in ("case", "historicalcase")
        ),
    ]
