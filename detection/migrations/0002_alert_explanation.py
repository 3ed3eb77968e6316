from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detection", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="explanation",
            field=models.JSONField(help_text="Each feature's contribution to the score; null without one.", null=True),
        ),
    ]
