"""How this installation is: the database, its migrations, and what the apps add (ledger, detection, schedule).

*failing*: finobs should not be sent requests; `/readyz` answers 503. *degraded*: it serves, and somebody should look.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import TextChoices

log = logging.getLogger("finobs.health")


class Status(TextChoices):
    """From the best to the worst; the worst of all checks is the installation's."""

    OK = "ok"
    DEGRADED = "degraded"
    FAILING = "failing"


class Degraded(Exception):
    """Raised by a check: finobs serves, but what this says needs somebody."""


class Failing(Exception):
    """Raised by a check: finobs should not be sent requests until somebody has seen to what this says."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    status: Status
    detail: str

    def as_json(self) -> dict[str, Any]:
        return {"status": str(self.status), "ok": self.status != Status.FAILING, "detail": self.detail}


# Returns what an operator wants to know; raises Degraded or Failing. Whatever else it raises is failing, too.
Check = Callable[[], str]
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Add a check to /readyz, from AppConfig.ready(). Who may read metrics reads its words: no secrets, no paths."""
    _checks[name] = check


def results() -> dict[str, CheckResult]:
    """Run every check; one failure does not hide the others."""
    return {
        name: _run(name, check) for name, check in {"database": _database, "migrations": _migrations, **_checks}.items()
    }


def worst(checks: dict[str, CheckResult]) -> Status:
    return max((result.status for result in checks.values()), key=list(Status).index)


def _run(name: str, check: Check) -> CheckResult:
    try:
        return CheckResult(Status.OK, check())
    except Degraded as degraded:
        return CheckResult(Status.DEGRADED, str(degraded))
    except Failing as failing:
        return CheckResult(Status.FAILING, str(failing))
    except DatabaseError:
        log.exception("readiness: %s", name)
        return CheckResult(Status.FAILING, "The database does not answer.")
    # Whatever a check raises is an answer: one broken check must not hide the others.
    except Exception as error:
        log.exception("readiness: %s", name)
        return CheckResult(Status.FAILING, str(error))


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return str(connection.vendor)


def unapplied_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _migrations() -> str:
    if number := unapplied_migrations():
        raise Failing(f"{number} migrations have not been applied; run migrate.")
    return "applied"
