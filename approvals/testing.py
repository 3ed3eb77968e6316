"""For tests on a real transaction: Django empties the tables after each, which the triggers refuse.

`pytest_plugins = ["approvals.testing"]` in the root conftest takes them off for exactly that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from . import triggers


@pytest.fixture(scope="session", autouse=True)
def _flush_without_approval_triggers() -> Iterator[None]:
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: Any) -> None:
        with triggers.removed(self.connection):
            flush(self, sql_list)

    operations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]
    yield
    operations.execute_sql_flush = flush  # type: ignore[method-assign]
