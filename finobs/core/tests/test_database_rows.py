"""A row of explicit SQL is read as the query of Django's own gives it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.models import Model

from finobs.accounts import authentication
from finobs.accounts.models import ApiToken, User
from finobs.accounts.services import token_create
from finobs.core.db.dialect import table_of
from finobs.core.db.rows import ModelRows
from tests import factories
from transactions.models import Source
from transactions.selectors import source_get

pytestmark = pytest.mark.django_db


def read(model: type[Model], pk: int) -> Any:
    rows = ModelRows(model)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {rows.columns('x')} FROM {table_of(model)} x WHERE x.id = %s", [pk])
        row = cursor.fetchone()
    assert len(row) == rows.width
    return rows.read(row)


def token_of(admin: User) -> tuple[ApiToken, str]:
    return token_create(actor=admin, user=admin, name="x", scopes=["audit:read"], lifetime=timedelta(days=1))


@pytest.mark.parametrize("model", [Source, User, ApiToken], ids=lambda model: model.__name__)
def test_every_field_of_a_row_is_as_django_reads_it(model: type[Model], admin: User) -> None:
    """JSON, times, booleans, texts and keys, on either database."""
    factories.source("one", mapping={"a": ["b"], "c": [1, None]}, is_active=False)
    token_of(admin)
    expected = model._default_manager.first()
    assert expected is not None
    row = read(model, expected.pk)
    assert row == expected
    for field in model._meta.concrete_fields:
        value = getattr(row, field.attname)
        assert (value, type(value)) == (getattr(expected, field.attname), type(getattr(expected, field.attname)))


def test_a_row_that_was_read_can_be_saved(admin: User) -> None:
    source = factories.source("one")
    row = read(Source, source.pk)
    assert not row._state.adding
    assert row._state.db == "default"


def test_a_source_is_read_anew_each_time_in_one_statement_beside_that_of_grants(
    admin: User, django_assert_num_queries: Any
) -> None:
    source = factories.source("one", mapping={"a": ["b"]})
    assert source_get(admin, "one") == source
    Source.objects.filter(pk=source.pk).update(name="Changed")
    with django_assert_num_queries(2):
        assert source_get(admin, "one").name == "Changed"


def test_a_token_comes_with_its_user_and_their_permissions_in_one_statement(
    admin: User, django_assert_num_queries: Any
) -> None:
    token, text = token_of(admin)
    expected = User.objects.get(pk=admin.pk).get_all_permissions()
    authentication.token_find(text)
    with django_assert_num_queries(1):
        first, second = authentication.token_find(text), authentication.token_find(text[:-1] + "~")
        assert first is not None
        assert (first, first.user, second) == (token, admin, None)
        assert first.user.get_all_permissions() == expected != set()
    assert (first.scopes, first.expires_at) == (["audit:read"], token.expires_at)


def test_a_token_of_nobody_is_not_found() -> None:
    assert authentication.token_find("finobs_" + "a" * 50) is None


@pytest.mark.django_db(transaction=True)
def test_each_thread_reads_by_its_own_connection() -> None:
    expected = factories.source("one")

    def read_elsewhere(_: int) -> Any:
        try:
            return read(Source, expected.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(read_elsewhere, range(20))) == {expected}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL: SQLite has one writer")
def test_a_row_that_is_not_committed_is_found_by_its_own_thread_only(admin: User) -> None:
    def exists_elsewhere(slug: str) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {table_of(Source)} WHERE slug = %s", [slug])
                return cursor.fetchone() is not None
        finally:
            connections.close_all()

    with transaction.atomic():
        factories.source("mine")
        assert source_get(admin, "mine").slug == "mine"
        with ThreadPoolExecutor(1) as pool:
            assert not pool.submit(exists_elsewhere, "mine").result()
