"""Append-only by the database itself, on SQLite and PostgreSQL, and the queue that the database fills.

ENABLE ALWAYS makes the triggers fire for a session in replica role too. On SQLite `recursive_triggers` (set on every
connection) makes REPLACE fire the DELETE trigger. A database owner can still drop triggers: that is what the tree
and the signed checkpoints are for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

APPEND_ONLY = ("ledger_event", "ledger_treeleaf", "ledger_treenode", "ledger_checkpoint")
FILL = "ledger_event_fill_pending"

_POSTGRESQL_FUNCTIONS = """
CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is append-only: % of % is refused', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE FUNCTION ledger_fill_pending() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger_pendingevent (event_id) SELECT id FROM added ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
"""


def install(to: BaseDatabaseWrapper = connection) -> None:
    """Make every trigger, replacing what is there. Idempotent."""
    remove(to)
    with to.cursor() as cursor:
        if to.vendor == "postgresql":
            cursor.execute(_POSTGRESQL_FUNCTIONS)
        for statement in _create(to.vendor):
            cursor.execute(statement)


def remove(to: BaseDatabaseWrapper = connection) -> None:
    """Drop every trigger: for the reverse migration, and for tests."""
    with to.cursor() as cursor:
        for name, table in _names(to.vendor):
            on = f" ON {table}" if to.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{on}")


def missing(to: BaseDatabaseWrapper = connection) -> list[str]:
    """The triggers that are not there, or not enabled: none, unless somebody took them away."""
    with to.cursor() as cursor:
        if to.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'A'")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        present = {name for (name,) in cursor.fetchall()}
    return [name for name, _ in _names(to.vendor) if name not in present]


@contextmanager
def removed(to: BaseDatabaseWrapper = connection) -> Iterator[None]:
    """Without triggers within the block. For tests only: what a hostile owner of the database would do."""
    with transaction.atomic(using=to.alias):
        _settle(to)
        remove(to)
        yield
        _settle(to)
        install(to)


def _settle(to: BaseDatabaseWrapper) -> None:
    """PostgreSQL changes no table that deferred constraints still wait for."""
    if to.vendor == "postgresql":
        with to.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def _names(vendor: str) -> list[tuple[str, str]]:
    kinds = ("append_only", "no_truncate") if vendor == "postgresql" else ("no_update", "no_delete")
    return [(f"{table}_{kind}", table) for table in APPEND_ONLY for kind in kinds] + [(FILL, "ledger_event")]


def _create(vendor: str) -> Iterator[str]:
    if vendor == "postgresql":
        for table in APPEND_ONLY:
            yield (
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION ledger_refuse()"
            )
            yield (
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
            )
        yield (
            f"CREATE TRIGGER {FILL} AFTER INSERT ON ledger_event REFERENCING NEW TABLE AS added "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_fill_pending()"
        )
        for name, table in _names(vendor):
            # AUD-5: without ALWAYS a session in replica role would pass by it.
            yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
        return
    for table in APPEND_ONLY:
        for act in ("UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, 'the ledger is append-only: {act} of {table} is refused'); END"
            )
    yield (
        "CREATE TRIGGER ledger_event_fill_pending AFTER INSERT ON ledger_event BEGIN "
        "INSERT OR IGNORE INTO ledger_pendingevent (event_id) VALUES (NEW.id); END"
    )
