"""Statements in one pipeline are answered as one by one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from finobs.core.db import ids
from finobs.core.db.pipeline import keep_plans, pipeline, send
from tests import factories
from transactions.models import Batch, Source

pytestmark = pytest.mark.django_db
POSTGRESQL = connection.vendor == "postgresql"


def plan_cache_mode() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        return str(cursor.fetchone()[0])


def test_statements_of_a_pipeline_are_answered_as_one_by_one() -> None:
    with transaction.atomic():
        with pipeline():
            first = send("SELECT 1")
            second = send("SELECT %s", ["two"])
        assert (second(), first()) == ([("two",)], [(1,)])


def test_a_pipeline_in_a_pipeline_is_a_part_of_it() -> None:
    with pipeline():
        outer = send("SELECT 1")
        with pipeline():
            inner = send("SELECT 2")
    assert (outer(), inner()) == ([(1,)], [(2,)])


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite runs each statement at once")
def test_postgresql_gets_what_a_pipeline_holds_in_one_go() -> None:
    database: Any = connection
    with pipeline():
        rows = send("SELECT 1")
        assert database.connection.info.pipeline_status.name == "ON"
    assert database.connection.info.pipeline_status.name == "OFF"
    assert rows() == [(1,)]


def test_what_fails_in_a_pipeline_is_an_error_as_django_knows_it_and_undoes_the_rest() -> None:
    @transaction.atomic
    def fail() -> None:
        factories.source("lost")
        with pipeline():
            send("SELECT nothing_like_it FROM transactions_source")

    with pytest.raises(DatabaseError):
        fail()
    assert not Source.objects.filter(slug="lost").exists()
    factories.source("after")


def test_ids_can_be_reserved_in_a_pipeline() -> None:
    with transaction.atomic():
        with pipeline():
            first, second = ids.reservation(Batch, 3), ids.reservation(Source, 1)
        assert len(set(first())) == 3
        assert len(second()) == 1


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite keeps every plan")
@pytest.mark.django_db(transaction=True)
def test_plans_are_kept_until_the_commit() -> None:
    before = plan_cache_mode()
    with transaction.atomic():
        keep_plans()
        assert plan_cache_mode() == "force_generic_plan" != before
    assert plan_cache_mode() == before


@pytest.mark.skipif(POSTGRESQL, reason="PostgreSQL is told to")
def test_sqlite_is_told_nothing_of_plans(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        keep_plans()
