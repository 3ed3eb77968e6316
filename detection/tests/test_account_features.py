"""account-1: the statement on the database and the numpy kernel say the same, to the bit."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest

from detection import columns as cols
from detection.features import ACCOUNT, account, query, windows
from detection.tests import places
from tests import factories
from transactions.models import Account, Counterparty, Transaction

DAY = timedelta(days=1)


def made(source, number, seed):
    """Transactions of few entities over 60 days with ties, repeated seconds, late ones and huge amounts."""
    chance = random.Random(seed)
    batch = places.batch(source, number)
    accounts = [Account.objects.create(source=source, external_id=f"A{n}") for n in range(3)]
    shops = [Counterparty.objects.create(source=source, external_id=f"S{n}") for n in range(3)]
    rows = []
    moment = factories.NOON
    for index in range(number):
        if chance.random() < 0.7:
            moment += timedelta(microseconds=chance.choice([0, 1_000_000, 3_600_000_000, 43_200_000_000, 61]))
        late = chance.choice([0, 0, 0, 1, 7, 30]) * DAY
        rows.append(Transaction(
            source=source, external_id=f"X{index}", batch=batch, position=index, account=chance.choice(accounts),
            counterparty=chance.choice([None, *shops]), occurred_at=moment - late, received_at=moment,
            amount_minor=chance.choice([1, 10_000, 12_345, 9_999_999_999_999, round(chance.lognormvariate(8, 1))]),
            currency=chance.choice(["USD", "USD", "JPY"]), country=chance.choice(["", "DE", "FR"]),
            direction=chance.choice(["in", "out"]), digest=index.to_bytes(32, "big"),
        ))  # fmt: skip
    return Transaction.objects.bulk_create(rows)


def known(rows, seed):
    """Some of them confirmed: at once, within days, after exactly a week, and much later."""
    chance = random.Random(seed)
    delays = [timedelta(0), timedelta(hours=5), 7 * DAY, 30 * DAY, 36 * DAY]
    return [(row, row.occurred_at + chance.choice(delays)) for row in chance.sample(rows, len(rows) // 4)]


def arrays(rows, confirmed):
    codes: dict[object, int] = {}

    def code(*key):
        return -1 if key[1] is None else codes.setdefault(key, len(codes))

    def column(values):
        return np.array(list(values), dtype=np.int64)

    unit = account.units([row.currency for row in rows])
    amount = column(row.amount_minor for row in rows)
    history = windows.History(
        column(row.pk for row in rows), account.microseconds([row.occurred_at for row in rows]), amount,
        (amount % (unit * 100) == 0).astype(np.int64),
        column(code("a", row.account_id, row.currency) for row in rows),
        column(code("c", row.counterparty_id, row.currency) for row in rows),
        column(code("p", row.counterparty_id, row.account_id, row.currency) for row in rows),
        column(code("l", row.country, row.account_id, row.currency) for row in rows),
    )  # fmt: skip
    outcomes = windows.Outcomes(
        column(code("a", row.account_id, row.currency) for row, _ in confirmed),
        column(code("c", row.counterparty_id, row.currency) for row, _ in confirmed),
        account.microseconds([row.occurred_at for row, _ in confirmed]),
        account.microseconds([at for _, at in confirmed]),
    )  # fmt: skip
    return history, outcomes


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_statement_and_the_kernel_agree_to_the_bit(source, seed):
    rows = made(source, 250, seed)
    confirmed = known(rows, seed)
    history, outcomes = arrays(rows, confirmed)
    bulk = windows.statistics(history, outcomes, np.arange(len(rows)))
    assert set(bulk) == set(ACCOUNT.statistics)
    matrix = ACCOUNT.build(cols.of_transactions(rows, history=bulk))
    for index, row in enumerate(rows):
        others = [
            (each.account_id, each.counterparty_id, each.occurred_at, at)
            for each, at in confirmed
            if each.currency == row.currency
        ]
        one = query.statistics(row, others)
        assert one == {name: int(values[index]) for name, values in bulk.items()}, row
        alone = ACCOUNT.build(
            cols.of_transactions([row], history={name: np.array([value]) for name, value in one.items()})
        )
        assert alone.tobytes() == matrix[index : index + 1].tobytes()
    assert bulk["counterparty_frauds_30"].max() > 2
    assert np.isfinite(matrix).all()
