"""Whoever sends slowly keeps nobody else out: real sockets against the servers as they are started."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from types import SimpleNamespace

import pytest
from django.conf import settings

from finobs.core.errors import TooLarge
from finobs.serving import limits
from tests.benchmarks import server as production

HOST = production.HOST
SIGN_IN = "/accounts/sign-in/"
HEAD = f"Host: {HOST}\r\nX-Forwarded-Proto: https\r\n"
# With what lets Django look for the token in the body: it refuses others before it reads.
FORM = (
    f"Content-Type: application/x-www-form-urlencoded\r\nReferer: https://{HOST}/\r\n"
    f"Cookie: __Host-csrf={'c' * 32}; csrftoken={'c' * 32}\r\n"
)
SLOW = {
    "a body that never comes": f"POST {SIGN_IN} HTTP/1.1\r\n{HEAD}{FORM}Content-Length: 1000\r\n\r\n",
    "half of a body": f"POST {SIGN_IN} HTTP/1.1\r\n{HEAD}{FORM}Content-Length: 1000\r\n\r\nusername=a",
    "half of a JSON body": f"POST /api/v1/decisions HTTP/1.1\r\n{HEAD}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{",
    "a chunked body without an end": f"POST {SIGN_IN} HTTP/1.1\r\n{HEAD}{FORM}Transfer-Encoding: chunked\r\n\r\n5\r\nusern\r\n",
    "a body announced to a page": f"GET {SIGN_IN} HTTP/1.1\r\n{HEAD}Content-Length: 1000\r\n\r\n",
    "headers without an end": f"GET {SIGN_IN} HTTP/1.1\r\n{HEAD}X-More: ",
    "nothing at all": "",
}


@pytest.fixture(scope="module")
def production_server(django_db_setup: None, django_db_blocker: object) -> Iterator[int]:
    with django_db_blocker.unblock(), production.process("web", with_pages=True) as web:  # type: ignore[attr-defined]
        yield web.port


@pytest.fixture(scope="module")
def embedded_server(django_db_setup: None) -> Iterator[int]:
    from finobs.asgi import application
    from finobs.embedded import server as embedded

    port = free_port()
    listener = embedded.claim_port(port)
    running = embedded.Server(embedded.server_config(application))
    # Signals belong to the main thread, which runs the tests.
    running.capture_signals = contextlib.nullcontext  # type: ignore[assignment, method-assign]
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_for(port)
    yield port
    running.should_exit = running.force_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture(params=["production_server", "embedded_server"])
def port(request: pytest.FixtureRequest) -> int:
    return int(request.getfixturevalue(request.param))


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def answer_to(port: int, request: str, *, seconds: float = 10) -> str:
    with closing(socket.create_connection((HOST, port), timeout=seconds)) as client:
        client.sendall(request.encode())
        return read(client)


def read(client: socket.socket) -> str:
    """The headers, and the body as far as its length is known."""
    data = b""
    while part := client.recv(65_536):
        data += part
        head, divider, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if divider and length and len(body) >= int(length[1]):
            break
    return data.decode()


@contextlib.contextmanager
def slow_callers(port: int, number: int, beginning: str) -> Iterator[list[socket.socket]]:
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(closing(socket.create_connection((HOST, port), 5))) for _ in range(number)]
        for caller in callers:
            caller.sendall(beginning.encode())
        time.sleep(0.3)
        yield callers


@pytest.mark.parametrize("number", [8, 50])
@pytest.mark.parametrize("beginning", SLOW.values(), ids=SLOW.keys())
@pytest.mark.django_db
def test_slow_callers_keep_nobody_from_signing_in(port, number, beginning):
    with slow_callers(port, number, beginning):
        started = time.monotonic()
        assert answer_to(port, f"GET {SIGN_IN} HTTP/1.1\r\n{HEAD}\r\n").startswith("HTTP/1.1 200")
        assert answer_to(port, f"GET /livez HTTP/1.1\r\n{HEAD}\r\n").startswith("HTTP/1.1 200")
        assert time.monotonic() - started < 5


def test_slow_callers_are_sent_away_in_time(port):
    """All of them at once, and one who sends a byte a second, which a limit on silence would let go on for ever."""
    with ThreadPoolExecutor(len(SLOW) + 1) as callers:
        waiting = {name: callers.submit(last_word, port, beginning) for name, beginning in SLOW.items()}
        waiting["a byte a second"] = callers.submit(last_word, port, SLOW["half of a body"], more="b")
        answers = {name: each.result() for name, each in waiting.items()}
    assert all(answer[:12] in ("", "HTTP/1.1 408", "HTTP/1.1 411") for answer in answers.values()), answers
    assert answers["a byte a second"].startswith("HTTP/1.1 408")
    assert answers["half of a body"].startswith("HTTP/1.1 408")


def last_word(port: int, beginning: str, *, more: str = "") -> str:
    """What a caller is told who begins and does not end. `more` is sent each second. Fails if nothing comes in time."""
    end = time.monotonic() + limits.MAX_BODY_SECONDS + 10
    with closing(socket.create_connection((HOST, port), timeout=1)) as caller:
        caller.sendall(beginning.encode())
        while time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                return read(caller)
            caller.sendall(more.encode())
    raise AssertionError(f"still connected: {beginning!r}")


def test_a_body_beyond_the_limit_is_refused_from_its_declared_length(port):
    request = f"POST {SIGN_IN} HTTP/1.1\r\n{HEAD}{FORM}Content-Length: {limits.MAX_BODY_BYTES + 1}\r\n\r\n"
    assert answer_to(port, request).startswith("HTTP/1.1 413")


def test_a_whole_body_is_read_in_pieces(port):
    body = "username=nobody%40example.com&password=" + "x" * 20_000
    request = f"POST {SIGN_IN} HTTP/1.1\r\n{HEAD}{FORM}Content-Length: {len(body)}\r\n\r\n"
    with closing(socket.create_connection((HOST, port), timeout=10)) as caller:
        caller.sendall(request.encode())
        for start in range(0, len(body), 7_000):
            caller.sendall(body[start : start + 7_000].encode())
            time.sleep(0.05)
        # Without a CSRF cookie: Django has read the form and says so.
        assert read(caller).startswith("HTTP/1.1 403")


def test_half_of_a_body_is_not_taken_for_the_whole(port):
    """It would be a decision with half of its reason."""
    with closing(socket.create_connection((HOST, port), timeout=10)) as caller:
        caller.sendall(SLOW["half of a body"].encode())
        caller.shutdown(socket.SHUT_WR)
        assert not read(caller).startswith(("HTTP/1.1 2", "HTTP/1.1 3", "HTTP/1.1 403"))


def test_callers_that_leave_in_the_middle_take_nothing_with_them(port):
    for _ in range(20):
        with slow_callers(port, 1, SLOW["half of a body"]):
            pass
    assert answer_to(port, f"GET {SIGN_IN} HTTP/1.1\r\n{HEAD}\r\n").startswith("HTTP/1.1 200")


def test_the_budget_of_bodies_refuses_large_ones_and_never_small_ones(settings):
    bodies = limits.Bodies()
    bodies.used = limits.MAX_BUFFERED_BYTES
    bodies._take(limits.SMALL_BODY_BYTES, 0)
    with pytest.raises(limits.Busy):
        bodies._take(1, limits.SMALL_BODY_BYTES)


REFUSALS = [
    limits.SlowBody("A body must come."), limits.NoLength(), TooLarge("So much."), limits.Busy("Come again."),
]  # fmt: skip


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: str(error.status))
def test_what_the_event_loop_refuses_is_in_the_log_under_the_id_of_its_answer(caplog, monkeypatch, error):
    monkeypatch.setattr(limits, "lines", limits.RefusalLines())
    _, headers, body = limits.refusal(error, "POST", "/cases/\x1b[1m\n" + "x" * 9_000)
    (record,) = caplog.records
    identifier = dict(headers)["x-request-id"]
    assert identifier in body.decode()
    assert (record.name, record.levelname) == ("finobs.http", "WARNING")
    said = record.getMessage()
    assert identifier in said
    assert f"POST '/cases/\\x1b[1m\\n{'x' * 100}" in said
    assert str(error.status) in said
    assert len(said) < 400


def test_a_flood_of_refusals_is_a_bounded_number_of_lines(caplog, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(limits, "lines", limits.RefusalLines())
    for _ in range(500):
        limits.refusal(TooLarge(), "POST", "/")
    assert len(caplog.records) == limits.MAX_LINES_A_MINUTE
    now[0] += 61
    limits.refusal(TooLarge(), "POST", "/")
    assert f"{500 - limits.MAX_LINES_A_MINUTE} lines" in caplog.records[-1].getMessage()


def test_the_proxy_waits_for_nobody_without_an_end():
    text = (settings.BASE_DIR / "deploy" / "Caddyfile").read_text()
    for option in ("read_header", "read_body", "idle", "max_size"):
        assert re.search(rf"^\s*{option} \S+", text, re.MULTILINE), option
