from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_org_units"),
        ("cases", "0004_org_units"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="queue", name="cases_one_default_queue"),
        migrations.AlterField(
            model_name="queue",
            name="is_default",
            field=models.BooleanField(default=False, verbose_name="takes what no other queue of its unit takes"),
        ),
        migrations.AlterField(
            model_name="historicalqueue",
            name="is_default",
            field=models.BooleanField(default=False, verbose_name="takes what no other queue of its unit takes"),
        ),
        migrations.AddConstraint(
            model_name="queue",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("unit",), name="cases_one_default_queue_of_a_unit"
            ),
        ),
    ]
