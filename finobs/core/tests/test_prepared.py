"""A lookup answers as the query that it keeps."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, connections, transaction

from finobs.accounts.models import ApiToken
from finobs.core.prepared import Lookup, bulk_insert, together
from tests import factories
from transactions.models import Source

pytestmark = pytest.mark.django_db
by_slug = Lookup(lambda slug: Source.objects.filter(slug=slug))


def test_it_finds_what_the_query_finds_each_time_anew():
    first, second = factories.source("one", mapping={"a": ["b"]}, is_active=False), factories.source("two")
    for _ in range(3):
        assert [by_slug("one"), by_slug("two"), by_slug("three")] == [first, second, None]
    found = by_slug("one")
    for field in Source._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(first, field.attname)
    Source.objects.filter(pk=first.pk).update(name="Changed")
    again = by_slug("one")
    assert again is not None
    assert again.name == "Changed"


def test_it_asks_once(django_assert_num_queries):
    factories.source("one")
    by_slug("one")
    with django_assert_num_queries(1):
        by_slug("one")


def test_related_rows_come_along(admin, django_assert_num_queries):
    from datetime import timedelta

    from finobs.accounts.services import token_create

    token, _ = token_create(actor=admin, user=admin, name="x", scopes=["audit:read"], lifetime=timedelta(days=1))
    lookup = Lookup(lambda prefix: ApiToken.objects.select_related("user").filter(prefix=prefix))
    lookup("other")
    with django_assert_num_queries(1):
        found = lookup(token.prefix)
        assert found is not None
        assert found.user.email == admin.email
    assert (found.scopes, found.expires_at) == (["audit:read"], token.expires_at)
    again = lookup(token.prefix)
    assert again is not None
    assert again.user is not found.user


def test_a_text_is_a_value_and_never_sql():
    factories.source("one")
    assert by_slug("one' OR '1'='1") is None
    assert by_slug("%s") is None


def test_it_wants_exactly_one_value():
    twice = Lookup(lambda slug: Source.objects.filter(slug=slug, name=slug))
    with pytest.raises(ValueError, match="exactly one"):
        twice("one")


@pytest.mark.django_db(transaction=True)
def test_each_thread_asks_by_its_own_connection():
    expected = factories.source("one")
    assert by_slug("one") == expected

    def ask(_):
        try:
            return by_slug("one")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(ask, range(40))) == {expected}


@pytest.mark.django_db(transaction=True)
def test_what_one_thread_has_not_committed_no_other_finds():
    """Each thread's lookups run on its own connection, and so in its own transaction."""
    if connections["default"].vendor == "sqlite":
        pytest.skip("needs PostgreSQL: SQLite has one writer")
    with transaction.atomic():
        factories.source("mine")
        assert by_slug("mine") is not None
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(_elsewhere, "mine").result() is None


def _elsewhere(slug):
    try:
        return by_slug(slug)
    finally:
        connections.close_all()


def test_it_inserts_rows_as_they_are_and_gives_them_ids():
    made = [Source(slug=f"s-{number}", name="Ünicode 'quoted'", mapping={"a": [1, None]}) for number in range(3)]
    bulk_insert(made)
    kept = {source.pk: source for source in Source.objects.all()}
    assert [kept[each.pk].slug for each in made] == ["s-0", "s-1", "s-2"]
    for field in Source._meta.concrete_fields:
        assert getattr(kept[made[1].pk], field.attname) == getattr(made[1], field.attname)
    made[0].name = "Later"
    made[0].save()
    assert Source.objects.count() == 3


def test_it_keeps_the_id_of_a_row_that_has_one():
    (source,) = bulk_insert([Source(pk=77, slug="seven", name="Seven")])
    assert Source.objects.get(slug="seven").pk == source.pk == 77
    assert bulk_insert([]) == []


def test_what_is_sent_together_is_answered_as_one_by_one():
    with transaction.atomic(), connection.cursor() as first, connection.cursor() as second:
        with together():
            first.execute("SELECT 1")
            second.execute("SELECT %s", ["two"])
        assert (first.fetchall(), second.fetchall()) == ([(1,)], [("two",)])


def test_what_fails_together_is_an_error_as_django_knows_it_and_undoes_the_rest():
    @transaction.atomic
    def fail() -> None:
        factories.source("lost")
        with connection.cursor() as cursor, together():
            cursor.execute("SELECT nothing_like_it FROM transactions_source")

    with pytest.raises(DatabaseError):
        fail()
    assert not Source.objects.filter(slug="lost").exists()
    factories.source("after")
