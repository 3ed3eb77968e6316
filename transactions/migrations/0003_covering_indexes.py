from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0002_late_labels"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="transaction",
            name="transactions_by_account",
        ),
        migrations.RemoveIndex(
            model_name="transaction",
            name="transactions_by_cpty",
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
    ]
