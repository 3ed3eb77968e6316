"""Embedded mode: the server in the main thread, one Celery worker and beat in threads beside it, no other process.

Nothing durable lives in this process: what must happen is a row first (`finobs.core.dispatch`), so it may be killed
at any moment. Traps of this arrangement were measured before (docs/decisions/0003).
"""

from __future__ import annotations

import contextlib
import fcntl
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

import uvicorn
from celery.beat import EmbeddedService
from django.conf import settings

from finobs.celery import app

from .protocol import HttpProtocol

HOST = "127.0.0.1"


class AddressInUse(Exception):
    """Somebody else has the port, or runs on the same data."""


def claim_port(port: int) -> socket.socket:
    """The port, held from now on but not listening yet. Raises AddressInUse."""
    probe = socket.socket()
    probe.settimeout(0.5)
    with contextlib.closing(probe):
        if probe.connect_ex((HOST, port)) == 0:
            raise AddressInUse(f"Port {port} is in use. Choose another: PORT={port + 1}")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise AddressInUse(
            f"Port {port} cannot be used ({error.strerror}). Choose another: PORT={port + 1} make demo"
        ) from None
    return listener


def claim_data(folder: Path) -> IO[str]:
    """The folder, for as long as the returned file is open; the system lets go when the process dies.

    Raises AddressInUse.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        # The system lets go of it when the process dies, however it dies: no stale lock after a kill.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise AddressInUse(f"Another finobs is running on {folder}. Stop it, or set FINOBS_VAR_DIR.") from None
    return lock


class Server(uvicorn.Server):
    """Ends on a signal and returns: uvicorn's own handler raises the signal again, and nothing after it would run."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {name: signal.signal(name, self._end) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        # The second signal does not wait for what is under way.
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(listener: socket.socket, port: int, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; then finish what runs, within seconds."""
    from finobs.asgi import application

    # WhiteNoise streams files from synchronous iterators: small ones, and here on one machine.
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
    server = Server(server_config(application))
    worker, beat = _worker(), _beat()
    threading.Thread(target=worker.start, name="worker", daemon=True).start()
    beat.start()
    threading.Thread(target=_announce, args=(server, port, on_ready), name="announce", daemon=True).start()
    try:
        server.run(sockets=[listener])
    finally:
        beat.stop()
        worker.stop()


def _worker() -> Any:
    """The worker's core without its signal handlers, which belong to a main thread."""
    return app.WorkController(
        pool="threads", concurrency=2, hostname="embedded@finobs", quiet=True,
        without_gossip=True, without_mingle=True, without_heartbeat=True,
    )  # fmt: skip


def _beat() -> Any:
    # The embedded service does not read beat_scheduler from the settings: without this it fires nothing, silently.
    return EmbeddedService(app, thread=True, scheduler_cls=settings.CELERY_BEAT_SCHEDULER)


def server_config(application: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application, http=HttpProtocol, log_level="warning", access_log=False, lifespan="off", server_header=False,
        # Its own would write other lines than the settings say.
        log_config=None,
        # uvicorn would believe X-Forwarded-For of anybody; whom to believe is said in TRUSTED_PROXIES.
        proxy_headers=False,
        # An open event stream would hold the shutdown for ever (decision 3).
        timeout_graceful_shutdown=3,
    )  # fmt: skip


def _announce(server: uvicorn.Server, port: int, on_ready: Callable[[], None]) -> None:
    """Say that it is ready once it really answers."""
    while not server.should_exit:
        with contextlib.suppress(urllib.error.URLError, OSError):
            address = f"http://{HOST}:{port}/livez"
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    on_ready()
                    return
        time.sleep(0.1)
