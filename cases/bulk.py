"""Writing many rows with their history, in a number of statements that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finobs.accounts.models import User
from finobs.core import clock


def create_with_history(rows: Sequence[Any], *, actor: User, why: str) -> None:
    """Insert rows whose primary keys are set, with history."""
    if not rows:
        return
    model = type(rows[0])
    model.objects.bulk_create(rows)
    _remember(rows, actor=actor, why=why, update=False)


def update_with_history(rows: Sequence[Any], *, fields: Sequence[str], actor: User, why: str) -> None:
    """Update locked rows, with history. An upsert: many times quicker than CASE WHEN for each field."""
    if not rows:
        return
    model = type(rows[0])
    model.objects.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=list(fields))
    _remember(rows, actor=actor, why=why, update=True)


def _remember(rows: Sequence[Any], *, actor: User, why: str, update: bool) -> None:
    rows[0].__class__.history.bulk_history_create(
        rows, update=update, default_user=actor, default_change_reason=why, default_date=clock.now()
    )
