"""Keeping in mind, as a row, that a batch brought transactions that occurred before others decided already."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any

from finobs.core import clock, dispatch
from transactions.choices import IngestMethod
from transactions.models import Batch, Transaction

from ... import features
from ...models import LateBatch
from ..batch_assessment import BatchAssessment
from . import affected

# A file comes in batch by batch, and often in no order: what its batches touch is looked at once, after the last.
SETTLING_TIME = timedelta(seconds=30)
FILE_METHODS = (IngestMethod.FILE, IngestMethod.ADMIN)


def late_batch_record(judged: BatchAssessment, batch: Batch) -> None:
    """Keep a row if any of the transactions is late, and wake whoever looks again; nothing where no model in force
    looks at histories. Called by `assess`, in its transaction; costs one statement."""
    if not any(features.get(each.version.feature_set).statistics for each in judged.champions):
        return
    own = [_Passed(judged.transactions, name) for name in ("account_id", "counterparty_id")]
    if not any(each.overtake for each in own):
        spans = {name: each.spans() for name, each in zip(("account", "counterparty"), own, strict=True)}
        if not affected.has_out_of_order(batch.pk, spans):
            return
    waits = batch.method in FILE_METHODS
    LateBatch.objects.create(batch=batch, source=batch.source, due_at=clock.now() + SETTLING_TIME * waits)
    if not waits:
        dispatch.on_commit("detection.tasks.reassess")


class _Passed:
    """What each account (or counterparty) did in a batch: the first and last moment, and the greatest id; and whether
    any of it is late among the batch itself."""

    def __init__(self, transactions: Sequence[Transaction], column: str) -> None:
        self.overtake = False
        self.found: dict[int, list[Any]] = {}
        found, entity = self.found, attrgetter(column)
        for row in sorted(transactions, key=attrgetter("id")):
            at, of = row.occurred_at, entity(row)
            span = found.get(of)
            if span is None:
                found[of] = [at, at, row.id]
                continue
            if at >= span[1]:
                span[1] = at
            else:
                self.overtake = self.overtake or of is not None
                span[0] = min(span[0], at)
            span[2] = row.id

    def spans(self) -> list[affected.EntitySpan]:
        return [affected.EntitySpan(of, *span) for of, span in self.found.items() if of is not None]
