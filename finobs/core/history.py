"""The one way to save a row whose model keeps history (django-simple-history): with its history, in somebody's name.

Each function writes the rows and one history row for each change. The history rows are remembered on the instances
that were saved, until the event that the service records next takes them (`pop_references`): so an event of the ledger
names the history that it belongs to, although this package knows no ledger. Rows that are read again do not carry
them: what a rolled back savepoint wrote is forgotten with the instances that it was written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from django.db.models import Model
from simple_history.signals import post_create_historical_record

from . import clock
from .db.bulk import MAX_ROWS_PER_STATEMENT

# Of simple_history's column; the whole reason is in the ledger.
MAX_CHANGE_REASON_LENGTH: Final = 100
_REFERENCES: Final = "_history_references"


class HistoryReference(NamedTuple):
    """One history row: its model's label ("cases.historicalcase") and its primary key as text."""

    type: str
    id: str


def save(row: Model, *, actor: Any, reason: str = "", fields: Iterable[str] | None = None) -> None:
    """Save `row`, new or changed, with one history row by `actor` (a User). `fields`: the only ones to update.

    `reason` is cut to what the column of the history takes.
    """
    with _signed(row, actor, reason):
        row.save(update_fields=None if fields is None else list(fields))


def set_members(row: Model, name: str, members: Iterable[Model], *, actor: Any, reason: str = "") -> None:
    """Make `members` the rows of the many-to-many field `name` of a saved row, which its history tracks."""
    with _signed(row, actor, reason):
        getattr(row, name).set(members)


def bulk_create(rows: Sequence[Model], *, actor: Any, reason: str = "") -> None:
    """Insert new rows of one model, with history. Those without a primary key get theirs."""
    if rows:
        type(rows[0])._default_manager.bulk_create(rows, batch_size=MAX_ROWS_PER_STATEMENT)
        _bulk_history(rows, actor=actor, reason=reason, update=False)


def bulk_update(rows: Sequence[Model], *, fields: Iterable[str], actor: Any, reason: str = "") -> None:
    """Update `fields` of locked rows of one model, with history."""
    if rows:
        # An upsert: many times quicker than the CASE WHEN for each field that Django's bulk_update writes.
        type(rows[0])._default_manager.bulk_create(
            rows, update_conflicts=True, unique_fields=["pk"], update_fields=list(fields),
            batch_size=MAX_ROWS_PER_STATEMENT,
        )  # fmt: skip
        _bulk_history(rows, actor=actor, reason=reason, update=True)


def pop_references(row: Model) -> list[HistoryReference]:
    """The history rows that were written of this instance since it was last asked, in their order."""
    references: list[HistoryReference] = vars(row).pop(_REFERENCES, [])
    return references


@contextmanager
def _signed(row: Model, actor: Any, reason: str) -> Iterator[None]:
    """Within the block, what simple_history writes of `row` is in the name of `actor`."""
    signature = {"_history_user": actor, "_change_reason": _cut(reason), "_history_date": clock.now()}
    vars(row).update(signature)
    try:
        yield
    finally:
        for name in signature:
            vars(row).pop(name, None)


def _bulk_history(rows: Sequence[Model], *, actor: Any, reason: str, update: bool) -> None:
    model: Any = type(rows[0])
    history_rows = model.history.bulk_history_create(
        rows, update=update, default_user=actor, default_change_reason=_cut(reason), default_date=clock.now(),
        batch_size=MAX_ROWS_PER_STATEMENT,
    )  # fmt: skip
    for row, history_row in zip(rows, history_rows, strict=True):
        _remember(row, history_row)


def _signal_received(sender: Any, *, instance: Model, history_instance: Model, **_: Any) -> None:
    if "_history_user" in vars(instance):
        _remember(instance, history_instance)


def _remember(row: Model, history_row: Model) -> None:
    reference = HistoryReference(history_row._meta.label_lower, str(history_row.pk))
    vars(row).setdefault(_REFERENCES, []).append(reference)


def _cut(reason: str) -> str:
    return reason[:MAX_CHANGE_REASON_LENGTH]


post_create_historical_record.connect(_signal_received, dispatch_uid="finobs.core.history")
