from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalqueue",
            name="alerts_a_day",
            field=models.PositiveIntegerField(
                blank=True, help_text="How many alerts a day its people can review. Empty: not set.", null=True
            ),
        ),
        migrations.AddField(
            model_name="queue",
            name="alerts_a_day",
            field=models.PositiveIntegerField(
                blank=True, help_text="How many alerts a day its people can review. Empty: not set.", null=True
            ),
        ),
    ]
