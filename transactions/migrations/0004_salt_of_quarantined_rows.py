"""Each quarantined row gets a salt of its own; a default would be the same for all that are there."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

import transactions.models

ROWS_PER_UPDATE = 1000


def give_salts(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("transactions", "QuarantinedRow").objects
    last = 0
    while some := list(rows.filter(pk__gt=last).only("pk").order_by("pk")[:ROWS_PER_UPDATE]):
        for row in some:
            row.salt = transactions.models.new_salt()
        rows.bulk_update(some, ["salt"], batch_size=100)
        last = some[-1].pk


class Migration(migrations.Migration):
    dependencies = (("transactions", "0003_batch_layout_and_quarantined_ids"),)

    operations = (
        migrations.AddField(
            model_name="quarantinedrow",
            name="salt",
            field=models.BinaryField(
                default=transactions.models.new_salt,
                help_text="What the ledger says of the row is under it.",
                max_length=32,
            ),
        ),
        migrations.RunPython(give_salts, migrations.RunPython.noop),
    )
