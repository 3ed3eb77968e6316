"""Getting thousands of assessments into the database at once: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from .models import Assessment

Row = tuple[int, str, float | None, Sequence[int], int | None]
COLUMNS = "transaction_id, outcome, score, fired, model_version_id, assessed_at"


def add_assessments(rows: Iterable[Row], at: datetime) -> None:
    """Insert (transaction id, outcome, score, ids of fired rule versions, model version id), assessed at `at`."""
    table = connection.ops.quote_name(Assessment._meta.db_table)
    moment = at if connection.vendor == "postgresql" else str(at.replace(tzinfo=None))
    values: list[tuple[Any, ...]] = [
        (pk, outcome, score, json.dumps(list(fired)) if fired else "[]", model, moment)
        for pk, outcome, score, fired, model in rows
    ]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(f"INSERT INTO {table} ({COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)", values)  # noqa: S608
            return
        with cursor.copy(f"COPY {table} ({COLUMNS}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)
