"""ASGI middleware with the same limits, for the process that serves what is live and for embedded mode."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from finobs.core.errors import FinobsError

from . import limits

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]


class Disconnected(Exception):
    """The caller has gone before its request was there."""


class BodyLimit:
    """Gives `app` requests with their whole body; answers by itself whether the process runs."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.bodies = limits.Bodies()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if limits.is_liveness(scope["method"], scope["path"]):
            await _answer(send, limits.alive())
            return
        body = b""
        try:
            body = await self.bodies.read(_parts(receive), _declared(scope))
            await self.app(scope, _replay(body, receive), send)
        except Disconnected:
            return
        except FinobsError as error:
            await _answer(send, limits.refusal(error, scope["method"], scope["path"]))
        finally:
            self.bodies.forget(body)


def _declared(scope: dict[str, Any]) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == b"content-length"), "")


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        yield message.get("body", b"")
        more = message.get("more_body", False)


def _replay(body: bytes, receive: Receive) -> Receive:
    """The body as one message, then whatever comes after it."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Any:
        return messages.pop() if messages else await receive()

    return next_message


async def _answer(send: Send, answer: limits.Answer) -> None:
    status, headers, body = answer
    encoded = [(name.encode(), value.encode()) for name, value in headers]
    encoded.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


async def refuse_socket(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Nothing is live at this address, or this caller may not know: a handshake that is closed is answered with 403."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Nothing to do when the server starts and ends."""
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
