"""The rows that a model learns from: what came in, as it was known when each was scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from finobs.core.errors import Invalid
from finobs.core.jobs.progress import ProgressCallback, no_progress
from transactions.models import Source

from ...features import FeatureSet, confirmations
from ...features import columns as cols
from ...features.account import microseconds
from ...features.matrices import columns_for
from .selectors import transactions_visible

ROWS_PER_CHUNK = 10_000
INSTANT = timedelta(microseconds=1)
COLUMNS = (*cols.FIELDS, "account_id", "counterparty_id", "country")


@dataclass(frozen=True, slots=True)
class TrainingRows:
    """One row each: id, when it occurred (microseconds since 1970), and every feature of the set, float32."""

    ids: NDArray[np.int64]
    occurred: NDArray[np.int64]
    matrix: NDArray[np.float32]
    first: datetime
    last: datetime

    def __len__(self) -> int:
        return len(self.ids)


def read_training_rows(
    user: Any,
    feature_set: FeatureSet,
    *,
    source: Source | None,
    max_rows: int,
    after: datetime | None = None,
    until: datetime | None = None,
    progress: ProgressCallback = no_progress,
) -> TrainingRows:
    """The newest `max_rows` transactions that occurred in (after, until].

    Memory: 10,000 rows at a time, and the arrays of what came of them. Raises Invalid if there are none.
    """
    transactions = transactions_visible(user, source).only(*COLUMNS)
    transactions = transactions.filter(occurred_at__gt=after) if after else transactions
    transactions = transactions.filter(occurred_at__lte=until) if until else transactions
    total, done, before = transactions[:max_rows].count(), 0, None
    ids: list[int] = []
    moments: list[datetime] = []
    parts: list[NDArray[np.float32]] = []
    while done < total:
        progress("Reading transactions", done, total)
        chunk = transactions if before is None else transactions.filter(pk__lt=before)
        values = list(chunk.order_by("-pk")[: min(total - done, ROWS_PER_CHUNK)])
        if not values:
            break
        columns = columns_for(feature_set.name, values)
        parts.append(feature_set.build(columns))
        ids += [row.pk for row in values]
        moments += columns.occurred_at
        before, done = values[-1].pk, done + len(values)
    if not moments:
        raise Invalid("There are no transactions to learn from.")
    matrix = np.concatenate(parts)
    return TrainingRows(np.array(ids, dtype=np.int64), microseconds(moments), matrix, min(moments), max(moments))


def known_suspicious_at(rows: TrainingRows) -> NDArray[np.int64]:
    """For each row, since when it is known to be suspicious (microseconds); the greatest number where it is not."""
    moments = np.full(len(rows), np.iinfo(np.int64).max, dtype=np.int64)
    labels = confirmations.confirmations_of(None, (), rows.first - INSTANT)
    # What is said now: not what stood before a label was corrected.
    confirmed = {each.transaction_id: each.known_at for each in labels if each.visible_until == confirmations.NEVER}
    if not confirmed:
        return moments
    order = np.argsort(rows.ids)
    ids = np.array(list(confirmed), dtype=np.int64)
    place = np.minimum(np.searchsorted(rows.ids, ids, sorter=order), len(rows) - 1)
    # Labels are of every source and of all days since; these rows may be of one source only.
    is_row = rows.ids[order[place]] == ids
    moments[order[place[is_row]]] = microseconds(list(confirmed.values()))[is_row]
    return moments
