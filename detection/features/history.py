"""The history of transactions that just came in, at the moment they are decided.

A transaction sees what came in before it (a smaller id) and occurred until then: so the same rows get the same
histories in one batch or in many. A few rows ask the database (`online`); many load what their accounts and
counterparties did in the last 37 days at once and go through the kernel (`bulk`). The two agree to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from finobs.core import money
from finobs.core.db.columns import ColumnSet, pack, unpack
from finobs.core.db.dialect import any_of, database_time, table_of
from transactions.models import Transaction

from . import bulk, confirmations, online
from .account import ROUND_TO, microseconds
from .bulk import History
from .confirmed_rows import ConfirmedRows
from .definition import HORIZON, STATISTICS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

MAX_ONLINE_ROWS = 8
LOADED_COLUMNS = ColumnSet(
    table_of(Transaction), numbers=("id", "account_id", "amount_minor", "counterparty_id"), times=("occurred_at",),
    codes=("currency", "country"),
)  # fmt: skip


def of_transactions(transactions: Sequence[Transaction], as_of: int | None = None) -> dict[str, Ints]:
    """STATISTICS -> one whole number for each transaction. They are in the database already.

    `as_of`: as they look once everything up to that id has come in, late or not, instead of as they looked when they
    came in themselves: all rows before them in the order (occurred_at, id), and all outcomes told by then.
    """
    import numpy as np

    if not transactions:
        return {name: np.zeros(0, dtype=np.int64) for name in STATISTICS}
    since = min(row.occurred_at for row in transactions) - timedelta(days=HORIZON)
    accounts = sorted({row.account_id for row in transactions})
    others = sorted({row.counterparty_id for row in transactions if row.counterparty_id is not None})
    labels = confirmations.confirmations_of(accounts, others, since)
    if len(transactions) <= MAX_ONLINE_ROWS:
        return _by_query(transactions, labels, as_of)
    return _by_kernel(transactions, labels, load(accounts, others, since, *_last(transactions, as_of)), as_of)


def _before(row: Transaction, as_of: int | None) -> int:
    """Rows with a lesser id, and outcomes told to that id, count."""
    return row.pk if as_of is None else as_of + 1


def _by_query(
    transactions: Sequence[Transaction], labels: Sequence[confirmations.Confirmation], as_of: int | None
) -> dict[str, Ints]:
    import numpy as np

    rows = []
    for each in transactions:
        before = _before(each, as_of)
        own = [label for label in labels if label.currency == each.currency and label.visible_to(before)]
        confirmed = [(label.account_id, label.counterparty_id, label.occurred_at, label.known_at) for label in own]
        rows.append(online.statistics(each, confirmed, None if as_of is None else before))
    return {name: np.array([row[name] for row in rows], dtype=np.int64) for name in STATISTICS}


def _last(transactions: Sequence[Transaction], as_of: int | None) -> tuple[datetime, int]:
    """Until when, and up to which id, rows may count."""
    until = max(row.occurred_at for row in transactions)
    return until, max(row.pk for row in transactions) if as_of is None else as_of


def _by_kernel(
    transactions: Sequence[Transaction],
    labels: Sequence[confirmations.Confirmation],
    rows: dict[str, Ints],
    as_of: int | None,
) -> dict[str, Ints]:
    import numpy as np

    bound = np.array([_before(row, as_of) for row in transactions], dtype=np.int64)
    number_of = {code: number for number, code in enumerate(np.unique(rows["currency"]).tolist())}
    currency = np.searchsorted(np.array(list(number_of)), rows["currency"])
    account = rows["account_id"] * len(number_of) + currency
    counterparty = np.where(rows["counterparty_id"] < 0, -1, rows["counterparty_id"] * len(number_of) + currency)
    unit = np.array([10 ** money.exponent(unpack(code)) for code in number_of], dtype=np.int64)[currency]
    order = np.argsort(rows["id"])
    targets = order[np.searchsorted(rows["id"], [row.pk for row in transactions], sorter=order)]
    history = _history(rows, account, counterparty, rows["amount_minor"] % (unit * ROUND_TO) == 0)
    return bulk.statistics(history, _outcomes(labels, account, counterparty, number_of), targets, bound)


def _history(rows: dict[str, Ints], account: Ints, counterparty: Ints, is_round: NDArray[np.bool_]) -> History:
    """In dense numbers; -1 for no counterparty, and for the pair without one."""
    import numpy as np

    own_account, own_counterparty, is_alone = _dense(account), _dense(counterparty), counterparty < 0
    size = len(account) + 1
    return History(
        rows["id"], rows["occurred_at"], rows["amount_minor"], is_round.astype(np.int64), own_account,
        np.where(is_alone, -1, own_counterparty), np.where(is_alone, -1, own_account * size + own_counterparty),
        own_account * size + _dense(rows["country"]),
    )  # fmt: skip


def _outcomes(
    labels: Sequence[confirmations.Confirmation], account: Ints, counterparty: Ints, number_of: dict[int, int]
) -> ConfirmedRows:
    """In the numbers of the history; what has no row there touches none of it. What was taken back counts twice: once
    from when it became visible, and once against that from when it was not any more."""
    import numpy as np

    weighted = [(each, each.visible_after, 1) for each in labels]
    weighted += [(each, each.visible_until, -1) for each in labels if each.visible_until < confirmations.NEVER]
    labels = [each for each, _, _ in weighted]
    currencies = [number_of.get(pack(each.currency), -1) for each in labels]
    of_account, of_counterparty = (
        [-1 if pk is None else pk * len(number_of) + currency for pk, currency in zip(pks, currencies, strict=True)]
        for pks in ([each.account_id for each in labels], [each.counterparty_id for each in labels])
    )
    has_rows = np.array(currencies, dtype=np.int64) >= 0
    return ConfirmedRows(
        _places(account, of_account)[has_rows], _places(counterparty, of_counterparty)[has_rows],
        microseconds([each.occurred_at for each in labels])[has_rows],
        microseconds([each.known_at for each in labels])[has_rows],
        np.array([after for _, after, _ in weighted], dtype=np.int64)[has_rows],
        np.array([weight for _, _, weight in weighted], dtype=np.int64)[has_rows],
    )  # fmt: skip


def _places(values: Ints, targets: Sequence[int]) -> Ints:
    """The dense number of each target among `values`, -1 for one that is not there."""
    import numpy as np

    distinct, keys = np.unique(values), np.array(targets, dtype=np.int64)
    place = np.minimum(np.searchsorted(distinct, keys), len(distinct) - 1)
    return np.where((distinct[place] == keys) & (keys >= 0), place, -1)


def _dense(values: Ints) -> Ints:
    import numpy as np

    numbers: Ints = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return numbers


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
