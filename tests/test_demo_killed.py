"""`manage.py demo`, killed at any moment of loading its data, goes on at the next start and has lost nothing."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from finobs.settings.env import BASE_DIR

pytestmark = pytest.mark.kill
ROWS = 30_000


class Demo:
    """Starts demos on one folder and one port, and ends what is left of them."""

    def __init__(self, folder: Path) -> None:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder = folder
        self.started: list[subprocess.Popen[bytes]] = []
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")}
        self.environment = kept | {
            "DJANGO_SETTINGS_MODULE": "finobs.settings.local", "FINOBS_VAR_DIR": str(folder / "var"),
            "PORT": str(self.port), "DEMO_TRANSACTIONS": str(ROWS), "DEMO_CUSTOMERS": "300", "DEMO_DAYS": "60",
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def run(self, *arguments, timeout):
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=BASE_DIR, env=self.environment, capture_output=True, text=True, timeout=timeout
        )

    def start(self):
        log = (self.folder / f"log-{len(self.started)}").open("w+")
        command = [sys.executable, "manage.py", "demo"]
        self.started.append(subprocess.Popen(command, cwd=BASE_DIR, env=self.environment, stdout=log, stderr=log))
        return self.started[-1], log

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()


@pytest.fixture
def demo(tmp_path):
    one = Demo(tmp_path)
    yield one
    one.end()


def read(log):
    log.seek(0)
    return log.read()


def wait_for(process, log, text, seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if text in read(log):
            return
        assert process.poll() is None, read(log)
        time.sleep(0.05)
    raise AssertionError(f"no {text!r} within {seconds} s:\n{read(log)}")


def test_a_demo_killed_while_loading_goes_on_and_loses_nothing(demo):
    for pause in (1.5, 3.0, 4.5, 6.0):
        process, log = demo.start()
        wait_for(process, log, "Preparing", 60)
        time.sleep(pause)
        process.kill()
        process.wait()
    process, log = demo.start()
    wait_for(process, log, "ready http://", 180)
    assert f"{ROWS:,} transactions" in read(log)
    assert "0 rows in quarantine" in read(log)
    with urllib.request.urlopen(f"http://127.0.0.1:{demo.port}/readyz", timeout=5) as answer:
        assert answer.status == 200

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
    assert "stopped" in read(log)
    verified = demo.run("verify_ledger", "--json", timeout=120)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout.strip().splitlines()[-1])["ok"] is True


def test_a_second_start_is_quick_and_a_third_beside_it_is_refused(demo):
    first, log = demo.start()
    wait_for(first, log, "ready http://", 180)
    beside = demo.run("demo", timeout=60)
    assert beside.returncode != 0
    assert "Another finobs is running" in beside.stderr
    first.kill()
    first.wait()
    begun = time.monotonic()
    second, log = demo.start()
    wait_for(second, log, "ready http://", 60)
    assert time.monotonic() - begun < 45  # seconds on an idle machine; tests share theirs
    assert f"{ROWS:,} transactions" in read(log)
