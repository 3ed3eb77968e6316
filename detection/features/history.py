"""The history of transactions that just came in, at the moment they are decided.

A transaction sees what came in before it (a smaller id) and occurred until then: so the same rows get the same
histories in one batch or in many. A few rows ask the database (`online`); many load what their accounts and
counterparties did in the last 37 days at once and go through the kernel (`bulk`). The two agree to the bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from finobs.core import money
from finobs.core.db.columns import MAX_CODE_LENGTH, unpack
from finobs.core.db.dialect import any_of, database_time
from transactions.models import Transaction

from . import bulk, confirmations, online
from .account import ROUND_TO
from .bulk import History
from .carried_window import LOADED_COLUMNS, CarriedWindow
from .confirmed_rows import ConfirmedRows
from .definition import HORIZON, STATISTICS
from .ordering import compact, dense, stable_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

MAX_ONLINE_ROWS = 8
COUNTRY_SHIFT = 8 * (MAX_CODE_LENGTH - 2)


def of_transactions(
    transactions: Sequence[Transaction], as_of: int | None = None, window: CarriedWindow | None = None
) -> dict[str, Ints]:
    """STATISTICS -> one whole number for each transaction. They are in the database already.

    `as_of`: as they look once everything up to that id has come in, late or not, instead of as they looked when they
    came in themselves: all rows before them in the order (occurred_at, id), and all outcomes told by then.
    `window`: where the rows before those of an import are kept from batch to batch.
    """
    import numpy as np

    if not transactions:
        return {name: np.zeros(0, dtype=np.int64) for name in STATISTICS}
    since = min(row.occurred_at for row in transactions) - timedelta(days=HORIZON)
    until, last = _last(transactions, as_of)
    accounts = sorted({row.account_id for row in transactions})
    others = sorted({row.counterparty_id for row in transactions if row.counterparty_id is not None})
    if len(transactions) <= MAX_ONLINE_ROWS:
        return _by_query(transactions, confirmations.send_for_confirmations(accounts, others, since), as_of)
    rows = None if window is None else window.rows(transactions, since, until, last)
    return _by_kernel(transactions, rows or load(accounts, others, since, until, last), as_of)


def _before(row: Transaction, as_of: int | None) -> int:
    """Rows with a lesser id, and outcomes told to that id, count."""
    return row.id if as_of is None else as_of + 1


def _by_query(
    transactions: Sequence[Transaction], fetch_labels: Callable[[], list[confirmations.Confirmation]], as_of: int | None
) -> dict[str, Ints]:
    """The labels are asked for in one go with the first history."""
    import numpy as np

    rows = [online.history(each, None if as_of is None else _before(each, as_of)) for each in transactions]
    labels = fetch_labels()
    for each, numbers in zip(transactions, rows, strict=True):
        before = _before(each, as_of)
        own = [label for label in labels if label.currency == each.currency and label.visible_to(before)]
        confirmed = [(label.account_id, label.counterparty_id, label.occurred_at, label.known_at) for label in own]
        numbers.update(online.confirmed_counts(each, confirmed))
    return {name: np.array([row[name] for row in rows], dtype=np.int64) for name in STATISTICS}


def _last(transactions: Sequence[Transaction], as_of: int | None) -> tuple[datetime, int]:
    """Until when, and up to which id, rows may count."""
    until = max(row.occurred_at for row in transactions)
    return until, max(row.id for row in transactions) if as_of is None else as_of


def _by_kernel(transactions: Sequence[Transaction], rows: dict[str, Ints], as_of: int | None) -> dict[str, Ints]:
    """`rows`: all that may count for any of the transactions, these included; others do no harm."""
    import numpy as np

    bound = np.array([_before(row, as_of) for row in transactions], dtype=np.int64)
    codes, currency = _currencies(rows["currency"])
    account = compact(rows["account_id"] * len(codes) + currency)
    counterparty = np.where(rows["counterparty_id"] < 0, -1, compact(rows["counterparty_id"] * len(codes) + currency))
    unit = np.array([10 ** money.exponent(unpack(code)) for code in codes.tolist()], dtype=np.int64)[currency]
    places = RowPlaces(rows["id"])
    history = _history(rows, account, counterparty, rows["amount_minor"] % (unit * ROUND_TO) == 0)
    labels = confirmations.confirmed_columns(int(rows["id"].min()), int(rows["id"].max()))
    outcomes = _outcomes(labels, places.of(labels["transaction_id"]), history)
    targets = places.of(np.array([row.id for row in transactions], dtype=np.int64))
    return bulk.statistics(history, outcomes, targets, bound)


def _currencies(codes: Ints) -> tuple[Ints, Ints]:
    """The distinct ones, and which of them each is."""
    import numpy as np

    if len(codes) and (codes == codes[0]).all():
        return codes[:1], np.zeros(len(codes), dtype=np.int64)
    numbers = dense(codes)
    return codes[np.unique(numbers, return_index=True)[1]], numbers


class RowPlaces:
    """Where the row of an id stands."""

    def __init__(self, ids: Ints) -> None:
        self.order = stable_order(ids)
        self.ids = ids[self.order]

    def of(self, ids: Ints) -> Ints:
        """The place of each, -1 for one that is not there."""
        import numpy as np

        place = np.minimum(self.ids.searchsorted(ids), len(self.ids) - 1)
        return np.where(self.ids[place] == ids, self.order[place], -1)


def _history(rows: dict[str, Ints], account: Ints, counterparty: Ints, is_round: NDArray[np.bool_]) -> History:
    """In dense numbers; -1 for no counterparty, and for the pair without one."""
    import numpy as np

    size = int(counterparty.max(initial=0)) + 1
    # Of two letters, in the upper half of what four are packed in.
    country = compact(rows["country"] >> COUNTRY_SHIFT)
    countries = int(country.max(initial=0)) + 1
    return History(
        rows["id"], rows["occurred_at"], rows["amount_minor"], is_round.astype(np.int64), account, counterparty,
        np.where(counterparty < 0, -1, account * size + counterparty), account * countries + country,
    )  # fmt: skip


def _outcomes(labels: dict[str, Ints], places: Ints, history: History) -> ConfirmedRows:
    """In the numbers of the history; what has no row there touches none of it. What was taken back counts twice: once
    from when it became visible, and once against that from when it was not any more."""
    import numpy as np

    is_taken_back = labels["visible_until"] < confirmations.NEVER
    after = np.concatenate((labels["visible_after"], labels["visible_until"][is_taken_back]))
    weight = np.concatenate((np.ones(len(places), dtype=np.int64), np.full(is_taken_back.sum(), -1, dtype=np.int64)))
    place, known_at = (np.concatenate((each, each[is_taken_back])) for each in (places, labels["known_at"]))
    has_row = place >= 0
    place = place[has_row]
    return ConfirmedRows(
        history.account[place], history.counterparty[place], history.time[place], known_at[has_row], after[has_row],
        weight[has_row],
    )  # fmt: skip


def load(
    accounts: Sequence[int], others: Sequence[int], since: datetime, until: datetime, last: int
) -> dict[str, Ints]:
    """Every row of these accounts and counterparties as columns, up to the id `last`; -1 for no counterparty, times
    in microseconds, packed codes for texts."""
    own, own_value = any_of("account_id", accounts)
    other, other_value = any_of("counterparty_id", others)
    return LOADED_COLUMNS.load(
        f"occurred_at > %s AND occurred_at <= %s AND id <= %s AND ({own} OR {other})",
        [database_time(since), database_time(until), last, own_value, other_value],
    )
