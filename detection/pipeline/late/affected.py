"""Late transactions, which occurred before others of their account or counterparty that were decided already, and what
they touch: transactions of the same currency with a smaller id that occurred in the 30 days after them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import connection
from django.db.models import Q

from finobs.core.db.dialect import database_time, rows_parameters, rows_table, table_of
from finobs.ledger.services import timestamp
from transactions.models import Batch, Transaction

from ...features import history
from ...features.definition import DAY_MICROSECONDS, MAX_WINDOW

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

AFFECTED_WITHIN = timedelta(days=MAX_WINDOW)
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


def has_out_of_order(batch_id: int, spans: Mapping[str, Sequence[EntitySpan]]) -> bool:
    """Was anything decided before the batch that occurred after its beginning, by account or counterparty? May say yes
    where it touches nothing; never no where it does. One statement."""
    parts, values = [], []
    for entity, own in spans.items():
        if own:
            parts.append(_exists(entity, len(own) == 1))
            values += [*_span_parameters(own), batch_id]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {' OR '.join(parts)}", values)
        return bool(cursor.fetchone()[0])


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


def affected_transactions(batch: Batch) -> AffectedTransactions:
    """By the numpy kernel, over what the batch's accounts and counterparties did from its first moment on."""
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
    currency = np.unique(rows["currency"], return_inverse=True)[1]
    hit, late = np.zeros(len(is_new), dtype=bool), np.zeros(len(is_new), dtype=bool)
    for name in ("account_id", "counterparty_id"):
        key = rows[name] * (currency.max() + 1) + currency
        exists = rows[name] >= 0
        hit_here = exists & _hit(key, rows["occurred_at"], rows["id"], is_new & exists)
        late |= is_new & _hit(key, -rows["occurred_at"], -rows["id"], hit_here)
        hit |= hit_here
    return AffectedTransactions(int(late.sum()), np.sort(rows["id"][hit]))


def _hit(key: Ints, time: Ints, ids: Ints, by: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which rows have one of the same key that is in `by`, occurred in the 30 days before them, and has a greater id.

    With times and ids turned round: which have one that occurred in the 30 days after them, and has a smaller id.
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
    first = sortable.searchsorted(
        place + np.searchsorted(times, time - MAX_WINDOW * DAY_MICROSECONDS, side="left"), side="left"
    )
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


def late_arrival_cause(row: Transaction, batch_id: int) -> dict[str, Any]:
    """What of a late batch touches this transaction, as an alert keeps it: how many, and the first of them."""
    rows = Transaction.objects.filter(
        batch_id=batch_id, currency=row.currency, pk__gt=row.pk, occurred_at__lt=row.occurred_at,
        occurred_at__gte=row.occurred_at - AFFECTED_WITHIN,
    )  # fmt: skip
    of = Q(account_id=row.account_id)
    if row.counterparty_id is not None:
        of |= Q(counterparty_id=row.counterparty_id)
    rows = rows.filter(of).order_by("occurred_at", "pk")
    first = rows[0]
    return {
        "batch": batch_id, "count": rows.count(), "external_id": first.external_id, "transaction": first.pk,
        "occurred_at": timestamp(first.occurred_at),
        "of": "account" if first.account_id == row.account_id else "counterparty",
    }  # fmt: skip
