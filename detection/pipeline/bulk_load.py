"""Getting thousands of assessments into the database at once: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

from django.db import connection
from django.db.models import Model

from transactions.models import Transaction

from ..ml.scoring import ModelScores
from ..models import Assessment, Reassessment, ShadowScore

# Below it COPY costs more round trips than it saves.
MIN_COPY_ROWS = 20
ASSESSMENT_COLUMNS = (
    "transaction_id", "outcome", "fired", "score", "model_version_id", "anomaly_score", "anomaly_version_id",
    "if_score", "pca_error", "assessed_at",
)  # fmt: skip
REASSESSMENT_COLUMNS = (
    "transaction_id", "batch_id", "outcome_before", "outcome", "score_before", "score", "version_before_id",
    "model_version_id", "anomaly_score", "anomaly_version_id", "feature_set", "features", "digest", "alert_id",
)  # fmt: skip


def add_assessments(*columns: Sequence[Any], at: datetime) -> None:
    """Insert assessments made at `at`, given as columns in the order of ASSESSMENT; `fired` is JSON text."""
    moment = at if connection.vendor == "postgresql" else str(at.replace(tzinfo=None))
    _insert(Assessment, ASSESSMENT_COLUMNS, list(zip(*columns, repeat(moment, len(columns[0])), strict=True)))


def add_reassessments(rows: Sequence[tuple[Any, ...]], *, run: int, at: datetime) -> None:
    """Insert reassessments made at `at`, given as their REASSESSMENT values."""
    moment = at if connection.vendor == "postgresql" else str(at.replace(tzinfo=None))
    if rows:
        _insert(Reassessment, (*REASSESSMENT_COLUMNS, "run_id", "at"), [(*row, run, moment) for row in rows])


def add_shadow_scores(transactions: Sequence[Transaction], scored: ModelScores) -> None:
    """Insert what a version that does not decide makes of each transaction."""
    version = scored.version.pk
    rows = [(row.id, version, score) for row, score in zip(transactions, scored.scores, strict=True)]
    _insert(ShadowScore, ("transaction_id", "model_version_id", "score"), rows)


def _insert(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    into = f"{connection.ops.quote_name(model._meta.db_table)} ({', '.join(columns)})"
    hole = f"({', '.join(['%s'] * len(columns))})"
    with connection.cursor() as cursor:
        if len(rows) < MIN_COPY_ROWS:
            holes = ", ".join([hole] * len(rows))
            cursor.execute(f"INSERT INTO {into} VALUES {holes}", [each for row in rows for each in row])  # noqa: S608
        elif connection.vendor != "postgresql":
            cursor.executemany(f"INSERT INTO {into} VALUES {hole}", rows)  # noqa: S608
        else:
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
