"""Statements prepared on the server, and several of them in one go; a look at the socket where Django asks a question,
and an end to each wait.

Values travel beside the statement (`server_side_binding`), so that PostgreSQL keeps its plans: a decision costs it
less than half (measured: 2.7 to 1.1 ms of its time). A statement then takes at most 65,535 values.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations
from psycopg import errors

from ...logs import outages
from ..keys import Keys

MAX_PARAMETERS = 65_535
# What a person sees by 250 grants is asked for by 250 values. The plan that PostgreSQL keeps of such a statement is for
# any values: it took twice the time of one that knows them (measured, 76 ms and 41), and that is planned in one. A plan
# for any list of 10,000 ids walks it for each row instead of hashing it (0.62 s instead of 0.07).
MAX_PREPARED_VALUES = 100


class Cursor(base.ServerBindingCursor):
    def execute(self, query: Any, params: Any = None, *, prepare: bool | None = None, **options: Any) -> Any:
        """A statement of a long list is planned each time, with its values."""
        if prepare is None and params is not None and _is_long(params):
            prepare = False
        return super().execute(query, params, prepare=prepare, **options)  # type: ignore[misc]


class DatabaseOperations(operations.DatabaseOperations):
    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """Rows in one statement."""
        return min(len(objs), MAX_PARAMETERS // max(1, len(fields)))


class Queued:
    """A statement that waits for the next one, to be sent in one go with it; then the cursor that has its answer."""

    def __init__(self, sql: str, values: Sequence[Any], returns_rows: bool) -> None:
        self.sql, self.values, self.returns_rows = sql, values, returns_rows
        self.cursor: Any = None

    @property
    def target(self) -> str:
        """The table that it writes to: INSERT INTO table (..."""
        return " ".join(self.sql.split(None, 3)[:3])


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = DatabaseOperations
    health_check_enabled: bool
    health_check_done: bool
    execute_wrappers: list[Any]
    answer_seconds: float | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._queue: list[Queued] = []

    def enqueue(self, sql: str, values: Sequence[Any], returns_rows: bool) -> Queued:
        """Execute a statement before the next one, whatever that is, and at the latest before the commit."""
        self.validate_no_broken_transaction()
        queued = Queued(sql, values, returns_rows)
        if not self._queue:
            # Around all others, and at the end that `execute_wrapper` does not take its own from.
            self.execute_wrappers.insert(0, self._send_queue_first)
        self._queue.append(queued)
        return queued

    def send_queue(self) -> None:
        """Execute what waits, in one go. Raises what Django raises, for the first that fails."""
        queue = self._clear_queue()
        if not queue:
            return
        self.ensure_connection()
        raw: Any = self.connection
        if raw.pgconn.pipeline_status:
            self._send(queue)
            return
        with self.wrap_database_errors, raw.pipeline():
            self._send(queue)

    def _send(self, queue: Sequence[Queued]) -> None:
        for group in _groups(queue):
            together = _together(group)
            together.cursor = self.cursor()
            together.cursor.execute(together.sql, together.values or None)

    def _send_queue_first(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raw: Any = self.connection
        if raw.pgconn.pipeline_status:
            self.send_queue()
            return execute(sql, params, many, context)
        with self.wrap_database_errors, raw.pipeline():
            self.send_queue()
            return execute(sql, params, many, context)

    def chunked_cursor(self) -> Any:
        """A cursor on the server takes no part in a pipeline."""
        self.send_queue()
        return super().chunked_cursor()

    def _clear_queue(self) -> list[Queued]:
        queue, self._queue = self._queue, []
        if queue:
            self.execute_wrappers.remove(self._send_queue_first)
        return queue

    def _commit(self) -> Any:
        try:
            self.send_queue()
        except Exception:
            # Django rolls back after errors of the database; here a value may be wrong before it gets there.
            self._rollback()
            raise
        return super()._commit()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        # All that waits was put off within the savepoint, whose own statement took along what waited before.
        self._clear_queue()
        super()._savepoint_rollback(sid)  # type: ignore[misc]

    def _rollback(self) -> Any:
        self._clear_queue()
        return super()._rollback()  # type: ignore[misc]

    def close(self) -> None:
        self._clear_queue()
        super().close()

    def get_connection_params(self) -> dict[str, Any]:
        """As Django's, without `answer_seconds`, which libpq does not know, and with our cursor."""
        params: dict[str, Any] = super().get_connection_params()
        self.answer_seconds = params.pop("answer_seconds", None)
        if params["cursor_factory"] is base.ServerBindingCursor:
            params["cursor_factory"] = Cursor
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


def _groups(queue: Sequence[Queued]) -> Iterator[list[Queued]]:
    """What may be one statement: neighbouring writes that return nothing, each of another table (the parts of one
    statement are carried out in an order that PostgreSQL does not promise), with as many values as one takes."""
    group: list[Queued] = []
    for each in queue:
        values = sum(len(other.values) for other in (*group, each))
        is_alone = each.returns_rows or any(other.returns_rows or other.target == each.target for other in group)
        if group and (is_alone or values > MAX_PARAMETERS):
            yield group
            group = []
        group.append(each)
    if group:
        yield group


def _together(writes: Sequence[Queued]) -> Queued:
    """Writes that return nothing as one statement: each of its own costs the client more than the server."""
    if len(writes) == 1:
        return writes[0]
    values = [value for each in writes for value in each.values]
    return Queued(_joined(tuple(each.sql for each in writes)), values, returns_rows=False)


@lru_cache(maxsize=128)
def _joined(statements: tuple[str, ...]) -> str:
    parts = [f"w{number} AS ({statement})" for number, statement in enumerate(statements[:-1])]
    return f"WITH {', '.join(parts)} {statements[-1]}"


def _is_long(params: Sequence[Any]) -> bool:
    return len(params) > MAX_PREPARED_VALUES or any(
        type(each) is Keys and len(each) > MAX_PREPARED_VALUES for each in params
    )


def _wait(connection: Any, wait: Any, seconds: float, generator: Any, **options: Any) -> Any:
    """A server that accepts a statement and never answers: statement_timeout is the server's, and it hangs."""
    try:
        return wait(generator, **{"timeout": seconds} | options)
    except errors._WaitTimeout:
        # What may still come would be taken for the answer to the next statement.
        connection.pgconn.finish()
        raise psycopg.OperationalError(f"no answer within {seconds:.0f} s") from None
