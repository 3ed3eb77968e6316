from django.db import migrations, models


class Migration(migrations.Migration):
    """The list of transactions shows the latest to come in first: of each unit, too."""

    dependencies = [("transactions", "0009_deliveries")]

    operations = [
        migrations.RemoveIndex(model_name="transaction", name="transactions_by_unit"),
        migrations.AddIndex(
            model_name="transaction", index=models.Index(fields=["unit", "id"], name="transactions_by_unit")
        ),
    ]
