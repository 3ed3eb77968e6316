"""Reading the next batch of a file while the one before is written."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from types import TracebackType
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")
_END: Final[Any] = object()


class ReadAhead(Generic[T]):
    """The same items, one after the other; `start` has a thread of its own read the next before it is asked for.

    What reading raises is raised by the `next` that asks for it. One item more than without is in memory. Leave the
    block before what is read from is closed.
    """

    def __init__(self, items: Iterator[T]) -> None:
        self._items, self._context = items, copy_context()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
        self._upcoming: Future[T] | None = None

    def start(self) -> None:
        """Begin to read the next item, if it is not being read."""
        if self._upcoming is None:
            self._upcoming = self._pool.submit(self._context.run, self._read)

    def next(self) -> T | None:
        """The next item; None at the end."""
        self.start()
        assert self._upcoming is not None
        item, self._upcoming = self._upcoming.result(), None
        return None if item is _END else item

    def _read(self) -> T:
        return next(self._items, _END)

    def __enter__(self) -> ReadAhead[T]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._pool.shutdown()
