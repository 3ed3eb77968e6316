"""A WebSocket handshake to where nothing is live, by anybody and however made, is refused without a word in the log."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from contextlib import closing

import pytest

from tests.benchmarks import server as production

from .test_slow_callers import HOST, embedded_server, read

__all__ = ["embedded_server"]
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def handshake(path: str, **headers: str) -> bytes:
    complete = {
        "Host": HOST, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13", "Origin": f"http://{HOST}",
    } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
    lines = [f"{name}: {value}" for name, value in complete.items()]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()


HANDSHAKES = {
    "the root": handshake("/"),
    "a page": handshake("/cases/"),
    "where live things will be": handshake("/ws/cases/1/"),
    "nowhere": handshake("/nowhere/at/all?x=1"),
    "liveness": handshake("/livez"),
    "broken text": handshake("/ws/%ff%00/"),
    "another origin": handshake("/ws/", Origin="https://evil.example"),
    "no origin": handshake("/ws/", Origin=""),
    "another host": handshake("/ws/", Host="evil.example"),
    "a subprotocol": handshake("/ws/", Sec_WebSocket_Protocol="graphql-ws"),
    "a session that is none": handshake("/ws/", Cookie="sessionid=x; __Host-finobs=y"),
    "no key": handshake("/ws/", Sec_WebSocket_Key=""),
    "another version": handshake("/ws/", Sec_WebSocket_Version="1"),
    "rubbish after it": handshake("/ws/") + os.urandom(400),
    "frames after it": handshake("/ws/") + b"\x81\x85\x00\x00\x00\x00hello" * 50,
}


def answer_to(port: int, request: bytes) -> str:
    with closing(socket.create_connection((HOST, port), timeout=10)) as caller:
        caller.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            return read(caller)
        return "HTTP/1.1 403 reset"


@pytest.mark.parametrize("name", HANDSHAKES)
def test_embedded_mode_refuses_a_handshake_quietly(embedded_server, name, caplog):
    with caplog.at_level(logging.INFO):
        answer = answer_to(embedded_server, HANDSHAKES[name])
    assert answer[9:12] in ("400", "403", "404", "426"), answer
    assert [record.getMessage() for record in caplog.records if record.levelno > logging.INFO] == []


@pytest.mark.django_db(transaction=True)
def test_production_refuses_every_handshake_quietly():
    for service in ("live", "web"):
        with production.process(service, with_pages=True) as process:
            for name, request in HANDSHAKES.items():
                answer = answer_to(process.port, request)
                # To the web processes it is a request for a page: one that is not there, or asks to sign in.
                expected = ("400", "403", "404", "426") + (("200", "301", "302") if service == "web" else ())
                assert answer[9:12] in expected, (service, name, answer)
            lines = [line for line in process.said().splitlines() if "Invalid HTTP_HOST header" not in line]
        assert lines == [], service
