"""The only caller of Celery: after the commit, by task name, with ids.

A task that is lost (a kill, an empty broker) must lose nothing: what has to happen is a row first, and the task
merely wakes whoever claims that row. A reaper on the beat wakes it again. So whoever has committed does not wait for
the broker either: a thread of its own sends, and a broker that hangs costs that thread's time.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import uuid
from typing import Any, Final, NamedTuple

from celery import current_app
from django.db import transaction

from . import context
from .logs.exceptions import causes
from .logs.outages import lost_server

log = logging.getLogger("finobs.dispatch")
# Calls that wait to be sent. More are dropped: the schedule finds their rows.
MAX_WAITING: Final = 1_000
# A command that ends lets its last calls out for so long.
MAX_SECONDS_AT_EXIT: Final = 5.0
MAX_ID_LENGTH: Final = 64


class Call(NamedTuple):
    """A task by name, the ids it is sent, and the request it is sent by."""

    task: str
    ids: tuple[int | str, ...]
    request_id: str


def on_commit(task: str, *ids: int | str) -> None:
    """Send the task named `task` with `ids` once the present transaction has committed (at once outside one)."""
    call = Call(task, ids, context.request_id())
    # robust: whatever goes wrong with one call fails neither the request nor the other calls; the row is there.
    transaction.on_commit(lambda: _hand_over(call), robust=True)


def task_by_name(task: str) -> Any:
    """The task of that name. Only workers load all tasks when they start: whoever else sends one loads them then."""
    if task not in current_app.tasks:
        current_app.loader.import_default_modules()
    return current_app.tasks[task]


def _hand_over(call: Call) -> None:
    if current_app.conf.task_always_eager:
        _send(call)
    else:
        _sender().put(call)


def _send(call: Call) -> None:
    # The worker's lines and events about it begin with the request's id.
    identifier = f"{call.request_id[: MAX_ID_LENGTH - 13]}.{uuid.uuid4().hex[:12]}".lstrip(".")
    task_by_name(call.task).apply_async(args=call.ids, task_id=identifier, retry=False)


class Sender:
    """The thread that sends. One for each process, made when the first call is handed over."""

    def __init__(self) -> None:
        self.process_id = os.getpid()
        self.waiting: queue.Queue[Call] = queue.Queue(MAX_WAITING)
        # Said once, until none waits.
        self.is_full = False
        threading.Thread(target=self._run, name="dispatch", daemon=True).start()
        atexit.register(self.wait, MAX_SECONDS_AT_EXIT)

    def wait(self, seconds: float) -> bool:
        """Until every call is out, the one that is being sent among them, for so long at most; whether it is so."""
        calls = self.waiting
        with calls.all_tasks_done:
            return calls.all_tasks_done.wait_for(lambda: not calls.unfinished_tasks, seconds)

    def put(self, call: Call) -> None:
        try:
            self.waiting.put_nowait(call)
        except queue.Full:
            if not self.is_full:
                log.warning("%s was not sent: %d calls wait. The schedule finds its row", call.task, MAX_WAITING)
            self.is_full = True

    def _run(self) -> None:
        while True:
            call = self.waiting.get()
            try:
                _send(call)
            # Whatever it is, the next call must be sent.
            except Exception as error:
                # Each that waits would wait for the same broker; a fault of one call is that call's.
                count = self._drop() if any(map(lost_server, causes(error))) else 0
                log.warning("%s and %d more were not sent", call.task, count, exc_info=True)
            finally:
                self.waiting.task_done()
            if self.waiting.empty():
                self.is_full = False

    def _drop(self) -> int:
        """Forget what waits; the schedule finds their rows."""
        count = 0
        while not self.waiting.empty():
            self.waiting.get()
            self.waiting.task_done()
            count += 1
        return count


_lock = threading.Lock()
_of_this_process: Sender | None = None


def _sender() -> Sender:
    """This process's: a thread does not survive a fork."""
    global _of_this_process
    with _lock:
        if _of_this_process is None or _of_this_process.process_id != os.getpid():
            _of_this_process = Sender()
        return _of_this_process
