"""What is streamed arrives whole or as an error, with bounded memory: a real socket against the production server."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from finobs.settings.env import BASE_DIR
from tests.support import streaming_app

from .test_slow_callers import HOST, free_port, wait_for

SETTINGS = "from finobs.settings.test import *; ROOT_URLCONF = 'tests.support.streaming_app'; MIDDLEWARE = {}\n"
MIDDLEWARE = ["finobs.core.middleware.RequestContextMiddleware"]


class Server:
    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log

    def ask(self, path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
        with closing(http.client.HTTPConnection(HOST, self.port, timeout=60)) as connection:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer, answer.read()

    def state(self) -> list[int]:
        """Its memory in KiB, and how many chunks were made."""
        return [int(number) for number in self.ask("/state")[1].split()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("streaming")
    (folder / "streaming_settings.py").write_text(SETTINGS.format(MIDDLEWARE))
    port = free_port()
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "streaming_settings", "FINOBS_PROCESS": "web",
        "PYTHONPATH": f"{folder}{os.pathsep}{BASE_DIR}",
    }  # fmt: skip
    command = ["granian", "--interface", "rsgi", "--host", HOST, "--port", str(port), "--no-log"]
    with (folder / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", *command, "tests.support.streaming_app:application"],
            cwd=BASE_DIR, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(port)
        yield Server(port, folder / "log")
    finally:
        child.terminate()
        child.wait(20)


@pytest.mark.parametrize("count", [0, 1, 16, 17, 3_000])
def test_a_streamed_answer_arrives_whole(server: Server, count: int) -> None:
    answer, body = server.ask(f"/many/{count}")
    assert (answer.status, len(body)) == (200, count * len(streaming_app.CHUNK))
    assert body == streaming_app.CHUNK * count
    assert answer.headers["Content-Length"] == str(len(body))


def test_memory_is_bounded_however_slowly_it_is_taken(server: Server) -> None:
    before, _ = server.state()
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=60)) as slow:
        slow.request("GET", "/many/3000")
        answer = slow.getresponse()
        after, _ = server.state()
        assert after - before < 60 * 1024, "the answer has 190 MiB"
        assert len(answer.read()) == 3_000 * len(streaming_app.CHUNK)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_one_that_fails_halfway_is_an_error_and_one_line_under_its_id(server: Server, count: int) -> None:
    size = len(server.log.read_text())
    answer, body = server.ask(f"/failing/{count}")
    identifier = answer.headers["X-Request-ID"]
    assert answer.status == 500
    assert identifier in body.decode()
    assert streaming_app.CHUNK[:10] not in body
    said = server.log.read_text()[size:]
    assert said.count(" ERROR ") == 1
    assert f" ERROR {identifier} finobs.http: the answer to GET '/failing/{count}' failed" in said
    assert "in chunks" in said
    assert streaming_app.SECRET not in said


def test_nothing_more_is_made_for_who_has_gone(server: Server) -> None:
    _, before = server.state()
    with closing(http.client.HTTPConnection(HOST, server.port, timeout=60)) as connection:
        connection.request("GET", "/endless")
        time.sleep(0.5)
    end = time.monotonic() + 10
    numbers: list[Any] = [before, None]
    while numbers[-1] != numbers[-2] and time.monotonic() < end:
        time.sleep(0.5)
        numbers.append(server.state()[1])
    assert before < numbers[-1] < before + 200


@pytest.mark.parametrize("path", ["/many/100", "/many/1", "/cookies"])
def test_a_head_has_the_headers_and_no_body(server: Server, path: str) -> None:
    answer, body = server.ask(path, "HEAD")
    assert (answer.status, body) == (200, b"")


def test_what_is_unchanged_has_no_body(server: Server) -> None:
    answer, body = server.ask("/unchanged")
    assert (answer.status, body) == (304, b"")


def test_each_cookie_has_a_header_of_its_own(server: Server) -> None:
    answer, _ = server.ask("/cookies")
    assert [line.split("=")[0] for line in answer.headers.get_all("Set-Cookie") or []] == ["first", "second"]
