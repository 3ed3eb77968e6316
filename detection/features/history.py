"""The history of transactions that just came in, at the moment they are decided.

A transaction sees what came in before it (a smaller id) and occurred until then: so the same rows get the same
histories in one batch or in many. A few rows ask the database (`query`); many load what their accounts and
counterparties did in the last 37 days at once and go through the kernel (`windows`). The two agree to the bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection

from finobs.core import money
from transactions.models import Transaction

from . import bulk, confirmations, online
from .account import ROUND_TO, microseconds
from .bulk import HORIZON, STATISTICS, ConfirmedRows, History

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

MAX_ONLINE_ROWS = 8
EPOCH_2000 = 946_684_800_000_000  # microseconds; PostgreSQL counts from there
CODE = 4  # bytes that a currency or a country is written in


def of_transactions(transactions: Sequence[Transaction], as_of: int | None = None) -> dict[str, Ints]:
    """NAMES -> one whole number for each transaction. They are in the database already.

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
        return _asked(transactions, labels, as_of)
    return _computed(transactions, labels, accounts, others, since, as_of)


def _before(row: Transaction, as_of: int | None) -> int:
    """Rows with a lesser id, and outcomes told to that id, count."""
    return row.pk if as_of is None else as_of + 1


def _asked(
    transactions: Sequence[Transaction], labels: Sequence[confirmations.Confirmation], as_of: int | None
) -> dict[str, Ints]:
    import numpy as np

    rows = []
    for each in transactions:
        before = _before(each, as_of)
        own = [known for known in labels if known.currency == each.currency and known.told(before)]
        known = [(one.account_id, one.counterparty_id, one.occurred_at, one.known_at) for one in own]
        rows.append(online.statistics(each, known, None if as_of is None else before))
    return {name: np.array([row[name] for row in rows], dtype=np.int64) for name in STATISTICS}


def _computed(
    transactions: Sequence[Transaction],
    labels: Sequence[confirmations.Confirmation],
    accounts: Sequence[int],
    others: Sequence[int],
    since: datetime,
    as_of: int | None,
) -> dict[str, Ints]:
    import numpy as np

    until = max(row.occurred_at for row in transactions)
    bound = np.array([_before(row, as_of) for row in transactions], dtype=np.int64)
    rows = load(accounts, others, since, until, max(row.pk for row in transactions) if as_of is None else as_of)
    money_of = rows["currency"]
    known_as = {code: number for number, code in enumerate(np.unique(money_of).tolist())}
    kinds = len(known_as)
    currency = np.searchsorted(np.array(list(known_as)), money_of)
    account = rows["account_id"] * kinds + currency
    counterparty = np.where(rows["counterparty_id"] < 0, -1, rows["counterparty_id"] * kinds + currency)
    own_account, own_counterparty = _dense(account), _dense(counterparty)
    size = len(account) + 1
    unit = np.array([10 ** money.exponent(_text(code)) for code in known_as], dtype=np.int64)[currency]
    amount, nobody = rows["amount_minor"], counterparty < 0
    history = History(
        rows["id"], rows["time"], amount, (amount % (unit * ROUND_TO) == 0).astype(np.int64), own_account,
        np.where(nobody, -1, own_counterparty), np.where(nobody, -1, own_account * size + own_counterparty),
        own_account * size + _dense(rows["country"]),
    )  # fmt: skip
    order = np.argsort(rows["id"])
    wanted = order[np.searchsorted(rows["id"], [row.pk for row in transactions], sorter=order)]
    return bulk.statistics(history, _outcomes(labels, account, counterparty, known_as), wanted, bound)


def _outcomes(
    labels: Sequence[confirmations.Confirmation], account: Ints, counterparty: Ints, known_as: dict[int, int]
) -> ConfirmedRows:
    """In the numbers of the history; what has no row there touches none of it. What was taken back counts twice: once
    from when it was told, and once against that from when it was not told any more."""
    import numpy as np

    told = [(each, each.after, 1) for each in labels]
    told += [(each, each.until, -1) for each in labels if each.until < confirmations.NEVER]
    labels = [each for each, _, _ in told]
    kinds = len(known_as)
    of = [known_as.get(_code(each.currency), -1) for each in labels]
    places = [
        _places(account, [each.account_id * kinds + kind for each, kind in zip(labels, of, strict=True)]),
        _places(counterparty, [
            -1 if each.counterparty_id is None else each.counterparty_id * kinds + kind
            for each, kind in zip(labels, of, strict=True)
        ]),
    ]  # fmt: skip
    kept = np.array(of, dtype=np.int64) >= 0
    return ConfirmedRows(
        places[0][kept], places[1][kept],
        microseconds([each.occurred_at for each in labels])[kept],
        microseconds([each.known_at for each in labels])[kept],
        np.array([after for _, after, _ in told], dtype=np.int64)[kept],
        np.array([weight for _, _, weight in told], dtype=np.int64)[kept],
    )  # fmt: skip


def _places(values: Ints, wanted: Sequence[int]) -> Ints:
    """The dense number of each wanted value among `values`, -1 for one that is not there."""
    import numpy as np

    distinct, asked = np.unique(values), np.array(wanted, dtype=np.int64)
    place = np.minimum(np.searchsorted(distinct, asked), len(distinct) - 1)
    return np.where((distinct[place] == asked) & (asked >= 0), place, -1)


def _dense(values: Ints) -> Ints:
    import numpy as np

    found: Ints = np.unique(values, return_inverse=True)[1].astype(np.int64)
    return found


def load(
    accounts: Sequence[int], others: Sequence[int], since: datetime, until: datetime, last: int
) -> dict[str, Ints]:
    """Every row of these accounts and counterparties as columns, up to the id `last`; -1 for no counterparty, codes
    for texts."""
    (own, mine), (other, theirs) = (
        confirmations.any_of("account_id", accounts),
        confirmations.any_of("counterparty_id", others),
    )
    where = f"occurred_at > %s AND occurred_at <= %s AND id <= %s AND ({own} OR {other})"
    given = [confirmations.database_time(since), confirmations.database_time(until), last, mine, theirs]
    table = connection.ops.quote_name(Transaction._meta.db_table)
    if connection.vendor == "postgresql":
        return _load_packed(table, where, given)
    return _load_rows(table, where, given)


def _load_packed(table: str, where: str, given: list[Any]) -> dict[str, Ints]:
    """Each column as one string of bytes: ten times as fast as row by row (no Python object is made for any value)."""
    import numpy as np

    numbers = ("id", "account_id", "amount_minor")
    packed = [f"string_agg(int8send({name}), '')" for name in numbers]
    packed.append("string_agg(int8send(COALESCE(counterparty_id, -1)), '')")
    packed.append("string_agg(timestamptz_send(occurred_at), '')")
    packed += [f"string_agg(convert_to(rpad({name}, {CODE}), 'UTF8'), '')" for name in ("currency", "country")]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(packed)} FROM {table} WHERE {where}", given)  # noqa: S608
        *whole, currency, country = (bytes(each) for each in cursor.fetchone())
    found = dict(
        zip((*numbers, "counterparty_id", "time"), (np.frombuffer(each, ">i8").astype(np.int64) for each in whole),
            strict=True)
    )  # fmt: skip
    found["time"] += EPOCH_2000
    found["currency"] = np.frombuffer(currency, ">i4").astype(np.int64)
    found["country"] = np.frombuffer(country, ">i4").astype(np.int64)
    return found


def _load_rows(table: str, where: str, given: list[Any]) -> dict[str, Ints]:
    import numpy as np

    names = ("id", "account_id", "amount_minor", "COALESCE(counterparty_id, -1)", "currency", "country")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)}, occurred_at || '' FROM {table} WHERE {where}", given)  # noqa: S608
        *whole, currency, country, moments = zip(*cursor.fetchall(), strict=True)
    found = {
        name: np.array(values, dtype=np.int64)
        for name, values in zip(("id", "account_id", "amount_minor", "counterparty_id"), whole, strict=True)
    }
    found["time"] = np.array(moments, dtype="datetime64[us]").astype(np.int64)
    for name, values in (("currency", currency), ("country", country)):
        codes = {text: _code(text) for text in set(values)}
        found[name] = np.array([codes[text] for text in values], dtype=np.int64)
    return found


def _code(text: str) -> int:
    return int.from_bytes(text.ljust(CODE).encode()[:CODE], "big")


def _text(code: int) -> str:
    return int(code).to_bytes(CODE, "big").decode().strip()
