"""What must hold for this process to serve: the database, its migrations, and what the apps add (seal lag, key)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

log = logging.getLogger("finobs.health")

# Returns what an operator wants to know; raises when finobs should not be sent requests.
Check = Callable[[], str]
_checks: dict[str, Check] = {}


def register(name: str, check: Check) -> None:
    """Add a check to /readyz, from AppConfig.ready(). Who may read metrics reads its words: no secrets, no paths."""
    _checks[name] = check


def ready() -> tuple[bool, dict[str, Any]]:
    """Run every check; one failure does not hide the others."""
    results = {
        name: _run(name, check) for name, check in {"database": _database, "migrations": _migrations, **_checks}.items()
    }
    return all(result["ok"] for result in results.values()), results


def _run(name: str, check: Check) -> dict[str, Any]:
    try:
        return {"ok": True, "detail": check()}
    except DatabaseError:
        log.exception("readiness: %s", name)
        return {"ok": False, "detail": "The database does not answer."}
    # Whatever a check raises is an answer: one broken check must not hide the others.
    except Exception as error:
        log.exception("readiness: %s", name)
        return {"ok": False, "detail": str(error)}


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return str(connection.vendor)


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise RuntimeError(f"{len(plan)} migrations have not been applied; run migrate.")
    return "applied"
