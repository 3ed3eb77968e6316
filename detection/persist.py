"""Getting thousands of assessments into the database at once: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from .models import Assessment

Row = tuple[int, str, float | None, Sequence[int], int | None]
# Below it COPY costs more round trips than it saves.
COPY_FROM = 20
COLUMNS = "transaction_id, outcome, score, fired, model_version_id, assessed_at"
HOLES = "(%s, %s, %s, %s, %s, %s)"


def add_assessments(rows: Iterable[Row], at: datetime) -> None:
    """Insert (transaction id, outcome, score, ids of fired rule versions, model version id), assessed at `at`."""
    table = connection.ops.quote_name(Assessment._meta.db_table)
    moment = at if connection.vendor == "postgresql" else str(at.replace(tzinfo=None))
    values: list[tuple[Any, ...]] = [
        (pk, outcome, score, json.dumps(list(fired)) if fired else "[]", model, moment)
        for pk, outcome, score, fired, model in rows
    ]
    with connection.cursor() as cursor:
        if len(values) < COPY_FROM:
            holes = ", ".join([HOLES] * len(values))
            cursor.execute(f"INSERT INTO {table} ({COLUMNS}) VALUES {holes}", [each for row in values for each in row])  # noqa: S608
            return
        if connection.vendor != "postgresql":
            cursor.executemany(f"INSERT INTO {table} ({COLUMNS}) VALUES {HOLES}", values)  # noqa: S608
            return
        with cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
