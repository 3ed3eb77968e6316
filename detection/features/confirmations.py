"""What is known to be suspicious: labels from outside, and those of what people concluded, each since it was known.

A transaction is confirmed once anybody said that it was suspicious; the earliest such moment counts. A label that came
weeks later names an earlier moment: so that nobody is told what finobs did not know, it counts for transactions only
that came in after it, and, once it was corrected, for none that came in after the correction. A conclusion is known
from the moment it was reached, to whatever occurs after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from django.db import connection

from finobs.core.db.columns import ColumnSet
from finobs.core.db.dialect import any_of, aware_time, database_time, table_of
from finobs.core.db.pipeline import send, send_later
from transactions.models import Label, PastLabel, Transaction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

NEVER: Final = 1 << 62  # no transaction has such an id


class Confirmation(NamedTuple):
    """A transaction known to be suspicious since `known_at`; visible to those with ids above `visible_after`, up to
    `visible_until`."""

    transaction_id: int
    account_id: int
    counterparty_id: int | None
    currency: str
    occurred_at: datetime
    known_at: datetime
    visible_after: int = 0
    visible_until: int = NEVER

    def visible_to(self, before: int) -> bool:
        """Does it count for a transaction that sees all ids less than that?"""
        return self.visible_after < before <= self.visible_until


class LabelState(NamedTuple):
    """The same of a transaction whose row is at hand; `known_at` in microseconds."""

    transaction_id: int
    known_at: int
    visible_after: int
    visible_until: int


L = TypeVar("L", Confirmation, LabelState)
LABEL_STATES = ColumnSet(table_of(Label), numbers=("transaction_id", "watermark"), times=("known_at",), codes=())
PAST_LABEL_STATES = ColumnSet(
    table_of(PastLabel), numbers=("transaction_id", "watermark", "replaced_after"), times=("known_at",), codes=()
)
TRANSACTION_COLUMNS = ", ".join(
    f"t.{name}" for name in ("id", "account_id", "counterparty_id", "currency", "occurred_at")
)


def confirmations_of(
    accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime
) -> list[Confirmation]:
    """What occurred after `since` on any of these and was confirmed by anybody, whenever they did. None: any account.

    In one statement: a single decision has time for few round trips.
    """
    return send_for_confirmations(accounts, counterparties, since)()


def send_for_confirmations(
    accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime
) -> Callable[[], list[Confirmation]]:
    """Ask for the same with the next statement (`pipeline.send_later`); what is returned fetches the answer, once."""
    statement, values = _statement(accounts, counterparties, since)
    fetch = send_later(statement, values) if connection.in_atomic_block else send(statement, values)

    def confirmations() -> list[Confirmation]:
        by_transaction: dict[int, list[Confirmation]] = {}
        for *entities, occurred_at, known_at, after, until in fetch():
            each = Confirmation._make((*entities, aware_time(occurred_at), aware_time(known_at), after, until))
            by_transaction.setdefault(each.transaction_id, []).append(each)
        return [each for own in by_transaction.values() for each in (own if len(own) == 1 else _earliest(own))]

    return confirmations


def confirmed_columns(first: int, last: int) -> dict[str, Ints]:
    """The same of all transactions with ids from `first` to `last`, as whole numbers: `transaction_id`, `known_at`
    (microseconds), `visible_after`, `visible_until`. By the index of suspicious labels, which are few."""
    import numpy as np

    between = "is_suspicious AND transaction_id BETWEEN %s AND %s"
    current, past = (each.load(between, [first, last]) for each in (LABEL_STATES, PAST_LABEL_STATES))
    columns = {
        "visible_after" if name == "watermark" else name: np.concatenate((current[name], past[name]))
        for name in ("transaction_id", "known_at", "watermark")
    }
    columns["visible_until"] = np.concatenate((np.full(len(current["watermark"]), NEVER), past["replaced_after"]))
    return _earliest_columns(columns) if len(past["watermark"]) or _has_repeats(columns["transaction_id"]) else columns


def _has_repeats(ids: Ints) -> bool:
    import numpy as np

    return len(np.unique(ids)) < len(ids)


def _earliest_columns(columns: dict[str, Ints]) -> dict[str, Ints]:
    """Where several speak of one transaction: who sees them counts the earliest."""
    import numpy as np

    names = LabelState._fields
    by_transaction: dict[int, list[LabelState]] = {}
    for values in zip(*(columns[name].tolist() for name in names), strict=True):
        by_transaction.setdefault(values[0], []).append(LabelState(*values))
    earliest = [each for own in by_transaction.values() for each in (own if len(own) == 1 else _earliest(own))]
    of_names = zip(names, zip(*earliest, strict=True), strict=True)
    return {name: np.array(values, dtype=np.int64) for name, values in of_names}


def _earliest(confirmations: Sequence[L]) -> Iterator[L]:
    """Who sees several of them counts the earliest: the same as stretches of ids that do not overlap."""
    edges = sorted({each.visible_after for each in confirmations} | {each.visible_until for each in confirmations})
    for low, high in pairwise(edges):
        if visible := [each for each in confirmations if each.visible_after <= low and high <= each.visible_until]:
            yield min(visible, key=lambda each: each.known_at)._replace(visible_after=low, visible_until=high)


def _statement(accounts: Sequence[int] | None, counterparties: Sequence[int], since: datetime) -> tuple[str, list[Any]]:
    """Labels of any origin as they stand, and as they stood before they were corrected; one half by account, one by
    counterparty: each is served by its index."""
    arms, values = [], []
    for column, entities in (("account_id", accounts), ("counterparty_id", counterparties)):
        condition, value = (f"t.{column} > %s", 0) if entities is None else any_of(f"t.{column}", entities)
        for model, until in ((Label, NEVER), (PastLabel, "l.replaced_after")):
            arms.append(
                f"SELECT {TRANSACTION_COLUMNS}, l.known_at, l.watermark, {until} FROM {table_of(Transaction)} t "  # noqa: S608
                f"JOIN {table_of(model)} l ON l.transaction_id = t.id "
                f"WHERE l.is_suspicious AND {condition} AND t.occurred_at > %s"
            )
            values += [value, database_time(since)]
    return " UNION ALL ".join(arms), values
