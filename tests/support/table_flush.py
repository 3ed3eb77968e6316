"""For tests on a real transaction: Django empties the tables after each, which the triggers refuse.

The root conftest loads this; the triggers are off for exactly that moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from approvals import triggers as approvals
from finobs.ledger import triggers as ledger


@pytest.fixture(scope="session", autouse=True)
def _flush_without_triggers() -> Iterator[None]:
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def execute_sql_flush(self: Any, sql_list: Any) -> None:
        with ledger.removed(self.connection), approvals.removed(self.connection):
            flush(self, sql_list)

    operations.execute_sql_flush = execute_sql_flush  # type: ignore[method-assign]
    yield
    operations.execute_sql_flush = flush  # type: ignore[method-assign]
