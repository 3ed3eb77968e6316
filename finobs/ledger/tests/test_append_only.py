"""AUD-5: the database itself refuses whatever would change the past, by whatever door."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from finobs.ledger import triggers
from finobs.ledger.models import Checkpoint, Event, PendingEvent, TreeLeaf, TreeNode

pytestmark = pytest.mark.usefixtures("sealed")
postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's own doors")
sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's own doors")
TABLES = ["ledger_event", "ledger_treeleaf", "ledger_checkpoint"]
COLUMN = {"ledger_event": "action", "ledger_treeleaf": "leaf", "ledger_checkpoint": "note", "ledger_treenode": "hash"}


def refused(sql: str) -> bool:
    try:
        connection.check_constraints()  # nothing deferred may hide the refusal
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except Error as error:
        return "append-only" in str(error)
    return False


def count() -> list[int]:
    return [model.objects.count() for model in (Event, TreeLeaf, Checkpoint)]


@pytest.mark.parametrize("table", TABLES)
def test_update_and_delete_are_refused(table):
    before = count()
    column = COLUMN[table]
    assert refused(f"UPDATE {table} SET {column} = {column}")
    assert refused(f"DELETE FROM {table}")
    assert count() == before


def test_kept_subtrees_are_append_only_too():
    TreeNode.objects.create(height=8, position=0, hash=bytes(32))
    assert refused("UPDATE ledger_treenode SET position = 1")
    assert refused("DELETE FROM ledger_treenode")


def test_bulk_operations_of_the_orm_are_refused():
    event, leaf, last = Event.objects.first(), TreeLeaf.objects.first(), Checkpoint.objects.first()
    assert event
    assert leaf
    assert last
    attempts = [
        lambda: Event.objects.update(action="x"),
        lambda: Event.objects.filter(pk=event.pk)._raw_delete("default"),
        lambda: Event.objects.bulk_update([event], ["action"]),
        lambda: event.save(),
        lambda: TreeLeaf.objects.all().delete(),
        lambda: leaf.save(),
        lambda: Checkpoint.objects.all().delete(),
        lambda: last.save(),
        lambda: Checkpoint.objects.update_or_create(size=last.size, defaults={"note": "x"}),
        lambda: TreeLeaf.objects.bulk_create(
            [leaf], update_conflicts=True, update_fields=["leaf"], unique_fields=["seq"]
        ),
    ]
    for attempt in attempts:
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            attempt()


def test_an_upsert_is_refused():
    assert refused(
        "INSERT INTO ledger_treeleaf (seq, event_id, leaf) SELECT seq, event_id, leaf FROM ledger_treeleaf WHERE true "
        "ON CONFLICT (seq) DO UPDATE SET leaf = excluded.leaf"
    )


@sqlite
@pytest.mark.parametrize("table", [*TABLES])
def test_replace_is_refused_because_recursive_triggers_are_on(table):
    assert refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    assert refused(f"REPLACE INTO {table} SELECT * FROM {table}")
    assert refused(f"UPDATE OR REPLACE {table} SET {COLUMN[table]} = {COLUMN[table]}")


@postgresql
@pytest.mark.parametrize("table", [*TABLES, "ledger_treenode"])
def test_truncate_is_refused(table):
    assert refused(f"TRUNCATE {table} CASCADE")


@postgresql
def test_a_session_in_replica_role_is_refused_too_and_still_fills_the_queue(fill):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table in TABLES:
            for sql in (f"UPDATE {table} SET {COLUMN[table]} = {COLUMN[table]}", f"DELETE FROM {table}",
                        f"TRUNCATE {table} CASCADE"):  # fmt: skip
                assert refused(sql)
        fill(2)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert PendingEvent.objects.count() == 2


@postgresql
def test_copy_can_only_append_and_fills_the_queue():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE more ON COMMIT DROP AS SELECT * FROM ledger_event LIMIT 1; "
            "UPDATE more SET id = nextval(pg_get_serial_sequence('ledger_event', 'id')), uid = gen_random_uuid()"
        )
        with cursor.copy("COPY more TO STDOUT") as out:
            rows = b"".join(bytes(part) for part in out)
        with cursor.copy("COPY ledger_event FROM STDIN") as back:
            back.write(rows)
        cursor.execute("DROP TABLE more")
    assert PendingEvent.objects.count() == 1


@postgresql
def test_a_role_that_may_only_insert_and_select_is_refused_everything_else():
    doors = ["UPDATE ledger_event SET action = 'x'", "DELETE FROM ledger_event", "TRUNCATE ledger_event CASCADE",
             "ALTER TABLE ledger_event DISABLE TRIGGER ALL", "DROP TABLE ledger_event CASCADE",
             "SET session_replication_role = replica", "SELECT * FROM ledger_event FOR UPDATE"]  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE ROLE ledger_app_test; GRANT SELECT, INSERT ON ledger_event TO ledger_app_test")
        cursor.execute("SET LOCAL ROLE ledger_app_test")
        cursor.execute("SELECT count(*) FROM ledger_event")
        for sql in doors:
            with pytest.raises(Error, match=r"permission denied|must be owner"), transaction.atomic():
                cursor.execute(sql)
        cursor.execute("RESET ROLE; REVOKE ALL ON ledger_event FROM ledger_app_test; DROP ROLE ledger_app_test")


def test_every_event_is_put_in_the_queue_by_the_database(fill):
    events = fill(5)
    assert list(PendingEvent.objects.order_by("event_id").values_list("event_id", flat=True)) == [e.pk for e in events]


def test_missing_triggers_are_noticed_and_come_back():
    assert triggers.missing() == []
    with triggers.removed():
        assert len(triggers.missing()) == 9
    assert triggers.missing() == []
