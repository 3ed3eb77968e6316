"""Ids are reserved once, whoever asks, and no row gets one of them unasked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections, transaction

from finobs.core.db.ids import reserve
from tests import factories
from transactions.models import Source

pytestmark = pytest.mark.django_db
THREADS, ROUNDS, COUNT = 2, 20, 7


def test_ids_rise_and_are_above_those_of_rows() -> None:
    present = factories.source("one").pk
    ids = reserve(Source, 5)
    assert ids == sorted(set(ids))
    assert len(ids) == 5
    assert ids[0] > present


def test_ids_that_were_reserved_are_not_reserved_again_before_a_row_has_them() -> None:
    first, second = reserve(Source, 3), reserve(Source, 3)
    assert not set(first) & set(second)
    assert first[-1] < second[0]


def test_a_row_without_an_id_gets_none_that_is_reserved() -> None:
    ids = reserve(Source, 3)
    assert factories.source("one").pk not in ids
    assert Source.objects.create(pk=ids[1], slug="two", name="Two").pk == ids[1]
    assert factories.source("three").pk not in ids


def test_ids_of_rows_that_were_deleted_do_not_come_again() -> None:
    ids = reserve(Source, 2)
    rows = Source.objects.bulk_create([Source(pk=pk, slug=f"s-{pk}", name="S") for pk in ids])
    Source.objects.filter(pk__in=[row.pk for row in rows])._raw_delete(using="default")
    assert not set(reserve(Source, 2)) & set(ids)


def test_no_ids_take_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert reserve(Source, 0) == []


def test_ids_are_reserved_in_one_statement(django_assert_num_queries: Any) -> None:
    factories.source("one")
    with django_assert_num_queries(1):
        reserve(Source, 1000)


@pytest.mark.skipif(
    "connection.vendor == 'postgresql'", reason="needs SQLite: PostgreSQL has a sequence from the start"
)
def test_a_table_that_never_had_a_row_begins_with_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'transactions_source'")
    assert reserve(Source, 2) == [1, 2]
    assert reserve(Source, 2) == [3, 4]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_transaction", [True, False])
def test_ids_reserved_by_two_threads_never_overlap(in_transaction: bool) -> None:
    """From the very first: the barrier lets both begin at once."""
    barrier = Barrier(THREADS)

    def reserve_many(_: int) -> list[int]:
        try:
            barrier.wait(timeout=30)
            return [pk for _ in range(ROUNDS) for pk in _reserve(in_transaction)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(THREADS) as pool:
        ids = [pk for each in pool.map(reserve_many, range(THREADS)) for pk in each]
    assert len(ids) == len(set(ids)) == THREADS * ROUNDS * COUNT


def _reserve(in_transaction: bool) -> list[int]:
    if not in_transaction:
        return reserve(Source, COUNT)
    with transaction.atomic():
        return reserve(Source, COUNT)
