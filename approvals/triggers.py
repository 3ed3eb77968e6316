"""Four eyes by the database itself, on SQLite and PostgreSQL: what holds even for who goes around the services.

A decision is refused unless its request is pending, it repeats the request's digest, requester and last editor, and
a person who is neither of these two made it; decisions never change. A request never changes what was asked, is used
only with its quorum and without a rejection, and never leaves an end. Once it has ended, payload and snapshot can be
emptied together, with whom they are about; the digest stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

DECISION_TABLE, REQUEST_TABLE = "approvals_approvaldecision", "approvals_approvalrequest"

_VALID_DECISION = """
EXISTS (
  SELECT 1 FROM approvals_approvalrequest r JOIN accounts_user u ON u.id = NEW.decided_by_id
  WHERE r.id = NEW.request_id AND r.state = 'pending' AND r.digest = NEW.digest AND u.kind = 'human'
    AND r.requested_by_id = NEW.requested_by_id AND r.requested_by_id <> NEW.decided_by_id
    AND r.last_edited_by_id IS NOT DISTINCT FROM NEW.last_edited_by_id
    AND r.last_edited_by_id IS DISTINCT FROM NEW.decided_by_id
)
"""
_IMMUTABLE_COLUMNS = (
    "action", "subject_type", "subject_id", "subject_label", "payload", "snapshot", "digest", "quorum",
    "requested_by_id", "last_edited_by_id", "created_at", "expires_at",
)  # fmt: skip
_ERASABLE_COLUMNS = ("payload", "snapshot")


def _same(names: Iterable[str]) -> str:
    return " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in names)


_SAME_CONTENT = _same(_IMMUTABLE_COLUMNS)
_ERASED = " AND ".join(
    (
        _same(
            name for name in (*_IMMUTABLE_COLUMNS, "state", "end_reason", "ended_at") if name not in _ERASABLE_COLUMNS
        ),
        *(f"NEW.{name} = '{{}}'" for name in _ERASABLE_COLUMNS),
    )
)
_VOTES = "(SELECT COUNT(*) FROM approvals_approvaldecision d WHERE d.request_id = NEW.id AND d.vote = '{}')"
_VALID_TRANSITION = f"""
({_SAME_CONTENT} AND OLD.state = 'pending' AND (
  NEW.state IN ('pending', 'rejected', 'withdrawn', 'expired', 'void')
  OR (NEW.state = 'used' AND {_VOTES.format("approve")} >= NEW.quorum AND {_VOTES.format("reject")} = 0)
)) OR (OLD.state <> 'pending' AND OLD.snapshot <> '{{}}' AND {_ERASED})
"""
# Name, table, statement, the condition that must hold (empty: none does), and the message otherwise.
_TRIGGERS = (
    (
        "approvals_decision_valid",
        DECISION_TABLE,
        "INSERT",
        _VALID_DECISION,
        "this person cannot decide this request",
    ),
    ("approvals_decision_no_update", DECISION_TABLE, "UPDATE", "", "decisions are append-only"),
    ("approvals_decision_no_delete", DECISION_TABLE, "DELETE", "", "decisions are append-only"),
    ("approvals_request_insert", REQUEST_TABLE, "INSERT", "NEW.state = 'pending'", "a request begins pending"),
    ("approvals_request_update", REQUEST_TABLE, "UPDATE", _VALID_TRANSITION, "a request cannot change so"),
    ("approvals_request_no_delete", REQUEST_TABLE, "DELETE", "", "requests are kept"),
)


def install(to: BaseDatabaseWrapper = connection) -> None:
    """Make every trigger, replacing what is there. Idempotent."""
    remove(to)
    with to.cursor() as cursor:
        for statement in _postgresql() if to.vendor == "postgresql" else _sqlite():
            cursor.execute(statement)


def remove(to: BaseDatabaseWrapper = connection) -> None:
    """Drop every trigger: for the reverse migration, and for tests."""
    with to.cursor() as cursor:
        for name, table, *_ in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if to.vendor == "postgresql" else ""))
        if to.vendor == "postgresql":
            for table in (DECISION_TABLE, REQUEST_TABLE):
                cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_truncate ON {table}")


@contextmanager
def removed(to: BaseDatabaseWrapper = connection) -> Iterator[None]:
    """Without triggers within the block. For tests only."""
    with transaction.atomic(using=to.alias):
        remove(to)
        yield
        install(to)


def _sqlite() -> Iterator[str]:
    for name, table, statement, condition, refusal in _TRIGGERS:
        unless = f"WHEN NOT ({condition}) " if condition else ""
        yield f"CREATE TRIGGER {name} BEFORE {statement} ON {table} {unless}BEGIN SELECT RAISE(ABORT, '{refusal}'); END"


def _postgresql() -> Iterator[str]:
    for name, table, statement, condition, refusal in _TRIGGERS:
        row = "OLD" if statement == "DELETE" else "NEW"
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"IF NOT ({condition or 'FALSE'}) THEN RAISE EXCEPTION '{refusal}' "
            f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END $$"
        )
        yield f"CREATE TRIGGER {name} BEFORE {statement} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}"
    for table, name in (
        (DECISION_TABLE, "approvals_decision_no_delete"),
        (REQUEST_TABLE, "approvals_request_no_delete"),
    ):
        yield (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_truncate"
