"""The rows that a model learns from: what came in, as it was known when each was scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Max, QuerySet

from finobs.core import access, clock
from finobs.core.errors import Invalid
from finobs.core.jobs.progress import ProgressCallback, no_progress
from transactions.models import Source, Transaction

from ...features import FeatureSet, confirmations
from ...features import columns as cols
from ...features.account import microseconds
from ...features.matrices import columns_for

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CHUNK = 10_000
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


def newest_transaction_at(user: Any, source: Source | None) -> datetime:
    """When the newest transaction occurred, but not after now. Raises Invalid if there is none."""
    found: datetime | None = _visible(user, source).aggregate(at=Max("occurred_at"))["at"]
    if found is None:
        raise Invalid("There are no transactions to learn from.")
    return min(found, clock.now())


def read_training_rows(
    user: Any,
    feature_set: FeatureSet,
    *,
    source: Source | None,
    most: int,
    after: datetime | None = None,
    until: datetime | None = None,
    tell: ProgressCallback = no_progress,
) -> TrainingRows:
    """The newest `most` transactions that occurred in (after, until].

    Memory: 10,000 rows at a time, and the arrays of what came of them. Raises Invalid if there are none.
    """
    import numpy as np

    found = _visible(user, source)
    found = found.filter(occurred_at__gt=after) if after else found
    found = found.filter(occurred_at__lte=until) if until else found
    total, done, before = found[:most].count(), 0, None
    ids: list[int] = []
    moments: list[datetime] = []
    parts: list[NDArray[np.float32]] = []
    while done < total:
        tell("Reading transactions", done, total)
        chunk = found if before is None else found.filter(pk__lt=before)
        values = list(chunk.order_by("-pk")[: min(total - done, CHUNK)])
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


def known_since(rows: TrainingRows) -> NDArray[np.int64]:
    """For each row, since when it is known to be suspicious (microseconds); the greatest number where it is not."""
    import numpy as np

    known = np.full(len(rows), np.iinfo(np.int64).max, dtype=np.int64)
    labels = confirmations.confirmations_of(None, (), rows.first - INSTANT)
    # What is said now: not what stood before a label was corrected.
    found = {each.transaction_id: each.known_at for each in labels if each.until == confirmations.NEVER}
    if not found:
        return known
    order = np.argsort(rows.ids)
    wanted = np.array(list(found), dtype=np.int64)
    place = np.minimum(np.searchsorted(rows.ids, wanted, sorter=order), len(rows) - 1)
    there = rows.ids[order[place]] == wanted
    known[order[place[there]]] = microseconds(list(found.values()))[there]
    return known


def _visible(user: Any, source: Source | None) -> QuerySet[Transaction]:
    found = access.restrict(Transaction.objects.only(*COLUMNS), user, "view")
    return found if source is None else found.filter(source=source)
