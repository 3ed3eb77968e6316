"""Getting thousands of assessments into the database at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

from finobs.core.db.bulk import insert_rows
from transactions.models import Transaction

from ..ml.scoring import ModelScores
from ..models import Assessment, Reassessment, ShadowScore

ASSESSMENT_COLUMNS = (
    "transaction_id", "outcome", "fired", "score", "model_version_id", "anomaly_score", "anomaly_version_id",
    "if_score", "pca_error", "assessed_at",
)  # fmt: skip
REASSESSMENT_COLUMNS = (
    "transaction_id", "batch_id", "outcome_before", "outcome", "score_before", "score", "version_before_id",
    "model_version_id", "anomaly_score", "anomaly_version_id", "feature_set", "features", "digest", "alert_id",
)  # fmt: skip


def add_assessments(*columns: Sequence[Any], at: datetime) -> None:
    """Insert assessments made at `at`, given as columns in the order of ASSESSMENT_COLUMNS; `fired` is JSON text."""
    rows = list(zip(*columns, repeat(at, len(columns[0])), strict=True))
    insert_rows(Assessment, ASSESSMENT_COLUMNS, rows, later=True)


def add_reassessments(rows: Sequence[tuple[Any, ...]], *, run: int, at: datetime) -> None:
    """Insert reassessments made at `at`, given as their REASSESSMENT_COLUMNS."""
    insert_rows(Reassessment, (*REASSESSMENT_COLUMNS, "run_id", "at"), [(*row, run, at) for row in rows])


def add_shadow_scores(transactions: Sequence[Transaction], scored: ModelScores) -> None:
    """Insert what a version that does not decide makes of each transaction."""
    version = scored.version.pk
    rows = [(row.id, version, score) for row, score in zip(transactions, scored.scores, strict=True)]
    insert_rows(ShadowScore, ("transaction_id", "model_version_id", "score"), rows)
