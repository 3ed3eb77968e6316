"""Keeping in mind, as a row, that a batch brought transactions that occurred before others decided already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from finobs.core import clock, dispatch
from transactions.choices import Door
from transactions.models import Batch, Transaction

from .. import features, late
from ..judging import Judged
from ..models import LateBatch

# A file comes in batch by batch, and often in no order: what its batches touch is looked at once, after the last.
SETTLING = timedelta(seconds=30)
FILES = (Door.FILE, Door.ADMIN)


def note_late(judged: Judged, batch: Batch) -> None:
    """Keep a row if any of the transactions is late, and wake whoever looks again; nothing where no model in force
    looks at histories. Called by `assess`, in its transaction; costs one statement."""
    if not any(features.get(each.version.feature_set).statistics for each in judged.champions):
        return
    if not (_overtake(judged.transactions) or late.overtake(batch.pk, _spans(judged.transactions))):
        return
    waits = batch.door in FILES
    LateBatch.objects.create(batch=batch, source=batch.source, due_at=clock.now() + SETTLING * waits)
    if not waits:
        dispatch.on_commit("detection.tasks.reassess")


def _entities(row: Transaction) -> Iterator[tuple[str, int]]:
    yield "account", row.account_id
    if row.counterparty_id is not None:
        yield "counterparty", row.counterparty_id


def _overtake(transactions: Sequence[Transaction]) -> bool:
    """Is any of them late among themselves?"""
    latest: dict[tuple[str, int], datetime] = {}
    for row in sorted(transactions, key=lambda row: row.pk):
        for entity in _entities(row):
            if row.occurred_at < latest.setdefault(entity, row.occurred_at):
                return True
            latest[entity] = row.occurred_at
    return False


def _spans(transactions: Sequence[Transaction]) -> dict[str, list[late.Span]]:
    """For each account and counterparty: the first and last moment, and the greatest id."""
    found: dict[tuple[str, int], late.Span] = {}
    for row in transactions:
        at = row.occurred_at
        for entity in _entities(row):
            known = found.get(entity)
            found[entity] = (
                late.Span(entity[1], at, at, row.pk) if known is None
                else late.Span(entity[1], min(at, known.first), max(at, known.last), max(row.pk, known.id))
            )  # fmt: skip
    return {name: [span for entity, span in found.items() if entity[0] == name] for name in ("account", "counterparty")}
