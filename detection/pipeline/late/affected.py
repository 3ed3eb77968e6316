"""Late transactions, which occurred before others of their account or counterparty that were decided already, and what
they touch: transactions of the same currency with a smaller id that occurred in the 30 days after them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from finobs.core.db.dialect import any_of, database_time, rows_parameters, rows_table, table_of
from finobs.core.db.pipeline import send_later
from finobs.ledger.services import timestamp
from transactions.models import Batch, Transaction

from ...features import history
from ...features.carried_window import LOADED_COLUMNS
from ...features.definition import DAY_MICROSECONDS, MAX_WINDOW
from ...features.ordering import order_of_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

AFFECTED_WITHIN = timedelta(days=MAX_WINDOW)
WITHIN = MAX_WINDOW * DAY_MICROSECONDS
SPAN_COLUMNS = {"entity": "bigint", "since": "timestamptz", "until": "timestamptz", "id": "bigint"}


class EntitySpan(NamedTuple):
    """When an account's or a counterparty's new transactions occurred, and the greatest id among them."""

    entity: int
    first: datetime
    last: datetime
    id: int


@dataclass(frozen=True, slots=True)
class AffectedTransactions:
    """How many transactions of a batch are late, and the ids of those that they touch, rising."""

    late: int
    ids: Ints


def send_for_out_of_order(batch_id: int, spans: Mapping[str, Sequence[EntitySpan]]) -> Callable[[], bool]:
    """Was anything decided before the batch that occurred after its beginning, by account or counterparty? May say yes
    where it touches nothing; never no where it does. Asked with the next statement (`pipeline.send_later`)."""
    parts, values = [], []
    for entity, own in spans.items():
        if own:
            parts.append(_exists(entity, len(own) == 1))
            values += [*_span_parameters(own), batch_id]
    fetch = send_later(f"SELECT {' OR '.join(parts)}", values)
    return lambda: bool(fetch()[0][0])


@cache
def _exists(entity: str, is_one: bool) -> str:
    """Parameters: of the spans, then the batch. One span is asked for as one: PostgreSQL keeps a plan for that."""
    before = (
        f"EXISTS (SELECT 1 FROM {table_of(Transaction)} d WHERE d.{entity}_id = {{}} AND d.occurred_at > {{}} "  # noqa: S608
        "AND d.occurred_at <= {} AND d.id < {} AND d.batch_id <> %s)"
    )
    if is_one:
        return before.format(*["%s"] * len(SPAN_COLUMNS))
    spans = rows_table("e", SPAN_COLUMNS)
    return f"EXISTS (SELECT 1 FROM {spans} WHERE {before.format(*(f'e.{name}' for name in SPAN_COLUMNS))})"  # noqa: S608


def _span_parameters(spans: Sequence[EntitySpan]) -> list[Any]:
    rows = [
        (each.entity, database_time(each.first), database_time(each.last + AFFECTED_WITHIN), each.id) for each in spans
    ]
    return list(rows[0]) if len(rows) == 1 else rows_parameters(rows)


def affected_transactions(batch: Batch, missed_by: Sequence[int] = ()) -> AffectedTransactions:
    """By the numpy kernel, over what the batch's accounts and counterparties did from its first moment on.

    `missed_by`: batches that could not see it when they were decided, whatever the ids of their transactions.
    """
    import numpy as np

    own = list(
        Transaction.objects.filter(batch=batch).values_list("id", "account_id", "counterparty_id", "occurred_at")
    )
    if not own:
        return AffectedTransactions(0, np.zeros(0, dtype=np.int64))
    ids, accounts, others, moments = zip(*own, strict=True)
    rows = history.load(
        sorted(set(accounts)), sorted(set(others) - {None}), min(moments) - timedelta(microseconds=1),
        max(moments) + AFFECTED_WITHIN, max(ids),
    )  # fmt: skip
    is_new = np.isin(rows["id"], np.array(ids, dtype=np.int64))
    currency, time = np.unique(rows["currency"], return_inverse=True)[1], rows["occurred_at"]
    hit, late = np.zeros(len(is_new), dtype=bool), np.zeros(len(is_new), dtype=bool)
    for name in ("account_id", "counterparty_id"):
        key = rows[name] * (currency.max() + 1) + currency
        exists = rows[name] >= 0
        hit_here = exists & _hit(key, time, time - WITHIN, rows["id"], is_new & exists)
        late |= is_new & _hit(key, -time, -time - WITHIN, -rows["id"], hit_here)
        hit |= hit_here
    late_ids, hit_ids = rows["id"][late], np.sort(rows["id"][hit])
    if missed_by:
        more_late, more_hit = _missing(batch, missed_by)
        late_ids, hit_ids = np.union1d(late_ids, more_late), np.union1d(hit_ids, more_hit)
    return AffectedTransactions(len(late_ids), hit_ids)


def _missing(batch: Batch, missed_by: Sequence[int]) -> tuple[Ints, Ints]:
    """The ids of the batch's transactions that one of these batches should have seen, and of those that should."""
    import numpy as np

    condition, value = any_of("batch_id", [batch.pk, *missed_by])
    rows = LOADED_COLUMNS.load(condition, [value])
    own = Transaction.objects.filter(batch=batch).values_list("id", flat=True)
    is_own = np.isin(rows["id"], np.array(list(own), dtype=np.int64))
    currency = np.unique(rows["currency"], return_inverse=True)[1]
    # Moments as places in the order of (occurred_at, id); and as if all of its own had come in after the others.
    order, ids = order_of_time(rows["occurred_at"], rows["id"]), is_own.astype(np.int64)
    place, moments = np.empty(len(order), dtype=np.int64), rows["occurred_at"][order]
    place[order] = np.arange(len(order))
    since = moments.searchsorted(rows["occurred_at"] - WITHIN, side="left")
    until = moments.searchsorted(rows["occurred_at"] + WITHIN, side="right") - 1
    hit, missed = np.zeros(len(order), dtype=bool), np.zeros(len(order), dtype=bool)
    for name in ("account_id", "counterparty_id"):
        key = rows[name] * (currency.max() + 1) + currency
        exists = rows[name] >= 0
        hit_here = exists & ~is_own & _hit(key, place, since, ids, is_own & exists)
        missed |= is_own & _hit(key, -place, -until, -ids, hit_here)
        hit |= hit_here
    return rows["id"][missed], rows["id"][hit]


def _hit(key: Ints, time: Ints, since: Ints, ids: Ints, by: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows have one of the same key that is in `by`, occurred from `since` to before `time`, and has a greater
    id.

    With times and ids turned round: which have one that occurred after them, and has a smaller id.
    """
    import numpy as np

    if not by.any():
        return np.zeros(len(key), dtype=bool)
    times, keys = np.unique(time[by]), np.unique(key[by])
    span = len(times) + 1
    number = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    place = number * span
    sortable = place[by] + np.searchsorted(times, time[by], side="left")
    order = np.argsort(sortable, kind="stable")
    sortable = sortable[order]
    first = sortable.searchsorted(place + np.searchsorted(times, since, side="left"), side="left")
    last = sortable.searchsorted(place + np.searchsorted(times, time, side="left"), side="left")
    has_any = (keys[number] == key) & (first < last)
    greatest = _greatest(ids[by][order], first[has_any], last[has_any])
    hit = np.zeros(len(key), dtype=bool)
    hit[has_any] = greatest > ids[has_any]
    return hit


def _greatest(values: Ints, first: Ints, last: Ints) -> Ints:
    """The greatest of `values` from `first` to before `last`, never empty: two stretches of a power of two cover it."""
    import numpy as np

    tables = [values]
    while (width := 1 << len(tables) - 1) * 2 <= len(values):
        tables.append(np.maximum(tables[-1][:-width], tables[-1][width:]))
    level = np.frexp((last - first).astype(np.float64))[1] - 1
    greatest = np.empty(len(first), dtype=np.int64)
    for number, table in enumerate(tables):
        here = level == number
        greatest[here] = np.maximum(table[first[here]], table[last[here] - (1 << number)])
    return greatest


def late_arrival_cause(row: Transaction, batch_id: int, missed_by: Sequence[int] = ()) -> dict[str, Any]:
    """What of a late batch touches this transaction, as an alert keeps it: how many, and the first of them.

    `missed_by`: as of `affected_transactions`.
    """
    before, is_at_once = Q(occurred_at__lt=row.occurred_at), row.batch_id in missed_by
    if is_at_once:
        before |= Q(occurred_at=row.occurred_at, pk__lt=row.pk)
    else:
        before &= Q(pk__gt=row.pk)
    rows = Transaction.objects.filter(
        before, batch_id=batch_id, currency=row.currency, occurred_at__gte=row.occurred_at - AFFECTED_WITHIN
    )
    of = Q(account_id=row.account_id)
    if row.counterparty_id is not None:
        of |= Q(counterparty_id=row.counterparty_id)
    rows = rows.filter(of).order_by("occurred_at", "pk")
    first = rows[0]
    return ({"at_once": True} if is_at_once else {}) | {
        "batch": batch_id, "count": rows.count(), "external_id": first.external_id, "transaction": first.pk,
        "occurred_at": timestamp(first.occurred_at),
        "of": "account" if first.account_id == row.account_id else "counterparty",
    }  # fmt: skip
