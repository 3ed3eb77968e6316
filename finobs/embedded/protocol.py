"""uvicorn's HTTP protocol with an end to waiting for headers, which it has not."""

from __future__ import annotations

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from finobs.serving.limits import MAX_HEADER_SECONDS


class HttpProtocol(HttpToolsProtocol):
    """Closes a connection whose request has not begun, or whose headers are not complete, in MAX_HEADER_SECONDS."""

    header_timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_headers()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.header_timer is None:
            self._wait_for_headers()

    def on_headers_complete(self) -> None:
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_headers(self) -> None:
        self.header_timer = self.loop.call_later(MAX_HEADER_SECONDS, self.transport.close)

    def _stop_waiting(self) -> None:
        if self.header_timer is not None:
            self.header_timer.cancel()
            self.header_timer = None
