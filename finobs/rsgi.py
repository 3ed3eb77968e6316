"""RSGI: pages and API in production. The event loop reads bodies; a thread serves what is complete."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "finobs.settings.production")

# They need the settings.
from finobs.core.errors import FinobsError
from finobs.serving import limits, streaming
from finobs.serving.environ import environ_of
from finobs.settings import env
from finobs.wsgi import application as wsgi


class Application:
    """One for each worker process: its threads, and what waits for them."""

    def __init__(self, threads: int) -> None:
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self.free = asyncio.Semaphore(threads)
        self.bodies = limits.Bodies()

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if limits.is_liveness(scope.method, scope.path):
            protocol.response_bytes(*limits.alive())
            return
        body, declared = b"", scope.headers.get("content-length", "0")
        try:
            if "transfer-encoding" in scope.headers:
                raise limits.NoLength
            if declared != "0":
                body = await self.bodies.read(protocol, declared)
            if len(body) != int(declared):
                # The caller has gone in the middle: half of a form must not pass for the whole.
                return
            await self._serve(environ_of(scope, body), protocol)
        except FinobsError as error:
            protocol.response_bytes(*limits.refusal(error, scope.method, scope.path))
        except (ProtocolClosed, ProtocolError):
            # The caller has gone before the body was there.
            return
        finally:
            self.bodies.forget(body)

    async def _serve(self, environ: dict[str, Any], protocol: Any) -> None:
        try:
            async with asyncio.timeout(limits.MAX_QUEUE_SECONDS if self.free.locked() else None):
                await self.free.acquire()
        except TimeoutError:
            raise limits.Busy("Every worker is at work. Try again in a moment.") from None
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self.threads, _run, environ, protocol, loop)
        finally:
            self.free.release()


def _run(environ: dict[str, Any], protocol: Any, loop: asyncio.AbstractEventLoop) -> None:
    """Django's answer, given from this thread."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        started[:] = [int(status[:3]), headers]

    try:
        answer: Any = wsgi(environ, start_response)
        try:
            if getattr(answer, "streaming", False):
                status, headers = started
                streaming.send(answer, status, headers, protocol, loop)
            else:
                body = b"".join(answer)
                protocol.response_bytes(*started, body)
        finally:
            answer.close()
    except (ProtocolClosed, ProtocolError):
        raise
    except Exception as error:
        identifier = next((value for name, value in (started or [0, []])[1] if name.lower() == "x-request-id"), "")
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        protocol.response_bytes(*limits.fault(error, method, path, identifier))


application = Application(env.WEB_THREADS)
