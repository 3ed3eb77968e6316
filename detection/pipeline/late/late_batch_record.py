"""Writing down that a batch brought transactions that occurred before others decided already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any

from finobs.core import clock, dispatch
from transactions.choices import IngestMethod
from transactions.models import Batch, Transaction

from ...models import LateBatch
from . import affected

# A file comes in batch by batch, and often in no order: what its batches touch is looked at once, after the last.
SETTLING_TIME = timedelta(seconds=30)
FILE_METHODS = (IngestMethod.FILE, IngestMethod.ADMIN)


def send_for_lateness(transactions: Sequence[Transaction], batch: Batch) -> Callable[[], bool]:
    """Ask, with the next statement, whether any of the batch's transactions is late. Called by `assess` before it
    decides; costs at most one statement."""
    entities = {name: _EntitySpans(transactions, f"{name}_id") for name in ("account", "counterparty")}
    if any(each.is_out_of_order for each in entities.values()):
        return lambda: True
    return affected.send_for_out_of_order(batch.pk, {name: each.spans() for name, each in entities.items()})


def late_batch_record(batch: Batch) -> None:
    """Keep a row of a batch with late transactions, and wake whoever looks again. Called by `assess`, in its
    transaction."""
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
