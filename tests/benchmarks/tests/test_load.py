"""The load generator counts what it was answered, and the server of a benchmark stands on its own database."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import environ
import pytest
from django.conf import settings

from tests.benchmarks import load, server, take_next


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[bytes]] = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append(body)
        self.send_response(201 if body != b"bad" else 422)
        answer = body * 1000
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    Answers.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def run(bodies, clients=2, seconds=10.0):
    return {
        "name": "it", "clients": clients, "seconds": seconds, "method": "POST", "path": "/", "headers": {"X": "y"},
        "bodies": bodies,
    }  # fmt: skip


@pytest.mark.parametrize("clients", [1, 3])
def test_every_body_is_sent_once_and_its_answer_counted(port, clients):
    bodies = [f"b{number}" for number in range(20)]
    found = load.load(run(bodies, clients), "127.0.0.1", port)
    assert sorted(Answers.seen) == sorted(body.encode() for body in bodies)
    assert (found["statuses"], len(found["latencies"])) == ({201: 20}, 20)
    assert all(0 < latency <= found["seconds"] for latency in found["latencies"])


def test_a_refusal_is_no_success(port):
    assert load.load(run(["good", "bad", "good"]), "127.0.0.1", port)["statuses"] == {201: 2, 422: 1}


def test_the_benchmark_of_load_stops_when_the_time_is_over(port):
    found = load.load(run(["x"] * 50_000, seconds=0.2), "127.0.0.1", port)
    assert 0 < len(found["latencies"]) < 50_000


def test_the_generator_runs_as_a_process_without_django(port):
    found = server.load(port, [run(["a", "b"])])
    assert found["it"]["statuses"] == {"201": 2}
    code = "import tests.benchmarks.load, sys; print([name for name in sys.modules if name.startswith('django')])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=settings.BASE_DIR, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_generator_that_fails_says_so():
    with pytest.raises(RuntimeError, match="refused"):
        server.load(9, [run(["a"])])


def test_the_figures_are_of_one_run():
    shown = server.figures("c8", {"latencies": [0.001, 0.002, 0.003, 0.010], "seconds": 2.0})
    assert shown == {"c8_p50_ms": 2.0, "c8_p95_ms": 10.0, "c8_p99_ms": 10.0, "c8_per_second": 2.0}


@pytest.mark.parametrize(
    ("vendor", "given", "url"),
    [
        ("sqlite", {"NAME": "/tmp/x.sqlite3"}, "sqlite:////tmp/x.sqlite3"),
        (
            "postgresql",
            {"NAME": "fin", "USER": "me@x", "PASSWORD": "p/w", "HOST": "db", "PORT": 5432},
            "postgres://me%40x:p%2Fw@db:5432/fin",
        ),
    ],
)
def test_the_server_is_told_the_database_of_the_benchmark(vendor, given, url):
    assert server.database_url(vendor, given) == url
    read = environ.Env.db_url_config(url)
    assert {name: read[name] for name in given} == given


def test_a_server_that_does_not_start_says_why(monkeypatch):
    monkeypatch.setattr(server, "_environment", lambda _: {"PATH": "/nowhere"})
    with pytest.raises(RuntimeError, match="did not start"), server.server():
        pass


def test_every_answer_must_be_a_new_decision_that_is_kept(db):
    from tests.benchmarks import decide

    runs = {name: {"statuses": {"201": 2}} for name in ("warm", "c1")}
    with pytest.raises(RuntimeError, match="not every decision"):
        decide._checked({**runs, "c8": {"statuses": {"201": 1, "503": 1}}})
    with pytest.raises(RuntimeError, match="are kept"):
        decide._checked({**runs, "c8": {"statuses": {"201": 2}}})


def test_headers_in_turn_go_with_one_request_after_the_other():
    run = {
        "method": "POST", "path": "/", "headers": {"X-Same": "1"}, "bodies": ["", "", ""],
        "headers_in_turn": [{"Authorization": "Bearer a"}, {"Authorization": "Bearer b"}],
    }  # fmt: skip
    sent = [request.decode() for request in load.requests(run, "127.0.0.1")]
    assert [request.split("Bearer ")[1][0] for request in sent] == ["a", "b", "a"]
    assert all("X-Same: 1\r\n" in request for request in sent)


@pytest.mark.parametrize("kind", ["case", "incident"])
def test_an_item_that_was_given_twice_fails_the_benchmark(kind):
    twice = [take_next.Take(0.1, 0.1, 7), take_next.Take(0.1, 0.1, 7), take_next.Take(0.1, 0.1, take_next.TIMED_OUT)]
    with pytest.raises(RuntimeError, match=f"1 {kind}s were given twice, and 0 calls were given none"):
        take_next._check(twice, kind)
