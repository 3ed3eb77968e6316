"""Rows are saved with their history, and remember it until an event takes it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from cases.models import Queue
from finobs.accounts.models import User
from finobs.core import clock, history
from finobs.core.history import Changes, HistoryReference
from tests import factories
from tests.support.clients import version_of

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def new_queue(number: int, **fields: object) -> Queue:
    return Queue(slug=f"desk-{number}", name=f"Desk {number}", **fields)


def references(*queues: Queue, changes: Changes | None = None) -> list[HistoryReference]:
    """What is in the history of these, the oldest first; `changes`: of all but what made them."""
    rows = Queue.history.filter(id__in=[queue.pk for queue in queues]).order_by("history_id")
    return [
        HistoryReference(
            "cases.historicalqueue", str(row.history_id), (changes or {}) if row.history_type == "~" else {}
        )
        for row in rows
    ]


def test_a_new_row_has_one_history_row_in_the_name_of_its_actor(admin: User) -> None:
    queue = new_queue(1)
    with clock.at(NOON):
        history.save(queue, actor=admin, reason="Asked for by the desk.")
    row = Queue.history.get(id=queue.pk)
    assert (row.history_type, row.history_user, row.history_date) == ("+", admin, NOON)
    assert row.history_change_reason == "Asked for by the desk."


def test_only_the_named_fields_of_a_changed_row_are_saved(admin: User) -> None:
    queue = factories.queue(name="Before", description="Before")
    queue.name = queue.description = "After"
    history.save(queue, actor=admin, fields=["name"])
    queue.refresh_from_db()
    assert (queue.name, queue.description) == ("After", "Before")
    assert queue.history.first().history_type == "~"


def test_a_reason_is_cut_to_its_column(admin: User) -> None:
    queues = [new_queue(1), new_queue(2)]
    history.save(queues[0], actor=admin, reason="x" * 300)
    history.bulk_create(queues[1:], actor=admin, reason="x" * 300)
    for queue in queues:
        assert queue.history.get().history_change_reason == "x" * 100


def test_the_actor_is_forgotten_with_the_save(admin: User) -> None:
    queue = new_queue(1)
    history.save(queue, actor=admin, reason="Made")
    queue.save()
    assert (queue.history.first().history_user, queue.history.first().history_change_reason) == (None, None)


def test_the_actor_is_forgotten_with_a_save_that_fails(admin: User) -> None:
    factories.queue("desk-1")
    queue = new_queue(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        history.save(queue, actor=admin)
    assert not [name for name in vars(queue) if name.startswith(("_history", "_change"))]


def test_each_row_remembers_its_own_history_until_it_is_taken(admin: User) -> None:
    first, second = new_queue(1), new_queue(2)
    for queue in (first, second, first):
        history.save(queue, actor=admin)
    assert len(references(first)) == 2
    assert history.pop_references(first) == references(first)
    assert history.pop_references(first) == []
    assert history.pop_references(second) == references(second)
    history.save(second, actor=admin)
    assert history.pop_references(second) == references(second)[1:]


def test_what_is_saved_around_is_not_remembered(admin: User) -> None:
    queue = factories.queue()
    assert history.pop_references(queue) == []
    history.save(queue, actor=admin)
    assert history.pop_references(queue) == references(queue)[1:]


def test_what_was_rolled_back_is_forgotten_with_its_instance(admin: User) -> None:
    queue = factories.queue()
    with transaction.atomic():
        history.save(Queue.objects.get(pk=queue.pk), actor=admin)
        transaction.set_rollback(True)
    assert history.pop_references(Queue.objects.get(pk=queue.pk)) == []


def test_members_of_a_row_are_history_too(admin: User, analyst: User) -> None:
    groups = Group.objects.filter(name__in=["viewer", "auditor"])
    history.set_members(analyst, "groups", groups, actor=admin)
    assert set(analyst.roles) == {"viewer", "auditor"}
    removed, added = history.pop_references(analyst)
    newest = analyst.history.first()
    assert (newest.history_user, newest.groups.count()) == (admin, 2)
    assert [added.id, removed.id] == [str(row.history_id) for row in analyst.history.all()[:2]]


def test_many_rows_are_made_with_their_history(admin: User) -> None:
    queues = [new_queue(number) for number in range(3)]
    with clock.at(NOON):
        history.bulk_create(queues, actor=admin, reason="Opened")
    assert all(queue.pk for queue in queues)
    for queue in queues:
        row = queue.history.get()
        assert (row.history_type, row.history_user, row.history_change_reason) == ("+", admin, "Opened")
        assert (row.history_date, row.name) == (NOON, queue.name)
        assert history.pop_references(queue) == references(queue)


def test_many_rows_are_changed_with_their_history(admin: User) -> None:
    queues = [factories.queue(name="Before", description="Before") for _ in range(3)]
    for number, queue in enumerate(queues):
        queue.name, queue.description = f"After {number}", "After"
    history.bulk_update(queues, fields=["name"], actor=admin, reason="Renamed")
    for number, queue in enumerate(queues):
        stored = Queue.objects.get(pk=queue.pk)
        assert (stored.name, stored.description) == (f"After {number}", "Before")
        assert (queue.history.first().history_type, queue.history.first().history_user) == ("~", admin)
        changes = {"name": ("Before", f"After {number}")}
        assert history.pop_references(queue) == references(queue, changes=changes)[1:]
        assert (queue.version, stored.version, queue.history.first().version) == (2, 2, 2)


def test_a_change_says_what_was_and_what_is_but_no_secret(admin: User, analyst: User) -> None:
    analyst.name, analyst.is_staff = "Renamed", True
    analyst.set_password("correct horse battery staple")
    history.save(analyst, actor=admin)
    (reference,) = history.pop_references(analyst)
    assert reference.changes == {"name": ("Ana Analyst", "Renamed"), "is_staff": (False, True)}
    history.set_members(analyst, "groups", Group.objects.filter(name="viewer"), actor=admin)
    assert history.pop_references(analyst)[-1].changes == {"groups": (["analyst"], ["viewer"])}


def test_every_change_raises_the_version_once(admin: User, analyst: User) -> None:
    queue = new_queue(1)
    history.save(queue, actor=admin)
    assert (queue.version, version_of(queue)) == (1, 1)
    history.save(queue, actor=admin, fields=["name"])
    history.save(queue, actor=admin, fields=())
    history.bulk_update([queue], fields=["name"], actor=admin)
    assert (queue.version, version_of(queue)) == (4, 4)
    history.bulk_update([queue], fields=["name"], actor=admin, raises_version=False)
    assert version_of(queue) == 4
    assert [row.version for row in queue.history.order_by("history_id")] == [1, 2, 3, 4, 4]
    members = Group.objects.filter(name__in=["viewer", "auditor"])
    for _ in range(2):
        history.set_members(analyst, "groups", members, actor=admin)
    assert (analyst.version, version_of(analyst)) == (2, 2)


def test_the_statements_do_not_grow_with_the_rows(admin: User) -> None:
    def statements(number: int) -> int:
        queues = [new_queue(number * 1_000 + each) for each in range(number)]
        with CaptureQueriesContext(connection) as captured:
            history.bulk_create(queues, actor=admin)
            history.bulk_update(queues, fields=["name"], actor=admin)
        return len(captured)

    assert statements(20) == statements(2) == statements(1)


def test_nothing_is_asked_of_the_database_for_no_rows(admin: User, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        history.bulk_create([], actor=admin)
        history.bulk_update([], fields=["name"], actor=admin)


def test_old_values_come_from_whoever_read_them_with_the_lock(admin: User) -> None:
    queue = factories.queue(name="Before")
    queue.name = "After"
    with CaptureQueriesContext(connection) as captured:
        history.save(queue, actor=admin, fields=["name"], stored={"name": "Before"})
    assert not [query for query in captured.captured_queries if query["sql"].startswith("SELECT")]
    assert history.pop_references(queue) == references(queue, changes={"name": ("Before", "After")})[-1:]
