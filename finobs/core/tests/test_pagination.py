"""Cursors lose no row and show none twice, whatever is added meanwhile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.models import Queue
from finobs.core import pagination
from finobs.core.errors import Invalid
from tests import factories

pytestmark = pytest.mark.django_db
ORDER = ("-lease_minutes", "-id")


def walk(limit, *, forward="older", cursor=""):
    while True:
        page = pagination.paginate(Queue.objects.all(), order=ORDER, cursor=cursor, limit=limit)
        yield page
        cursor = getattr(page, forward)
        if not cursor:
            return


@settings(max_examples=25)
@given(minutes=st.lists(st.integers(1, 4), max_size=12), limit=st.integers(1, 5))
def test_walking_older_shows_each_row_once_in_order(db, minutes, limit):
    Queue.objects.all().delete()
    for value in minutes:
        factories.queue(lease_minutes=value)
    seen = [row.pk for page in walk(limit) for row in page.items]
    assert seen == list(Queue.objects.order_by(*ORDER).values_list("pk", flat=True))


def test_walking_back_shows_the_same_pages():
    for value in (1, 1, 2, 2, 3):
        factories.queue(lease_minutes=value)
    there = list(walk(2))
    back = list(walk(2, forward="newer", cursor=there[-1].newer))
    assert [[row.pk for row in page.items] for page in back] == [
        [row.pk for row in page.items] for page in there[1::-1]
    ]
    assert there[0].newer == ""
    assert there[-1].older == ""


def test_a_row_added_meanwhile_moves_nothing():
    old = [factories.queue(lease_minutes=5).pk for _ in range(4)]
    first = pagination.paginate(Queue.objects.all(), order=ORDER, limit=2)
    factories.queue(lease_minutes=5)
    second = pagination.paginate(Queue.objects.all(), order=ORDER, limit=2, cursor=first.older)
    assert [row.pk for row in first.items + second.items] == old[::-1]


@pytest.mark.parametrize("cursor", ["x", "a:b:c", "1" * 500])
def test_a_forged_cursor_is_refused(cursor):
    with pytest.raises(Invalid):
        pagination.paginate(Queue.objects.all(), order=ORDER, cursor=cursor)


def test_a_cursor_belongs_to_its_list_and_filters():
    for _ in range(3):
        factories.queue()
    cursor = pagination.paginate(Queue.objects.all(), order=ORDER, limit=1, bound="a").older
    with pytest.raises(Invalid):
        pagination.paginate(Queue.objects.all(), order=ORDER, cursor=cursor, bound="b")
    with pytest.raises(Invalid):
        pagination.paginate(Queue.objects.all(), order=("id",), cursor=cursor, bound="a")


def test_a_page_is_never_larger_than_allowed(monkeypatch):
    monkeypatch.setattr(pagination, "MAX_PAGE_SIZE", 2)
    for _ in range(3):
        factories.queue()
    assert len(pagination.paginate(Queue.objects.all(), order=ORDER, limit=1000).items) == 2
    assert len(pagination.paginate(Queue.objects.all(), order=ORDER, limit=-5).items) == 1


def test_a_total_is_exact_until_nobody_would_count(monkeypatch):
    for _ in range(3):
        factories.queue()
    assert pagination.count(Queue.objects.all()) == (3, True)
    monkeypatch.setattr(pagination, "MAX_COUNT", 2)
    assert pagination.count(Queue.objects.all()) == (2, False)


@pytest.mark.parametrize(
    ("limit", "status"),
    [
        ("\u00b2", 422),
        ("9" * 5_000, 422),
        ("-1", 422),
        ("0", 422),
        ("1e3", 422),
        ("\u0663", 422),
        ("", 200),
        ("999", 200),
    ],
)
def test_a_limit_that_is_no_number_is_refused(client, admin, limit, status):
    client.force_login(admin, backend="finobs.accounts.backends.RolePermissionBackend")
    assert client.get("/api/v1/users", {"limit": limit}).status_code == status
