from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("transactions", "0004_salt_of_quarantined_rows"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="snapshot",
            field=models.TextField(blank=True, db_default="", editable=False, help_text="Which others it could see."),
        ),
        migrations.AddField(
            model_name="batch",
            name="xid",
            field=models.BigIntegerField(
                editable=False, help_text="PostgreSQL's number of the transaction.", null=True
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("xid__isnull", False)), fields=["xid"], name="transactions_batch_xid"
            ),
        ),
    ]
