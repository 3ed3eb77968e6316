"""Statements in one pipeline are answered as one by one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from finobs.core.db import ids
from finobs.core.db.pipeline import kept_plans, pipeline, send
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


@pytest.mark.skipif(not POSTGRESQL, reason="needs PostgreSQL: SQLite runs each statement at once")
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


def test_ids_can_be_reserved_by_a_part_of_a_union() -> None:
    parts = [("SELECT 'x', 'text', 7, NULL, 0", []), *ids.reservation("i", Batch, 3), *ids.reservation("j", Source, 1)]
    with pipeline():
        fetch = send(" UNION ALL ".join(sql for sql, _ in parts), [value for _, values in parts for value in values])
    rows = fetch()
    reserved = {letter: [pk for sign, _, pk, *_ in rows if sign == letter] for letter in "xij"}
    assert reserved["x"] == [7]
    assert (len(set(reserved["i"])), len(reserved["j"])) == ((3, 1) if POSTGRESQL else (0, 0))
    assert not set(ids.reserve(Batch, 2)) & set(reserved["i"])


@pytest.mark.skipif(not POSTGRESQL, reason="needs PostgreSQL: SQLite keeps every plan")
@pytest.mark.django_db(transaction=True)
def test_plans_are_kept_until_the_commit() -> None:
    before = plan_cache_mode()
    with transaction.atomic():
        for sql, values in kept_plans("p"):
            send(sql, values)()
        assert plan_cache_mode() == "force_generic_plan" != before
    assert plan_cache_mode() == before


@pytest.mark.skipif(POSTGRESQL, reason="needs SQLite: PostgreSQL is told to")
def test_sqlite_is_told_nothing_of_plans() -> None:
    assert kept_plans("p") == []
