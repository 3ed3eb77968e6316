"""A save around the history of a row is found by what the row is: by mypy, and while the tests run."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from mypy import api as mypy

from cases.models import Case, Queue, WorkLease
from finobs.accounts.models import User
from finobs.core import clock
from finobs.settings.env import BASE_DIR
from tests import factories
from tests.support import history_guard
from tests.support.history_guard import SavedAroundHistory, audited_tables

SERVICE = "cases/services/queue_paint.py"


def run_as(path: str, code: str, **names: Any) -> None:
    """Run `code` as if it stood in that file of the repository."""
    exec(compile(code, str(BASE_DIR / path), "exec"), names)


def function_in(path: str, code: str, **names: Any) -> Any:
    """A function of that file which runs `code`."""
    exec(compile(f"def act():\n    {code}", str(BASE_DIR / path), "exec"), names)
    return names["act"]


@pytest.fixture
def names(queue: Queue, analyst: User) -> dict[str, Any]:
    case = factories.case(inside=queue)
    lease = WorkLease.objects.create(case=case, holder=analyst, expires_at=clock.now())
    return {
        "anything": queue, "row": case, "lease": lease, "person": analyst, "Queue": Queue, "Case": Case,
        "WorkLease": WorkLease, "Group": Group, "connection": connection, "clock": clock,
    }  # fmt: skip


AROUND = [
    "anything.save()",
    "row.save(update_fields=['priority'])",
    "lease.case.save()",
    "Case.objects.filter(pk=row.pk).update(priority=1)",
    "anything.cases.update(priority=1)",
    "Queue(slug='new', name='New').save()",
    "Queue.objects.create(slug='new', name='New')",
    "Queue.objects.bulk_create([Queue(slug='new', name='New')])",
    "Case.objects.bulk_update([row], ['priority'])",
    "Queue.objects.create(slug='new', name='New').delete()",
    "person.groups.add(Group.objects.get(name='viewer'))",
    "connection.cursor().execute('UPDATE cases_case SET priority = 1')",
    "connection.cursor().execute('WITH one AS (SELECT 1) UPDATE cases_case SET priority = 1')",
]


@pytest.mark.parametrize("code", AROUND)
def test_the_product_cannot_write_an_audited_row_around_its_history(names: dict[str, Any], code: str) -> None:
    with pytest.raises(SavedAroundHistory, match=r"queue_paint\.py:.*use finobs\.core\.history"):
        run_as(SERVICE, code, **names)


@pytest.mark.parametrize(
    "code",
    [
        "lease.save()",
        "WorkLease.objects.filter(case=row).update(expires_at=clock.now())",
        "lease.delete()",
        "list(Case.objects.select_for_update())",
        "connection.cursor().execute('SELECT 1 FROM cases_case')",
    ],
)
def test_what_keeps_no_history_is_written_as_anybody_likes(names: dict[str, Any], code: str) -> None:
    run_as(SERVICE, code, **names)


@pytest.mark.parametrize(
    "path", ["finobs/core/history.py", "cases/tests/test_queues.py", "tests/factories.py", "conftest.py"]
)
def test_the_one_way_and_the_scenes_of_tests_may(names: dict[str, Any], path: str) -> None:
    run_as(path, "anything.save()", **names)


@pytest.mark.parametrize("path", ["finobs/core/db/bulk.py", "tests/support/api.py"])
def test_who_writes_for_others_writes_for_its_caller(names: dict[str, Any], path: str) -> None:
    with pytest.raises(SavedAroundHistory, match="queue_paint"):
        run_as(SERVICE, "write()", write=function_in(path, "anything.save()", **names))


def test_createsuperuser_is_the_one_exception() -> None:
    assert {("finobs/accounts/models.py", "create_user")} == history_guard.EXCEPTIONS
    assert not history_guard.may_write("finobs/accounts/models.py", "change_user")


def test_every_audited_model_is_guarded() -> None:
    assert {
        "accounts_user", "accounts_user_groups", "approvals_approvalpolicy", "approvals_approvalrequest", "cases_case",
        "cases_incident", "cases_queue", "detection_modelversion", "detection_rule", "transactions_quarantinedrow",
        "transactions_source",
    } <= audited_tables()  # fmt: skip
    assert not {"cases_worklease", "cases_note", "transactions_transaction", "ledger_event"} & audited_tables()


SNIPPET = """
    from typing import Any

    class Case:
        history: Any = None
        def save(self) -> None: ...
        def delete(self) -> None: ...

    class Heir(Case): ...

    class Lease:
        case: Case
        def save(self) -> None: ...

    def change(row: Case, lease: Lease, heir: Heir) -> None:
        row.save()
        lease.save()
        lease.case.save()
        (kept := row).delete()
        heir.save()
"""


def test_mypy_finds_a_save_of_an_audited_row_by_its_type(tmp_path: Path) -> None:
    config, module = tmp_path / "mypy.ini", tmp_path / "change.py"
    config.write_text(f"[mypy]\nplugins = {BASE_DIR / 'tests/support/mypy_history.py'}\n")
    module.write_text(textwrap.dedent(SNIPPET))
    arguments = ["--config-file", str(config), "--cache-dir", str(tmp_path / "cache"), str(module)]
    output, _, _ = mypy.run(arguments)
    lines = module.read_text().splitlines()
    found = [lines[int(line.split(":")[1]) - 1].strip() for line in output.splitlines() if "[history]" in line]
    assert found == ["row.save()", "lease.case.save()", "(kept := row).delete()", "heir.save()"]
