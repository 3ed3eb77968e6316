"""What an import carries from batch to batch says what the database says, to the bit, whatever came in beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from hypothesis import Phase, given, settings
from hypothesis import strategies as some

from detection.features import carried_window, history
from detection.features.carried_window import CarriedWindow
from detection.models import LateBatch
from detection.pipeline.late.affected import EntitySpan, send_for_out_of_order
from detection.tests import scenarios
from finobs.accounts.roles import synchronise
from tests import factories
from tests.support.threads import elsewhere
from transactions import hooks, import_cache
from transactions.choices import IngestMethod
from transactions.import_cache import ImportCache
from transactions.models import Account, Batch, Transaction
from transactions.services import RawRow, ingest

# What others write is seen once they have committed it.
pytestmark = pytest.mark.django_db(transaction=True)
SEVERAL = settings(
    max_examples=40, phases=(Phase.generate,), derandomize=True
)  # fmt: skip
HOUR = timedelta(hours=1)
# Days apart, so that windows end among them, and moments that many share.
MOMENTS = some.one_of(
    some.integers(0, 24 * 80).map(lambda hours: hours - hours % 6), some.sampled_from([0, 24 * 37, 24 * 37 + 1])
)
ROW = some.fixed_dictionaries(
    {
        "hour": MOMENTS,
        "account": some.sampled_from(["A-1", "A-2", "A-3"]),
        "shop": some.sampled_from(["M-1", "M-2", ""]),
        "amount": some.sampled_from(["1.00", "100.00", "99999999999.99"]),
        "currency": some.sampled_from(["USD", "USD", "JPY"]),
        "country": some.sampled_from(["", "DE"]),
        "label": some.sampled_from([None, None, 0, 5, 24 * 8]),
    }
)
# Whose batch it is: this import's, another import's, or one that is rolled back.
BATCH = some.tuples(
    some.sampled_from(["own", "own", "own", "other", "undone"]), some.lists(ROW, min_size=1, max_size=6)
)


class Comparison:
    """An assessor that asks three ways for the history of each batch."""

    def __init__(self) -> None:
        self.carried = 0

    def __call__(self, *, batch: Batch, transactions: Any, cache: ImportCache, prepared: Any) -> Any:
        if not isinstance(cache.assessor, CarriedWindow):
            cache.assessor = CarriedWindow(batch.source)
        carried = history.of_transactions(transactions, window=window_of(cache))
        self.carried += window_of(cache).pending is not None
        for other in (history.of_transactions(transactions), self._defined(transactions)):
            assert {name: values.tolist() for name, values in carried.items()} == other_values(other)
        if window_of(cache).is_on_time(transactions):
            assert not is_late(batch, transactions)
        return [hooks.AssessmentResult(row.pk, "approve") for row in transactions]

    def _defined(self, transactions: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(history, "MAX_ONLINE_ROWS", 1_000)
            return history.of_transactions(transactions)


def window_of(cache: ImportCache) -> CarriedWindow:
    assert isinstance(cache.assessor, CarriedWindow)
    return cache.assessor


def other_values(values: Any) -> dict[str, list[int]]:
    return {name: each.tolist() for name, each in values.items()}


def is_late(batch: Batch, transactions: Any) -> bool:
    """As the database says: by accounts and by counterparties, each row for itself."""
    return any(
        send_for_out_of_order(batch.pk, {entity: [EntitySpan(key, row.occurred_at, row.occurred_at, row.pk)]})()
        for row in transactions
        for entity, key in (("account", row.account_id), ("counterparty", row.counterparty_id))
        if key is not None
    )


@pytest.fixture
def compared(monkeypatch):
    monkeypatch.setattr(history, "MAX_ONLINE_ROWS", 0)
    monkeypatch.setattr(carried_window, "MIN_BATCH_ROWS", 1)
    comparison = Comparison()
    monkeypatch.setattr(hooks, "_assessor", comparison)
    return comparison


@pytest.fixture
def feed(db):
    synchronise()
    return factories.user("feed", role="admin")


def raw(name: str, row: dict[str, Any]) -> RawRow:
    at = factories.NOON - timedelta(days=100) + row["hour"] * HOUR
    amount = row["amount"] if row["currency"] == "USD" else row["amount"].split(".")[0]
    fields = {
        "external_id": name, "account": row["account"], "counterparty": row["shop"], "occurred_at": at.isoformat(),
        "amount": amount, "currency": row["currency"], "country": row["country"],
    }  # fmt: skip
    if row["label"] is not None:
        fields |= {"is_suspicious": "true", "label_known_at": (at + row["label"] * HOUR).isoformat()}
    return RawRow(fields=fields)


def take(feed: Any, source: Any, rows: list[RawRow], cache: ImportCache | None) -> Batch:
    return ingest(actor=feed, source=source, rows=rows, method=IngestMethod.FILE, cache=cache).batch


@SEVERAL
@given(
    batches=some.lists(BATCH, min_size=2, max_size=8), is_sorted=some.booleans(), room=some.sampled_from([3, 12, 1_000])
)
def test_a_carried_window_says_what_the_database_says(compared, feed, batches, is_sorted, room):
    rows = [row for _, own in batches for row in own]
    if is_sorted:
        rows.sort(key=lambda row: row["hour"])
    remaining = iter(enumerate(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(carried_window, "MAX_ROWS", room)
        patch.setattr(import_cache, "MAX_PARTIES", 2)
        source, caches = factories.source(), {"own": ImportCache(), "other": ImportCache()}
        for whose, own in batches:
            some_rows = [raw(f"X-{number}", row) for number, row in (next(remaining) for _ in own)]
            with transaction.atomic():
                take(feed, source, some_rows, caches["own" if whose == "undone" else whose])
                transaction.set_rollback(whose == "undone")
            if whose == "undone":
                # An import ends with a batch that fails.
                caches["own"] = ImportCache()


ORDINARY = {"account": "A-1", "shop": "M-1", "amount": "100.00", "currency": "USD", "country": "", "label": None}


def rows_of(*hours: float, prefix: str = "X") -> list[RawRow]:
    return [raw(f"{prefix}-{hour}-{number}", {**ORDINARY, "hour": hour}) for number, hour in enumerate(hours)]


def loads(monkeypatch: Any) -> list[str]:
    """The conditions under which rows are read."""
    asked: list[str] = []
    load = type(carried_window.LOADED_COLUMNS).load

    def noted(columns: Any, where: str, values: Any) -> Any:
        if columns is carried_window.LOADED_COLUMNS:
            asked.append(where)
        return load(columns, where, values)

    monkeypatch.setattr(type(carried_window.LOADED_COLUMNS), "load", noted)
    return asked


@pytest.fixture
def window(monkeypatch, source, feed):
    """What asks the window alone, and what was read for it."""
    monkeypatch.setattr(history, "MAX_ONLINE_ROWS", 0)
    monkeypatch.setattr(carried_window, "MIN_BATCH_ROWS", 2)
    monkeypatch.setattr(hooks, "_assessor", lambda *, batch, transactions, cache, **_: (
        history.of_transactions(transactions, window=scenario_window(batch.source, cache)),
        [hooks.AssessmentResult(row.pk, "approve") for row in transactions],
    )[1])  # fmt: skip
    return loads(monkeypatch)


def scenario_window(source: Any, cache: Any) -> CarriedWindow:
    if not isinstance(cache.assessor, CarriedWindow):
        cache.assessor = CarriedWindow(source)
    return cache.assessor


def test_rows_are_read_once_for_an_import_in_order(window, source, feed):
    cache = ImportCache()
    for start in range(0, 30, 3):
        take(feed, source, rows_of(start, start + 1, start + 2), cache)
    assert len(window) == 1
    assert len(window_of(cache).columns["id"]) == 27


def test_what_another_import_wrote_meanwhile_is_read_by_its_batch(window, source, feed):
    cache = ImportCache()
    take(feed, source, rows_of(0, 1), cache)
    take(feed, source, rows_of(2, 3, prefix="other"), ImportCache())
    del window[:]
    take(feed, source, rows_of(4, 5), cache)
    assert ["batch_id" in where and "source_id" not in where for where in window] == [True]
    batch_id, rows = window_of(cache).pending or (0, {})
    assert batch_id
    assert len(rows["id"]) == 6


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer")
def test_a_batch_is_kept_though_a_younger_transaction_ended_before_it(window, source, feed):
    cache = ImportCache()
    with transaction.atomic():
        Account.objects.create(source=source, external_id="A-1")
        elsewhere(lambda: Account.objects.create(source=source, external_id="A-9"))
        take(feed, source, rows_of(0, 1), cache)
    take(feed, source, rows_of(2, 3, prefix="Y"), cache)
    assert len(window_of(cache).columns["id"]) == 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has one writer")
def test_what_was_open_when_a_view_was_taken_is_read_once_it_is_committed(window, source, feed):
    cache = ImportCache()
    take(feed, source, rows_of(-1, 0, prefix="P"), ImportCache())
    with transaction.atomic():
        take(feed, source, rows_of(2, 3, prefix="other"), ImportCache())
        elsewhere(lambda: take(feed, source, rows_of(0.5, 1), cache))
        elsewhere(lambda: take(feed, source, rows_of(1.2, 1.5, prefix="Q"), cache))
    take(feed, source, rows_of(4, 5), cache)
    _, rows = window_of(cache).pending or (0, {})
    assert len(rows["id"]) == 10


@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL: SQLite has no numbers of transactions")
def test_batches_with_the_numbers_of_another_cluster_are_not_read_again_and_again(window, source, feed):
    for hour in range(3):
        take(feed, source, rows_of(hour, hour + 0.5, prefix="restored"), ImportCache())
    Batch.objects.update(xid=F("xid") + 10**9)
    del window[:]
    cache = ImportCache()
    for hour in range(4, 8):
        take(feed, source, rows_of(hour, hour + 0.5), cache)
    assert len(window) == 1


def test_an_import_that_outgrows_its_window_gives_it_up(window, source, feed, monkeypatch):
    monkeypatch.setattr(carried_window, "MAX_ROWS", 10)
    cache = ImportCache()
    for hour in range(4):
        take(feed, source, rows_of(hour, hour + 0.25, hour + 0.5), cache)
        assert len(window_of(cache).columns.get("id", ())) <= 10
    assert window_of(cache).is_too_large
    assert window_of(cache).pending is None


def test_rows_further_back_than_the_window_are_read_when_a_batch_goes_back_to_them(window, source, feed):
    cache = ImportCache()
    take(feed, source, rows_of(0, 1), ImportCache())
    take(feed, source, rows_of(24 * 50, 24 * 51), cache)
    take(feed, source, rows_of(24 * 52, 24 * 53), cache)
    assert len(window_of(cache).columns["id"]) == 2
    take(feed, source, rows_of(24 * 20, 24 * 21), cache)
    assert len(window_of(cache).columns["id"]) == 6


def test_a_window_of_too_many_rows_is_given_up(window, source, feed, monkeypatch):
    monkeypatch.setattr(carried_window, "MAX_ROWS", 3)
    take(feed, source, rows_of(0, 1, 2, 3), ImportCache())
    del window[:]
    cache = ImportCache()
    take(feed, source, rows_of(4, 5), cache)
    assert window_of(cache).is_too_large
    assert not window_of(cache).columns
    assert all("account_id" in where for where in window)


def test_a_small_batch_begins_no_window(window, source, feed):
    cache = ImportCache()
    take(feed, source, rows_of(0), cache)
    assert not window_of(cache).columns
    assert window_of(cache).since is None


def test_an_import_in_order_is_not_asked_whether_it_is_late(source, gathered, feed, superuser, monkeypatch):
    monkeypatch.setattr(carried_window, "MIN_BATCH_ROWS", 2)
    monkeypatch.setattr(history, "MAX_ONLINE_ROWS", 0)
    scenarios.champion(source, superuser, 600)
    other, cache = factories.source(), ImportCache()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("detection.pipeline.assess.late_batch_record", None)
        take(feed, other, rows_of(10, 11), cache)
        take(feed, other, rows_of(11, 12, prefix="Y"), cache)
    assert not LateBatch.objects.exists()
    late = take(feed, other, rows_of(10.5, 13, prefix="Z"), cache)
    assert LateBatch.objects.get().pk == late.pk


def test_rows_out_of_order_within_a_batch_are_late(source, gathered, feed, superuser, monkeypatch):
    monkeypatch.setattr(carried_window, "MIN_BATCH_ROWS", 2)
    monkeypatch.setattr(history, "MAX_ONLINE_ROWS", 0)
    scenarios.champion(source, superuser, 600)
    take(feed, factories.source(), rows_of(11, 10), ImportCache())
    assert LateBatch.objects.count() == 1


def test_parties_beyond_the_room_of_a_cache_are_looked_up(source, feed, compared, monkeypatch):
    monkeypatch.setattr(import_cache, "MAX_PARTIES", 1)
    cache = ImportCache()
    for number in range(3):
        row = raw(f"X-{number}", {**ORDINARY, "hour": number, "account": f"A-{number}", "shop": f"M-{number}"})
        again = raw(f"Y-{number}", {**ORDINARY, "hour": number, "account": "A-0", "shop": "M-0"})
        take(feed, source, [row, again], cache)
    assert Account.objects.count() == 3
    assert set(cache.parties[Account]) == {"A-0"}
    assert Transaction.objects.filter(account__external_id="A-0").count() == 4
