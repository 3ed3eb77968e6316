"""account-1: the statement on the database and the numpy kernel say the same, to the bit."""

from __future__ import annotations

import random
from datetime import timedelta

import numpy as np
import pytest

from detection.features import ACCOUNT, account, bulk, confirmed_rows, definition, history
from detection.features import columns as cols
from detection.tests import scenarios
from finobs.accounts.system import system_actor
from finobs.core import money
from tests import factories
from transactions.models import Account, Counterparty, Label, LabelBatch, PastLabel, Transaction

DAY = timedelta(days=1)


def made(source, number, seed, late):
    """Transactions of few entities over 60 days with ties, repeated seconds, late ones and huge amounts."""
    chance = random.Random(seed)
    batch = scenarios.batch(source, number)
    accounts = [Account.objects.create(source=source, external_id=f"A{n}") for n in range(3)]
    shops = [Counterparty.objects.create(source=source, external_id=f"S{n}") for n in range(3)]
    rows = []
    moment = factories.NOON
    for index in range(number):
        if chance.random() < 0.7:
            moment += timedelta(microseconds=chance.choice([0, 1_000_000, 3_600_000_000, 43_200_000_000, 61]))
        delay = chance.choice([0, 0, 0, 1, 7, 30]) * DAY * late
        rows.append(Transaction(
            source=source, external_id=f"X{index}", batch=batch, position=index, account=chance.choice(accounts),
            counterparty=chance.choice([None, *shops]), occurred_at=moment - delay, received_at=moment,
            amount_minor=chance.choice([1, 10_000, 12_345, 9_999_999_999_999, round(chance.lognormvariate(8, 1))]),
            currency=chance.choice(["USD", "USD", "JPY"]), country=chance.choice(["", "DE", "FR"]),
            direction=chance.choice(["in", "out"]), digest=index.to_bytes(32, "big"),
        ))  # fmt: skip
    return Transaction.objects.bulk_create(rows)


def confirm(rows, seed):
    """Label some of them: known at once, within hours, after exactly a week, and much later."""
    chance = random.Random(seed)
    delays = [timedelta(0), timedelta(hours=5), 7 * DAY, 30 * DAY, 36 * DAY]
    Label.objects.bulk_create(
        Label(transaction=row, is_suspicious=chance.random() < 0.8, known_at=row.occurred_at + chance.choice(delays))
        for row in chance.sample(rows, len(rows) // 3)
    )


def correct(rows, seed):
    """Let labels have come late, and correct some: as finobs was told of them after this or that transaction."""
    chance = random.Random(seed)
    user = system_actor("test")
    by = LabelBatch.objects.create(source=rows[0].source, actor=user)
    for label in list(Label.objects.order_by("pk")):
        told = chance.choice([label.transaction_id, chance.choice(rows).pk])
        label.watermark = max(told, label.transaction_id)
        if chance.random() < 0.5:
            later = max(label.watermark, chance.choice(rows).pk)
            PastLabel.objects.create(
                transaction_id=label.transaction_id, is_suspicious=chance.random() < 0.7,
                known_at=label.known_at + chance.choice([-1, 0, 1]) * DAY, watermark=label.watermark,
                replaced_after=later, replaced_by=by,
            )  # fmt: skip
            label.watermark = later
        label.save()


def vectors(rows):
    return ACCOUNT.build(cols.of_transactions(rows, history.of_transactions(rows)))


@pytest.mark.django_db
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", [1])
def test_the_statement_and_the_kernel_agree_to_the_bit(source, seed, late):
    rows = made(source, 120, seed, late)
    confirm(rows, seed)
    together = history.of_transactions(rows)
    assert set(together) == set(ACCOUNT.statistics)
    matrix = vectors(rows)
    assert np.isfinite(matrix).all()
    assert together["counterparty_frauds_30"].max() > 0
    for index, row in enumerate(rows):
        alone = {name: int(values[0]) for name, values in history.of_transactions([row]).items()}
        assert alone == {name: int(values[index]) for name, values in together.items()}, row
    assert np.concatenate([vectors([row]) for row in rows]).tobytes() == matrix.tobytes()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [2, 3])
def test_looking_back_the_statement_and_the_kernel_agree_too(source, seed):
    """As of several ids: in the middle of what overtook, and when all was in."""
    rows = made(source, 120, seed, True)
    confirm(rows, seed)
    correct(rows, seed)
    for as_of in (rows[60].pk, rows[-1].pk, rows[-1].pk + 5):
        asked = [row for row in rows if row.pk <= as_of]
        together = history.of_transactions(asked, as_of)
        for index, row in enumerate(asked):
            alone = {name: int(values[0]) for name, values in history.of_transactions([row], as_of).items()}
            assert alone == {name: int(values[index]) for name, values in together.items()}, row
    before = history.of_transactions(rows)
    after = history.of_transactions(rows, rows[-1].pk)
    assert (after["account_count_30"] >= before["account_count_30"]).all()
    assert (after["account_count_30"] > before["account_count_30"]).any()


@pytest.mark.django_db
def test_looking_back_the_last_one_in_sees_what_it_saw(source):
    rows = made(source, 60, 7, True)
    confirm(rows, 7)
    last = rows[-1:]
    then, again = history.of_transactions(last), history.of_transactions(last, rows[-1].pk)
    assert {name: values.tolist() for name, values in then.items()} == {
        name: values.tolist() for name, values in again.items()
    }


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [5, 6])
def test_labels_that_came_late_are_told_alike(source, seed):
    rows = made(source, 120, seed, seed == 5)
    confirm(rows, seed)
    correct(rows, seed)
    together = history.of_transactions(rows)
    for index, row in enumerate(rows):
        alone = {name: int(values[0]) for name, values in history.of_transactions([row]).items()}
        assert alone == {name: int(values[index]) for name, values in together.items()}, row


@pytest.mark.django_db
@pytest.mark.parametrize("size", [5, 40])
def test_no_split_of_the_rows_changes_a_vector(source, size):
    rows = made(source, 80, 4, True)
    confirm(rows, 4)
    parts = [vectors(rows[at : at + size]) for at in range(0, len(rows), size)]
    assert np.concatenate(parts).tobytes() == vectors(rows).tobytes()


@pytest.mark.django_db
def test_a_label_counts_from_the_moment_it_is_known(source):
    first, before, after = scenarios.transactions(source, [1_000] * 3)
    Label.objects.create(transaction=first, is_suspicious=True, known_at=factories.NOON + timedelta(minutes=10))
    name = "counterparty_frauds_1"
    assert history.of_transactions([before])[name].tolist() == [0]
    assert history.of_transactions([after])[name].tolist() == [1]


@pytest.mark.django_db
def test_what_came_in_later_is_not_seen_though_it_occurred_before(source):
    rows = scenarios.transactions(source, [1_000])
    late = scenarios.transactions(source, [9_000], occurred_at=factories.NOON - DAY)
    assert history.of_transactions(rows)["account_count_7"].tolist() == [0]
    assert history.of_transactions(late)["account_count_7"].tolist() == [0]


def test_the_names_a_model_looks_at_are_of_the_set():
    for names in (account.RISK7, account.BOOK15, account.SUPERVISED):
        assert len(set(names)) == len(names)
        ACCOUNT.indexes(names)
    assert (len(account.RISK7), len(account.BOOK15), len(account.SUPERVISED)) == (7, 15, 37)


def test_without_a_history_nothing_is_built():
    with pytest.raises(ValueError, match="history"):
        ACCOUNT.build(cols.Columns([1_000], ["USD"], [factories.NOON], ["out"]))


@pytest.mark.django_db
@pytest.mark.parametrize("backwards", [False, True])
def test_sums_end_where_64_bits_do_and_the_statement_and_the_kernel_agree(source, backwards):
    amounts = [money.MAX_MINOR] * 100
    rows = scenarios.transactions(source, amounts)
    if backwards:
        for row, other in zip(rows, reversed([each.occurred_at for each in rows]), strict=True):
            row.occurred_at = other
        Transaction.objects.bulk_update(rows, ["occurred_at"])
    rows += scenarios.transactions(source, [500] * 10, occurred_at=factories.NOON + DAY)
    together = history.of_transactions(rows)
    assert together["account_sum_30"][-1] == together["counterparty_sum_30"][-1] == definition.MAX_SUM
    assert together["account_sum_1"].min() >= 0
    for index in (10, 40, 60, 95, 100, 109):
        alone = {name: int(values[0]) for name, values in history.of_transactions([rows[index]]).items()}
        assert alone == {name: int(values[index]) for name, values in together.items()}, index
    matrix = vectors(rows)
    assert np.isfinite(matrix).all()
    assert matrix[:, ACCOUNT.names.index("account_sum_30")].min() >= 0


@pytest.mark.parametrize("late", [False, True])
def test_the_kernels_sums_overflow_nowhere(late):
    number = 40
    values = np.full(number, (1 << 60) + 1, dtype=np.int64)
    ids, nothing = np.arange(number), np.zeros(0, dtype=np.int64)
    time = ids[::-1].copy() if late else ids
    entity, none = np.zeros(number, dtype=np.int64), np.full(number, -1, dtype=np.int64)
    rows = bulk.History(ids, time, values, entity, entity, none, none, entity)
    outcomes = confirmed_rows.ConfirmedRows(nothing, nothing, nothing, nothing)
    for bound in (None, ids):
        found = bulk.statistics(rows, outcomes, ids, bound)["account_sum_30"]
        before = [sum(int(values[o]) for o in ids if time[o] < time[i] and (bound is None or o < i)) for i in ids]
        assert found.tolist() == [min(each, definition.MAX_SUM) for each in before]


def test_squares_of_huge_amounts_stay_exact():
    amounts = np.array([definition.MAX_AMOUNT, 123_456_789_012, 7, definition.MAX_AMOUNT + 5], dtype=np.int64)
    high, mixed, low = (part.astype(object) for part in bulk.parts(amounts))
    whole = high * 2**48 + mixed * 2**25 + low
    assert whole.tolist() == [min(int(each), definition.MAX_AMOUNT) ** 2 for each in amounts]
