"""An RSGI request as WSGI knows it; limits of bodies under ASGI."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest

from finobs.serving import body_limit, limits
from finobs.serving.environ import environ_of


def scope(*headers: tuple[str, str], **changes: Any) -> SimpleNamespace:
    given = {
        "method": "POST", "path": "/a b/é/c", "query_string": "q=%20&q=2", "server": "127.0.0.1:8000",
        "client": "10.0.0.9:4711", "http_version": "1.1", "scheme": "http", "authority": None,
    } | changes  # fmt: skip
    return SimpleNamespace(**given, headers=SimpleNamespace(items=lambda: list(headers)))


def request(*headers: tuple[str, str], body: bytes = b"", **changes: Any) -> WSGIRequest:
    return WSGIRequest(environ_of(scope(*headers, **changes), body))


def test_a_request_is_what_was_sent():
    made = request(("host", "finobs.example"), ("content-type", "text/plain"), body="grüße".encode())
    assert (made.method, made.path_info, made.GET.getlist("q")) == ("POST", "/a b/é/c", [" ", "2"])
    assert made.headers["Host"] == "finobs.example"
    assert made.content_type == "text/plain"
    assert made.body == "grüße".encode()
    assert (made.META["REMOTE_ADDR"], made.META["SERVER_PORT"]) == ("10.0.0.9", "8000")


def test_addresses_of_ipv6_have_no_brackets():
    made = request(server="[::1]:8000", client="[2001:db8::1]:4711")
    assert (made.META["SERVER_NAME"], made.META["REMOTE_ADDR"]) == ("::1", "2001:db8::1")


def test_headers_of_several_lines_are_one():
    made = request(("cookie", "a=1"), ("cookie", "b=2"), ("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2"))
    assert made.COOKIES == {"a": "1", "b": "2"}
    assert made.META["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"


def test_a_header_with_underscores_passes_for_no_other():
    """X_Forwarded_For would be believed as what the proxy wrote."""
    made = request(("x-forwarded-for", "9.9.9.9"), ("x_forwarded_for", "1.1.1.1"), ("x_request_id", "forged-1"))
    assert made.META["HTTP_X_FORWARDED_FOR"] == "9.9.9.9"
    assert "X-Request-Id" not in made.headers


def test_a_length_that_is_declared_is_the_length_of_what_came():
    assert request(("content-length", "5"), body=b"hello").META["CONTENT_LENGTH"] == "5"
    assert request(("content-length", "0")).META["CONTENT_LENGTH"] == ""


async def ask(app: Any, messages: list[dict[str, Any]], **changes: Any) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not messages:
            await asyncio.sleep(3600)
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app({"type": "http", "method": "POST", "path": "/x", "headers": []} | changes, receive, send)
    return sent


async def echo(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


def part(body: bytes, more: bool = True) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


def test_a_body_in_parts_comes_whole():
    made = body_limit.BodyLimit(echo)
    sent = asyncio.run(ask(made, [part(b"a"), part(b"b"), part(b"c", more=False)]))
    assert sent[1]["body"] == b"abc"
    assert made.bodies.used == 0


def test_a_caller_who_leaves_is_answered_nothing():
    made = body_limit.BodyLimit(echo)
    assert asyncio.run(ask(made, [part(b"a"), {"type": "http.disconnect"}])) == []
    assert made.bodies.used == 0


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_that_is_too_large_is_refused(monkeypatch, declared):
    monkeypatch.setattr(limits, "MAX_BODY_BYTES", 10)
    headers = [(b"content-length", b"11")] if declared else []
    made = body_limit.BodyLimit(echo)
    sent = asyncio.run(ask(made, [part(b"12345"), part(b"678901", more=False)], headers=headers))
    assert sent[0]["status"] == 413
    assert made.bodies.used == 0


def test_a_body_that_does_not_come_is_refused(monkeypatch):
    monkeypatch.setattr(limits, "MAX_BODY_SECONDS", 0.05)
    made = body_limit.BodyLimit(echo)
    sent = asyncio.run(ask(made, [part(b"12345")]))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert made.bodies.used == 0


def test_liveness_asks_nobody():
    async def nobody(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("was asked")

    sent = asyncio.run(ask(body_limit.BodyLimit(nobody), [], method="GET", path="/livez"))
    assert (sent[0]["status"], sent[1]["body"]) == (200, b'{"status": "ok"}')


def test_starting_and_ending_are_confirmed():
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = asyncio.run(ask(body_limit.lifespan, messages))
    assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
