"""Every wait for another server has an end: in the settings of production, and wherever code makes a client."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import kombu.exceptions
import pytest
from celery.exceptions import NotRegistered
from django.core.exceptions import ImproperlyConfigured

from finobs.core import dispatch
from finobs.settings import env, process_limits
from finobs.settings.env import BASE_DIR
from tests.support.frozen import relay

from .test_production import GOOD, manage

LONGEST_WAIT = 30
ROOMS = ("finobs", "transactions", "approvals", "detection", "cases", "exports", "agents", "deploy")
# What makes a client, by the last names of the call, and the keyword that ends its waits.
CLIENTS = {
    "urlopen": "timeout",
    "create_connection": "timeout",
    "from_url": "socket_timeout",
    "Redis": "socket_timeout",
    "StrictRedis": "socket_timeout",
    "HTTPConnection": "timeout",
    "HTTPSConnection": "timeout",
    "SMTP": "timeout",
    "SMTP_SSL": "timeout",
    "FTP": "timeout",
    "Elasticsearch": "timeout",
    "AsyncClient": "timeout",
    "ConnectionPool": "timeout",
}
MODULES = {"requests": "timeout", "httpx": "timeout", "psycopg": "connect_timeout"}
CODE = """
import django, json
django.setup()
from django.conf import settings
names = ("CACHES", "CHANNEL_LAYERS", "DATABASES", "CELERY_BROKER_TRANSPORT_OPTIONS", "CELERY_BROKER_CONNECTION_TIMEOUT")
names += ("CELERY_TASK_PUBLISH_RETRY_POLICY", "CELERY_TASK_IGNORE_RESULT")
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


@pytest.fixture(scope="module")
def production() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", CODE], env={"PATH": "/usr/bin:/bin", "FINOBS_PROCESS": "web"} | GOOD, cwd=BASE_DIR,
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def options_of_redis(settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Everything in the settings that becomes a connection to Redis."""
    return {
        "broker": settings["CELERY_BROKER_TRANSPORT_OPTIONS"],
        **{f"cache {name}": each["OPTIONS"] for name, each in settings["CACHES"].items()},
        **{
            f"layer {name} {number}": host
            for name, each in settings["CHANNEL_LAYERS"].items()
            for number, host in enumerate(each["CONFIG"]["hosts"])
        },
    }


def test_every_connection_to_redis_ends_its_waits(production):
    options = options_of_redis(production)
    assert len(options) >= 3
    for name, each in options.items():
        for limit in ("socket_timeout", "socket_connect_timeout", "health_check_interval"):
            assert 0 < each[limit] <= LONGEST_WAIT, (name, limit)
    assert production["CELERY_BROKER_CONNECTION_TIMEOUT"] <= LONGEST_WAIT
    assert production["CELERY_TASK_PUBLISH_RETRY_POLICY"]["max_retries"] <= 1
    # No result, no connection that asks for it.
    assert production["CELERY_TASK_IGNORE_RESULT"] is True


def test_every_database_ends_its_waits(production):
    for name, each in production["DATABASES"].items():
        options = each["OPTIONS"]
        assert 0 < options["connect_timeout"] <= LONGEST_WAIT, name
        assert 0 < options["tcp_user_timeout"] <= LONGEST_WAIT * 1000, name
        assert (
            options["answer_seconds"] == process_limits.LIMITS["web"].statement + process_limits.ANSWER_MARGIN_SECONDS
        )
        for limit in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert f"-c {limit}=" in options["options"], (name, limit)
        assert options["application_name"] == "finobs-web"


def test_every_client_that_code_makes_ends_its_waits():
    found, without = 0, []
    for room in ROOMS:
        for path in sorted((BASE_DIR / room).rglob("*.py")):
            if {"tests", "migrations"} & set(path.parts):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if keyword := _needed_keyword(node):
                    found += 1
                    if keyword not in {each.arg for each in node.keywords}:  # type: ignore[attr-defined]
                        without.append(f"{path.relative_to(BASE_DIR)}:{node.lineno} {keyword}")  # type: ignore[attr-defined]
    assert found >= 2
    assert without == []


def _needed_keyword(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    names = ast.unparse(node.func).split(".")
    if names[0] in MODULES and names[-1] in ("get", "post", "put", "patch", "delete", "request", "connect", "Client"):
        return MODULES[names[0]]
    return CLIENTS.get(names[-1], "")


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("/venv/bin/granian --interface rsgi finobs.rsgi:application", "web"),
        ("/venv/lib/granian/__main__.py finobs.rsgi:application", "web"),
        ("/venv/bin/uvicorn finobs.asgi:application", "live"),
        ("/venv/bin/celery --app finobs worker --concurrency 2", "worker"),
        ("/venv/bin/celery --app finobs beat", "beat"),
        ("/venv/lib/celery/__main__.py --app finobs worker", "worker"),
        ("/venv/bin/celery --app finobs inspect ping", "command"),
        ("manage.py seal_ledger --loop 1", "sealer"),
        ("manage.py demo", "embedded"),
        ("manage.py migrate --noinput", "command"),
        ("/venv/lib/pytest/__main__.py", "command"),
        ("", "command"),
    ],
)
def test_a_process_is_known_by_its_command_line(line, kind):
    assert process_limits.kind_of(line.split()) == kind


def test_what_compose_starts_is_known_by_its_command_line():
    import yaml

    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    kinds = {"web": "web", "live": "live", "worker": "worker", "beat": "beat", "sealer": "sealer", "migrate": "command"}
    for name, kind in kinds.items():
        command = [word for word in services[name]["command"] if word != "python"]
        assert process_limits.kind_of(command) == kind, name


@pytest.mark.parametrize("kind", process_limits.LIMITS)
def test_each_kind_of_process_but_a_command_has_every_limit(kind):
    limits = process_limits.LIMITS[kind]
    assert limits.lock > 0
    assert kind == "command" or min(limits) > 0
    # Whoever waits for a lock is told so, not that the statement took long.
    assert not limits.statement or limits.lock < limits.statement
    assert (process_limits.answer_seconds(limits) is None) == (kind == "command")


def test_an_unknown_kind_of_process_is_refused_by_name():
    ran = manage("check", FINOBS_PROCESS="wbe")
    assert ran.returncode != 0
    assert "FINOBS_PROCESS is 'wbe'; it must be one of web," in ran.stderr
    with pytest.raises(ImproperlyConfigured, match="one of a, b"):
        env.choice("NO_SUCH_VARIABLE", "c", ["a", "b"])


SEND = """
import django, sys, time
django.setup()
from finobs.core import dispatch
started = time.monotonic()
for number in range(50):
    dispatch._hand_over(dispatch.Call("finobs.core.tasks.tidy", (), ""))
print(time.monotonic() - started)
sys.stdout.flush()
time.sleep({pause})
"""


def send_fifty(url: str, pause: float) -> tuple[float, str, float]:
    """Seconds until fifty calls were handed over, what was logged, and seconds until the process had ended."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", SEND.format(pause=pause)], cwd=BASE_DIR, capture_output=True, text=True, timeout=90,
        env={"PATH": "/usr/bin:/bin"} | GOOD | {"REDIS_URL": url},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return float(done.stdout), done.stderr, time.monotonic() - started


@pytest.mark.parametrize("server", ["hangs", "is not there"])
def test_who_sends_waits_for_no_broker_and_one_line_says_so(server):
    with relay() as silent:
        port = silent.port if server == "hangs" else 1
        handed_over, said, _ = send_fifty(f"redis://127.0.0.1:{port}/0", process_limits.REDIS_ANSWER_SECONDS + 2)
    assert handed_over < 1
    lines = said.splitlines()
    assert len(lines) == 1, lines
    assert "Redis is lost: " in lines[0]


def test_a_command_ends_in_time_with_calls_that_nobody_takes():
    with relay() as silent:
        _, _, lasted = send_fifty(f"redis://127.0.0.1:{silent.port}/0", 0)
    assert lasted < dispatch.MAX_SECONDS_AT_EXIT + 20


def test_calls_are_sent_in_a_thread_of_its_own_and_in_order(monkeypatch):
    sent: list[tuple[dispatch.Call, str]] = []
    monkeypatch.setattr(dispatch, "_send", lambda call: sent.append((call, threading.current_thread().name)))
    sender = dispatch.Sender()
    for number in range(5):
        sender.put(dispatch.Call("task", (number,), "request-1"))
    assert sender.wait(5)
    assert [call.ids for call, _ in sent] == [(0,), (1,), (2,), (3,), (4,)]
    assert {name for _, name in sent} == {"dispatch"}


FAULTS = {
    "a task that nobody knows": NotRegistered("no.such.task"),
    "what cannot be encoded": kombu.exceptions.EncodeError("no JSON"),
    "a mistake": ZeroDivisionError(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_call_that_cannot_be_sent_takes_no_other_with_it(monkeypatch, caplog, fault):
    sent, hold = [], threading.Event()

    def send(call: dispatch.Call) -> None:
        hold.wait(10)
        if call.ids == (0,):
            raise FAULTS[fault]
        sent.append(call.ids[0])

    monkeypatch.setattr(dispatch, "_send", send)
    sender = dispatch.Sender()
    for number in range(50):
        sender.put(dispatch.Call("task", (number,), ""))
    hold.set()
    assert sender.wait(5)
    assert sent == list(range(1, 50))
    assert len(caplog.records) == 1


def test_a_lost_broker_takes_all_that_wait(monkeypatch):
    sent, hold = [], threading.Event()

    def send(call: dispatch.Call) -> None:
        hold.wait(10)
        sent.append(call.ids)
        raise kombu.exceptions.OperationalError("Connection refused")

    monkeypatch.setattr(dispatch, "_send", send)
    sender = dispatch.Sender()
    for number in range(50):
        sender.put(dispatch.Call("task", (number,), ""))
    hold.set()
    assert sender.wait(5)
    assert sent == [(0,)]


def test_whoever_ends_waits_until_the_last_call_is_out(monkeypatch):
    """Not until the queue is empty: its last call is being sent then. And a call may come just as another is out."""
    sent, hold = [], threading.Event()

    def send(call: dispatch.Call) -> None:
        hold.wait(10)
        sent.append(call.ids)

    monkeypatch.setattr(dispatch, "_send", send)
    sender = dispatch.Sender()
    original = sender.waiting.empty

    def empty() -> bool:
        # Another is handed over in the moment between the look and what follows from it.
        result = original()
        if result and len(sent) == 1:
            hold.clear()
            sender.put(dispatch.Call("task", (1,), ""))
        return result

    monkeypatch.setattr(sender.waiting, "empty", empty)
    sender.put(dispatch.Call("task", (0,), ""))
    assert not sender.wait(0.2)
    hold.set()
    end = time.monotonic() + 5
    while hold.is_set() and time.monotonic() < end:
        time.sleep(0.01)
    assert not sender.wait(0.2)
    hold.set()
    assert sender.wait(5)
    assert sent == [(0,), (1,)]


def test_a_full_queue_drops_and_does_not_wait(monkeypatch, caplog):
    hold = threading.Event()
    monkeypatch.setattr(dispatch, "MAX_WAITING", 3)
    monkeypatch.setattr(dispatch, "_send", lambda _: hold.wait(10))
    sender = dispatch.Sender()
    started = time.monotonic()
    for number in range(20):
        sender.put(dispatch.Call("task", (number,), ""))
    assert time.monotonic() - started < 1
    hold.set()
    assert caplog.text.count("The schedule finds its row") == 1


def test_the_task_of_a_request_begins_with_its_id(monkeypatch):
    names = []

    class Task:
        def apply_async(self, **options: Any) -> None:
            names.append(options["task_id"])

    monkeypatch.setattr(dispatch, "task_by_name", lambda _: Task())
    dispatch._send(dispatch.Call("task", (), "req-12345678"))
    dispatch._send(dispatch.Call("task", (), "r" * 64))
    dispatch._send(dispatch.Call("task", (), ""))
    assert names[0].startswith("req-12345678.")
    assert all(len(name) <= dispatch.MAX_ID_LENGTH for name in names)
    assert len(names[2]) == 12


def test_every_service_of_compose_rotates_its_log():
    import yaml

    services = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        assert service["logging"]["options"].keys() >= {"max-size", "max-file"}, name


def test_the_log_of_embedded_mode_is_a_file_that_rotates(tmp_path: Path):
    code = "import django; django.setup(); import logging; [logging.error('x' * 1000) for _ in range(9000)]"
    subprocess.run(
        [sys.executable, "-c", code], cwd=BASE_DIR, check=True, capture_output=True, timeout=120,
        env={"PATH": "/usr/bin:/bin", "FINOBS_VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "finobs.settings.local"},
    )  # fmt: skip
    files = sorted(tmp_path.glob("*.log*"))
    assert [path.name for path in files] == ["finobs.log", "finobs.log.1"]
    assert all(path.stat().st_size <= 5 * 1024 * 1024 for path in files)


def test_postgresql_of_compose_writes_no_values_of_rows():
    text = (BASE_DIR / "docker-compose.yml").read_text()
    # DETAIL is where it says `Failing row contains (...)`.
    assert "log_error_verbosity=terse" in text
