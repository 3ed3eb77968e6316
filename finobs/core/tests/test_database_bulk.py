"""Rows get in, few or many, on either database; what does not get in is an error that Django knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from finobs.core.db import bulk
from finobs.core.db.bulk import MIN_COPY_ROWS, insert_instances, insert_missing, insert_rows
from tests import factories
from transactions.models import Counterparty, Source

pytestmark = pytest.mark.django_db
POSTGRESQL = connection.vendor == "postgresql"
COLUMNS = ("id", "source_id", "external_id", "created_at")
AT = datetime(2026, 3, 1, 12, 30, 0, 5, tzinfo=UTC)
FEW_AND_MANY = (1, MIN_COPY_ROWS - 1, MIN_COPY_ROWS, 3 * MIN_COPY_ROWS)


@pytest.fixture
def source() -> Source:
    return factories.source("one")


def rows_of(source: Source, number: int, first: int = 1000) -> list[tuple[Any, ...]]:
    return [(first + each, source.pk, f"A-{first + each}", AT + timedelta(hours=each)) for each in range(number)]


def stored() -> set[tuple[Any, ...]]:
    return set(Counterparty.objects.values_list(*COLUMNS))


@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_rows_get_in_as_they_are(source: Source, number: int) -> None:
    rows = rows_of(source, number)
    insert_rows(Counterparty, COLUMNS, rows)
    assert stored() == set(rows)


@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_a_time_with_an_offset_is_the_same_moment(source: Source, number: int) -> None:
    from datetime import timezone

    there = AT.astimezone(timezone(timedelta(hours=9)))
    insert_rows(Counterparty, COLUMNS, [(pk, owner, name, there) for pk, owner, name, _ in rows_of(source, number)])
    assert Counterparty.objects.filter(created_at=AT).count() == number


@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_rows_may_leave_their_id_to_the_database(source: Source, number: int) -> None:
    insert_rows(Counterparty, COLUMNS[1:], [row[1:] for row in rows_of(source, number)])
    assert Counterparty.objects.count() == number
    factories.source("after")


def test_no_rows_take_no_statement(source: Source, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        insert_rows(Counterparty, COLUMNS, [])
        assert insert_missing(Counterparty, COLUMNS, []) == set()
        assert insert_instances([]) == []


def test_few_rows_are_one_statement_and_many_are_copied(source: Source) -> None:
    few, many = rows_of(source, MIN_COPY_ROWS - 1), rows_of(source, MIN_COPY_ROWS, first=5000)
    with CaptureQueriesContext(connection) as queries:
        insert_rows(Counterparty, COLUMNS, few)
    (statement,) = [each["sql"] for each in queries.captured_queries]
    assert statement.startswith("INSERT INTO")
    with CaptureQueriesContext(connection) as queries:
        insert_rows(Counterparty, COLUMNS, many)
    (statement,) = [each["sql"] for each in queries.captured_queries]
    assert statement.startswith("COPY" if POSTGRESQL else f"{MIN_COPY_ROWS} times: INSERT INTO")
    assert stored() == set(few) | set(many)


@pytest.mark.parametrize("insert", [insert_rows, insert_missing])
@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_a_row_of_a_wrong_type_is_a_data_error_of_djangos(source: Source, number: int, insert: Any) -> None:
    if not POSTGRESQL:
        pytest.skip("needs PostgreSQL: SQLite takes any text anywhere")
    rows = rows_of(source, number)
    rows[-1] = (*rows[-1][:2], "A" * 101, AT)
    with pytest.raises(DataError), transaction.atomic():
        insert(Counterparty, COLUMNS, rows)
    assert stored() == set()


@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_a_row_that_is_there_already_is_an_integrity_error_of_djangos(source: Source, number: int) -> None:
    (present,) = rows_of(source, 1, first=1000 + number - 1)
    insert_rows(Counterparty, COLUMNS, [present])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Counterparty, COLUMNS, rows_of(source, number))
    assert stored() == {present}


@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_an_empty_value_where_there_must_be_one_is_an_integrity_error(source: Source, number: int) -> None:
    rows = [(pk, None, name, at) for pk, _, name, at in rows_of(source, number)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(Counterparty, COLUMNS, rows)


@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_of_rows_without_a_conflict_all_get_in(source: Source, number: int) -> None:
    rows = rows_of(source, number)
    assert insert_missing(Counterparty, COLUMNS, rows) == {row[0] for row in rows}
    assert stored() == set(rows)


@pytest.mark.parametrize("number", FEW_AND_MANY)
def test_of_rows_with_a_conflict_the_others_get_in(source: Source, number: int) -> None:
    """Another import of the same names came first; twice in one transaction, so that the temporary table is met again."""
    rows = rows_of(source, number)
    taken = [(pk + 50_000, *row) for pk, *row in rows[::3]]
    insert_rows(Counterparty, COLUMNS, taken)
    if not POSTGRESQL:
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_missing(Counterparty, COLUMNS, rows)
        assert stored() == set(taken)
        return
    missing = [row for place, row in enumerate(rows) if place % 3]
    with transaction.atomic():
        assert insert_missing(Counterparty, COLUMNS, rows) == {row[0] for row in missing}
        assert insert_missing(Counterparty, COLUMNS, rows) == set()
    assert stored() == set(taken) | set(missing)


def sources(number: int, **more: Any) -> list[Source]:
    return [
        Source(slug=f"s-{each}", name="Ünicode 'quoted'", mapping={"a": [each, None]}, **more) for each in range(number)
    ]


@pytest.mark.parametrize("number", [1, 3, bulk.MAX_ROWS_PER_STATEMENT + 1])
def test_instances_get_in_as_they_are_and_get_ids_in_their_order(number: int) -> None:
    instances = sources(number, created_at=AT)
    assert insert_instances(instances) is instances
    rows: dict[int, Source] = {source.pk: source for source in Source.objects.all()}
    assert len(rows) == number
    for each in instances:
        for field in Source._meta.concrete_fields:
            assert getattr(rows[each.pk], field.attname) == getattr(each, field.attname)


def test_an_instance_that_got_in_can_be_saved() -> None:
    (source,) = insert_instances(sources(1))
    source.name = "Later"
    source.save()
    assert [each.name for each in Source.objects.all()] == ["Later"]


def test_an_instance_with_an_id_keeps_it() -> None:
    (source,) = insert_instances([Source(pk=77, slug="seven", name="Seven")])
    assert Source.objects.get(slug="seven").pk == source.pk == 77


def test_instances_take_one_statement_for_so_many(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        insert_instances(sources(bulk.MAX_ROWS_PER_STATEMENT + 1))


def test_an_instance_that_is_there_already_is_an_integrity_error() -> None:
    insert_instances(sources(1))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_instances(sources(2))


def test_rows_are_not_changed_by_their_insertion(source: Source) -> None:
    """The caller goes on with the same values."""
    rows: Sequence[Sequence[Any]] = [list(row) for row in rows_of(source, 2)]
    before = [list(row) for row in rows]
    insert_rows(Counterparty, COLUMNS, rows)
    assert rows == before
