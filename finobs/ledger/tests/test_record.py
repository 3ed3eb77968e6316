"""AUD-7: no record, no change. And what a record looks like."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import Error, connection, transaction

from finobs.core import clock, context, history
from finobs.core.service import service
from finobs.ledger import services, triggers
from finobs.ledger.models import Event, PendingEvent
from finobs.ledger.services import NewEvent, event_value, record, record_many
from finobs.ledger.services.seal import seal
from finobs.ledger.verification import verify
from tests import factories


@service
def queue_rename(*, actor, queue, name):
    """A business operation like any other."""
    queue.name = name
    history.save(queue, actor=actor)
    record(actor=actor, action="queue.rename", subject=queue, data={"name": name})


def history_of(event):
    """What an event says of the history, as (type, id)."""
    return [(row["type"], row["id"]) for row in json.loads(bytes(event.body))["history"]]


def rows_of(*queues):
    """The history rows of queues but the one that each began with, the oldest first."""
    rows = [row for queue in queues for row in queue.history.order_by("history_id")[1:]]
    return [("cases.historicalqueue", str(row.history_id)) for row in rows]


def test_an_event_says_who_did_what_to_what_when_and_in_which_request(queue, admin):
    with clock.at(datetime(2026, 3, 2, 12, 0, 0, 5, tzinfo=UTC)), context.request("request-0001"):
        queue_rename(actor=admin, queue=queue, name="Nova é")
    event = Event.objects.get()
    assert json.loads(bytes(event.body)) == {
        "schema": 3, "id": str(event.uid), "at": "2026-03-02T12:00:00.000005Z", "action": "queue.rename",
        "actor": {
            "type": "human", "id": str(admin.pk), "name": "Ada Admin", "address": admin.email, "roles": ["admin"],
        },
        "subject": {"type": "cases.queue", "id": str(queue.pk)},
        "request": "request-0001", "data": {"name": "Nova é"},
        "changes": {"name": ["AML level 1", "Nova é"]},
        "history": [{"type": "cases.historicalqueue", "id": str(queue.history.latest("history_id").history_id)}],
    }  # fmt: skip
    assert bytes(event.leaf) == services.leaf_hash(bytes(event.body))
    assert (event.subject_type, event.subject_id, event.request_id) == ("cases.queue", str(queue.pk), "request-0001")


def test_an_event_names_the_history_of_its_subject_only(queue, admin):
    other = factories.queue()
    with transaction.atomic():
        for row in (queue, other, queue):
            history.save(row, actor=admin)
        events = [record(actor=admin, action="queue.touch", subject=row) for row in (queue, other, queue)]
    assert [history_of(event) for event in events] == [rows_of(queue), rows_of(other), []]
    assert [len(history_of(event)) for event in events] == [2, 1, 0]


def test_an_event_names_the_history_of_what_it_changed_besides(queue, admin):
    others = [factories.queue(), factories.queue()]
    with transaction.atomic():
        for row in (*others, queue):
            history.save(row, actor=admin)
        event = record(actor=admin, action="queue.touch", subject=queue, related=others)
        after = record(actor=admin, action="queue.touch", subject=others[0])
    assert history_of(event) == rows_of(queue, *others)
    assert history_of(after) == []


def test_several_saves_of_one_act_are_one_change_from_the_first_to_the_last(queue, admin):
    with transaction.atomic():
        for name in ("Nova", "Vega", "Lyra"):
            queue.name = name
            history.save(queue, actor=admin)
        event = record(actor=admin, action="queue.rename", subject=queue)
    assert json.loads(bytes(event.body))["changes"] == {"name": ["AML level 1", "Lyra"]}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (2**53 - 1, 2**53 - 1), (1 - 2**53, 1 - 2**53), (2**53, str(2**53)), (0.1, "0.1"), (Decimal("1.50"), "1.50"),
        (b"\x01\xff", "01ff"), (date(2026, 3, 2), "2026-03-02"), (("a", 2**60), ["a", str(2**60)]),
        ({"b": 1, "a": None}, {"a": None, "b": 1}), ({"Überweisung": 2**60}, [["Überweisung", str(2**60)]]),
    ],
)  # fmt: skip
def test_a_value_that_json_does_not_hold_exactly_is_told_as_text(value, told):
    assert event_value(value) == told


def test_what_has_no_row_has_no_history(queue, admin):
    history.save(queue, actor=admin)
    with transaction.atomic():
        alone = record(actor=admin, action="queue.touch", subject=("cases.queue", str(queue.pk)))
        beside = record(actor=admin, action="queue.touch", subject=("cases.queue", "none"), related=[queue])
    assert (history_of(alone), history_of(beside)) == ([], rows_of(queue))


def test_an_event_without_data_says_so(clerk):
    with transaction.atomic():
        event = record(actor=clerk, action="queue.touch", subject=("cases.queue", "1"))
    assert json.loads(bytes(event.body))["data"] == {}


def test_several_events_each_name_their_own_history(queue, clerk):
    queues = [factories.queue(), queue]
    history.bulk_update(queues, fields=["name"], actor=clerk)
    with transaction.atomic():
        events = record_many(actor=clerk, entries=[NewEvent("queue.touch", row) for row in queues])
    assert [history_of(event) for event in events] == [rows_of(row) for row in queues]


def test_the_history_in_an_event_is_sealed_with_it(queue, admin, ledger_key):
    queue_rename(actor=admin, queue=queue, name="Other")
    seal()
    assert verify().ok
    event = Event.objects.get()
    body = bytes(event.body).replace(b'"history":[{', b'"history":[ {')
    assert body != bytes(event.body)
    with triggers.removed():
        Event.objects.filter(pk=event.pk).update(body=body)
    assert not verify().ok


def test_a_record_that_cannot_be_written_undoes_the_change(queue, admin, monkeypatch):
    def full(*args, **kwargs):
        raise Error("no space left on device")

    monkeypatch.setattr(import_module("finobs.ledger.services.record"), "insert_instances", full)
    with pytest.raises(Error, match="no space left"):
        queue_rename(actor=admin, queue=queue, name="Other")
    queue.refresh_from_db()
    assert (queue.name, Event.objects.count()) == ("AML level 1", 0)


@pytest.mark.parametrize("data", [{"score": 0.5}, {"n": 2**53}, {"é": 1}, {"at": datetime.now(UTC)}, {"x": {1}}])
def test_data_without_a_canonical_form_undoes_the_change(queue, admin, data):
    def rename():
        queue.name = "Other"
        queue.save()
        record(actor=admin, action="queue.rename", subject=queue, data=data)

    with pytest.raises((TypeError, ValueError)), transaction.atomic():
        rename()
    queue.refresh_from_db()
    assert queue.name == "AML level 1"


def test_a_change_that_fails_after_its_record_takes_the_record_with_it(queue, admin):
    def rename():
        record(actor=admin, action="queue.rename", subject=queue)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        rename()
    assert (Event.objects.count(), PendingEvent.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_record_outside_the_transaction_of_its_change_is_refused(admin):
    assert not connection.in_atomic_block
    with pytest.raises(RuntimeError, match="transaction of its change"):
        record(actor=admin, action="queue.rename", subject=("cases.queue", "1"))
    assert Event.objects.count() == 0


def test_a_sealer_that_fails_fails_no_business(queue, admin, ledger_files):
    assert seal().refused == "no signing key"
    queue_rename(actor=admin, queue=queue, name="Other")
    queue.refresh_from_db()
    assert (queue.name, PendingEvent.objects.count()) == ("Other", 1)


def test_several_records_keep_their_order_and_cost_one_insert(clerk, django_assert_max_num_queries):
    with transaction.atomic(), django_assert_max_num_queries(1):
        made = record_many(actor=clerk, entries=[NewEvent("a.b", ("c.d", str(n))) for n in range(50)])
    stored = Event.objects.order_by("id").values_list("subject_id", flat=True)
    assert list(stored) == [event.subject_id for event in made] == [str(n) for n in range(50)]


def test_times_are_written_in_utc_with_microseconds():
    local = datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=2)))
    assert services.timestamp(local) == "2026-03-02T10:00:00.000000Z"
