"""Rows are written by services, and by what services are made of: of every model, also of those without a history, which
`tests.support.mypy_history` and `history_guard` do not watch."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Final

import pytest

from tests.test_walls import chain, is_of_kind, trees

# Verbs, the one path of what is decided, the reading of rows that came in, and what inserts many of them at once.
WRITING_ROOMS: Final = ("services", "pipeline", "records", "bulk_load")
WRITES: Final = frozenset(
    {prefix + name for prefix in ("", "a") for name in (
        "create", "bulk_create", "get_or_create", "update_or_create", "bulk_update", "delete", "save",
    )}
    | {"insert_instances", "insert_rows", "insert_many"}
)  # fmt: skip
SQL: Final = re.compile(r"\b(INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM)\b")
# How rows are inserted, of whatever model.
INSERTING: Final = ("finobs", "core", "db")
# Everything else that may, each with its reason.
WRITERS: Final[Mapping[str, str]] = {
    "finobs/core/history.py": "the one place that writes rows with their history, for services",
    "finobs/core/jobs/lease.py": "the row of a job, for whichever service works on it",
    "finobs/core/idempotency.py": "what was answered to a request, for it to be answered again",
    "finobs/core/schedule.py": "the beat's own table follows the code",
    "finobs/ledger/triggers.py": "the database's own functions, which keep others from writing events",
    "finobs/ledger/management/commands/ledger_key.py": "a file with a key, no row",
    "finobs/demo/management/commands/demo.py": "a file with a key, no row",
    "finobs/accounts/roles.py": "roles follow the table in the code",
    "finobs/accounts/unit_tree.py": "which unit lies in which, worked out for the services of units",
    "finobs/accounts/system.py": "finobs's own processes as actors, made on first use",
    "finobs/accounts/models.py": "scenes of tests",
    "finobs/accounts/middleware.py": "when a session was last seen",
    "finobs/accounts/authentication.py": "when a token was last used",
    "finobs/accounts/login.py": "the session of whoever signs in",
    "finobs/accounts/session_store.py": "the sessions themselves",
    "approvals/guard.py": "asks for an approval, called by the service that needs it",
    "approvals/erasure.py": "empties requests about whom is erased, called by the service that erases",
    "approvals/lifecycle.py": "ends a request, called by the services of approvals",
    "transactions/deliveries/comparison.py": "what a delivery lacks, called by the services of deliveries",
    "transactions/parties/assertions.py": "the columns of a customer, called by the services that assert of them",
}


def writes(tree: ast.AST) -> Iterator[int]:
    """The lines that write rows. `update` with keywords is a queryset's; a dictionary is given another."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value):
            yield node.lineno
        if not isinstance(node, ast.Call):
            continue
        names = chain(node.func)
        is_update = names[-1:] in (["update"], ["aupdate"]) and node.keywords and not node.args
        if is_update or (names and names[-1] in WRITES):
            yield node.lineno


@pytest.mark.parametrize(
    ("code", "is_write"),
    [
        ("QueueEntry.objects.create(queue=queue)", True), ("rows.update(left_at=at)", True), ("lease.save()", True),
        ("item.tags.all().delete()", True), ("history.bulk_update(items, fields=fields)", True),
        ("insert_instances(rows)", True), ("send('UPDATE cases_queue SET name = 1')", True),
        ("counts.update(rows)", False), ("digest.update(b'')", False), ("Queue.objects.filter(pk=1)", False),
    ],
)  # fmt: skip
def test_what_is_a_write(code: str, is_write: bool) -> None:
    assert bool([*writes(ast.parse(code))]) is is_write


def test_rows_are_written_by_services_and_by_what_they_are_made_of_alone() -> None:
    elsewhere: dict[str, list[int]] = {}
    for path, tree in trees():
        lines = sorted({*writes(tree)})
        if lines and not is_of_kind(path, WRITING_ROOMS) and path.parts[:3] != INSERTING:
            elsewhere[str(path)] = lines
    assert {path: lines for path, lines in elsewhere.items() if path not in WRITERS} == {}
    assert WRITERS.keys() - elsewhere.keys() == set(), "these write nothing any more"
