"""Statements prepared on the server, a look at the socket where Django asks a question, and an end to each wait.

Values travel beside the statement (`server_side_binding`), so that PostgreSQL keeps its plans: a decision costs it
less than half (measured: 2.7 to 1.1 ms of its time). A statement then takes at most 65,535 values.
"""

from __future__ import annotations

import select
from collections.abc import Sequence
from functools import partial
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations
from psycopg import errors

from ...logs import outages

MAX_PARAMETERS = 65_535


class DatabaseOperations(operations.DatabaseOperations):
    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """Rows in one statement."""
        return min(len(objs), MAX_PARAMETERS // max(1, len(fields)))


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    health_check_enabled: bool
    health_check_done: bool
    answer_seconds: float | None = None

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's, without `answer_seconds`, which libpq does not know."""
        params: dict[str, Any] = super().get_connection_params()
        self.answer_seconds = params.pop("answer_seconds", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        if self.answer_seconds:
            # psycopg ends a wait if it is told when; its cursors do not tell it.
            connection.wait = partial(_wait, connection, connection.wait, self.answer_seconds)
        outages.recovered(outages.POSTGRESQL)
        return connection

    def close_if_health_check_failed(self) -> None:
        """Once for each request. A server that has gone has closed its end, which the socket knows: only one that has
        something to say is asked, as Django always asks, with a round trip."""
        if self.connection is None or not self.health_check_enabled or self.health_check_done:
            return
        if self._has_news() and not self.is_usable():
            self.close()
        self.health_check_done = True

    def _has_news(self) -> bool:
        connection: Any = self.connection
        if connection.closed:
            return True
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))


def _wait(connection: Any, wait: Any, seconds: float, generator: Any, **options: Any) -> Any:
    """A server that accepts a statement and never answers: statement_timeout is the server's, and it hangs."""
    try:
        return wait(generator, **{"timeout": seconds} | options)
    except errors._WaitTimeout:
        # What may still come would be taken for the answer to the next statement.
        connection.pgconn.finish()
        raise psycopg.OperationalError(f"no answer within {seconds:.0f} s") from None
