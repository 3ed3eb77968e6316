"""What people write of incidents and cases is said in the ledger under a salt of each; a default would be one for all.

What a machine thinks is kept of incidents too, and the history of both keeps the reasons of steps whole.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

import transactions.models

ROWS_PER_UPDATE = 1000
SALT = {"default": transactions.models.new_salt, "editable": False, "max_length": 32}
OPINION = {
    "blank": True,
    "choices": [
        ("", "No opinion"), ("probable_false_positive", "Probably a false positive"), ("investigate", "Investigate"),
        ("escalate", "Escalate"),
    ],
    "default": "",
    "max_length": 30,
}  # fmt: skip


def give_salts(apps: Any, schema_editor: Any) -> None:
    for name in ("Case", "Incident", "Note"):
        rows, last = apps.get_model("cases", name).objects, 0
        while some := list(rows.filter(pk__gt=last).only("pk").order_by("pk")[:ROWS_PER_UPDATE]):
            for row in some:
                row.salt = transactions.models.new_salt()
            rows.bulk_update(some, ["salt"], batch_size=100)
            last = some[-1].pk


class Migration(migrations.Migration):
    dependencies = (("cases", "0013_history_keeps_no_draw"),)

    operations = (
        migrations.AddField("case", "salt", models.BinaryField(**SALT)),
        migrations.AddField("incident", "salt", models.BinaryField(**SALT)),
        migrations.AddField("note", "salt", models.BinaryField(**SALT)),
        migrations.AddField("historicalincident", "machine_opinion", models.CharField(**OPINION)),
        migrations.AddField("incident", "machine_opinion", models.CharField(**OPINION)),
        migrations.AlterField("historicalcase", "history_change_reason", models.TextField(null=True)),
        migrations.AlterField("historicalincident", "history_change_reason", models.TextField(null=True)),
        migrations.RunPython(give_salts, migrations.RunPython.noop),
    )
