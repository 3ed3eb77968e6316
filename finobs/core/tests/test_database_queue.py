"""Statements that are put off: they go with the next one, before the commit in any case, and with a rollback never."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from finobs.core import clock
from finobs.core.db.bulk import MIN_COPY_ROWS, insert_instances, insert_rows
from finobs.core.db.pipeline import pipeline, send, send_later
from tests import factories
from transactions.models import Counterparty, Source

pytestmark = pytest.mark.django_db
POSTGRESQL = connection.vendor == "postgresql"
postgresql = pytest.mark.skipif(not POSTGRESQL, reason="needs PostgreSQL: SQLite runs each statement at once")
INSERT = "INSERT INTO transactions_counterparty (source_id, external_id, created_at) VALUES (%s, %s, CURRENT_TIMESTAMP)"
INSERT_ACCOUNT = (
    "INSERT INTO transactions_account (source_id, external_id, created_at, unit_id) "
    "VALUES (%s, %s, CURRENT_TIMESTAMP, 1)"
)


def add_later(source: Source, external_id: str) -> None:
    send_later(INSERT, [source.pk, external_id], returns_rows=False)


@transaction.atomic
def add_and_fail(source: Source, external_id: str) -> None:
    add_later(source, external_id)
    raise ZeroDivisionError


@transaction.atomic
def add_twice(source: Source) -> None:
    add_later(source, "A-1")
    add_later(source, "A-1")
    names()


def names() -> list[str]:
    return sorted(Counterparty.objects.values_list("external_id", flat=True))


@contextmanager
def statements() -> Iterator[list[str]]:
    sent: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield sent
    sent += [query["sql"] for query in captured.captured_queries]


@pytest.fixture
def source() -> Source:
    return factories.source()


def test_what_was_put_off_is_there_for_whatever_is_asked_next(source: Source) -> None:
    with transaction.atomic():
        add_later(source, "A-1")
        assert names() == ["A-1"]


def test_its_rows_are_fetched_whether_it_has_been_sent_or_not() -> None:
    with transaction.atomic():
        early, late = send_later("SELECT 1"), send_later("SELECT %s", ["two"])
        assert late() == [("two",)]
        assert early() == [(1,)]


@pytest.mark.django_db(transaction=True)
def test_it_is_sent_before_the_commit_if_nothing_else_is(source: Source) -> None:
    with transaction.atomic():
        add_later(source, "A-1")
    assert names() == ["A-1"]


@pytest.mark.django_db(transaction=True)
def test_a_rollback_leaves_nothing_of_it(source: Source) -> None:
    with pytest.raises(ZeroDivisionError):
        add_and_fail(source, "A-1")
    assert names() == []
    with transaction.atomic():
        add_later(source, "A-2")
    assert names() == ["A-2"]


def test_a_savepoint_takes_its_own_with_it_and_leaves_what_was_put_off_before(source: Source) -> None:
    with transaction.atomic():
        add_later(source, "before")
        with pytest.raises(ZeroDivisionError):
            add_and_fail(source, "within")
        assert names() == ["before"]


def test_nothing_is_put_off_without_a_transaction(source: Source) -> None:
    """Where there is no commit to come, it might never be sent."""
    connection.in_atomic_block, before = False, connection.in_atomic_block
    try:
        with pytest.raises(RuntimeError, match="within a transaction"):
            add_later(source, "A-1")
    finally:
        connection.in_atomic_block = before


@pytest.mark.django_db(transaction=True)
def test_what_is_wrong_with_it_undoes_everything(source: Source) -> None:
    @transaction.atomic
    def twice() -> None:
        add_later(source, "A-1")
        add_later(source, "A-1")

    with pytest.raises(IntegrityError):
        twice()
    assert names() == []
    with transaction.atomic():
        add_later(source, "A-1")
    assert names() == ["A-1"]


@pytest.mark.django_db(transaction=True)
def test_an_error_of_the_statement_it_goes_with_undoes_it_too(source: Source) -> None:
    @transaction.atomic
    def fail() -> None:
        add_later(source, "A-1")
        send("SELECT nothing_like_it FROM transactions_source")

    with pytest.raises(DatabaseError):
        fail()
    assert names() == []


def test_the_next_statement_answers_as_it_would_alone(source: Source) -> None:
    with transaction.atomic():
        add_later(source, "A-1")
        assert Source.objects.filter(pk=source.pk).update(name="Renamed") == 1
        add_later(source, "A-2")
        assert Counterparty.objects.filter(external_id="A-2").delete()[0] == 1
        add_later(source, "A-3")
        with pipeline():
            first, second = send("SELECT 1"), send("SELECT 2")
        assert (second(), first()) == ([(2,)], [(1,)])
    assert names() == ["A-1", "A-3"]


def test_somebody_else_s_wrapper_of_statements_stays_theirs(source: Source) -> None:
    seen: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            add_later(source, "A-1")
        assert names() == ["A-1"]
    assert note not in connection.execute_wrappers
    assert connection.execute_wrappers == []


@postgresql
@pytest.mark.django_db(transaction=True)
def test_a_value_that_cannot_be_sent_at_the_commit_leaves_no_open_transaction(source: Source) -> None:
    with pytest.raises(UnicodeEncodeError), transaction.atomic():
        add_later(source, "A-\ud800")
    with transaction.atomic():
        add_later(source, "A-2")
    connection.close()
    assert names() == ["A-2"]


def test_what_was_put_off_in_a_savepoint_goes_with_it(source: Source) -> None:
    with transaction.atomic():
        add_later(source, "A-1")
        with suppress(ZeroDivisionError, IntegrityError), transaction.atomic():
            add_later(source, "A-1")
            raise ZeroDivisionError
        add_later(source, "A-2")
    assert names() == ["A-1", "A-2"]


def test_a_statement_that_is_refused_in_a_pipeline_is_no_outage(source: Source, caplog: Any) -> None:
    with pytest.raises(IntegrityError):
        add_twice(source)
    assert "is lost" not in caplog.text


@postgresql
def test_writes_to_several_tables_that_wait_together_are_one_statement(source: Source) -> None:
    with transaction.atomic(), statements() as sent:
        add_later(source, "A-1")
        send_later(INSERT_ACCOUNT, [source.pk, "M-1"], returns_rows=False)
        rows = send_later("SELECT 7")
        add_later(source, "A-2")
        assert names() == ["A-1", "A-2"]
        assert rows() == [(7,)]
    assert [statement.split()[0] for statement in sent] == ["WITH", "SELECT", "INSERT", "SELECT"]


def test_rows_of_one_table_get_in_in_their_order(source: Source) -> None:
    with transaction.atomic():
        for number in range(5):
            add_later(source, f"A-{number}")
    rows = Counterparty.objects.order_by("pk").values_list("external_id", flat=True)
    assert list(rows) == ["A-0", "A-1", "A-2", "A-3", "A-4"]


@pytest.mark.parametrize("number", [MIN_COPY_ROWS - 1, MIN_COPY_ROWS])
def test_many_rows_get_in_after_what_waits(source: Source, number: int) -> None:
    rows = [[source.pk, f"B-{each:02}", clock.now()] for each in range(number)]
    with transaction.atomic():
        add_later(source, "A-1")
        insert_rows(Counterparty, ("source_id", "external_id", "created_at"), rows)
    assert Counterparty.objects.order_by("pk").values_list("external_id", flat=True)[0] == "A-1"


def test_rows_can_be_read_piece_by_piece_while_something_waits(source: Source) -> None:
    with transaction.atomic():
        add_later(source, "A-1")
        assert [each.external_id for each in Counterparty.objects.iterator()] == ["A-1"]


def test_more_values_than_a_statement_takes_are_several_statements(source: Source, monkeypatch: Any) -> None:
    monkeypatch.setattr("finobs.core.db.postgresql.base.MAX_PARAMETERS", 3)
    with transaction.atomic(), statements() as sent:
        add_later(source, "A-1")
        send_later(INSERT_ACCOUNT, [source.pk, "M-1"], returns_rows=False)
        assert names() == ["A-1"]
    assert [statement.split()[0] for statement in sent] == ["INSERT", "INSERT", "SELECT"]


@postgresql
def test_what_was_put_off_is_sent_in_one_go_with_the_next(source: Source) -> None:
    database: Any = connection
    waits: list[str] = []
    wait = database.connection.wait

    def noting_wait(*args: Any, **options: Any) -> Any:
        waits.append("wait")
        return wait(*args, **options)

    with transaction.atomic():
        send("SELECT 1")()
        database.connection.wait = noting_wait
        try:
            add_later(source, "A-1")
            rows = send_later("SELECT 2")
            assert waits == []
            send("SELECT 3")()
        finally:
            database.connection.wait = wait
        assert rows() == [(2,)]
        assert database.connection.info.pipeline_status.name == "OFF"


def test_instances_can_be_put_off(source: Source) -> None:
    with transaction.atomic():
        (account,) = insert_instances([Counterparty(source=source, external_id="A-1")], later=True)
        assert Counterparty.objects.get().external_id == account.external_id
