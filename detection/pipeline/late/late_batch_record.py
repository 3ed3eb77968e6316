"""Writing down that a batch brought transactions that occurred before others decided already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any

from finobs.core import clock, dispatch
from transactions.choices import IngestMethod
from transactions.models import Batch, Transaction

from ...models import LateBatch
from ..batch_assessment import BatchAssessment
from . import affected

# A file comes in batch by batch, and often in no order: what its batches touch is looked at once, after the last.
SETTLING_TIME = timedelta(seconds=30)
FILE_METHODS = (IngestMethod.FILE, IngestMethod.ADMIN)


def late_batch_record(assessment: BatchAssessment, batch: Batch) -> None:
    """Keep a row if any of the transactions is late, and wake whoever looks again. Called by `assess`, in its
    transaction; costs one statement."""
    entities = {name: _EntitySpans(assessment.transactions, f"{name}_id") for name in ("account", "counterparty")}
    if not any(each.is_out_of_order for each in entities.values()):
        spans = {name: each.spans() for name, each in entities.items()}
        if not affected.has_out_of_order(batch.pk, spans):
            return
    settles = batch.method in FILE_METHODS
    LateBatch.objects.create(batch=batch, source=batch.source, due_at=clock.now() + SETTLING_TIME * settles)
    if not settles:
        dispatch.on_commit("detection.tasks.reassess")


class _EntitySpans:
    """What each account (or counterparty) did in a batch: the first and last moment, and the greatest id; and whether
    any of it is late among the batch itself."""

    def __init__(self, transactions: Sequence[Transaction], column: str) -> None:
        self.is_out_of_order = False
        self._by_entity: dict[int, list[Any]] = {}
        by_entity, entity_of = self._by_entity, attrgetter(column)
        for row in sorted(transactions, key=attrgetter("id")):
            at, entity = row.occurred_at, entity_of(row)
            span = by_entity.get(entity)
            if span is None:
                by_entity[entity] = [at, at, row.id]
                continue
            if at >= span[1]:
                span[1] = at
            else:
                self.is_out_of_order = self.is_out_of_order or entity is not None
                span[0] = min(span[0], at)
            span[2] = row.id

    def spans(self) -> list[affected.EntitySpan]:
        return [affected.EntitySpan(entity, *span) for entity, span in self._by_entity.items() if entity is not None]
