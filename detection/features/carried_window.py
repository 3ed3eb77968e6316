"""The rows before an import's batches, kept from batch to batch instead of being read again.

A file comes in by batches of ten thousand rows, and each looks back at the same 37 days: to read hundreds of thousands
of rows for every batch takes longer than everything else together. So what a batch had in hand, its own rows among
it, is kept for the next. SQL stays the definition (`online`): the window holds what it would read, and more does no
harm, since the kernel bounds rows by id and time.

What others wrote to the source meanwhile is found by what is newly visible (`core.db.visibility`), and read by batch.
A batch of one's own that was rolled back is not among it, and its rows are dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection

from finobs.core.db.columns import ColumnSet, pack_all
from finobs.core.db.dialect import any_of, database_time, table_of
from finobs.core.db.visibility import visible_since
from transactions.models import Batch, Source, Transaction

from .account import microseconds
from .ordering import is_in_order, order_of_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]


# A window of more rows is not kept: 56 bytes each, and the kernel takes several times as much while it works.
MAX_ROWS = 1_000_000
# Fewer rows than this in a batch are not worth a window of hundreds of thousands.
MIN_BATCH_ROWS = 1_000
# Rows that neither account nor counterparty of the batch can reach are left out where they are at least this share.
MIN_SHARE_LEFT_OUT = 0.25
LOADED_COLUMNS = ColumnSet(
    table_of(Transaction), numbers=("id", "account_id", "amount_minor", "counterparty_id"), times=("occurred_at",),
    codes=("currency", "country"),
)  # fmt: skip


class CarriedWindow:
    """Of one source: the rows that occurred after `since`, until `until` if there is one, in the order of
    (occurred_at, id)."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.view = ""
        self.since: datetime | None = None
        self.until: datetime | None = None
        self.columns: dict[str, Ints] = {}
        # With the rows of the batch that brought them: kept once that is known to have been committed.
        self.pending: tuple[int, dict[str, Ints]] | None = None
        self.own: dict[str, Ints] = {}
        self.is_too_large = False

    def rows(
        self, transactions: Sequence[Transaction], since: datetime, until: datetime, last: int
    ) -> dict[str, Ints] | None:
        """What may count for these, and they themselves: after `since`, until `until`, up to the id `last`.

        None where it is not worth keeping, or is too much: then whoever asks reads what they need.
        """
        if self.is_too_large or (len(transactions) < MIN_BATCH_ROWS and not self.columns):
            return None
        batch_id = transactions[0].batch_id
        if not (self._catch_up(batch_id) and self._cover(batch_id, since, until)):
            self._give_up()
            return None
        self._trim(since)
        if self._room() < len(transactions):
            self._give_up()
            return None
        self.own = columns_of(transactions)
        self.pending = batch_id, merged(self.columns, self.own)
        return _reachable(_bounded(self.pending[1], since, until, last), transactions)

    def is_on_time(self, transactions: Sequence[Transaction]) -> bool:
        """Whether it is certain that none of these, whose rows were asked for, is late for anything: they are in the
        order of time, and nothing that was in before occurred after the first of them."""
        if self.until is not None or not self.pending or self.pending[0] != transactions[0].batch_id:
            return False
        # Sorted by (occurred_at, id): in the order of time if the ids rise with it.
        if not self.own["id"].size or (self.own["id"][1:] < self.own["id"][:-1]).any():
            return False
        before = self.columns.get("occurred_at")
        return before is None or not len(before) or bool(before[-1] <= self.own["occurred_at"][0])

    def _give_up(self) -> None:
        self.is_too_large, self.columns, self.pending = True, {}, None

    def _room(self) -> int:
        return MAX_ROWS - len(self.columns.get("id", ()))

    def _catch_up(self, batch_id: int) -> bool:
        """Keep what has been committed since the batch before: its own rows, and those of others. False: too much."""
        own = self.pending[0] if self.pending else 0
        ids, self.view = visible_since(Batch, "source_id = %s", [self.source.pk], self.view, batch_id, own)
        if self.pending and own in ids:
            self.columns = self.pending[1]
            ids.remove(own)
        self.pending = None
        if not ids or self.since is None:
            return True
        condition, value = any_of("batch_id", ids)
        times, moments = _between(self.since, self.until)
        return self._load_where(f"{condition} AND {times}", [value, *moments])

    def _cover(self, batch_id: int, since: datetime, until: datetime) -> bool:
        """Read what is missing between these moments. False: it is too much to keep.

        All that is newer is kept too, where there is room for it: then only what others write is asked for.
        """
        if self.since is None or since > (self.until or since) or until < self.since:
            self.columns, self.since = {}, since
            self.until = None if self._load(batch_id, since, None) else until
            missing = [] if self.until is None else [(since, until)]
        else:
            missing = [(since, self.since)] if since < self.since else []
            if self.until is not None and until > self.until:
                missing, self.until = [*missing, (self.until, until)], until
            self.since = min(since, self.since)
        return all(self._load(batch_id, start, end) for start, end in missing)

    def _load(self, batch_id: int, start: datetime, end: datetime | None) -> bool:
        """Add what occurred after `start`, until `end`. False: there is no room for so much."""
        times, moments = _between(start, end)
        # The plus keeps a planner from the index of a source's ids, which has all that ever came in.
        where, values = f"+source_id = %s AND batch_id <> %s AND {times}", [self.source.pk, batch_id, *moments]
        return self._load_where(where, values)

    def _load_where(self, where: str, values: Sequence[Any]) -> bool:
        import numpy as np

        if _count(where, values, self._room()) > self._room():
            return False
        rows = LOADED_COLUMNS.load(where, values)
        if self.columns:
            rows = _where(rows, ~np.isin(rows["id"], self.columns["id"]))
        self.columns = merged(self.columns, rows)
        return True

    def _trim(self, since: datetime) -> None:
        """What lies before the batch's own 37 days goes. A file in no order may come back to it: then it is read."""
        first = self.since
        if self.columns and first is not None and since > first:
            start = self.columns["occurred_at"].searchsorted(microseconds([since])[0], side="right")
            self.columns, self.since = {name: values[start:] for name, values in self.columns.items()}, since


def columns_of(transactions: Sequence[Transaction]) -> dict[str, Ints]:
    """Transactions as a query would give them, in the order of (occurred_at, id)."""
    import numpy as np

    columns = {
        name: np.array([getattr(row, name) for row in transactions], dtype=np.int64)
        for name in ("id", "account_id", "amount_minor")
    }
    others = [-1 if row.counterparty_id is None else row.counterparty_id for row in transactions]
    columns |= {"counterparty_id": np.array(others, dtype=np.int64)}
    columns |= {"occurred_at": microseconds([row.occurred_at for row in transactions])}
    return in_order(
        columns | {name: pack_all([getattr(row, name) for row in transactions]) for name in LOADED_COLUMNS.codes}
    )


def merged(before: dict[str, Ints], rows: dict[str, Ints]) -> dict[str, Ints]:
    """Both, in the order of (occurred_at, id)."""
    import numpy as np

    if not len(rows["id"]):
        return before or rows
    if not before:
        return in_order(rows)
    return in_order({name: np.concatenate((before[name], rows[name])) for name in before})


def in_order(rows: dict[str, Ints]) -> dict[str, Ints]:
    """The same rows by (occurred_at, id)."""
    time, ids = rows["occurred_at"], rows["id"]
    return rows if is_in_order(time, ids) else _where(rows, order_of_time(time, ids))


def _bounded(rows: dict[str, Ints], since: datetime, until: datetime, last: int) -> dict[str, Ints]:
    start, end = rows["occurred_at"].searchsorted(microseconds([since, until]), side="right")
    rows = {name: values[start:end] for name, values in rows.items()}
    is_earlier = rows["id"] <= last
    return rows if is_earlier.all() else _where(rows, is_earlier)


def _reachable(rows: dict[str, Ints], transactions: Sequence[Transaction]) -> dict[str, Ints]:
    """Without those that no account and no counterparty of the transactions has, where these are many."""
    import numpy as np

    accounts = np.unique([row.account_id for row in transactions])
    others = np.unique([row.counterparty_id for row in transactions if row.counterparty_id is not None])
    reached = np.isin(rows["account_id"], accounts) | np.isin(rows["counterparty_id"], others)
    return rows if reached.mean() > 1 - MIN_SHARE_LEFT_OUT else _where(rows, reached)


def _where(rows: dict[str, Ints], chosen: Any) -> dict[str, Ints]:
    return {name: values[chosen] for name, values in rows.items()}


def _between(start: datetime, end: datetime | None) -> tuple[str, list[Any]]:
    if end is None:
        return "occurred_at > %s", [database_time(start)]
    return "occurred_at > %s AND occurred_at <= %s", [database_time(start), database_time(end)]


def _count(where: str, values: Sequence[Any], limit: int) -> int:
    """How many rows, counted to just above `limit`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {table_of(Transaction)} WHERE {where} LIMIT %s) AS counted",  # noqa: S608
            [*values, max(limit, 0) + 1],
        )
        return int(cursor.fetchone()[0])
