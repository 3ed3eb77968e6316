"""What each database writes otherwise means the same on both."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection

from finobs.core.db import dialect
from finobs.core.db.columns import ColumnSet, pack, unpack
from finobs.core.db.locks import lock_writers_out, try_lock, try_locks
from tests import factories
from transactions.models import Account, Source

pytestmark = pytest.mark.django_db
MOMENTS = (
    datetime(2026, 1, 31, 12, 0, tzinfo=UTC),
    datetime(2026, 1, 31, 12, 0, 0, 1, tzinfo=UTC),
    datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=-5))),
)


def fetch(sql: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


@pytest.mark.parametrize("slugs", [[], ["a"], ["a", "c", "nobody"], [f"s{number}" for number in range(50_000)] + ["b"]])
def test_any_of_finds_the_rows_of_any_number_of_texts(slugs: list[str]) -> None:
    for slug in ("a", "b", "c"):
        factories.source(slug)
    condition, value = dialect.any_of("slug", slugs)
    rows = fetch(f"SELECT slug FROM {dialect.table_of(Source)} WHERE {condition} ORDER BY slug", [value])
    assert [slug for (slug,) in rows] == sorted({"a", "b", "c"} & set(slugs))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_any_of_finds_the_rows_of_any_number_of_ids(count: int) -> None:
    ids = sorted(factories.source(slug).pk for slug in ("a", "b", "c"))[:count]
    condition, value = dialect.any_of("id", ids)
    rows = fetch(f"SELECT id FROM {dialect.table_of(Source)} WHERE {condition} ORDER BY id", [value])
    assert [pk for (pk,) in rows] == ids


def test_a_text_in_any_of_is_a_value_and_never_sql() -> None:
    factories.source("a")
    for slugs in (["a' OR '1'='1"], ["a' OR '1'='1", "%s"]):
        condition, value = dialect.any_of("slug", slugs)
        assert fetch(f"SELECT 1 FROM {dialect.table_of(Source)} WHERE {condition}", [value]) == []


@pytest.mark.parametrize("at", MOMENTS)
def test_a_time_is_written_and_read_as_django_does(at: datetime) -> None:
    source = factories.source("one")
    table = dialect.table_of(Source)
    fetch_nothing = f"UPDATE {table} SET created_at = %s WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.execute(fetch_nothing, [dialect.database_time(at), source.pk])
    source.refresh_from_db()
    assert source.created_at == at
    assert Source.objects.filter(created_at=at).exists()
    ((moment,),) = fetch(f"SELECT MAX(created_at) FROM {table}")
    assert dialect.aware_time(moment) == at
    ((text,),) = fetch(f"SELECT {dialect.time_text('created_at')} FROM {table}")
    assert text == at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_a_uuid_is_text_with_hyphens_however_it_is_kept() -> None:
    uid = uuid.uuid4()
    literal = f"'{uid}'::uuid" if connection.vendor == "postgresql" else f"'{uid.hex}'"
    assert fetch(f"SELECT {dialect.uuid_text('u.uid')} FROM (SELECT {literal} AS uid) u") == [(str(uid),)]


def test_more_than_a_uuid_is_not_cut() -> None:
    """SQLite takes any text: what was appended must be seen by whoever compares."""
    if connection.vendor == "postgresql":
        pytest.skip("needs SQLite: PostgreSQL's uuid is always one")
    uid = uuid.uuid4()
    ((text,),) = fetch(f"SELECT {dialect.uuid_text('u.uid')} FROM (SELECT '{uid.hex}ff' AS uid) u")
    assert text == f"{uid}ff"


def test_json_and_joined_values_are_text() -> None:
    sources = [factories.source(slug, mapping={"a": ["b"]}) for slug in ("one", "two")]
    table = dialect.table_of(Source)
    assert {text.replace(" ", "") for (text,) in fetch(f"SELECT {dialect.json_text('mapping')} FROM {table}")} == {
        '{"a":["b"]}'
    }
    ((ids,),) = fetch(f"SELECT {dialect.joined_text('id')} FROM {table}")
    assert sorted(map(int, ids.split())) == sorted(source.pk for source in sources)


def test_a_table_of_rows_holds_the_parameters() -> None:
    rows = [(1, dialect.database_time(MOMENTS[0])), (2, dialect.database_time(MOMENTS[1]))]
    table = dialect.rows_table("e", {"id": "bigint", "at": "timestamptz"})
    answer = fetch(f"SELECT id, at FROM {table} ORDER BY id", dialect.rows_parameters(rows))
    assert [(pk, dialect.aware_time(at)) for pk, at in answer] == [(1, MOMENTS[0]), (2, MOMENTS[1])]


def test_a_join_by_key_keeps_rows_that_have_no_other() -> None:
    source = factories.source("one")
    account = Account.objects.create(source=source, external_id="A-1")
    join = dialect.left_join_by_key(dialect.table_of(Source), "s", "a.key")
    keys = f"(SELECT {source.pk} AS key UNION ALL SELECT -1) a"
    rows = fetch(f"SELECT a.key, s.slug FROM {keys} {join} ORDER BY a.key")
    assert rows == [(-1, None), (account.source_id, "one")]


def test_a_lock_is_had_again_by_who_has_it() -> None:
    assert try_lock("one")
    assert try_lock("one")
    assert try_locks(["one", "two"]) == {"one", "two"}
    assert try_locks([]) == set()
    lock_writers_out(Source)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_columns_are_loaded_as_whole_numbers(count: int) -> None:
    sources = [factories.source(f"s-{number}", default_currency="EUR") for number in range(count)]
    columns = ColumnSet(dialect.table_of(Source), numbers=("id",), times=("created_at",), codes=("default_currency",))
    loaded = columns.load("id > %s", [0])
    assert sorted(loaded["id"].tolist()) == [source.pk for source in sources]
    assert {unpack(code) for code in loaded["default_currency"]} == ({"EUR"} if count else set())
    by_id = dict(zip(loaded["id"].tolist(), loaded["created_at"].tolist(), strict=True))
    for source in sources:
        assert by_id[source.pk] == (source.created_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@pytest.mark.parametrize("text", ["", "DE", "USD", "USDT"])
def test_a_packed_code_is_unpacked_to_the_same(text: str) -> None:
    assert unpack(pack(text)) == text
