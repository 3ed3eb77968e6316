from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0003_covering_indexes"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["occurred_at", "id"], name="transactions_by_time"),
        ),
    ]
