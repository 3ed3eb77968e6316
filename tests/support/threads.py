"""Several acts begun in one moment, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from django.db import connection

from finobs.core.errors import FinobsError

T = TypeVar("T")


def attempt(act: Callable[[], Any]) -> str:
    """ "done", or the code of the error that the product refused with. Closes this thread's connection."""
    try:
        act()
    except FinobsError as error:
        return error.code
    finally:
        connection.close()
    return "done"


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """What became of each act, in their order, all of them begun together."""
    begin = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        begin.wait()
        return attempt(act)

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def elsewhere(job: Callable[[], T]) -> T:
    """The result of `job`, carried out and committed in another thread."""

    def run() -> T:
        try:
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=60)
