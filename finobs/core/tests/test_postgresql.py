"""What our PostgreSQL backend does otherwise than Django's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.db.models import Field

from finobs.core.models import IdempotentAnswer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own backend"),
]


@pytest.fixture
def other(transactional_db: None) -> Iterator[Any]:
    """A second connection to the database of the tests, as another thread would have it."""
    made: Any = connections.create_connection("default")
    made.connect()
    made.health_check_enabled = True
    yield made
    made.close()


def ask(other: Any) -> int:
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def next_request(other: Any) -> None:
    other.health_check_done = False


def test_a_connection_that_the_server_ended_is_made_anew(other: Any) -> None:
    before = ask(other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    next_request(other)
    assert ask(other) != before


def test_within_a_request_it_is_an_error(other: Any) -> None:
    """What was begun on it is lost, and must be seen to be."""
    before = ask(other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    with pytest.raises(OperationalError):
        ask(other)


def test_a_connection_that_is_well_is_kept_without_a_question(other: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ask(other)
    monkeypatch.setattr(other, "is_usable", lambda: pytest.fail("asked"))
    next_request(other)
    assert ask(other) == before


def test_no_statement_takes_more_values_than_the_server_reads() -> None:
    fields: list[Field[Any, Any]] = [field for field in IdempotentAnswer._meta.concrete_fields if not field.primary_key]
    rows = [object()] * 70_000
    assert connection.ops.bulk_batch_size(fields, rows) * len(fields) <= 65_535
    assert connection.ops.bulk_batch_size([fields[0]], rows[:10]) == 10


def test_plans_are_not_compiled() -> None:
    """It takes longer than the queries of a page."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")
        assert cursor.fetchone() == ("off",)
